// SPDX-License-Identifier: BSD-2-Clause

//! Printing through the kernel: in debug only. In release the arguments are
//! type-checked and neither evaluated nor printed.

use core::fmt;

/// Whether the kernel prints.
#[doc(hidden)]
pub const PRINTING: bool = sel4::sel4_cfg_bool!(PRINTING);

/// Prints on the kernel's console.
#[sel4::sel4_cfg(PRINTING)]
#[doc(hidden)]
pub fn print(args: fmt::Arguments<'_>) {
    sel4::debug_print!("{args}");
}

/// Does nothing: this kernel does not print.
#[sel4::sel4_cfg(not(PRINTING))]
#[doc(hidden)]
#[inline(always)]
pub fn print(_: fmt::Arguments<'_>) {}

/// Prints on the kernel's console in debug; nothing in release.
#[macro_export]
macro_rules! debug_print {
    ($($arg:tt)*) => {
        if $crate::_private::PRINTING {
            $crate::_private::print(::core::format_args!($($arg)*));
        }
    };
}

/// Prints a line on the kernel's console in debug; nothing in release.
#[macro_export]
macro_rules! debug_println {
    () => { $crate::debug_print!("\n") };
    ($($arg:tt)*) => { $crate::debug_print!("{}\n", ::core::format_args!($($arg)*)) };
}
