// SPDX-License-Identifier: BSD-2-Clause

//! Symbols that the `microkit` tool patches.
//!
//! Why: the tool hands a protection domain its name, its rights and the values
//! of `setvar…` by writing into its ELF file after the compiler has finished.
//!
//! Rules: each such symbol is one static in `.data` whose value the compiler
//! must take as unknown; [`var!`](crate::var) makes them. The `microkit_*`
//! symbols must exist even where nobody reads them, as the tool refuses an ELF
//! file without them; the program's entry refers to them all (`keep`).

#![allow(non_upper_case_globals)]

use core::{
    cell::UnsafeCell,
    hint::black_box,
    str::{self, Utf8Error},
};

/// A static that is changed in the ELF file before the program starts, and never later.
#[doc(hidden)]
#[derive(Debug)]
#[repr(transparent)]
pub struct PatchedCell<T>(UnsafeCell<T>);

// SAFETY: nothing writes it while the program runs, so it is shared as `T` itself is.
unsafe impl<T: Sync> Sync for PatchedCell<T> {}

impl<T> PatchedCell<T> {
    /// A cell with the value it has if nobody patches it.
    pub const fn new(default: T) -> Self {
        Self(UnsafeCell::new(default))
    }

    /// The value in the ELF file that was started.
    pub fn get(&self) -> &T {
        // The barrier keeps the compiler from using the value it emitted.
        let value = black_box(self.0.get());
        // SAFETY: the pointer is this cell's, valid and aligned for its borrow;
        // nothing writes it while the program runs.
        unsafe { &*value }
    }
}

