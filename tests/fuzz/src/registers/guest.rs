// SPDX-License-Identifier: BSD-2-Clause

//! The guest: single accesses by its processor, as the faults that they are.

use super::server::Clock;
use guest_vmm::exits::FAULT_WORDS;
use guest_vmm::machine::model::{CLOCK, MANAGER, SERVER, Shared, World};
use guest_vmm::machine::{Answer, Machine, RESET_DONE};
use guest_vmm::platform::Platform;
use guest_vmm::vcpu::{Registers, SystemRegister, VcpuId};
use shmem_server_api::Board;
use std::cell::Cell;
use std::rc::Rc;
use tombolo_pages::guest_status::Order;
use tombolo_trace::Event;

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

/// What an instruction without a syndrome finds.
pub struct Start {
    /// General registers.
    pub x: [u64; 31],
    /// The stack pointer.
    pub stack: u64,
    /// The processor says that it stores.
    pub store: bool,
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
        // A data abort of a lower level, with a syndrome: size, x1, 64 bits wide.
        let size = u64::from(width % 4) << 22;
        let esr = 0x9300_0000 | size | 1 << 16 | 1 << 15 | u64::from(store.is_some()) << 6 | 6;
        let mut registers = self.registers();
        registers.x[1] = store.unwrap_or(0);
        match self.patiently(address, esr, &registers) {
            Some(done) => Outcome::Done(done.x[1]),
            None => Outcome::Abort,
        }
    }

    /// An access by an instruction that the processor says nothing about; the registers
    /// after it. `None`: it was an external abort.
    pub fn instruct(&mut self, word: u32, address: u64, start: &Start) -> Option<Registers> {
        let pc = self.registers().pc;
        let both = u64::from(word) << 32 | u64::from(word);
        let mut model = self.world.model.0.borrow_mut();
        model.poke(pc & !7, both);
        model.set_system_register(BOOT, SystemRegister::SpEl1, start.stack);
        drop(model);
        let mut registers = self.registers();
        registers.x = start.x;
        self.patiently(
            address,
            0x9200_0006 | u64::from(start.store) << 6,
            &registers,
        )
    }

    pub fn registers(&self) -> Registers {
        self.world.model.0.borrow().registers[BOOT]
    }

    /// The stack pointer in use.
    pub fn stack(&self) -> u64 {
        let mut model = self.world.model.0.borrow_mut();
        model.system_register(BOOT, SystemRegister::SpEl1)
    }

    fn patiently(&mut self, address: u64, esr: u64, before: &Registers) -> Option<Registers> {
        self.clock.update(|clock| Clock {
            access: clock.access + 1,
            ..clock
        });
        for wait in WAITS {
            if let Some(ended) = self.once(address, esr, before) {
                return ended;
            }
            self.later(wait);
            self.machine.notified(CLOCK);
        }
        let last = self.once(address, esr, before);
        last.unwrap_or_else(|| panic!("an access to {address:#x} waits for ever"))
    }

    /// `None`: it waits. Otherwise the registers, or `None` if it was an abort.
    fn once(&mut self, address: u64, esr: u64, before: &Registers) -> Option<Option<Registers>> {
        let model = &self.world.model.0;
        model.borrow_mut().registers[BOOT] = *before;
        let pc = before.pc;
        let mut words = [0; FAULT_WORDS];
        words[..4].copy_from_slice(&[pc, address, 0, esr]);
        match self.machine.fault(BOOT, 6, 4, &words) {
            Answer::Stay => None,
            Answer::Reply => {
                let after = self.registers();
                let done = after.pc == pc.wrapping_add(4);
                // Code at the vectors that returns.
                self.world.model.0.borrow_mut().registers[BOOT].pc = pc;
                Some(done.then_some(after))
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

    /// Statuses that it has read since this was asked or it was tidied: connection, value.
    pub fn statuses(&mut self) -> Vec<(u8, u32)> {
        let mut model = self.world.model.0.borrow_mut();
        let read = model.traced.drain(..).filter_map(|event| match event {
            Event::StatusRead { connection, value } => Some((connection, value)),
            _ => None,
        });
        read.collect()
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
