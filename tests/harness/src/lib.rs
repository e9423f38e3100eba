// SPDX-License-Identifier: BSD-2-Clause

//! Boots systems in QEMU and judges what they print.
//!
//! The judge believes only what the console PD says about who spoke: a line
//! counts for a guest if it carries that guest's prefix, which no guest can
//! write for another. The typist plays the person at the serial line.

#![forbid(unsafe_code)]

pub mod judge;
pub mod line;
pub mod qemu;
pub mod row;
pub mod trace;
pub mod typist;
