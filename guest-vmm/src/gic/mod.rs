// SPDX-License-Identifier: BSD-2-Clause

//! A virtual GICv2 distributor over the hardware's virtual CPU interface.
//!
//! The guest's CPU interface is the hardware's (GICV); the distributor is
//! emulated here, and the list registers are the bridge. seL4 only writes list
//! registers, so the book of what lies in which is ours: a register is taken by
//! injecting and freed by a maintenance event, never otherwise.
//!
//! What follows from that, and differs from a GIC: an interrupt that was put
//! into a list register cannot be taken back (a disabled or lowered line may
//! still deliver once), active bits read as 0, and the source of a
//! software-generated interrupt, for which an injection has no place, reads as
//! CPU 0. Linux copes with all three.
//!
//! SGIs and PPIs are banked by vCPU, SPIs go to one of the vCPUs that ITARGETSR
//! names: the first that is on and has a list register to spare.

mod access;
mod distributor;
mod list_registers;
mod registers;
mod state;
#[cfg(test)]
mod tests;

pub use distributor::Distributor;
pub use list_registers::MAX_LIST_REGISTERS;
pub use state::INTIDS;
