// SPDX-License-Identifier: BSD-2-Clause

//! Requests and answers over one shared page, for who may not call the server.
//!
//! The console lies above the manager in priority, and a guest cannot call anybody:
//! neither can make a protected call to it. So they put a request into a mailbox
//! and notify; the manager answers into the same page and notifies back.
//!
//! One request is under way at one time. `asked.serial` numbers requests; the answer
//! carries the number of its request, so a late answer to a request that was given
//! up is not taken for that of the next.
//!
//! Rules: each half has one writer. The reader copies a half out before it looks at
//! it, so that a peer that goes on writing changes nothing that was checked. What
//! lies in either half is alleged; a length beyond the half is a malformed message.

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// Most bytes of a message.
pub const MESSAGE_BYTES: usize = 2040;

/// One direction.
#[derive(Debug)]
#[repr(C)]
struct Half {
    /// Number of the request; stored last.
    serial: AtomicU32,
    /// Bytes.
    length: AtomicU32,
    bytes: [AtomicU8; MESSAGE_BYTES],
}

impl Half {
    const fn new() -> Self {
        Self {
            serial: AtomicU32::new(0),
            length: AtomicU32::new(0),
            bytes: [const { AtomicU8::new(0) }; MESSAGE_BYTES],
        }
    }

    fn put(&self, serial: u32, message: &[u8]) {
        for (to, from) in self.bytes.iter().zip(message) {
            to.store(*from, Ordering::Relaxed);
        }
        // Lossless: callers bound it by MESSAGE_BYTES.
        self.length.store(message.len() as u32, Ordering::Relaxed);
        // Pairs with the Acquire of `serial` by the reader.
        self.serial.store(serial, Ordering::Release);
    }

    fn take<'b>(&self, out: &'b mut [u8; MESSAGE_BYTES]) -> Option<&'b [u8]> {
        let length = usize::try_from(self.length.load(Ordering::Relaxed)).ok()?;
        let out = out.get_mut(..length)?;
        for (to, from) in out.iter_mut().zip(&self.bytes) {
            *to = from.load(Ordering::Relaxed);
        }
        Some(out)
    }
}

/// The page, zeroed at start.
#[derive(Debug)]
#[repr(C, align(4096))]
pub struct Mailbox {
    /// Writer: who asks.
    asked: Half,
    /// Writer: who answers.
    answered: Half,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            asked: Half::new(),
            answered: Half::new(),
        }
    }
}

impl Mailbox {
    /// Asker: puts a request; returns its number. Notify afterwards. `None`: it is
    /// too long, and nothing was written.
    pub fn ask(&self, message: &[u8]) -> Option<u32> {
        if message.len() > MESSAGE_BYTES {
            return None;
        }
        let serial = self.asked.serial.load(Ordering::Relaxed).wrapping_add(1);
        self.asked.put(serial, message);
        Some(serial)
    }

    /// Asker: the answer to request `serial`, copied into `out`. `None`: there is
    /// none yet, or it is malformed.
    pub fn answer_to<'b>(&self, serial: u32, out: &'b mut [u8; MESSAGE_BYTES]) -> Option<&'b [u8]> {
        (self.answered.serial.load(Ordering::Acquire) == serial)
            .then(|| self.answered.take(out))
            .flatten()
    }

    /// Number of the last request that was answered; 0: none was.
    pub fn answered(&self) -> u32 {
        self.answered.serial.load(Ordering::Acquire)
    }

    /// Answerer: number of a request that has no answer yet.
    pub fn pending(&self) -> Option<u32> {
        let serial = self.asked.serial.load(Ordering::Acquire);
        (serial != self.answered.serial.load(Ordering::Relaxed)).then_some(serial)
    }

    /// Answerer: the request, copied into `out`. `None`: malformed.
    pub fn request<'b>(&self, out: &'b mut [u8; MESSAGE_BYTES]) -> Option<&'b [u8]> {
        self.asked.take(out)
    }

    /// Answerer: answers request `serial`. Notify afterwards. `false`: it is too long,
    /// and nothing was written.
    pub fn answer(&self, serial: u32, message: &[u8]) -> bool {
        let fits = message.len() <= MESSAGE_BYTES;
        if fits {
            self.answered.put(serial, message);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_gets_its_answer() {
        let (page, mut out) = (Mailbox::default(), [0; MESSAGE_BYTES]);
        assert_eq!(page.pending(), None);
        let serial = page.ask(b"who?").expect("short");
        assert_eq!(page.answer_to(serial, &mut out), None);
        assert_eq!(page.pending(), Some(serial));
        assert_eq!(page.request(&mut out), Some(&b"who?"[..]));
        assert!(page.answer(serial, b"me"));
        assert_eq!(page.pending(), None);
        assert_eq!(page.answer_to(serial, &mut out), Some(&b"me"[..]));
    }

    #[test]
    fn a_late_answer_is_not_taken_for_the_next() {
        let (page, mut out) = (Mailbox::default(), [0; MESSAGE_BYTES]);
        let first = page.ask(b"first").expect("short");
        let second = page.ask(b"second").expect("short");
        page.answer(first, b"late");
        assert_eq!(page.answer_to(second, &mut out), None);
        assert_eq!(page.pending(), Some(second));
    }

    #[test]
    fn a_length_beyond_the_page_is_malformed() {
        let (page, mut out) = (Mailbox::default(), [0; MESSAGE_BYTES]);
        page.ask(b"x").expect("short");
        for length in [2041, u32::MAX] {
            page.asked.length.store(length, Ordering::Relaxed);
            assert_eq!(page.request(&mut out), None);
        }
        assert_eq!(page.ask(&[0; MESSAGE_BYTES + 1]), None);
        assert!(!page.answer(1, &[0; MESSAGE_BYTES + 1]));
    }

    #[test]
    fn it_is_one_page() {
        assert_eq!(size_of::<Mailbox>(), 4096);
    }
}
