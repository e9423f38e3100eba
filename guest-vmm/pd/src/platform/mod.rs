// SPDX-License-Identifier: BSD-2-Clause

//! The kernel, the caches and mapped memory: all `unsafe` of this program.

mod cache;
mod dma;
mod kernel;
mod mapped;
mod ram;
mod raw;
mod reset_code;
mod restart;

pub use kernel::{Kernel, suspend_vcpus};
pub use mapped::file;
pub use ram::Ram;
pub use restart::restart_entry;
