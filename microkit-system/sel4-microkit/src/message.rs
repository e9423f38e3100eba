// SPDX-License-Identifier: BSD-2-Clause

//! Messages of protected calls and faults.

use sel4::Word;

/// Label of a message.
pub type MessageLabel = Word;

/// Value of a message register.
pub type MessageRegisterValue = Word;

/// Label and length of a message; its registers are in the IPC buffer.
#[derive(Debug, Clone)]
pub struct MessageInfo {
    inner: sel4::MessageInfo,
}

impl MessageInfo {
    /// A message with `label` and `count` registers.
    ///
    /// # Panics
    /// If the label is wider than 52 bits or `count` above 127 (the kernel takes more than 120 as 120).
    #[inline]
    pub fn new(label: MessageLabel, count: usize) -> Self {
        Self::from_inner(sel4::MessageInfo::new(label, 0, 0, count))
    }

    /// From the kernel's form.
    #[doc(hidden)]
    #[inline]
    pub fn from_inner(inner: sel4::MessageInfo) -> Self {
        Self { inner }
    }

    /// The kernel's form.
    #[doc(hidden)]
    #[inline]
    pub fn into_inner(self) -> sel4::MessageInfo {
        self.inner
    }

    /// The kernel's form.
    #[doc(hidden)]
    pub fn inner(&self) -> &sel4::MessageInfo {
        &self.inner
    }

    /// The label.
    #[inline]
    pub fn label(&self) -> MessageLabel {
        self.inner.label()
    }

    /// Width of the label in bits.
    pub const fn label_width() -> usize {
        sel4::MessageInfo::label_width()
    }

    /// Number of registers.
    #[inline]
    pub fn count(&self) -> usize {
        self.inner.length()
    }

    /// The message as a fault.
    ///
    /// # Panics
    /// As [`sel4::Fault::new`]: a child can forge the message, so check label and count first.
    pub fn fault(&self) -> sel4::Fault {
        sel4::with_ipc_buffer(|buffer| sel4::Fault::new(buffer, self.inner()))
    }
}

impl Default for MessageInfo {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

/// Message register `i`.
///
/// # Panics
/// From 120 on.
#[inline]
pub fn get_mr(i: usize) -> MessageRegisterValue {
    with_msg_regs(|regs| regs[i])
}

/// Sets message register `i`.
///
/// # Panics
/// From 120 on.
#[inline]
pub fn set_mr(i: usize, value: MessageRegisterValue) {
    with_msg_regs_mut(|regs| regs[i] = value);
}

/// Calls `f` with the message registers; no system call inside.
pub fn with_msg_regs<T, F: FnOnce(&[MessageRegisterValue]) -> T>(f: F) -> T {
    sel4::with_ipc_buffer(|buffer| f(buffer.msg_regs()))
}

/// Calls `f` with the message registers; no system call inside.
pub fn with_msg_regs_mut<T, F: FnOnce(&mut [MessageRegisterValue]) -> T>(f: F) -> T {
    sel4::with_ipc_buffer_mut(|buffer| f(buffer.msg_regs_mut()))
}

/// Calls `f` with the message registers as bytes; no system call inside.
pub fn with_msg_bytes<T, F: FnOnce(&[u8]) -> T>(f: F) -> T {
    sel4::with_ipc_buffer(|buffer| f(buffer.msg_bytes()))
}

/// Calls `f` with the message registers as bytes; no system call inside.
pub fn with_msg_bytes_mut<T, F: FnOnce(&mut [u8]) -> T>(f: F) -> T {
    sel4::with_ipc_buffer_mut(|buffer| f(buffer.msg_bytes_mut()))
}

#[cfg(test)]
mod tests {
    use super::MessageInfo;

    #[test]
    fn a_message_has_its_label_and_count() {
        let message = MessageInfo::new(9, 120);
        assert_eq!((message.label(), message.count()), (9, 120));
        assert_eq!(
            (MessageInfo::default().label(), MessageInfo::label_width()),
            (0, 52)
        );
    }
}
