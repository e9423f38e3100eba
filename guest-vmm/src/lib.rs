// SPDX-License-Identifier: BSD-2-Clause

//! The guest VMM: one guest's devices and the handling of its traps.
//!
//! Everything here is plain logic over [`platform::Platform`], which is what a
//! VMM needs of seL4 and of its peers: the host tests put a model there, the
//! protection domain (`guest-vmm/pd`) the kernel.
//!
//! The rule of the crate: a guest may do what it likes and hurts only itself.
//! Whatever it stores, loads or executes ends in an emulated effect, in an
//! exception in that guest, or in that guest being stopped with a reason in the
//! log; never in a panic here.

#![cfg_attr(not(any(test, feature = "model")), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod exits;
pub mod gic;
pub mod guest_shm;
pub mod loader;
pub mod log;
pub mod machine;
pub mod management;
pub mod pl011;
pub mod platform;
pub mod psci;
pub mod vcpu;
pub mod virtio_blk;
