// SPDX-License-Identifier: BSD-2-Clause

//! The manager protection domain (dom0).

fn main() {}
