// SPDX-License-Identifier: BSD-2-Clause

//! A protection domain to copy.

fn main() {}
