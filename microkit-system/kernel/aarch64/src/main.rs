// SPDX-License-Identifier: BSD-2-Clause

//! The embedded kernel on AArch64 at EL2.

fn main() {}
