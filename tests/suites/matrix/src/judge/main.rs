// SPDX-License-Identifier: BSD-2-Clause

//! Tries what every protection domain and every guest of a system can touch.
//!
//! Why: `tombolo explain` derives the access matrix from a `.system` file. Here the
//! kernel is asked: the same file, with a probe in place of every program and this
//! judge as parent of all, tries every page, every capability slot and every device
//! of the plan in every address space. `tombolo-matrix compare` holds the lines
//! printed here against the matrix.
//!
//! Rules: the judge believes the kernel only: where a probe stopped, and who woke up.
//! Nobody else runs meanwhile: a probe moves when it is told to, guests are never
//! started but to make one access. What is unexpected ends the run without a verdict.

#![no_std]
#![no_main]

mod driver;
mod machine;
mod memory;
mod plan;
mod slots;
mod uart;

use core::panic::PanicInfo;
use driver::Driver;
use plan::Plan;
use sel4_microkit::{NullHandler, memory_region_symbol, panicking, protection_domain};
use uart::{Uart, say};

/// What is unexpected is said before the judge ends, in release too.
fn unexpected(info: &PanicInfo<'_>) {
    say!(uart(), "CHECK matrix: fail {}", info.message());
}

fn uart() -> Uart {
    let registers = memory_region_symbol!(uart: *mut u32);
    // SAFETY: the system maps the PL011 there, and the probe of the console, which
    // has it too, stores to no register that matters.
    unsafe { Uart::new(registers) }
}

#[protection_domain]
fn init() -> NullHandler {
    panicking::set_hook(&unexpected);
    let mut uart = uart();
    let plan = memory_region_symbol!(plan: *mut [u64], n = plan::WORDS);
    // SAFETY: the system maps a region of that size there, read-only and for ever.
    let plan = Plan::new(unsafe { plan.as_ref() });
    let mut driver = Driver::new(plan);
    driver.gather();
    say!(uart, "{} subjects stand by", plan.subjects());
    memory::sweep(&mut driver, &mut uart);
    slots::sweep(&mut driver, &mut uart);
    say!(uart, "CHECK matrix: pass");
    NullHandler::new()
}
