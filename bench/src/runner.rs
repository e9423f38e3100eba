// SPDX-License-Identifier: BSD-2-Clause

//! Measures what kernel operations cost and prints it.
//!
//! Why: the same ELF files run on genuine seL4 and on the embedded kernel, so
//! the difference is the kernel's. Under QEMU's `-icount shift=0` one instruction
//! is one virtual nanosecond; the counter's frequency says how many that is a
//! tick. The figure counts everything from one operation to the next: both
//! protection domains, the run-time and the kernel.
//!
//! Rules: a figure is the least of [`BATCHES`] batches of [`OPERATIONS`], so that
//! the kernel's own timer interrupts are not in it. Each is printed as
//! `bench > ROW: N instructions`; bench/table.sh knows the rows.

#![no_std]
#![no_main]

use core::arch::asm;
use core::fmt::{self, Write};
use core::ptr::NonNull;
use sel4_microkit::{
    Channel, ChannelSet, Handler, Infallible, MessageInfo, memory_region_symbol, protection_domain,
};

/// Channels, as in kernel-bench.system.
const PASSIVE: Channel = Channel::new(1);
const ACTIVE: Channel = Channel::new(2);
const LOWER: Channel = Channel::new(3);
const HIGHER: Channel = Channel::new(4);
const ECHO: Channel = Channel::new(5);

/// Operations between two looks at the counter.
const OPERATIONS: u64 = 100;
/// Such batches; the first warms up.
const BATCHES: u64 = 20;
/// Label of every call.
const LABEL: u64 = 99;
/// PL011: word index of the flag register, and "transmit FIFO full" in it.
const UARTFR: usize = 0x18 / 4;
const TXFF: u32 = 1 << 5;

#[protection_domain]
fn init() -> impl Handler {
    let mut report = Report::new(Uart(memory_region_symbol!(uart: *mut u32)));
    report.calls("ppc-passive-0", PASSIVE, 0);
    report.calls("ppc-passive-4", PASSIVE, 4);
    report.calls("ppc-active-0", ACTIVE, 0);
    report.row("notify-lower", least(|| LOWER.notify()));
    report.row("notify-higher", least(|| HIGHER.notify()));
    ECHO.notify();
    PingPong {
        report,
        rounds: 0,
        start: now(),
        least: u64::MAX,
    }
}

/// Two peers of one priority, each notifying the other: the runner's half. It
/// needs the event loop, the other measurements do not.
struct PingPong {
    report: Report,
    rounds: u64,
    start: u64,
    least: u64,
}

impl Handler for PingPong {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        if !channels.contains(ECHO) || self.rounds == BATCHES * OPERATIONS {
            return Ok(());
        }
        self.rounds += 1;
        if self.rounds.is_multiple_of(OPERATIONS) {
            let end = now();
            self.least = self.least.min(end - self.start);
            self.start = end;
        }
        if self.rounds < BATCHES * OPERATIONS {
            ECHO.notify();
        } else {
            self.report.row("ping-pong", self.least);
            self.report.finish();
        }
        Ok(())
    }
}

/// Ticks of the fastest batch.
fn least(mut operation: impl FnMut()) -> u64 {
    (0..BATCHES).fold(u64::MAX, |least, _| {
        let start = now();
        (0..OPERATIONS).for_each(|_| operation());
        least.min(now() - start)
    })
}

/// The physical count.
fn now() -> u64 {
    let value;
    // SAFETY: reads a counter; the kernel lets protection domains do so.
    unsafe { asm!("isb", "mrs {}, cntpct_el0", out(reg) value, options(nomem, nostack)) }
    value
}

/// Ticks a second.
fn frequency() -> u64 {
    let value;
    // SAFETY: reads a constant; the kernel lets protection domains do so.
    unsafe { asm!("mrs {}, cntfrq_el0", out(reg) value, options(nomem, nostack)) }
    value
}

/// The PL011, which the boot loader has enabled.
struct Uart(NonNull<u32>);

impl Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the system description maps the PL011's page here, to
            // nobody else.
            unsafe {
                while self.0.add(UARTFR).read_volatile() & TXFF != 0 {}
                self.0.write_volatile(byte.into());
            }
        }
        Ok(())
    }
}

/// Prints the rows, and whether all was well.
struct Report {
    uart: Uart,
    wrong: u64,
}

impl Report {
    fn new(uart: Uart) -> Self {
        Self { uart, wrong: 0 }
    }

    fn line(&mut self, text: fmt::Arguments<'_>) {
        // `Uart` never fails.
        let _ = write!(self.uart, "bench        > {text}\r\n");
    }

    /// Measures calls with `words` words to a server that answers with as many.
    fn calls(&mut self, name: &str, server: Channel, words: usize) {
        let mut wrong = 0;
        let ticks = least(|| {
            let answer = server.pp_call(MessageInfo::new(LABEL, words));
            wrong += u64::from(answer.label() != LABEL || answer.count() != words);
        });
        self.wrong += wrong;
        self.row(name, ticks);
    }

    /// Prints a row, from the ticks of one batch.
    fn row(&mut self, name: &str, ticks: u64) {
        let instructions = ticks * (1_000_000_000 / frequency()) / OPERATIONS;
        self.line(format_args!("{name}: {instructions} instructions"));
    }

    fn finish(&mut self) {
        match self.wrong {
            0 => self.line(format_args!("CHECK measured: pass")),
            wrong => self.line(format_args!("CHECK measured: fail {wrong} wrong answers")),
        }
    }
}
