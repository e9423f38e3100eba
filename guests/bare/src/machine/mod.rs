// SPDX-License-Identifier: BSD-2-Clause

//! The machine: EL1 on one core, as an arm64 Image finds it.

mod console;
pub mod copies;
pub mod debug;
mod exceptions;
mod guest_shm;
mod interrupts;
mod lives;
mod management;
mod mmu;
mod page;
mod processors;
mod spin;
mod start;
mod time;

pub use console::{Console, key, pour, set_uart};
pub use exceptions::{Abort, Access, probe};
pub use guest_shm::{Factory, Outcome, Region};
pub use interrupts::{End, Interrupts, Party, Woken};
pub use lives::count_life;
pub use management::Management;
pub use mmu::Mmu;
pub use page::{Odd, Page, Width};
pub use processors::{number, start};
pub use spin::{spin, spin_address};
pub use time::{Deadline, frequency, now};

use bare_guests::devices::Conduit;
use core::sync::atomic::{AtomicBool, Ordering};
use smccc::{Hvc, Smc, psci};

/// Firmware is called by HVC. Until the device tree was read: by SMC.
static BY_HVC: AtomicBool = AtomicBool::new(false);

/// Says how firmware is called.
pub fn set_conduit(conduit: Conduit) {
    BY_HVC.store(conduit == Conduit::Hvc, Ordering::Relaxed);
}

/// Turns the guest off.
pub fn off() -> ! {
    // A failure leaves nothing else to do than to stop here.
    let _ = if BY_HVC.load(Ordering::Relaxed) {
        psci::system_off::<Hvc>()
    } else {
        psci::system_off::<Smc>()
    };
    stop()
}

/// Resets the guest.
pub fn reset() -> ! {
    let _ = if BY_HVC.load(Ordering::Relaxed) {
        psci::system_reset::<Hvc>()
    } else {
        psci::system_reset::<Smc>()
    };
    stop()
}

/// Executable to this guest, and nothing is there.
const NOWHERE: u64 = 1 << 37;

/// Fails: takes an exception whose vectors nobody can fetch.
pub fn crash(mmu: &mut Mmu) -> ! {
    prepare_crash(mmu);
    crash_at_once()
}

/// Maps what [`crash_at_once`] needs: not mapped, it would fail for itself, for ever,
/// and nobody would know.
pub fn prepare_crash(mmu: &mut Mmu) {
    let _ = mmu.map(NOWHERE, 0x1000, bare_guests::tables::Memory::Program);
}

/// As [`crash`], prepared.
fn crash_at_once() -> ! {
    // SAFETY: nothing of this program runs after this.
    unsafe {
        core::arch::asm!("msr vbar_el1, {}", "isb", "svc #0", in(reg) NOWHERE);
    }
    stop()
}

/// Sleeps for ever.
pub fn stop() -> ! {
    loop {
        aarch64_cpu::asm::wfi();
    }
}

/// Prints a line.
#[macro_export]
macro_rules! say {
    ($($argument:tt)*) => {{
        use core::fmt::Write as _;
        // The console swallows what it cannot show.
        let _ = writeln!($crate::machine::Console, $($argument)*);
    }};
}
