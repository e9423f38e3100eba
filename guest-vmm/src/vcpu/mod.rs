// SPDX-License-Identifier: BSD-2-Clause

//! The vCPU: its registers, exceptions put into it, its translation tables.

mod exception;
mod id;
mod registers;
mod timer;
mod translation;

pub use exception::{Exception, inject_exception};
pub use id::{PerVcpu, VcpuId};
pub use registers::{Registers, SCTLR_OFF, START_SPSR, SystemRegister};
pub use timer::{VIRTUAL_TIMER, VirtualTimer};
pub use translation::translate;
