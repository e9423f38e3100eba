// SPDX-License-Identifier: BSD-2-Clause

//! Checks what the kernel does for protection domains and guests, on the target.
//!
//! Why: the same ELF files run on genuine seL4 and on the embedded kernel, and
//! every difference is a defect of the latter. So this suite asks through the
//! system calls only, and expects what seL4 16 with Microkit 2.3 does.
//!
//! Rules: the runner owns the UART and prints `suite > ok: SENTENCE` or
//! `suite > FAIL: SENTENCE: DETAILS` for each check and a verdict at the end,
//! which the test harness judges. All experiments run in `init`, in order, with
//! the system calls of the crate `sel4`: the ordinary event loop would answer
//! before a check could look. A child runs code that the runner writes into
//! memory they share ([`thread`]), with every register set beforehand.

#![no_std]
#![no_main]
// What a call that did not come back ended in is wanted whole; nothing is hot.
#![allow(clippy::result_large_err)]

mod checks;
mod code;
mod layout;
mod memory;
#[path = "../methods.rs"]
mod methods;
mod report;
mod suite;
mod thread;

use sel4_microkit::{NullHandler, protection_domain};
use suite::Suite;

#[protection_domain]
fn init() -> NullHandler {
    let mut suite = Suite::new();
    checks::run(&mut suite);
    suite.report.finish();
    NullHandler::new()
}
