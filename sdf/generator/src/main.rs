// SPDX-License-Identifier: BSD-2-Clause

//! The generator: a manifest to a .system file and configuration blobs.

fn main() {}
