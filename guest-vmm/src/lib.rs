// SPDX-License-Identifier: BSD-2-Clause

//! The guest VMM's devices and logic.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
