// SPDX-License-Identifier: BSD-2-Clause

//! Where the demo keeps what in the region.
//!
//! | offset | what |
//! |---|---|
//! | idx * 0x1000 | roll call of that connection: u32 magic, u32 idx, u8 role\[16\], u32 ack |
//! | 0x10000 | stage page: u32 stage, u32 0, u64 length, u8 answer\[256\] |
//!
//! The magic is stored last, with Release, and loaded first, with Acquire. The
//! peers may write everywhere at any time: every word is an atomic.

use core::sync::atomic::{AtomicU32, Ordering};

/// "roll" in memory order.
const MAGIC: u32 = 0x6c6c_6f72;
/// Words of a page.
const PAGE: usize = 1024;
/// Word number of the stage page.
const STAGE: usize = 0x1_0000 / 4;
/// Words of a role.
const ROLE: usize = 4;
/// Pages that the demo needs: the roll call and the stage page.
pub const NEEDED_PAGES: u32 = 17;
/// Most connections.
pub const PEERS: u8 = 16;

/// Stage at which the sender signals the watcher.
pub const FINAL: u32 = 3;

/// The region's data.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    words: &'a [AtomicU32],
}

impl<'a> Data<'a> {
    /// The data of a region. `None`: it is too small for the demo.
    pub fn new(words: &'a [AtomicU32]) -> Option<Self> {
        (words.len() >= NEEDED_PAGES as usize * PAGE).then_some(Self { words })
    }

    fn word(&self, index: usize) -> Option<&'a AtomicU32> {
        self.words.get(index)
    }

    fn record(&self, idx: u8) -> Option<&'a [AtomicU32]> {
        let start = usize::from(idx) * PAGE;
        self.words.get(start..start + PAGE)
    }

    /// Answers the roll call as connection `idx`.
    pub fn answer(&self, idx: u8, role: &str) {
        let Some(record) = self.record(idx) else {
            return;
        };
        for (word, value) in record[2..2 + ROLE].iter().zip(field(role)) {
            word.store(value, Ordering::Relaxed);
        }
        record[6].store(0, Ordering::Relaxed);
        record[1].store(u32::from(idx), Ordering::Relaxed);
        // Pairs with Acquire in `is`: who sees the magic sees the rest.
        record[0].store(MAGIC, Ordering::Release);
    }

    /// Whether connection `idx` answered the roll call as `role`.
    pub fn is(&self, idx: u8, role: &str) -> bool {
        let Some(record) = self.record(idx) else {
            return false;
        };
        record[0].load(Ordering::Acquire) == MAGIC
            && record[1].load(Ordering::Relaxed) == u32::from(idx)
            && record[2..2 + ROLE]
                .iter()
                .zip(field(role))
                .all(|(word, value)| word.load(Ordering::Relaxed) == value)
    }

    /// Confirms, as connection `idx`, without a signal.
    pub fn acknowledge(&self, idx: u8) {
        if let Some(record) = self.record(idx) {
            record[6].store(1, Ordering::Release);
        }
    }

    /// How far the demo is, as the peers allege.
    pub fn stage(&self) -> u32 {
        self.word(STAGE)
            .map_or(0, |word| word.load(Ordering::Acquire))
    }

    /// Bytes that were transferred, as the peers allege.
    pub fn length(&self) -> u64 {
        let part = |index| {
            self.word(STAGE + index)
                .map_or(0, |word| u64::from(word.load(Ordering::Relaxed)))
        };
        part(2) | part(3) << 32
    }
}

/// A role as words, padded with zeroes.
fn field(role: &str) -> [u32; ROLE] {
    let mut words = [0; ROLE];
    for (at, byte) in role.bytes().take(4 * ROLE).enumerate() {
        words[at / 4] |= u32::from(byte) << (8 * (at % 4));
    }
    words
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Data, FINAL, MAGIC, NEEDED_PAGES, PAGE, STAGE};
    use core::sync::atomic::{AtomicU32, Ordering};

    pub fn memory() -> Vec<AtomicU32> {
        (0..NEEDED_PAGES as usize * PAGE)
            .map(|_| AtomicU32::new(0))
            .collect()
    }

    pub fn set_stage(memory: &[AtomicU32], stage: u32, length: u64) {
        memory[STAGE].store(stage, Ordering::Relaxed);
        memory[STAGE + 2].store(length as u32, Ordering::Relaxed);
        memory[STAGE + 3].store((length >> 32) as u32, Ordering::Relaxed);
    }

    #[test]
    fn a_record_says_who_is_who() {
        let memory = memory();
        let data = Data::new(&memory).unwrap();
        assert!(!data.is(2, "watcher"));
        data.answer(2, "watcher");
        assert!(data.is(2, "watcher"));
        assert!(!data.is(2, "sender") && !data.is(1, "watcher") && !data.is(200, "watcher"));
        assert_eq!(memory[2 * PAGE].load(Ordering::Relaxed), MAGIC);
        let role: Vec<u8> = memory[2 * PAGE + 2..2 * PAGE + 6]
            .iter()
            .flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes())
            .collect();
        assert_eq!(&role, b"watcher\0\0\0\0\0\0\0\0\0");
        assert_eq!(memory[2 * PAGE + 6].load(Ordering::Relaxed), 0);
        data.acknowledge(2);
        assert_eq!(memory[2 * PAGE + 6].load(Ordering::Relaxed), 1);
        data.answer(200, "watcher");
    }

    #[test]
    fn the_stage_page_is_read() {
        let memory = memory();
        let data = Data::new(&memory).unwrap();
        set_stage(&memory, FINAL, 0x1_0000_0002);
        assert_eq!((data.stage(), data.length()), (3, 0x1_0000_0002));
        assert!(Data::new(&memory[1..]).is_none());
    }
}
