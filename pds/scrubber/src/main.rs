// SPDX-License-Identifier: BSD-2-Clause

//! The scrubber protection domain: it cleans slots.

fn main() {}
