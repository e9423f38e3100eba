// SPDX-License-Identifier: BSD-2-Clause

//! Messages that mean nothing, and what became of them.

use sel4_microkit::{Channel, MessageInfo, set_mr, with_msg_regs_mut};
use shmem_server_api::{Status, label};

/// Most message registers.
const REGISTERS: u64 = 120;
/// Bits of a label.
const LABEL_BITS: u32 = 52;
/// The request that comes first among the kinds of `Request` is an attach; most
/// random first bytes are no request at all, so some are made to be one.
const KINDS: u64 = 24;

/// What became of them.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    pub messages: u32,
    /// Not understood.
    pub malformed: u32,
    /// Understood and refused.
    pub refused: u32,
    /// Carried out, by chance.
    pub served: u32,
    /// Answered as no such message is.
    pub wrong: u32,
}

/// A source of random words (xorshift, Marsaglia 2003).
pub struct Nonsense(u64);

impl Default for Nonsense {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Nonsense {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn label(&mut self) -> u64 {
        match self.below(4) {
            0 => label::SIGNAL,
            1 => label::REQUEST,
            2 => self.below(64),
            _ => self.next() >> (64 - LABEL_BITS),
        }
    }

    /// One message to `server`.
    pub fn say(&mut self, server: Channel, tally: &mut Tally) {
        let (label, count) = (self.label(), self.below(REGISTERS + 1));
        with_msg_regs_mut(|registers| {
            for register in registers.iter_mut() {
                *register = self.next();
            }
        });
        match label {
            // Often a length that fits, and a kind that exists.
            label::REQUEST if self.below(4) != 0 => {
                let (length, kind) = (self.below(count * 8 + 1), self.below(KINDS));
                set_mr(0, length);
                set_mr(1, self.next() & !0xff | kind);
            }
            // A set of targets and sometimes a handle that could be one.
            label::SIGNAL if self.below(2) != 0 => {
                set_mr(0, self.below(64));
                set_mr(1, self.next() >> 32);
            }
            _ => {}
        }
        // Lossless: at most 120.
        let answer = server.pp_call(MessageInfo::new(label, count as usize));
        tally.note(label, answer.label(), answer.count());
    }
}

impl Tally {
    fn note(&mut self, label: u64, answer: u64, count: usize) {
        self.messages += 1;
        let is_known = label == label::SIGNAL || label == label::REQUEST;
        let most = u64::from(Status::DoesNotExist.code());
        match (answer, count) {
            (label::REPLY_MALFORMED, 0) => self.malformed += 1,
            (0, 0) if label == label::SIGNAL => self.served += 1,
            (code, 0) if label == label::SIGNAL && code <= most => self.refused += 1,
            (0, 1..) if label == label::REQUEST => {
                // What it holds is the server's business; a failure is most of it.
                self.refused += 1;
            }
            _ => self.wrong += 1,
        }
        self.wrong += u32::from(!is_known && answer != label::REPLY_MALFORMED);
    }
}
