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
pub mod system;

mod check;
mod load;
mod program;

pub use load::{Options, load, load_text};
pub use program::{Program, Segment, Symbol, SymbolError, SymbolSize};
