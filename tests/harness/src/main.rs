// SPDX-License-Identifier: BSD-2-Clause

//! Boots systems in QEMU and judges what they print.

fn main() {}
