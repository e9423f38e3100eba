// SPDX-License-Identifier: BSD-2-Clause

//! What the hardware needs to run a thread: stage 2, traps, EL1's controls.
//!
//! Values are seL4's (sel4-microkit-abi, 5.1 and 5.2) but for what
//! `docs/kernel-differences.md` lists.

use core::arch::asm;

use aarch64_cpu::asm::barrier::{SY, isb};
use aarch64_cpu::registers::{
    ACTLR_EL2, CNTHCTL_EL2, CNTKCTL_EL1, CPACR_EL1, HCR_EL2, MDCR_EL2, MIDR_EL1, Readable,
    SCTLR_EL1, VBAR_EL2, VTCR_EL2, VTTBR_EL2, Writeable,
};
use tombolo_kernel_core::ThreadView;

use crate::cache;
use crate::fpu::Fpu;
use crate::gic::Gic;
use crate::vcpu::Vcpus;
use crate::vectors;

/// VM, SWIO, FMO, IMO, AMO, DC, TSC, TAC, TTLB, TVM, TGE, RW.
const HCR_NATIVE: u64 = 0x8e28_103b;
/// VM, FMO, IMO, AMO, TWI, TWE, TSC, RW.
const HCR_VCPU: u64 = 0x8008_6039;
/// SCTLR_EL1 of native threads: what of it acts on EL0 without stage 1.
const SCTLR_NATIVE: u64 = 0x34d5_9824;
/// CNTKCTL_EL1 of native threads: counter and physical timer at EL0.
const CNTKCTL_NATIVE: u64 = 0x201;
/// CPACR_EL1.FPEN: FP is CPTR_EL2's matter.
const CPACR_NATIVE: u64 = 3 << 20;
/// The counter and the physical timer are EL0's.
const CNTHCTL_NATIVE: u64 = 3;
/// The counter is the guest's; its physical timer is emulated.
const CNTHCTL_VCPU: u64 = 1;
/// 40 bits of intermediate physical address, from level 1.
const VTCR: u64 = 0x8002_3558;
/// TPM, TPMCR, TDA, TDOSA, TDRA: PMU and debug registers trap.
const MDCR: u64 = 1 << 6 | 1 << 5 | 1 << 9 | 1 << 10 | 1 << 11;

/// Sets what stays the same whatever runs. Once, at start.
pub fn initialise() {
    VBAR_EL2.set(vectors::base());
    VTCR_EL2.set(VTCR);
    ACTLR_EL2.set(0);
    // All event counters stay EL1's by number; none can be reached.
    MDCR_EL2.set(MDCR | MDCR_EL2.get() & 0x1f);
    // SAFETY: no traps by coprocessor number; guests see the core's own MIDR.
    unsafe {
        asm!(
            "msr hstr_el2, xzr",
            "msr vpidr_el2, {midr}",
            "msr pmuserenr_el0, xzr",
            "msr cntvoff_el2, xzr",
            midr = in(reg) MIDR_EL1.get(),
            options(nomem, nostack),
        );
    }
    set_native();
    cache::forget_translations();
    isb(SY);
}

fn set_native() {
    HCR_EL2.set(HCR_NATIVE);
    SCTLR_EL1.set(SCTLR_NATIVE);
    CPACR_EL1.set(CPACR_NATIVE);
    CNTKCTL_EL1.set(CNTKCTL_NATIVE);
    CNTHCTL_EL2.set(CNTHCTL_NATIVE);
}

/// Which thread the hardware is set for.
#[derive(Default)]
pub struct Switch {
    thread: Option<usize>,
    is_vcpu: bool,
    vttbr: u64,
}

impl Switch {
    /// Sets the hardware for `thread`, unless it is.
    pub fn select(
        &mut self,
        thread: usize,
        view: &ThreadView,
        vcpus: &mut Vcpus,
        fpu: &Fpu,
        gic: &mut Gic,
    ) {
        if self.thread.replace(thread) == Some(thread) {
            return;
        }
        self.leave_vcpu(view.vcpu.is_none(), vcpus, gic);
        let vttbr = u64::from(view.vmid) << 48 | view.root.0;
        if self.vttbr != vttbr {
            self.vttbr = vttbr;
            VTTBR_EL2.set(vttbr);
        }
        if let Some(vcpu) = view.vcpu {
            HCR_EL2.set(HCR_VCPU);
            CNTHCTL_EL2.set(CNTHCTL_VCPU);
            self.is_vcpu = true;
            if vcpus.activate(vcpu, gic) {
                cache::forget_guest_translations();
            }
        }
        fpu.select(thread, view.fpu_disabled);
    }

    /// Sets the hardware for nobody: no vCPU runs while the kernel waits.
    pub fn idle(&mut self, vcpus: &mut Vcpus, gic: &mut Gic) {
        self.thread = None;
        self.leave_vcpu(true, vcpus, gic);
    }

    fn leave_vcpu(&mut self, for_native: bool, vcpus: &mut Vcpus, gic: &mut Gic) {
        if self.is_vcpu {
            vcpus.deactivate(gic);
            self.is_vcpu = false;
            if for_native {
                set_native();
            }
        }
    }
}
