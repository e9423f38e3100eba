// SPDX-License-Identifier: BSD-2-Clause

//! Drives probes: puts one where it shall go on, and sees where it stops.
//!
//! A probe that is not being driven waits in Recv, as its program would: whatever
//! reaches it then wakes it, and it stops behind the system call, which the judge is
//! told of. A fault of somebody who is no child of the judge wakes its parent in
//! this way; the fault's words are in the parent's registers.

use crate::plan::{Plan, Subject};
use sel4::{UserContext, cap};

/// Slots of a protection domain (Microkit 2.3).
const INPUT: u64 = 1;
const REPLY: u64 = 4;
/// The judge's slot of the TCB of its child 0.
const CHILD_TCB: u64 = 202;

/// `seL4_Call` and `seL4_Recv`.
pub const CALL: i64 = -1;
const RECV: i64 = -7;

/// Labels of faults.
pub mod fault {
    /// Undefined instruction, among others.
    pub const USER_EXCEPTION: u64 = 3;
    /// Load, store or fetch.
    pub const VM: u64 = 6;
    /// Of a virtual CPU: its SMC.
    pub const VCPU: u64 = 8;
}

/// Badge of a fault of a child; its number is in the low bits.
const FAULT: u64 = 1 << 62;
/// Number, at the judge, of the probe that runs when all others wait.
const IDLE: u64 = 0;

/// Turns of its loop: nobody is waited for but who has no budget left now (up to 2 ms).
const LONG: u64 = 2_500_000;
const SHORT: u64 = 1;

/// Where somebody stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Label of the fault.
    pub label: u64,
    /// Program counter.
    pub pc: u64,
}

/// Addresses of the pieces of code in every probe.
#[derive(Clone, Copy, Default)]
pub struct Pieces {
    /// Load of 32 bits into x9, from x0.
    pub load: u64,
    /// Store of 32 bits of x1, to x0.
    pub store: u64,
    /// Store of 64 bits.
    pub store_double: u64,
    /// System call.
    pub call: u64,
    /// Loop of x0 turns.
    pub spin: u64,
    /// Message registers.
    pub words: u64,
}

/// Somebody whom something reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// Whom.
    pub who: usize,
    /// With which badge.
    pub badge: u64,
}

/// Drives all probes.
pub struct Driver {
    /// The plan.
    pub plan: Plan,
    /// Where code is.
    pub pieces: Pieces,
    woken: [Woken; 8],
    count: usize,
}

