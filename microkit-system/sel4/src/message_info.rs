// SPDX-License-Identifier: BSD-2-Clause

//! Message information word.
//!
//! Bits 6:0 length in words, 8:7 extra capabilities, 11:9 capabilities
//! unwrapped, 63:12 label (manual, 4.1).

use crate::{Word, words::word};

const LENGTH: Field = Field { shift: 0, width: 7 };
const EXTRA_CAPS: Field = Field { shift: 7, width: 2 };
const CAPS_UNWRAPPED: Field = Field { shift: 9, width: 3 };
const LABEL: Field = Field {
    shift: 12,
    width: 52,
};

struct Field {
    shift: u32,
    width: u32,
}

impl Field {
    const fn get(&self, bits: Word) -> Word {
        (bits >> self.shift) & ((1 << self.width) - 1)
    }

    const fn put(&self, value: Word) -> Word {
        assert!(
            value >> self.width == 0,
            "message info: value wider than its field"
        );
        value << self.shift
    }
}

/// Describes a message: label, length, capabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(transparent)]
pub struct MessageInfo(Word);

impl MessageInfo {
    /// A message with `label`, `extra_caps` capabilities and `length` words.
    ///
    /// # Panics
    /// If a value is wider than its field (52, 3, 2 and 7 bits).
    #[inline]
    pub const fn new(label: Word, caps_unwrapped: usize, extra_caps: usize, length: usize) -> Self {
        Self(
            LABEL.put(label)
                | CAPS_UNWRAPPED.put(word(caps_unwrapped))
                | EXTRA_CAPS.put(word(extra_caps))
                | LENGTH.put(word(length)),
        )
    }

    /// The message info of a word as the kernel passes it.
    #[doc(hidden)]
    pub const fn from_inner(bits: Word) -> Self {
        Self(bits)
    }

    /// The word as the kernel takes it.
    #[doc(hidden)]
    pub const fn into_inner(self) -> Word {
        self.0
    }

    /// The word as the kernel takes it.
    #[doc(hidden)]
    pub const fn inner(&self) -> &Word {
        &self.0
    }

    /// What the message means to its receiver: method, fault or error number.
    pub const fn label(&self) -> Word {
        LABEL.get(self.0)
    }

    /// Width of the label in bits.
    pub const fn label_width() -> usize {
        LABEL.width as usize
    }

    /// Bit n: the badge of extra capability n was delivered instead of it.
    pub const fn caps_unwrapped(&self) -> usize {
        CAPS_UNWRAPPED.get(self.0) as usize
    }

    /// Number of extra capabilities, 0 to 3.
    pub const fn extra_caps(&self) -> usize {
        EXTRA_CAPS.get(self.0) as usize
    }

    /// Number of message registers in use, 0 to 120.
    pub const fn length(&self) -> usize {
        LENGTH.get(self.0) as usize
    }
}

impl From<MessageInfoBuilder> for MessageInfo {
    fn from(builder: MessageInfoBuilder) -> Self {
        builder.build()
    }
}

/// Builds a [`MessageInfo`] by named fields.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct MessageInfoBuilder {
    label: Word,
    caps_unwrapped: usize,
    extra_caps: usize,
    length: usize,
}

impl MessageInfoBuilder {
    /// The message info; panics as [`MessageInfo::new`] does.
    pub fn build(self) -> MessageInfo {
        MessageInfo::new(
            self.label,
            self.caps_unwrapped,
            self.extra_caps,
            self.length,
        )
    }

    /// Sets the label.
    pub fn label(mut self, label: Word) -> Self {
        self.label = label;
        self
    }

    /// Sets the unwrapped capabilities.
    pub fn caps_unwrapped(mut self, caps_unwrapped: usize) -> Self {
        self.caps_unwrapped = caps_unwrapped;
        self
    }

    /// Sets the number of extra capabilities.
    pub fn extra_caps(mut self, extra_caps: usize) -> Self {
        self.extra_caps = extra_caps;
        self
    }

    /// Sets the length in words.
    pub fn length(mut self, length: usize) -> Self {
        self.length = length;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{MessageInfo, MessageInfoBuilder};

    #[test]
    fn fields_have_the_bits_of_the_manual() {
        assert_eq!(MessageInfo::new(0, 0, 0, 120).into_inner(), 0x78);
        assert_eq!(MessageInfo::new(0, 0, 3, 0).into_inner(), 0x180);
        assert_eq!(MessageInfo::new(0, 7, 0, 0).into_inner(), 0xe00);
        assert_eq!(MessageInfo::new(1, 0, 0, 0).into_inner(), 0x1000);
    }

    #[test]
    fn the_reply_to_a_call_on_an_empty_slot_reads_as_invalid_capability() {
        let info = MessageInfo::from_inner(0x2001);
        assert_eq!((info.label(), info.length()), (2, 1));
    }

    #[test]
    fn the_widest_values_survive() {
        let label = (1 << MessageInfo::label_width()) - 1;
        let info: MessageInfo = MessageInfoBuilder::default()
            .label(label)
            .caps_unwrapped(7)
            .extra_caps(3)
            .length(127)
            .into();
        assert_eq!(info.into_inner(), u64::MAX);
    }

    #[test]
    #[should_panic(expected = "wider than its field")]
    fn a_label_of_53_bits_is_refused() {
        let _ = MessageInfo::new(1 << 52, 0, 0, 0);
    }
}
