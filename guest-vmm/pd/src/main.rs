// SPDX-License-Identifier: BSD-2-Clause

//! The guest-vmm protection domain.

fn main() {}
