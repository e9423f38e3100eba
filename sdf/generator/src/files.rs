// SPDX-License-Identifier: BSD-2-Clause

//! Files that a manifest names: where they are and whether they are what they
//! should be. A guest image's header is read as the VMM's loader reads it.

use guest_vmm::loader::{HEADER_BYTES, ImageHeader};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Why a file is no arm64 Image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is something else that people mistake for one.
    #[error("is no arm64 Image: {0}")]
    Other(&'static str),
    /// The loader's reason.
    #[error("cannot be booted: {0}")]
    Header(guest_vmm::loader::ImageError),
}

/// Reads the header of `path`.
pub fn image_header(path: &Path) -> Result<ImageHeader, ImageError> {
    let mut header = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    if header.starts_with(&[0x1f, 0x8b]) {
        return Err(ImageError::Other("it is gzip-compressed, unpack it first"));
    }
    if header.starts_with(b"\x7fELF") {
        return Err(ImageError::Other(
            "it is an ELF file, take `arch/arm64/boot/Image`",
        ));
    }
    ImageHeader::parse(&header).map_err(ImageError::Header)
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
    fn an_image_is_told_by_its_header() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("Image");
        let mut bytes = vec![0u8; 64];
        bytes[56..60].copy_from_slice(b"ARM\x64");
        bytes[16..24].copy_from_slice(&0x20_0000u64.to_le_bytes());
        std::fs::write(&path, &bytes).unwrap();
        let header = image_header(&path).unwrap();
        assert_eq!((header.text_offset, header.image_size), (0, 0x20_0000));
        for (content, word) in [
            (&b"\x1f\x8b"[..], "gzip"),
            (b"\x7fELF", "ELF"),
            (b"short", "shorter"),
            (&[0; 64], "magic"),
        ] {
            std::fs::write(&path, content).unwrap();
            let error = image_header(&path).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
