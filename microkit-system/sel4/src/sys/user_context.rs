// SPDX-License-Identifier: BSD-2-Clause

//! Registers of a thread in the order of ReadRegisters and WriteRegisters.

use crate::Word;

macro_rules! user_context {
    ($($name:ident),+ $(,)?) => {
        /// `seL4_UserContext` of AArch64.
        #[derive(Debug, Default, Clone, PartialEq, Eq)]
        #[repr(C)]
        pub struct seL4_UserContext {
            $(
                #[doc = concat!("Register `", stringify!($name), "`.")]
                pub $name: Word,
            )+
        }

        impl seL4_UserContext {
            /// Number of registers.
            pub(crate) const LENGTH: usize = [$(stringify!($name)),+].len();

            /// The registers in message order.
            pub(crate) fn to_words(&self) -> [Word; Self::LENGTH] {
                [$(self.$name),+]
            }

            /// The context with these registers in message order.
            pub(crate) fn from_words(words: [Word; Self::LENGTH]) -> Self {
                let [$($name),+] = words;
                Self { $($name),+ }
            }
        }
    };
}

user_context! {
    pc, sp, spsr, x0, x1, x2, x3, x4, x5, x6, x7, x8, x16, x17, x18, x29, x30, x9, x10, x11, x12,
    x13, x14, x15, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, tpidr_el0, tpidrro_el0,
}

#[cfg(test)]
mod tests {
    use core::mem::{offset_of, size_of};

    use super::seL4_UserContext;

    #[test]
    fn there_are_36_words_in_libsel4s_order() {
        assert_eq!(seL4_UserContext::LENGTH, 36);
        assert_eq!(size_of::<seL4_UserContext>(), 36 * 8);
        assert_eq!(offset_of!(seL4_UserContext, x8), 11 * 8);
        assert_eq!(offset_of!(seL4_UserContext, x16), 12 * 8);
        assert_eq!(offset_of!(seL4_UserContext, x30), 16 * 8);
        assert_eq!(offset_of!(seL4_UserContext, x9), 17 * 8);
        assert_eq!(offset_of!(seL4_UserContext, tpidr_el0), 34 * 8);
    }

    #[test]
    fn words_survive_both_ways() {
        let words = core::array::from_fn(|index| index as u64 + 1);
        assert_eq!(seL4_UserContext::from_words(words).to_words(), words);
    }
}
