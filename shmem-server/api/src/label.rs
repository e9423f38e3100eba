// SPDX-License-Identifier: BSD-2-Clause

//! Message labels of protected calls to the server.

/// Signal peers. MR0 = connection handle (0..[`crate::MAX_CONNECTIONS`]), MR1 =
/// set of target indices: bits 15:0, or `0xffff_ffff` for every attached
/// connection but the caller's. Reply: label = a [`crate::Status`] code, no MRs.
pub const SIGNAL: u64 = 1;

/// A [`crate::Request`]: MR0 = length in bytes, MR1.. = `postcard` bytes. Reply:
/// label 0, MR0 = length, MR1.. = a [`crate::Response`] in `postcard`; label 1
/// and no MRs if the request could not be decoded.
pub const REQUEST: u64 = 2;

/// Reply label: the request was not understood.
pub const REPLY_MALFORMED: u64 = 1;
