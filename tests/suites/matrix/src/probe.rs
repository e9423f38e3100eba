// SPDX-License-Identifier: BSD-2-Clause

//! A probe: stands in for a protection domain and makes one access when the judge
//! says so.
//!
//! Why: what a protection domain may touch hangs on its place in the `.system` file
//! and not on its program. So the judge puts this program everywhere, points a probe
//! at one of the pieces of code below with the registers it wants, and learns from
//! where the probe stopped whether the access worked.

#![no_std]
#![no_main]

use core::arch::naked_asm;
use core::hint::black_box;
use sel4_microkit::{NullHandler, protection_domain, var};

#[protection_domain]
fn init() -> NullHandler {
    // The symbols that the generated maps of configurations set.
    black_box((
        *var!(config_address: usize = 0),
        *var!(config_size: usize = 0),
    ));
    let words = sel4::with_ipc_buffer(|buffer| buffer.msg_regs().as_ptr().addr());
    stand_by(words)
}

/// Stops with the addresses of the pieces in x0 to x4, and that of the message
/// registers in x5. Each piece ends in a UDF, where the probe stops again.
#[unsafe(naked)]
extern "C" fn stand_by(message_registers: usize) -> ! {
    naked_asm!(
        "mov x5, x0",
        "adr x0, 20f",
        "adr x1, 21f",
        "adr x2, 22f",
        "adr x3, 23f",
        "adr x4, 24f",
        "udf #0",
        "20: ldr w9, [x0]",
        "udf #0",
        "21: str w1, [x0]",
        "udf #0",
        "22: str x1, [x0]",
        "udf #0",
        "23: svc #0",
        "udf #0",
        "24: subs x0, x0, #1",
        "b.ne 24b",
        "udf #0",
    )
}
