// SPDX-License-Identifier: BSD-2-Clause

//! Errors of invocations.

use core::{fmt, result};

use crate::{Word, sys::seL4_Error};

/// Result of an invocation.
pub type Result<T> = result::Result<T, Error>;

/// Why the kernel refused an invocation (manual, 10.1.2). The label of the
/// kernel's reply; details are in its message registers.
#[repr(u32)]
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Error {
    /// A message register has a value the method cannot use; MR0 says which.
    InvalidArgument = 1,
    /// The invoked or a passed capability is missing or of the wrong type.
    InvalidCapability = 2,
    /// The object does not know this method, or not in its present state.
    IllegalOperation = 3,
    /// A value is out of range; MR0 is the minimum, MR1 the maximum.
    RangeError = 4,
    /// An address is not aligned as it must be.
    AlignmentError = 5,
    /// A capability pointer in the message does not resolve.
    FailedLookup = 6,
    /// The message has too few registers or capabilities.
    TruncatedMessage = 7,
    /// The destination is occupied.
    DeleteFirst = 8,
    /// The object has derived capabilities.
    RevokeFirst = 9,
    /// Untyped memory is too small; MR0 is what is left in bytes.
    NotEnoughMemory = 10,
}

impl Error {
    /// The kernel's number.
    pub const fn into_sys(self) -> seL4_Error::Type {
        self as seL4_Error::Type
    }

    /// The error of a kernel's number; `None` for 0, which is success.
    ///
    /// # Panics
    /// Above 10, which no kernel sends.
    pub fn from_sys(number: seL4_Error::Type) -> Option<Self> {
        Some(match number {
            0 => return None,
            1 => Self::InvalidArgument,
            2 => Self::InvalidCapability,
            3 => Self::IllegalOperation,
            4 => Self::RangeError,
            5 => Self::AlignmentError,
            6 => Self::FailedLookup,
            7 => Self::TruncatedMessage,
            8 => Self::DeleteFirst,
            9 => Self::RevokeFirst,
            10 => Self::NotEnoughMemory,
            _ => panic!("seL4 error number {number} is unknown"),
        })
    }

    /// Result of an invocation whose reply has this label. A label that is no
    /// error number did not come from the kernel: the capability was an
    /// endpoint, so it is reported as [`Error::InvalidCapability`].
    pub(crate) fn check(label: Word) -> Result<()> {
        match seL4_Error::Type::try_from(label) {
            Ok(number) if number <= Self::NotEnoughMemory.into_sys() => {
                Self::from_sys(number).map_or(Ok(()), Err)
            }
            _ => Err(Self::InvalidCapability),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seL4_Error: {self:?}")
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn every_error_number_maps_back_to_itself() {
        for number in 1..=10 {
            assert_eq!(Error::from_sys(number).map(Error::into_sys), Some(number));
        }
        assert_eq!(Error::from_sys(0), None);
    }

    #[test]
    fn a_label_no_kernel_sends_is_an_invalid_capability() {
        assert_eq!(Error::check(0), Ok(()));
        assert_eq!(Error::check(4), Err(Error::RangeError));
        assert_eq!(Error::check(11), Err(Error::InvalidCapability));
        assert_eq!(Error::check(1 << 40), Err(Error::InvalidCapability));
    }
}
