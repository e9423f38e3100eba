// SPDX-License-Identifier: BSD-2-Clause

//! A byte ring with one writer and one reader in two protection domains.
//!
//! Layout: a header page, then `N` bytes, `N` a power of two. The indices run
//! freely (modulo 2^32) and each has one writer; each side keeps a private copy
//! of its own index in its handle, so that a lying peer can make it lose or
//! repeat bytes of this ring and nothing else.
//!
//! Ordering: the writer stores bytes, then `head` with Release; the reader loads
//! `head` with Acquire, loads bytes, then stores `tail` with Release, which the
//! writer loads with Acquire before it reuses space.

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// Data bytes of an output ring (protection domain or guest to console).
pub const OUTPUT_BYTES: usize = 0x8000;
/// Data bytes of an input ring (console to guest).
pub const INPUT_BYTES: usize = 0x1000;
/// Output ring, as it lies in a memory region of `0x9000` bytes.
pub type OutputRing = Ring<OUTPUT_BYTES>;
/// Input ring, as it lies in a memory region of `0x2000` bytes.
pub type InputRing = Ring<INPUT_BYTES>;

/// The shared layout.
#[derive(Debug)]
#[repr(C, align(4096))]
pub struct Ring<const N: usize> {
    /// Writer: producer.
    head: AtomicU32,
    /// Bytes the producer had no room for. Writer: producer.
    dropped: AtomicU32,
    producer_line: [AtomicU32; 14],
    /// Writer: consumer.
    tail: AtomicU32,
    consumer_line: [AtomicU32; 15],
    rest_of_page: [AtomicU32; 992],
    data: [AtomicU8; N],
}

impl<const N: usize> Ring<N> {
    const CAPACITY: u32 = {
        assert!(N.is_power_of_two() && N >= 4096 && N <= 1 << 30);
        // Lossless: N is at most 2^30.
        N as u32
    };

    /// An empty ring (tests and host programs; shared ones start as zeroes).
    pub const fn new() -> Self {
        Self {
            head: AtomicU32::new(0),
            dropped: AtomicU32::new(0),
            producer_line: [const { AtomicU32::new(0) }; 14],
            tail: AtomicU32::new(0),
            consumer_line: [const { AtomicU32::new(0) }; 15],
            rest_of_page: [const { AtomicU32::new(0) }; 992],
            data: [const { AtomicU8::new(0) }; N],
        }
    }

    fn cell(&self, index: u32) -> &AtomicU8 {
        // The mask keeps it below N whatever the peer wrote.
        &self.data[(index & (Self::CAPACITY - 1)) as usize]
    }
}

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The writing end.
#[derive(Debug)]
pub struct Producer<'a, const N: usize> {
    ring: &'a Ring<N>,
    head: u32,
}

impl<'a, const N: usize> Producer<'a, N> {
    /// Takes the writing end, continuing where the last producer stopped.
    pub fn new(ring: &'a Ring<N>) -> Self {
        let head = ring.head.load(Ordering::Relaxed);
        Self { ring, head }
    }

    /// Bytes that fit now; 0 if the consumer's index makes no sense.
    pub fn room(&self) -> usize {
        let used = self
            .head
            .wrapping_sub(self.ring.tail.load(Ordering::Acquire));
        Ring::<N>::CAPACITY.saturating_sub(used) as usize
    }

    /// Writes what fits and counts the rest as dropped; returns bytes written.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        let fits = bytes.len().min(self.room());
        for &byte in &bytes[..fits] {
            self.ring.cell(self.head).store(byte, Ordering::Relaxed);
            self.head = self.head.wrapping_add(1);
        }
        self.ring.head.store(self.head, Ordering::Release);
        let lost = u32::try_from(bytes.len() - fits).unwrap_or(u32::MAX);
        if lost > 0 {
            self.ring.dropped.fetch_add(lost, Ordering::Relaxed);
        }
        fits
    }
}

impl<const N: usize> core::fmt::Write for Producer<'_, N> {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        self.write(s.as_bytes());
        Ok(())
    }
}

/// The reading end.
#[derive(Debug)]
pub struct Consumer<'a, const N: usize> {
    ring: &'a Ring<N>,
    tail: u32,
}

impl<'a, const N: usize> Consumer<'a, N> {
    /// Takes the reading end, continuing where the last consumer stopped.
    pub fn new(ring: &'a Ring<N>) -> Self {
        let tail = ring.tail.load(Ordering::Relaxed);
        Self { ring, tail }
    }

    /// Bytes waiting; a producer index that makes no sense counts as empty.
    pub fn waiting(&self) -> usize {
        let used = self
            .ring
            .head
            .load(Ordering::Acquire)
            .wrapping_sub(self.tail);
        if used > Ring::<N>::CAPACITY {
            0
        } else {
            used as usize
        }
    }

    /// Reads up to `out.len()` bytes; returns how many.
    pub fn read(&mut self, out: &mut [u8]) -> usize {
        let count = out.len().min(self.waiting());
        for byte in &mut out[..count] {
            *byte = self.ring.cell(self.tail).load(Ordering::Relaxed);
            self.tail = self.tail.wrapping_add(1);
        }
        self.ring.tail.store(self.tail, Ordering::Release);
        count
    }

