// SPDX-License-Identifier: BSD-2-Clause

//! Bare-metal guests of the demo.

fn main() {}
