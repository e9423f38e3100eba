// SPDX-License-Identifier: BSD-2-Clause

//! Guest images that have what the generator looks at, and nothing else.

use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Bytes that begin as an arm64 `Image` does and need `memory` bytes.
#[allow(dead_code, reason = "not every test program needs it")]
fn image(memory: u64) -> Vec<u8> {
    let mut bytes = vec![0; 0x1000];
    bytes[16..24].copy_from_slice(&memory.to_le_bytes());
    bytes[56..60].copy_from_slice(b"ARM\x64");
    bytes
}

/// A directory with guest files, good and bad.
#[allow(dead_code, reason = "not every test program needs it")]
pub fn guests() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    write("Image", &image(0x200_0000));
    write("bare.img", &image(0x1_0000));
    write("tiny.img", &image(0x1000));
    write("large.img", &image(0x200_0000));
    write("packed.img", &[0x1f, 0x8b, 8, 0]);
    write("notes.txt", &[b'x'; 100]);
    write("numbers.img", &[0; 0x1000]);
    write("initramfs-sender.cpio", &[0; 0x1000]);
    write("initramfs-receiver.cpio", &[0; 0x1000]);
    directory
}

/// The repository.
#[allow(dead_code, reason = "not every test program needs it")]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
