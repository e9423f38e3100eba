// SPDX-License-Identifier: BSD-2-Clause

//! The embedded kernel on AArch64 at EL2.
//!
//! The machine's side of `tombolo-kernel-core`: start-up, exception vectors,
//! what an exception means, and what a thread needs of the hardware to run. All
//! rules are the core's; this crate holds all `unsafe` of the kernel.
//!
//! * One core, one stack. The kernel runs with all interrupts masked and is left
//!   only through [`vectors::enter`], an ordinary function to Rust: it returns
//!   when the thread traps.
//! * Nothing here touches floating-point registers but `fpu`.
//! * Register values and what traps: sel4-microkit-abi, 4 and 5. Where the kernel
//!   is safer than seL4 on purpose: `docs/kernel-differences.md`.

#![cfg_attr(target_os = "none", no_std, no_main)]

mod syndrome;

#[cfg(target_os = "none")]
#[path = "../../../boards/qemu_virt_aarch64.rs"]
mod board;
#[cfg(target_os = "none")]
mod boot;
#[cfg(target_os = "none")]
mod cache;
#[cfg(target_os = "none")]
mod console;
#[cfg(target_os = "none")]
mod fpu;
#[cfg(target_os = "none")]
mod gic;
#[cfg(target_os = "none")]
mod machine;
#[cfg(target_os = "none")]
mod memory;
#[cfg(target_os = "none")]
mod mmu;
#[cfg(target_os = "none")]
mod panic;
#[cfg(target_os = "none")]
mod run;
#[cfg(target_os = "none")]
mod singleton;
#[cfg(target_os = "none")]
mod switch;
#[cfg(target_os = "none")]
mod timer;
#[cfg(target_os = "none")]
mod vcpu;
#[cfg(target_os = "none")]
mod vectors;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("tombolo-kernel runs on AArch64 at EL2: build it for aarch64-unknown-none-softfloat");
}