impl Driver {
    /// A driver for everybody in `plan`.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            pieces: Pieces::default(),
            woken: Default::default(),
            count: 0,
        }
    }

    /// Waits until every probe stands by, then lets each wait in Recv.
    pub fn gather(&mut self) {
        let plan = self.plan;
        let subjects = (0..plan.subjects()).map(move |position| (position, plan.subject(position)));
        let domains = subjects.filter(|(_, subject)| !subject.is_machine);
        let own = domains.clone().filter(|(_, s)| s.parent.is_none());
        // The idle probe is one more.
        for _ in 0..own.clone().count() + 1 {
            receive();
        }
        let context = self.read(Self::idle());
        self.pieces = Pieces {
            load: *context.gpr(0),
            store: *context.gpr(1),
            store_double: *context.gpr(2),
            call: *context.gpr(3),
            spin: *context.gpr(4),
            words: *context.gpr(5),
        };
        own.for_each(|(position, _)| self.listen(position));
        let nested = domains.filter(|(_, s)| s.parent.is_some());
        for (_, subject) in nested.clone() {
            // Its first stop wakes its parent.
            let parent = subject.parent.unwrap_or_default();
            let (id, _) = receive();
            assert!(id == self.plan.subject(parent).id, "child {id} stopped");
            self.listen(parent);
        }
        nested.for_each(|(position, _)| self.listen(position));
    }

    fn idle() -> cap::Tcb {
        cap::Tcb::from_bits(CHILD_TCB + IDLE)
    }

    fn read(&self, tcb: cap::Tcb) -> UserContext {
        let context = tcb.tcb_read_all_registers(false);
        context.unwrap_or_else(|error| panic!("registers of a probe: {error:?}"))
    }

    fn write(&self, tcb: cap::Tcb, pc: u64, registers: &[(usize, u64)]) {
        let mut context = UserContext::default();
        *context.pc_mut() = pc;
        for (register, value) in registers {
            *context.gpr_mut(*register) = *value;
        }
        *context.sp_mut() = tcb.bits();
        let done = tcb.tcb_write_all_registers(true, &mut context);
        done.unwrap_or_else(|error| panic!("registers of a probe: {error:?}"));
    }

    /// Registers of a probe that stopped.
    pub fn registers(&self, who: usize) -> UserContext {
        self.read(cap::Tcb::from_bits(self.plan.subject(who).tcb))
    }

    /// Lets `who` go on at `pc` with these registers. It moves when the judge waits.
    pub fn start(&self, who: usize, pc: u64, registers: &[(usize, u64)]) {
        let tcb = cap::Tcb::from_bits(self.plan.subject(who).tcb);
        self.write(tcb, pc, registers);
    }

    /// Lets `who` wait for whatever reaches it.
    pub fn listen(&self, who: usize) {
        let call = [(0, INPUT), (6, REPLY), (7, RECV as u64)];
        self.start(who, self.pieces.call, &call);
    }

    /// Waits until `target` stops.
    pub fn wait(&mut self, target: usize) -> Stop {
        loop {
            if let Some(Some(stop)) = self.next(Some(target)) {
                return stop;
            }
        }
    }

    /// Waits until nobody can go on; where `target`, who does not listen, stopped
    /// meanwhile.
    pub fn settle(&mut self, target: Option<usize>, long: bool) -> Option<Stop> {
        let turns = if long { LONG } else { SHORT };
        self.write(Self::idle(), self.pieces.spin, &[(0, turns)]);
        let mut found = None;
        while let Some(stop) = self.next(target) {
            found = stop.or(found);
        }
        found
    }

    /// Whom something has reached since the last question.
    pub fn take_woken(&mut self) -> ([Woken; 8], usize) {
        (
            core::mem::take(&mut self.woken),
            core::mem::take(&mut self.count),
        )
    }

    /// The next stop. Outer `None`: the idle probe's. `Some(None)`: somebody else's.
    fn next(&mut self, target: Option<usize>) -> Option<Option<Stop>> {
        let (id, mut stop) = receive();
        if id == IDLE {
            return None;
        }
        let mut who = self.plan.below(None, id);
        while let Some(position) = who {
            if Some(position) == target {
                return Some(Some(stop));
            }
            let context = self.registers(position);
            let badge = *context.gpr(0);
            self.listen(position);
            if badge & FAULT == 0 {
                self.note(position, badge);
                return Some(None);
            }
            stop = Stop {
                label: *context.gpr(1) >> 12,
                pc: *context.gpr(2),
            };
            who = self.plan.below(Some(position), badge & 0xff);
        }
        panic!("somebody stopped whom the plan does not know: {id}");
    }

    fn note(&mut self, who: usize, badge: u64) {
        let place = self.woken.get_mut(self.count);
        *place.unwrap_or_else(|| panic!("too many were woken")) = Woken { who, badge };
        self.count += 1;
    }

    /// The system call of `who` with these registers; its answer.
    pub fn system_call(&mut self, who: usize, registers: &[(usize, u64)]) -> UserContext {
        self.start(who, self.pieces.call, registers);
        let stop = self.wait(who);
        let here = Stop {
            label: fault::USER_EXCEPTION,
            pc: self.pieces.call + 4,
        };
        assert!(stop == here, "a system call that ends in {stop:x?}");
        self.registers(who)
    }

    /// What `subject` is called, for messages.
    pub fn subject(&self, position: usize) -> Subject {
        self.plan.subject(position)
    }
}

/// The next fault of a child: its number, and where it stopped.
fn receive() -> (u64, Stop) {
    let input = cap::Endpoint::from_bits(INPUT);
    let (info, badge) = input.recv(cap::Reply::from_bits(REPLY));
    assert!(badge & FAULT != 0, "no fault: badge {badge:#x}");
    let pc = sel4::with_ipc_buffer(|buffer| buffer.msg_regs()[0]);
    let stop = Stop {
        label: info.label(),
        pc,
    };
    (badge & 0xff, stop)
}
