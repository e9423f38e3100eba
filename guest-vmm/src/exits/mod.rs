// SPDX-License-Identifier: BSD-2-Clause

//! Why a vCPU stopped: fault messages, syndromes, instructions.
//!
//! Three decoders, each total: words in, an enum out, "not understood" is one of
//! its values.

mod access;
mod exit;
mod instruction;
mod syndrome;

pub use access::{Access, Refusal, Served, Width, extend};
pub use exit::{Exit, FAULT_WORDS};
pub use instruction::{Addressing, Instruction, Transfer};
pub use syndrome::{AbortTransfer, DataAbort, Syndrome};
