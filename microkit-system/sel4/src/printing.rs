// SPDX-License-Identifier: BSD-2-Clause

//! Printing through the kernel, in debug only.

use core::fmt::{self, Write};

use crate::{
    Word,
    sys::{Number, debug_trap},
};

/// Prints a byte on the kernel's console.
pub fn debug_put_char(c: u8) {
    debug_trap(Number::DebugPutChar, Word::from(c));
}

/// The kernel's console.
#[derive(Debug, Copy, Clone, Default)]
pub struct DebugWrite;

impl fmt::Write for DebugWrite {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        s.bytes().for_each(debug_put_char);
        Ok(())
    }
}

/// What the macros print with.
#[doc(hidden)]
pub fn debug_print_helper(args: fmt::Arguments<'_>) {
    // `DebugWrite` never fails; a failing `Display` loses its own output only.
    let _ = DebugWrite.write_fmt(args);
}

/// Prints on the kernel's console.
#[macro_export]
macro_rules! debug_print {
    ($($arg:tt)*) => { $crate::_private::debug_print_helper(::core::format_args!($($arg)*)) };
}

/// Prints a line on the kernel's console.
#[macro_export]
macro_rules! debug_println {
    () => { $crate::debug_print!("\n") };
    ($($arg:tt)*) => { $crate::debug_print!("{}\n", ::core::format_args!($($arg)*)) };
}
