// SPDX-License-Identifier: BSD-2-Clause

//! The image tool: a .system file and ELF files to one bootable image.

fn main() {}
