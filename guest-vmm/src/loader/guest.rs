// SPDX-License-Identifier: BSD-2-Clause

//! The whole of it: check, plan, build the tree, load.

use super::{GuestRam, ImageError, ImageHeader, Layout, LayoutError, build_device_tree, load};
use core::fmt;
use tombolo_config::guest::GuestConfig;

/// Why a guest cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The kernel is none.
    Image(ImageError),
    /// Something does not fit.
    Layout(LayoutError),
    /// The device tree is larger than its place.
    DeviceTree,
    /// Guest RAM is not mapped as the configuration says.
    Ram,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(error) => write!(f, "its kernel: {error}"),
            Self::Layout(error) => write!(f, "{error}"),
            Self::DeviceTree => f.write_str("its device tree does not fit 2 MiB"),
            Self::Ram => {
                f.write_str("its RAM is not mapped as configured: generate the system anew")
            }
        }
    }
}

/// Loads the guest that `config` describes into `ram`.
pub fn load_guest(
    config: &GuestConfig,
    kernel: &[u8],
    initrd: Option<&[u8]>,
    ram: &mut impl GuestRam,
) -> Result<Layout, LoadError> {
    let header = ImageHeader::parse(kernel).map_err(LoadError::Image)?;
    let layout = Layout::plan(
        config.ram.gpa,
        config.ram.mapping.size,
        &header,
        kernel.len() as u64,
        initrd.map(|bytes| bytes.len() as u64),
    )
    .map_err(LoadError::Layout)?;
    let tree = build_device_tree(config, &layout);
    if tree.len() as u64 > layout.device_tree_room {
        return Err(LoadError::DeviceTree);
    }
    if load(ram, &layout, kernel, initrd, &tree) {
        Ok(layout)
    } else {
        Err(LoadError::Ram)
    }
}
