// SPDX-License-Identifier: BSD-2-Clause

//! The guest: single accesses by its processor, as the faults that they are.

use super::server::Clock;
use guest_vmm::exits::FAULT_WORDS;
use guest_vmm::machine::model::{CLOCK, MANAGER, SERVER, Shared, World};
use guest_vmm::machine::{Answer, Machine, RESET_DONE};
use guest_vmm::vcpu::VcpuId;
use shmem_server_api::Board;
use std::cell::Cell;
use std::rc::Rc;
use tombolo_pages::guest_status::Order;

const BOOT: VcpuId = VcpuId::BOOT;
/// ESR of an SMC.
const SMC: u64 = 0x5e00_0000;
/// GICD_ISPENDRn.
const SET_PENDING: u64 = 0x200;
/// PSCI SYSTEM_RESET.
const SYSTEM_RESET: u64 = 0x8400_0009;
/// How long an access is let wait each time, in microseconds: for a token of an empty
/// bucket, then longer than a waiting attach waits, then for a token again.
const WAITS: [u64; 4] = [1000, 1000, 200_000, 1000];

/// How an access ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done; a load gave this.
    Done(u64),
    /// It was an external abort.
    Abort,
}

pub struct Guest<'w> {
    world: &'w World,
    machine: Machine<'w, Shared>,
    /// As the server's side sees it.
    clock: Rc<Cell<Clock>>,
}

impl<'w> Guest<'w> {
    pub fn start(world: &'w World, board: &'w Board, clock: Rc<Cell<Clock>>) -> Self {
        let mut machine = world.machine_on(board);
        machine.ready();
        world.order.give(Order::Start);
        machine.notified(MANAGER);
        Self {
            world,
            machine,
            clock,
        }
    }

    /// An access of 2^`width` bytes, repeated while it waits.
    pub fn access(&mut self, address: u64, width: u8, store: Option<u64>) -> Outcome {
        self.clock.update(|clock| Clock {
            access: clock.access + 1,
            ..clock
        });
        for wait in WAITS {
            if let Some(outcome) = self.once(address, width, store) {
                return outcome;
            }
            self.later(wait);
            self.machine.notified(CLOCK);
        }
        let last = self.once(address, width, store);
        last.unwrap_or_else(|| panic!("an access to {address:#x} waits for ever"))
    }

    /// `None`: it waits.
    fn once(&mut self, address: u64, width: u8, store: Option<u64>) -> Option<Outcome> {
        let model = &self.world.model.0;
        let pc = model.borrow().registers[BOOT].pc;
        model.borrow_mut().registers[BOOT].x[1] = store.unwrap_or(0);
        // A data abort of a lower level, with a syndrome: size, x1, 64 bits wide.
        let size = u64::from(width % 4) << 22;
        let esr = 0x9300_0000 | size | 1 << 16 | 1 << 15 | u64::from(store.is_some()) << 6 | 6;
        let mut words = [0; FAULT_WORDS];
        words[..4].copy_from_slice(&[pc, address, 0, esr]);
        match self.machine.fault(BOOT, 6, 4, &words) {
            Answer::Stay => None,
            Answer::Reply => {
                let mut model = model.borrow_mut();
                let registers = &mut model.registers[BOOT];
                let done = registers.pc == pc.wrapping_add(4);
                let value = registers.x[1];
                // Code at the vectors that returns.
                registers.pc = pc;
                Some(if done {
                    Outcome::Done(value)
                } else {
                    Outcome::Abort
                })
            }
        }
    }

    /// Level of the device's line, as the distributor shows it to the guest: pending,
    /// as nothing ever enables the interrupt.
    pub fn line(&mut self) -> bool {
        let (gicd, intid) = (self.world.config.gic.gicd, 43);
        match self.access(gicd + SET_PENDING + 4 * (intid / 32), 2, None) {
            Outcome::Done(word) => word >> (intid % 32) & 1 == 1,
            Outcome::Abort => panic!("the distributor answers always"),
        }
    }

    pub fn later(&mut self, ticks: u64) {
        let mut model = self.world.model.0.borrow_mut();
        model.now = model.now.saturating_add(ticks);
        self.clock.update(|clock| Clock {
            now: model.now,
            ..clock
        });
    }

    pub fn notified(&mut self) {
        self.machine.notified(SERVER);
    }

    /// The guest turns itself off and on again.
    pub fn reset(&mut self) {
        self.smc(SYSTEM_RESET);
        self.smc(u64::from(RESET_DONE));
    }

    fn smc(&mut self, function: u64) {
        self.world.model.0.borrow_mut().registers[BOOT].x[0] = function;
        let mut words = [0; FAULT_WORDS];
        words[0] = SMC;
        self.machine.fault(BOOT, 8, 1, &words);
    }

    /// Forgets what would grow for ever.
    pub fn tidy(&mut self) {
        let mut model = self.world.model.0.borrow_mut();
        model.requests.clear();
        model.signals.clear();
        model.traced.clear();
        model.notified.clear();
        model.injected[BOOT].clear();
        model.reset_code_at.clear();
        drop(model);
        let _ = World::text(&self.world.log);
    }
}
