// SPDX-License-Identifier: BSD-2-Clause

//! vCPUs: EL1 state, virtual interrupts, virtual timer and debug registers.

mod debug;
mod emulate;
mod registers;
mod state;
mod table;
mod vgic;

pub use emulate::emulate;
pub use table::Vcpus;
pub use vgic::{Vgic, pending};