/// Declares a symbol for a `setvar…` of the system description and gives `&'static` its value.
///
/// The tool patches exactly eight bytes: use a `u64`, `usize` or the like. The
/// symbol exists in the ELF file only if the code around it does.
///
/// ```ignore
/// let size: usize = *var!(config_size: usize = 0);
/// ```
#[macro_export]
macro_rules! var {
    ($(#[$attrs:meta])* $symbol:ident: $ty:ty = $default:expr) => {{
        $(#[$attrs])*
        #[unsafe(no_mangle)]
        #[unsafe(link_section = ".data")]
        static $symbol: $crate::_private::PatchedCell<$ty> =
            $crate::_private::PatchedCell::new($default);

        $symbol.get()
    }};
}

/// Declares a symbol for the address of a memory region and gives a pointer to it.
///
/// `(name: *mut T)` gives `NonNull<T>`, `(name: *mut [T], n = count)` gives
/// `NonNull<[T]>`; `bytes = size` after either asserts its size. Panics if the
/// tool did not patch the symbol.
#[macro_export]
macro_rules! memory_region_symbol {
    ($(#[$attrs:meta])* $symbol:ident: *mut [$ty:ty], n = $n:expr, bytes = $bytes:expr $(,)?) => {{
        assert!($bytes == $n * ::core::mem::size_of::<$ty>());
        $crate::memory_region_symbol!($(#[$attrs])* $symbol: *mut [$ty], n = $n)
    }};
    ($(#[$attrs:meta])* $symbol:ident: *mut [$ty:ty], n = $n:expr $(,)?) => {{
        ::core::ptr::NonNull::slice_from_raw_parts(
            $crate::memory_region_symbol!($(#[$attrs])* $symbol: *mut $ty),
            $n,
        )
    }};
    ($(#[$attrs:meta])* $symbol:ident: *mut $ty:ty, bytes = $bytes:expr $(,)?) => {{
        assert!($bytes == ::core::mem::size_of::<$ty>());
        $crate::memory_region_symbol!($(#[$attrs])* $symbol: *mut $ty)
    }};
    ($(#[$attrs:meta])* $symbol:ident: *mut $ty:ty $(,)?) => {{
        let address = *$crate::var!($(#[$attrs])* $symbol: usize = 0);
        match ::core::ptr::NonNull::new(::core::ptr::with_exposed_provenance_mut::<$ty>(address)) {
            Some(pointer) => pointer,
            None => panic!(concat!(
                stringify!($symbol),
                " is null: give its map a setvar_vaddr in the system description",
            )),
        }
    }};
}

/// Length of `microkit_name` in bytes; a name of that length has no terminator.
const NAME_LENGTH: usize = 64;

#[cfg(not(feature = "extern-symbols"))]
macro_rules! patched {
    ($($(#[$doc:meta])* $symbol:ident: $ty:ty = $default:expr;)+) => {
        $(
            $(#[$doc])*
            #[used]
            #[unsafe(no_mangle)]
            #[unsafe(link_section = ".data")]
            static $symbol: PatchedCell<$ty> = PatchedCell::new($default);
        )+
    };
}

#[cfg(feature = "extern-symbols")]
macro_rules! patched {
    ($($(#[$doc:meta])* $symbol:ident: $ty:ty = $default:expr;)+) => {
        unsafe extern "C" {
            $(
                $(#[$doc])*
                #[cfg_attr(not(target_os = "none"), allow(dead_code))]
                safe static $symbol: PatchedCell<$ty>;
            )+
        }
    };
}

patched! {
    /// Name, padded with zeros.
    microkit_name: [u8; NAME_LENGTH] = [0; NAME_LENGTH];
    /// 1 if passive.
    microkit_passive: u8 = 0;
    /// Bit n: channel n is an interrupt.
    microkit_irqs: u64 = 0;
    /// Bit n: channel n may be notified.
    microkit_notifications: u64 = 0;
    /// Bit n: channel n may be called.
    microkit_pps: u64 = 0;
    /// x86 only; the tool wants it everywhere.
    microkit_ioports: u64 = 0;
}

/// Keeps all symbols in the ELF file, whatever the program reads.
#[cfg(target_os = "none")]
pub(crate) fn keep() {
    black_box(&microkit_name);
    black_box(&microkit_passive);
    black_box(&microkit_irqs);
    black_box(&microkit_notifications);
    black_box(&microkit_pps);
    black_box(&microkit_ioports);
}

/// Whether this protection domain runs on its callers' time only.
pub fn pd_is_passive() -> bool {
    *microkit_passive.get() != 0
}

pub(crate) fn pd_irqs() -> u64 {
    *microkit_irqs.get()
}

pub(crate) fn pd_notifications() -> u64 {
    *microkit_notifications.get()
}

pub(crate) fn pd_pps() -> u64 {
    *microkit_pps.get()
}

/// The part of a padded name before its padding.
fn unpadded(name: &[u8]) -> &[u8] {
    let length = name.iter().position(|byte| *byte == 0);
    &name[..length.unwrap_or(name.len())]
}

/// This protection domain's name as bytes.
pub fn pd_name_bytes() -> &'static [u8] {
    unpadded(microkit_name.get())
}

/// This protection domain's name; an error if the tool cut it within a character.
pub fn pd_name() -> Result<&'static str, Utf8Error> {
    str::from_utf8(pd_name_bytes())
}

#[cfg(test)]
mod tests {
    use core::mem::size_of;

    use super::{PatchedCell, pd_is_passive, pd_name, unpadded};

    #[test]
    fn a_cell_is_as_large_as_its_value() {
        assert_eq!(size_of::<PatchedCell<[u8; 64]>>(), 64);
        assert_eq!(size_of::<PatchedCell<u8>>(), 1);
        assert_eq!(size_of::<PatchedCell<usize>>(), 8);
    }

    #[test]
    fn a_name_ends_at_its_padding_or_at_64_bytes() {
        assert_eq!(unpadded(b"clock\0\0\0"), b"clock");
        assert_eq!(unpadded(&[b'a'; 64]).len(), 64);
    }

    #[test]
    fn without_the_tool_there_is_neither_name_nor_right() {
        assert_eq!(pd_name(), Ok(""));
        assert!(!pd_is_passive());
    }

    #[test]
    fn a_variable_has_its_default() {
        assert_eq!(*crate::var!(api_test_variable: usize = 7), 7);
    }

    #[test]
    #[should_panic(expected = "api_test_region is null")]
    fn a_region_nobody_maps_is_refused() {
        let _ = crate::memory_region_symbol!(api_test_region: *mut [u8], n = 4, bytes = 4);
    }
}
