// SPDX-License-Identifier: BSD-2-Clause

//! From the image's first byte to the first thread.
//!
//! Entered at EL2 with the MMU off, on one core. The assembly sets the stack and
//! zeroes `.bss`; the rest is Rust, which runs with strict alignment and so may
//! run before the MMU.

use core::arch::global_asm;
use core::sync::atomic::{AtomicU64, Ordering};

use aarch64_cpu::registers::{CurrentEL, Readable};
use tombolo_kernel_core::hardware::Hardware;
use tombolo_kernel_core::{Kernel, Next, SystemSpec};

use crate::machine::Machine;
use crate::singleton::Singleton;
use crate::{board, cache, console, memory, mmu, run, switch, timer};

/// Physical address of the system description; the image tool patches it. Not 0,
/// so that it lies in `.data`.
#[unsafe(no_mangle)]
#[used]
#[allow(non_upper_case_globals)]
static tombolo_system_spec: AtomicU64 = AtomicU64::new(UNPATCHED);
const UNPATCHED: u64 = u64::MAX;

static KERNEL: Singleton<Kernel> = Singleton::new(Kernel::new());

global_asm!(
    ".section .text.boot, \"ax\"",
    ".global _start",
    "_start:",
    "msr daifset, #15",
    "msr spsel, #1",
    "adrp x0, __stack_top",
    "add x0, x0, :lo12:__stack_top",
    "mov sp, x0",
    "adrp x0, __bss_start",
    "adrp x1, __bss_end",
    "1: stp xzr, xzr, [x0], #16",
    "cmp x0, x1",
    "b.lo 1b",
    "mov x29, xzr",
    "mov x30, xzr",
    "b kernel_start",
);

#[unsafe(no_mangle)]
extern "C" fn kernel_start() -> ! {
    let level = CurrentEL.get() >> 2;
    assert!(level == 2, "started at EL{level}: the kernel needs EL2");
    mmu::enable();
    switch::initialise();
    let (kernel, mut machine, next, debug) = build();
    run::run(kernel, &mut machine, next, debug)
}

/// Brings up the system that the image describes.
fn build() -> (&'static mut Kernel, Machine, Next, bool) {
    let begin = timer::now();
    let address = tombolo_system_spec.load(Ordering::Relaxed);
    assert!(
        address != UNPATCHED,
        "no system description: the image tool makes bootable images"
    );
    let Some(bytes) = memory::image_tail(address) else {
        panic!("the system description at {address:#x} is not behind the kernel");
    };
    let spec =
        SystemSpec::parse(bytes).unwrap_or_else(|error| panic!("system description: {error}"));
    announce(&spec);
    prepare_memory(&spec);
    let Some(mut machine) = Machine::new(&spec.header.board) else {
        panic!(
            "the system description's devices are not those of {}",
            board::NAME
        );
    };
    let Some(kernel) = KERNEL.take() else {
        panic!("started twice");
    };
    if let Err(error) = kernel.instantiate(&spec, &mut machine) {
        panic!("system description: {error}");
    }
    enable_interrupts(&spec, &mut machine);
    let debug = spec.is_debug();
    let next = kernel.start(&mut machine);
    let microseconds = (timer::now() - begin) * 1_000_000 / machine.frequency().max(1);
    console::line(format_args!(
        "started in {}.{:03} ms",
        microseconds / 1000,
        microseconds % 1000
    ));
    (kernel, machine, next, debug)
}

fn announce(spec: &SystemSpec<'_>) {
    let vcpus = spec.vcpus.len();
    console::line(format_args!(
        "Tombolo {} on {}, {} configuration",
        env!("CARGO_PKG_VERSION"),
        board::NAME,
        if spec.is_debug() { "debug" } else { "release" },
    ));
    console::line(format_args!(
        "{} protection domains, {vcpus} vCPUs, {} interrupts, {} capabilities",
        spec.tcbs.len().saturating_sub(vcpus),
        spec.irqs.len(),
        spec.caps.len(),
    ));
}

/// Zeroes what the description says, and brings the image, which was loaded past
/// the caches, to where threads and page-table walks see it.
fn prepare_memory(spec: &SystemSpec<'_>) {
    let header = spec.header;
    // The kernel comes first in the image, then this description. Behind them the
    // image has gaps between its contents, which may well be zeroed memory.
    let kernel_end = core::ptr::from_ref(header).addr() as u64 + header.size;
    let mut bytes = 0;
    for range in spec.zero {
        let end = range.start.saturating_add(range.size);
        assert!(
            end <= header.image_start || range.start >= kernel_end,
            "system description: {range:x?} is to be zeroed, but holds the kernel"
        );
        assert!(
            memory::zero(range),
            "system description: cannot zero {range:x?}"
        );
        bytes += range.size;
    }
    let image = header.image_end.saturating_sub(header.image_start);
    cache::flush(header.image_start, image);
    cache::forget_instructions();
    console::line(format_args!(
        "image of {} KiB, {} KiB zeroed",
        image >> 10,
        bytes >> 10
    ));
}

/// Lines are on from the start, before their handlers' first acknowledgement.
fn enable_interrupts(spec: &SystemSpec<'_>, machine: &mut Machine) {
    for irq in spec.irqs {
        machine.gic.set_trigger(irq.intid, irq.edge != 0);
        machine.gic.unmask(irq.intid);
    }
}
