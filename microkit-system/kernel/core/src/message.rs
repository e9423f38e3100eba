// SPDX-License-Identifier: BSD-2-Clause

//! Messages: the info word, and message registers in registers and IPC buffer
//! (sel4-microkit-abi, 1.2 to 1.4).
//!
//! Message registers 0–3 are x2–x5 and nowhere else; from 4 on they are in the
//! IPC buffer, behind its first word. A thread without a buffer has four.

use crate::hardware::{Hardware, PhysAddr};
use crate::ids::TcbId;
use crate::kernel::Kernel;

/// Message registers at most.
const MAX_LENGTH: usize = 120;
/// Those in CPU registers.
const FAST: usize = 4;
/// First of them: x2.
const FIRST_REGISTER: usize = 2;
/// Word of the IPC buffer that holds message register 0.
const MESSAGE_WORD: usize = 1;
/// Word of the IPC buffer that holds the first capability argument.
const CAPS_WORD: usize = 122;

/// The message info word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageInfo(pub u64);

impl MessageInfo {
    /// No capabilities in it.
    pub const fn new(label: u64, length: usize) -> Self {
        Self(label << 12 | length as u64)
    }

    pub const fn label(self) -> u64 {
        self.0 >> 12
    }

    /// At most 120.
    pub fn length(self) -> usize {
        ((self.0 & 0x7f) as usize).min(MAX_LENGTH)
    }

    /// Capability arguments, at most 3.
    pub const fn extra_caps(self) -> usize {
        (self.0 >> 7 & 3) as usize
    }
}

/// A message that a thread sends, readable word by word.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    pub info: MessageInfo,
    /// Cut to 4 for a thread without a buffer.
    pub length: usize,
    registers: [u64; FAST],
    buffer: Option<PhysAddr>,
}

impl Message {
    /// Message register `index`, 0 beyond the length.
    pub fn get(&self, index: usize, hw: &impl Hardware) -> u64 {
        if index >= self.length {
            return 0;
        }
        match (self.registers.get(index), self.buffer) {
            (Some(value), _) => *value,
            (None, Some(buffer)) => hw.ipc_read(buffer, MESSAGE_WORD + index),
            (None, None) => 0,
        }
    }

    /// Number of capability arguments.
    pub fn extra_caps(&self) -> usize {
        if self.buffer.is_some() {
            self.info.extra_caps()
        } else {
            0
        }
    }

    /// CPtr of capability argument `index` (0..3).
    pub fn cap(&self, index: usize, hw: &impl Hardware) -> u64 {
        self.buffer
            .map_or(0, |buffer| hw.ipc_read(buffer, CAPS_WORD + index))
    }
}

impl Kernel {
    /// The message in the registers and buffer of `id`.
    pub(crate) fn message(&self, id: TcbId) -> Message {
        let [_, info, registers @ ..] = self.argument_registers(id);
        let info = MessageInfo(info);
        let buffer = self.buffer(id);
        let longest = if buffer.is_some() { MAX_LENGTH } else { FAST };
        Message {
            info,
            length: info.length().min(longest),
            registers,
            buffer,
        }
    }

    /// Gives `id` a message of the kernel's own; what does not fit is cut.
    pub(crate) fn write_message(
        &mut self,
        id: TcbId,
        badge: u64,
        label: u64,
        words: &[u64],
        hw: &mut impl Hardware,
    ) {
        let mut length = 0;
        for word in words {
            if !self.write_word(id, length, *word, hw) {
                break;
            }
            length += 1;
        }
        let x = &mut self.tcbs[id].context.x;
        x[0] = badge;
        x[1] = MessageInfo::new(label, length).0;
    }

    /// Copies the message of `from` to `to`.
    pub(crate) fn copy_message(
        &mut self,
        from: TcbId,
        to: TcbId,
        badge: u64,
        hw: &mut impl Hardware,
    ) {
        let [_, info, fast @ ..] = self.argument_registers(from);
        let info = MessageInfo(info);
        let mut length = info.length();
        if length > FAST {
            length = self.copy_buffer(from, to, length, hw);
        }
        let x = &mut self.tcbs[to].context.x;
        x[0] = badge;
        x[1] = MessageInfo::new(info.label(), length).0;
        let registers = x.iter_mut().skip(FIRST_REGISTER);
        for (register, word) in registers.zip(fast).take(length) {
            *register = word;
        }
    }

    /// Copies what is in the buffer of a message of `length` words; the length
    /// that both have room for.
    fn copy_buffer(&self, from: TcbId, to: TcbId, length: usize, hw: &mut impl Hardware) -> usize {
        let (Some(source), Some(target)) = (self.buffer(from), self.buffer(to)) else {
            return FAST;
        };
        for index in FAST..length {
            let word = hw.ipc_read(source, MESSAGE_WORD + index);
            hw.ipc_write(target, MESSAGE_WORD + index, word);
        }
        length
    }

    /// x0–x5 of `id`.
    #[inline]
    fn argument_registers(&self, id: TcbId) -> [u64; FIRST_REGISTER + FAST] {
        let [x0, x1, x2, x3, x4, x5, ..] = self.tcbs[id].context.x;
        [x0, x1, x2, x3, x4, x5]
    }

    /// Message register `index` of `id`; false if there is no place for it.
    fn write_word(&mut self, id: TcbId, index: usize, word: u64, hw: &mut impl Hardware) -> bool {
        if index < FAST {
            self.tcbs[id].context.x[FIRST_REGISTER + index] = word;
            return true;
        }
        match self.buffer(id) {
            Some(buffer) if index < MAX_LENGTH => {
                hw.ipc_write(buffer, MESSAGE_WORD + index, word);
                true
            }
            _ => false,
        }
    }
}
