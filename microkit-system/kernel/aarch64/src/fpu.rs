// SPDX-License-Identifier: BSD-2-Clause

//! Floating-point state, moved only when its owner changes.
//!
//! The registers keep the state of the last thread that used them, its owner.
//! Everybody else runs with CPTR_EL2.TFP set; the first use traps and moves the
//! state. A thread that never computes costs nothing, and none sees another's.

use core::arch::{asm, global_asm};

use aarch64_cpu::registers::{CPTR_EL2, Writeable};
use tombolo_kernel_spec::limits;

use crate::singleton::Singleton;

/// CPTR_EL2: RES1 bits.
const CPTR: u64 = 0x33ff;
/// CPTR_EL2.TFP.
const TRAP: u64 = 1 << 10;

/// q0–q31, FPCR, FPSR. The layout is the assembly's.
#[repr(C, align(16))]
struct State {
    q: [u128; 32],
    fpcr: u64,
    fpsr: u64,
}

static STATES: Singleton<[State; limits::TCBS]> = Singleton::new(
    [const {
        State {
            q: [0; 32],
            fpcr: 0,
            fpsr: 0,
        }
    }; limits::TCBS],
);

/// The unit and the state of all threads.
pub struct Fpu {
    states: &'static mut [State; limits::TCBS],
    owner: Option<usize>,
}

impl Fpu {
    /// The unit, owned by nobody: its content is dropped. `None` the second time.
    pub fn new() -> Option<Self> {
        Some(Self {
            states: STATES.take()?,
            owner: None,
        })
    }

    /// Prepares to run `thread`: use traps unless it may and the state is its own.
    pub fn select(&self, thread: usize, disabled: bool) {
        let owned = self.owner == Some(thread) && !disabled;
        CPTR_EL2.set(if owned { CPTR } else { CPTR | TRAP });
    }

    /// Gives the unit to `thread`.
    pub fn own(&mut self, thread: usize) {
        CPTR_EL2.set(CPTR);
        // SAFETY: CPTR_EL2 is in force before the next instruction of the unit.
        unsafe { asm!("isb", options(nomem, nostack)) };
        if let Some(state) = self.owner.and_then(|owner| self.states.get_mut(owner)) {
            // SAFETY: stores `State`s fields; the kernel itself uses no registers
            // of the unit (softfloat target).
            unsafe { fpu_save(state) };
        }
        if let Some(state) = self.states.get(thread) {
            // SAFETY: as above.
            unsafe { fpu_load(state) };
        }
        self.owner = Some(thread);
    }
}

unsafe extern "C" {
    fn fpu_save(state: &mut State);
    fn fpu_load(state: &State);
}

macro_rules! all_pairs {
    ($op:literal) => {
        concat!(
            $op,
            " q0, q1, [x0]\n",
            $op,
            " q2, q3, [x0, #32]\n",
            $op,
            " q4, q5, [x0, #64]\n",
            $op,
            " q6, q7, [x0, #96]\n",
            $op,
            " q8, q9, [x0, #128]\n",
            $op,
            " q10, q11, [x0, #160]\n",
            $op,
            " q12, q13, [x0, #192]\n",
            $op,
            " q14, q15, [x0, #224]\n",
            $op,
            " q16, q17, [x0, #256]\n",
            $op,
            " q18, q19, [x0, #288]\n",
            $op,
            " q20, q21, [x0, #320]\n",
            $op,
            " q22, q23, [x0, #352]\n",
            $op,
            " q24, q25, [x0, #384]\n",
            $op,
            " q26, q27, [x0, #416]\n",
            $op,
            " q28, q29, [x0, #448]\n",
            $op,
            " q30, q31, [x0, #480]\n",
        )
    };
}

global_asm!(
    ".arch_extension fp",
    ".arch_extension simd",
    "fpu_save:",
    all_pairs!("stp"),
    "mrs x1, fpcr",
    "mrs x2, fpsr",
    "str x1, [x0, #512]",
    "str x2, [x0, #520]",
    "ret",
    "fpu_load:",
    all_pairs!("ldp"),
    "ldr x1, [x0, #512]",
    "ldr x2, [x0, #520]",
    "msr fpcr, x1",
    "msr fpsr, x2",
    "ret",
    ".arch_extension nosimd",
    ".arch_extension nofp",
);
