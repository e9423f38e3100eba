// SPDX-License-Identifier: BSD-2-Clause

//! Loading a guest: kernel `Image`, initial RAM disk, device tree.
//!
//! Everything is planned and checked before the first byte moves. What was
//! copied is cleaned to the point of coherency, because the guest starts with
//! its caches off, and its kernel is unified for instruction fetch.

mod device_tree;
mod guest;
mod image;
mod layout;
mod load;
#[cfg(test)]
mod tests;

pub use device_tree::build as build_device_tree;
pub use guest::{LoadError, load_guest};
pub use image::{HEADER_BYTES, ImageError, ImageHeader};
pub use layout::{Layout, LayoutError};
pub use load::{GuestRam, load};
