// SPDX-License-Identifier: BSD-2-Clause

//! The seL4 API with rust-sel4's names and signatures.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
