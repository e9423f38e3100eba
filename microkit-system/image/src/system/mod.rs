// SPDX-License-Identifier: BSD-2-Clause

//! The description of a system: its model, and reading it.

mod channel;
mod domain;
mod element;
mod files;
mod machine;
mod map;
mod model;
mod parse;
mod region;

pub use files::SearchPath;
pub use model::{
    Channel, End, Irq, Map, MemoryRegion, PageSize, Permissions, Prefill, ProgramImage,
    ProtectionDomain, Scheduling, SetVar, SetVarValue, System, UserCap, UserCapKind, Vcpu,
    VirtualMachine,
};
pub use parse::parse;
