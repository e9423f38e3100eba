// SPDX-License-Identifier: BSD-2-Clause

//! The arm64 `Image` header (Linux, `Documentation/arm64/booting.rst`, section 4).

use core::fmt;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 64;
const TEXT_OFFSET_AT: usize = 8;
const IMAGE_SIZE_AT: usize = 16;
const FLAGS_AT: usize = 24;
const MAGIC_AT: usize = 56;
/// "ARM\x64".
const MAGIC: u32 = 0x644d_5241;
/// Flags: big-endian kernel.
const BIG_ENDIAN: u64 = 1;

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageHeader {
    /// Load offset from a 2 MiB boundary.
    pub text_offset: u64,
    /// Memory that the kernel needs from its load address on.
    pub image_size: u64,
}

/// Why a file is no kernel that can be booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// Shorter than a header.
    Short,
    /// No magic number.
    Magic(u32),
    /// image_size 0: older than Linux 3.17.
    NoSize,
    /// A big-endian kernel.
    BigEndian,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short => f.write_str("the file is shorter than an arm64 Image header"),
            Self::Magic(found) => write!(
                f,
                "no arm64 Image: magic {found:#010x} at byte 56, not {MAGIC:#010x} \
                 (is it compressed, or an ELF file?)"
            ),
            Self::NoSize => f.write_str("its header has no image_size (Linux before 3.17)"),
            Self::BigEndian => f.write_str("it is a big-endian kernel"),
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    // Callers pass a whole header and offsets within it.
    for (to, from) in word.iter_mut().zip(bytes.iter().skip(at)) {
        *to = *from;
    }
    u64::from_le_bytes(word)
}

impl ImageHeader {
    /// Reads and checks the header of `file`.
    pub fn parse(file: &[u8]) -> Result<Self, ImageError> {
        let header = file.get(..HEADER_BYTES).ok_or(ImageError::Short)?;
        // Truncation: the magic number is the lower half.
        let magic = word(header, MAGIC_AT) as u32;
        if magic != MAGIC {
            return Err(ImageError::Magic(magic));
        }
        if word(header, FLAGS_AT) & BIG_ENDIAN != 0 {
            return Err(ImageError::BigEndian);
        }
        let image_size = word(header, IMAGE_SIZE_AT);
        if image_size == 0 {
            return Err(ImageError::NoSize);
        }
        Ok(Self {
            text_offset: word(header, TEXT_OFFSET_AT),
            image_size,
        })
    }
}
