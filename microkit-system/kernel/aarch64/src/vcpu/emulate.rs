// SPDX-License-Identifier: BSD-2-Clause

//! Registers of a guest that the kernel emulates: debug registers, the PMU, and
//! EL1's physical timer.
//!
//! They act on hardware that seL4 shares among all (sel4-microkit-abi, 4.2 and
//! 5.3); a guest sees the same "no trap" and its neighbours nothing of it.

use crate::syndrome::SystemRegister;
use crate::timer;

use super::state::State;

/// CNTP_CTL_EL0: ENABLE and IMASK, which can be written, and ISTATUS.
const CTL_WRITABLE: u64 = 3;
const CTL_ENABLE: u64 = 1;
const CTL_STATUS: u64 = 1 << 2;

/// What the kernel does about an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Debug,
    /// Reads as zero, ignores writes.
    Zero,
    TimerValue,
    TimerControl,
    TimerCompare,
}

fn kind(register: SystemRegister) -> Option<Kind> {
    Some(match register {
        SystemRegister(2, 0 | 3, ..) => Kind::Debug,
        SystemRegister(3, 3, 14, 2, 0) => Kind::TimerValue,
        SystemRegister(3, 3, 14, 2, 1) => Kind::TimerControl,
        SystemRegister(3, 3, 14, 2, 2) => Kind::TimerCompare,
        // PMCR_EL0 to PMOVSSET_EL0, PMINTENSET_EL1, PMEVCNTR and PMEVTYPER.
        SystemRegister(3, 3, 9, 12..=14, _)
        | SystemRegister(3, 0, 9, 14, _)
        | SystemRegister(3, 3, 14, 8..=15, _) => Kind::Zero,
        _ => return None,
    })
}

/// Emulates MRS (`written` is `None`) or MSR of `register`. The value read, 0 for
/// MSR; `None` if the register is not the kernel's to emulate.
pub fn emulate(state: &mut State, register: SystemRegister, written: Option<u64>) -> Option<u64> {
    let kind = kind(register)?;
    Some(match written {
        Some(value) => {
            write(state, kind, register, value);
            0
        }
        None => read(state, kind, register),
    })
}

fn write(state: &mut State, kind: Kind, register: SystemRegister, value: u64) {
    let (control, compare) = &mut state.physical_timer;
    match kind {
        Kind::Debug => state.debug.write(register, value),
        Kind::Zero => {}
        // TVAL is a signed 32-bit distance from now.
        Kind::TimerValue => *compare = timer::now().wrapping_add(value as i32 as u64),
        Kind::TimerControl => *control = value & CTL_WRITABLE,
        Kind::TimerCompare => *compare = value,
    }
}

fn read(state: &mut State, kind: Kind, register: SystemRegister) -> u64 {
    let (control, compare) = state.physical_timer;
    match kind {
        Kind::Debug => state.debug.read(register),
        Kind::Zero => 0,
        Kind::TimerValue => compare.wrapping_sub(timer::now()) & 0xffff_ffff,
        Kind::TimerControl if control & CTL_ENABLE != 0 && timer::now() >= compare => {
            control | CTL_STATUS
        }
        Kind::TimerControl => control,
        Kind::TimerCompare => compare,
    }
}
