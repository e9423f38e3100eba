// SPDX-License-Identifier: BSD-2-Clause

//! The image tool: a `.system` file and ELF files to one bootable image.
//!
//! The embedded kernel is static, so everything about a system is worked out
//! here: objects, capabilities, page tables, the place of every page. What the
//! tool accepts is the dialect of Microkit 2.3 (`docs/interfaces/system-dialect.md`);
//! what it writes is described in `docs/interfaces/image.md`.

#![forbid(unsafe_code)]

pub mod board;
pub mod diagnostic;
pub mod layout;
pub mod system;

mod check;
mod image;
mod kernel;
mod load;
mod objects;
mod program;
mod report;
mod symbols;

pub use image::{Config, Image, build};
pub use kernel::Kernel;
pub use load::{Options, load, load_text};
pub use objects::{Objects, objects};
pub use program::{Program, Segment, Symbol, SymbolError, SymbolSize};
pub use report::{report, summary};
