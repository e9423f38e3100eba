// SPDX-License-Identifier: BSD-2-Clause

//! From a system to places in physical memory and translation tables.

mod memory;
mod out_of_memory;
mod place;
mod spaces;
mod stage2;

pub use out_of_memory::human;
pub use place::{Extent, Layout, Space, content_size, place};
pub use spaces::mappings;
pub use stage2::{build as build_tables, walk};
