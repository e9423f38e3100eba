// SPDX-License-Identifier: BSD-2-Clause

//! The clock protection domain: it keeps deadlines.

fn main() {}
