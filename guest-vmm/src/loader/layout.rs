// SPDX-License-Identifier: BSD-2-Clause

//! Where kernel, initial RAM disk and device tree go in guest RAM.
//!
//! Kernel at the bottom (plus its text_offset), the device tree in the last
//! 2 MiB, the RAM disk right below it: all free memory lies in one piece.

use super::ImageHeader;
use core::fmt;

const BLOCK: u64 = 0x20_0000;
const PAGE: u64 = 0x1000;

/// Guest-physical addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Kernel, and entry point.
    pub kernel: u64,
    /// RAM disk: start and end.
    pub initrd: Option<(u64, u64)>,
    /// Device tree.
    pub device_tree: u64,
    /// Room for it.
    pub device_tree_room: u64,
}

/// Why it does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// Guest RAM does not start at a multiple of 2 MiB, or is no whole number of
    /// pages, or wraps.
    Ram,
    /// The kernel wants an offset of 2 MiB or more.
    TextOffset(u64),
    /// All of it needs that many bytes; there are fewer.
    TooSmall {
        /// Bytes needed.
        needed: u64,
        /// Bytes there are.
        size: u64,
    },
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ram => {
                f.write_str("guest RAM must start at a multiple of 2 MiB and hold whole pages")
            }
            Self::TextOffset(offset) => {
                write!(f, "the kernel's text_offset {offset:#x} is not below 2 MiB")
            }
            Self::TooSmall { needed, size } => write!(
                f,
                "kernel, RAM disk and device tree need {needed:#x} bytes, guest RAM has {size:#x}: \
                 give the guest more"
            ),
        }
    }
}

impl Layout {
    /// Plans the layout; `kernel_bytes` and `initrd_bytes` are file sizes.
    pub fn plan(
        ram: u64,
        ram_bytes: u64,
        header: &ImageHeader,
        kernel_bytes: u64,
        initrd_bytes: Option<u64>,
    ) -> Result<Self, LayoutError> {
        let end = ram.checked_add(ram_bytes).ok_or(LayoutError::Ram)?;
        if !ram.is_multiple_of(BLOCK) || !ram_bytes.is_multiple_of(PAGE) {
            return Err(LayoutError::Ram);
        }
        if header.text_offset >= BLOCK {
            return Err(LayoutError::TextOffset(header.text_offset));
        }
        let initrd_pages = initrd_bytes
            .unwrap_or(0)
            .div_ceil(PAGE)
            .saturating_mul(PAGE);
        let kernel_room = header
            .image_size
            .max(kernel_bytes)
            .saturating_add(header.text_offset);
        let needed = kernel_room
            .saturating_add(initrd_pages)
            .saturating_add(BLOCK);
        if needed > ram_bytes {
            return Err(LayoutError::TooSmall {
                needed,
                size: ram_bytes,
            });
        }
        // No underflow: `needed` covers them all.
        let device_tree = end - BLOCK;
        let initrd = device_tree - initrd_pages;
        Ok(Self {
            kernel: ram + header.text_offset,
            initrd: initrd_bytes.map(|bytes| (initrd, initrd + bytes)),
            device_tree,
            device_tree_room: BLOCK,
        })
    }
}
