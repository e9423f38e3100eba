// SPDX-License-Identifier: BSD-2-Clause

//! Files that a manifest names: where they are and whether they are what they
//! should be.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Header of an arm64 `Image` (Linux: Documentation/arch/arm64/booting.rst).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageHeader {
    /// Load offset from a 2 MiB-aligned base.
    pub text_offset: u64,
    /// Bytes the kernel needs from there, bss included.
    pub image_size: u64,
}

const IMAGE_MAGIC: u32 = 0x644d_5241;

/// Why a file is no arm64 Image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Too short or without the magic number at byte 56.
    #[error("is no arm64 Image (no `ARM\\x64` at byte 56){0}")]
    NoImage(&'static str),
}

/// Reads the header of `path`.
pub fn image_header(path: &Path) -> Result<ImageHeader, ImageError> {
    let mut header = [0; 64];
    let mut file = std::fs::File::open(path)?;
    file.read_exact(&mut header)
        .map_err(|_| ImageError::NoImage(": shorter than 64 bytes"))?;
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| header[at + i]));
    if header[..2] == [0x1f, 0x8b] {
        return Err(ImageError::NoImage(
            ": it is gzip-compressed, unpack it first",
        ));
    }
    if header[..4] == *b"\x7fELF" {
        return Err(ImageError::NoImage(
            ": it is an ELF file, take `arch/arm64/boot/Image`",
        ));
    }
    if word(56) & 0xffff_ffff != u64::from(IMAGE_MAGIC) {
        return Err(ImageError::NoImage(""));
    }
    Ok(ImageHeader {
        text_offset: word(8),
        image_size: word(16),
    })
}

/// Finds `name` in `search`; absolute names as they are.
pub fn find(name: &str, search: &[PathBuf]) -> Option<PathBuf> {
    search
        .iter()
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_told_by_its_magic() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("Image");
        let mut bytes = vec![0u8; 64];
        bytes[56..60].copy_from_slice(&IMAGE_MAGIC.to_le_bytes());
        bytes[16..24].copy_from_slice(&0x20_0000u64.to_le_bytes());
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(
            image_header(&path).unwrap(),
            ImageHeader {
                text_offset: 0,
                image_size: 0x20_0000
            }
        );
        std::fs::write(&path, b"\x1f\x8b").unwrap();
        assert!(image_header(&path).is_err());
        std::fs::write(&path, [0x1f, 0x8b].repeat(32)).unwrap();
        assert!(
            image_header(&path)
                .unwrap_err()
                .to_string()
                .contains("gzip")
        );
    }
}