    /// Copies up to `out.len()` waiting bytes without taking them; returns how
    /// many. A producer that cheats may change them before they are read again:
    /// whoever decides by what it peeked works on its copy, then calls
    /// [`Self::skip`].
    pub fn peek(&self, out: &mut [u8]) -> usize {
        let count = out.len().min(self.waiting());
        let mut at = self.tail;
        for byte in &mut out[..count] {
            *byte = self.ring.cell(at).load(Ordering::Relaxed);
            at = at.wrapping_add(1);
        }
        count
    }

    /// Takes up to `count` waiting bytes unread; returns how many.
    pub fn skip(&mut self, count: usize) -> usize {
        let count = count.min(self.waiting());
        // Lossless: at most the ring's capacity, which is at most 2^30.
        self.tail = self.tail.wrapping_add(count as u32);
        self.ring.tail.store(self.tail, Ordering::Release);
        count
    }

    /// The index behind the last byte that was taken, modulo 2^32.
    pub fn taken(&self) -> u32 {
        self.tail
    }

    /// How many of the bytes that were taken last are still in the ring. The
    /// producer can write there: they are what it alleges to have said. Cells that
    /// were never written are zero.
    pub fn recallable(&self) -> usize {
        N - self.waiting().min(N)
    }

    /// Copies bytes that were taken, from index `from` on; returns how many. None
    /// if they are no longer there or were not taken yet.
    pub fn recall(&self, from: u32, out: &mut [u8]) -> usize {
        // Lossless: u32 fits usize on 64 bits.
        let back = self.tail.wrapping_sub(from) as usize;
        if back > self.recallable() {
            return 0;
        }
        let count = out.len().min(back);
        let mut at = from;
        for byte in &mut out[..count] {
            *byte = self.ring.cell(at).load(Ordering::Relaxed);
            at = at.wrapping_add(1);
        }
        count
    }

    /// Bytes the producer had to drop so far, as it alleges.
    pub fn dropped(&self) -> u32 {
        self.ring.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Small = Ring<4096>;

    #[test]
    fn bytes_arrive_in_order_across_the_wrap() {
        let ring = Small::new();
        let (mut producer, mut consumer) = (Producer::new(&ring), Consumer::new(&ring));
        for round in 0..10u8 {
            let chunk: Vec<u8> = (0..3000u32)
                .map(|i| (i as u8).wrapping_add(round))
                .collect();
            assert_eq!(producer.write(&chunk), 3000);
            let mut out = [0; 3000];
            assert_eq!(consumer.read(&mut out), 3000);
            assert_eq!(out[..], chunk[..]);
        }
        assert_eq!(consumer.waiting(), 0);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let ring = Small::new();
        let (mut producer, consumer) = (Producer::new(&ring), Consumer::new(&ring));
        assert_eq!(producer.write(&[1; 5000]), 4096);
        assert_eq!(consumer.dropped(), 904);
        assert_eq!(producer.room(), 0);
    }

    #[test]
    fn a_lying_peer_stops_only_its_own_ring() {
        let ring = Small::new();
        let (mut producer, mut consumer) = (Producer::new(&ring), Consumer::new(&ring));
        ring.tail.store(77, Ordering::Relaxed);
        assert_eq!(
            producer.write(b"abc"),
            0,
            "tail ahead of head leaves no room"
        );
        ring.head.store(99_999, Ordering::Relaxed);
        assert_eq!(consumer.read(&mut [0; 16]), 0);
    }

    #[test]
    fn peeking_takes_nothing_and_skipping_no_more_than_there_is() {
        let ring = Small::new();
        let (mut producer, mut consumer) = (Producer::new(&ring), Consumer::new(&ring));
        producer.write(b"moo");
        let mut out = [0; 8];
        assert_eq!(consumer.peek(&mut out), 3);
        assert_eq!(consumer.peek(&mut out), 3);
        assert_eq!(&out[..3], b"moo");
        assert_eq!(consumer.skip(2), 2);
        assert_eq!(consumer.peek(&mut out), 1);
        assert_eq!(out[0], b'o');
        assert_eq!(consumer.skip(2), 1);
        assert_eq!(producer.room(), 4096);
    }

    #[test]
    fn what_was_taken_can_be_recalled_until_it_is_overwritten() {
        let ring = Small::new();
        let (mut producer, mut consumer) = (Producer::new(&ring), Consumer::new(&ring));
        producer.write(b"abcdef");
        let mut out = [0; 8];
        consumer.skip(4);
        assert_eq!((consumer.taken(), consumer.recallable()), (4, 4094));
        assert_eq!(consumer.recall(1, &mut out), 3);
        assert_eq!(&out[..3], b"bcd");
        assert_eq!(consumer.recall(5, &mut out), 0, "it was not taken yet");
        producer.write(&[b'x'; 4090]);
        assert_eq!(consumer.recallable(), 4);
        assert_eq!(consumer.recall(0, &mut out), 4);
        ring.head.store(99_999, Ordering::Relaxed);
        consumer.recall(u32::MAX - 5, &mut out);
    }

    #[test]
    fn a_restarted_end_goes_on_where_it_stopped() {
        let ring = Small::new();
        Producer::new(&ring).write(b"ab");
        Producer::new(&ring).write(b"cd");
        let mut out = [0; 2];
        assert_eq!(Consumer::new(&ring).read(&mut out), 2);
        assert_eq!(Consumer::new(&ring).read(&mut out), 2);
        assert_eq!(&out, b"cd");
    }

    #[test]
    fn the_layout_is_a_header_page_and_the_data() {
        assert_eq!(size_of::<OutputRing>(), 0x9000);
        assert_eq!(size_of::<InputRing>(), 0x2000);
    }
}
