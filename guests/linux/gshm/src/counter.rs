// SPDX-License-Identifier: BSD-2-Clause

//! The virtual counter, to time a boot by.

/// The virtual counter and its frequency in Hz. Under a hypervisor that leaves
/// CNTVOFF at 0 the counter has run since the machine's reset.
#[cfg(target_arch = "aarch64")]
pub fn counter() -> (u64, u64) {
    let (count, frequency): (u64, u64);
    // SAFETY: both registers are readable at EL0 (Linux sets CNTKCTL_EL1.EL0VCTEN),
    // and reading them has no effect.
    unsafe {
        core::arch::asm!(
            "isb", "mrs {0}, cntvct_el0", "mrs {1}, cntfrq_el0",
            out(reg) count, out(reg) frequency, options(nomem, nostack)
        );
    }
    (count, frequency)
}

/// There is no such counter on the machine that runs the tests.
#[cfg(not(target_arch = "aarch64"))]
pub fn counter() -> (u64, u64) {
    (0, 1)
}
