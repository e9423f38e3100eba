// SPDX-License-Identifier: BSD-2-Clause

//! The shmem-server protection domain.
//!
//! Wiring only: what is decided is in `shmem-server-core`. It is passive: it runs
//! on its caller's time, so it may be called only by protection domains whose
//! budget is their period, and it waits for nobody.
//!
//! It maps its clients' boards, its log, the scrubber's page and its
//! configuration; no slot and no guest's memory.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod handler;
#[cfg(target_os = "none")]
mod log;
#[cfg(target_os = "none")]
mod messages;
#[cfg(target_os = "none")]
mod setup;

/// Its tables live on the stack: 150 KiB, and copies while they are made.
#[cfg(target_os = "none")]
#[sel4_microkit::protection_domain(stack_size = 0x200000)]
fn init() -> impl sel4_microkit::Handler {
    match setup::server() {
        Ok(handler) => handler,
        Err(error) => panic!("shmem-server cannot start: {error}"),
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("shmem-server is a protection domain: build it for aarch64-unknown-none");
}
