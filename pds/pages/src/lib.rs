// SPDX-License-Identifier: BSD-2-Clause

//! Layouts of the pages that protection domains share.
//!
//! Every word of a shared page is an atomic: the other side may write at any
//! moment, so no page is ever a plain `&[T]`. A layout here is `repr(C)`, all of
//! its fields are atomics, and every bit pattern is a value, so that a protection
//! domain may turn the address of a zeroed memory region into `&'static Layout`.
//!
//! Rules: each word has one writer, named in its doc; the reader treats what it
//! reads as alleged and checks it; a scribbling writer hurts only itself.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod deadline;
pub mod guest_status;
pub mod mailbox;
pub mod ring;
pub mod scrub;
