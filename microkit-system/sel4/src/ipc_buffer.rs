// SPDX-License-Identifier: BSD-2-Clause

//! The IPC buffer: message registers the kernel reads and writes.
//!
//! 1024 bytes shared with the kernel (`seL4_IPCBuffer`). Message registers 0 to
//! 3 travel in processor registers; this crate copies them here after a receive
//! and from here before a send, so that all 120 are found in one array.

use core::slice;

use crate::{
    AbsoluteCPtr, NUM_MESSAGE_REGISTERS, Word, cap,
    words::{index, word},
};

/// A thread's IPC buffer.
#[derive(Debug)]
#[repr(C, align(1024))]
pub struct IpcBuffer {
    tag: Word,
    msg: [Word; NUM_MESSAGE_REGISTERS],
    user_data: Word,
    caps_or_badges: [Word; 3],
    receive_cnode: Word,
    receive_index: Word,
    receive_depth: Word,
}

impl IpcBuffer {
    /// A buffer for tests: the kernel knows nothing of it.
    #[cfg(test)]
    pub(crate) const fn zeroed() -> Self {
        Self {
            tag: 0,
            msg: [0; NUM_MESSAGE_REGISTERS],
            user_data: 0,
            caps_or_badges: [0; 3],
            receive_cnode: 0,
            receive_index: 0,
            receive_depth: 0,
        }
    }

    /// All message registers.
    pub fn msg_regs(&self) -> &[Word] {
        &self.msg
    }

    /// All message registers.
    pub fn msg_regs_mut(&mut self) -> &mut [Word] {
        &mut self.msg
    }

    /// All message registers as bytes, little-endian within a word.
    pub fn msg_bytes(&self) -> &[u8] {
        let bytes = size_of_val(&self.msg);
        // SAFETY: the pointer covers `bytes` initialised bytes borrowed from
        // `self`, and every byte pattern is a `u8`.
        unsafe { slice::from_raw_parts(self.msg.as_ptr().cast(), bytes) }
    }

    /// All message registers as bytes, little-endian within a word.
    pub fn msg_bytes_mut(&mut self) -> &mut [u8] {
        let bytes = size_of_val(&self.msg);
        // SAFETY: as in `msg_bytes`, borrowed mutably; every byte pattern is a word.
        unsafe { slice::from_raw_parts_mut(self.msg.as_mut_ptr().cast(), bytes) }
    }

    /// A word of the program's own; the kernel ignores it.
    pub fn user_data(&self) -> Word {
        self.user_data
    }

    /// Sets the program's own word.
    pub fn set_user_data(&mut self, data: Word) {
        self.user_data = data;
    }

    /// Capability pointers going out, badges coming in.
    pub fn caps_or_badges(&self) -> &[Word] {
        &self.caps_or_badges
    }

    /// Capability pointers going out, badges coming in.
    pub fn caps_or_badges_mut(&mut self) -> &mut [Word] {
        &mut self.caps_or_badges
    }

    /// Where a received capability goes.
    pub fn recv_slot(&self) -> AbsoluteCPtr {
        cap::CNode::from_bits(self.receive_cnode).absolute_cptr_from_bits_with_depth(
            self.receive_index,
            index(self.receive_depth).unwrap_or(usize::MAX),
        )
    }

    /// Sets where a received capability goes.
    pub fn set_recv_slot(&mut self, slot: &AbsoluteCPtr) {
        self.receive_cnode = slot.root().bits();
        self.receive_index = slot.path().bits();
        self.receive_depth = word(slot.path().depth());
    }
}

#[cfg(test)]
mod tests {
    use core::mem::{align_of, offset_of, size_of};

    use super::IpcBuffer;
    use crate::cap;

    #[test]
    fn the_layout_is_libsel4s() {
        assert_eq!(size_of::<IpcBuffer>(), 1024);
        assert_eq!(align_of::<IpcBuffer>(), 1024);
        assert_eq!(offset_of!(IpcBuffer, tag), 0);
        assert_eq!(offset_of!(IpcBuffer, msg), 8);
        assert_eq!(offset_of!(IpcBuffer, user_data), 968);
        assert_eq!(offset_of!(IpcBuffer, caps_or_badges), 976);
        assert_eq!(offset_of!(IpcBuffer, receive_cnode), 1000);
        assert_eq!(offset_of!(IpcBuffer, receive_index), 1008);
        assert_eq!(offset_of!(IpcBuffer, receive_depth), 1016);
    }

    #[test]
    fn bytes_and_words_are_the_same_memory() {
        let mut buffer = IpcBuffer::zeroed();
        buffer.msg_regs_mut()[1] = 0x0807_0605_0403_0201;
        assert_eq!(buffer.msg_bytes()[8..16], [1, 2, 3, 4, 5, 6, 7, 8]);
        buffer.msg_bytes_mut()[959] = 0xff;
        assert_eq!(buffer.msg_regs()[119], 0xff << 56);
    }

    #[test]
    fn a_receive_slot_survives() {
        let mut buffer = IpcBuffer::zeroed();
        let slot = cap::CNode::from_bits(3).absolute_cptr_from_bits_with_depth(5, 64);
        buffer.set_recv_slot(&slot);
        assert_eq!(buffer.recv_slot(), slot);
    }
}
