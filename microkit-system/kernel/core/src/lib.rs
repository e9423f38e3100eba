// SPDX-License-Identifier: BSD-2-Clause

//! The embedded kernel's objects and rules, free of hardware.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod hardware;
