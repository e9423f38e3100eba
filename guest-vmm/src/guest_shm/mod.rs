// SPDX-License-Identifier: BSD-2-Clause

//! The shared-memory device: one factory page, one control page per slot.
//!
//! The register interface is that of the QNX Hypervisor's `shmem` device, so
//! that drivers written for it work unchanged. The device decodes; names, slots,
//! rights and signals are the shmem-server's, reached by protected calls, and a
//! guest's `status` comes from its board.
//!
//! What the public sources leave open, and is chosen here:
//! - Stores of 1 and 2 bytes to `size`, `find` and the name merge; only a store of
//!   4 or 8 bytes that covers `size` attaches (or `find` finds). One of 8 bytes at
//!   0x18 stores the name's first four bytes, then attaches.
//! - Any load that touches `status` clears its pending bits.
//! - Stores of 1 and 2 bytes to `notify` signal the targets they name.
//! - An unaligned access has no effect, reads 0, and leaves UNKNOWN_FAILURE in
//!   the factory's `status`; but for one inside a name, which works.
//! - A failed attach leaves `shmem` as it was.
//! - The control page of a slot without a connection is an external abort.
//!
//! What is new lies behind the feature registers ([`feature`]); the whole interface
//! is described in `docs/interfaces/guest-shm.md`.
//!
//! Each access that calls the server takes a token from a bucket. A guest whose
//! bucket is empty waits, parked on the access: its storm costs its own time.

mod control;
mod device;
mod factory;
mod feature;
mod registers;
mod state;
#[cfg(test)]
mod tests;

pub use device::GuestShm;
pub use registers::SIGNATURE;
