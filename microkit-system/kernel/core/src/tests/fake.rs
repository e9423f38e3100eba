// SPDX-License-Identifier: BSD-2-Clause

//! A machine in memory.

use std::collections::HashMap;
use std::fmt;

use crate::hardware::{CacheOp, Hardware, ListRegisterBusy, PhysAddr, Ticks};

/// Counts per microsecond: 1 MHz would hide conversions.
pub const TICKS_PER_US: u64 = 10;

/// What the kernel did to the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    AckIrq(u32),
    Cache(CacheOp, u64, u64),
    Inject {
        vcpu: usize,
        index: u32,
        virq: u32,
        priority: u32,
        group: u32,
    },
    AckVppi(usize),
    PutChar(u8),
    Report(String),
}

#[derive(Default)]
pub struct Fake {
    pub time: Ticks,
    pub deadline: Option<Ticks>,
    pub memory: HashMap<u64, u64>,
    pub vcpu_registers: HashMap<(usize, u32), u64>,
    pub busy_list_register: Option<u32>,
    pub actions: Vec<Action>,
}

impl Fake {
    pub fn reports(&self) -> Vec<&str> {
        self.actions
            .iter()
            .filter_map(|action| match action {
                Action::Report(line) => Some(line.as_str()),
                _ => None,
            })
            .collect()
    }
}

impl Hardware for Fake {
    fn now(&mut self) -> Ticks {
        self.time
    }

    fn frequency(&self) -> u64 {
        TICKS_PER_US * 1_000_000
    }

    fn set_deadline(&mut self, at: Ticks) {
        self.deadline = Some(at);
    }

    fn irq_ack(&mut self, intid: u32) {
        self.actions.push(Action::AckIrq(intid));
    }

    fn ipc_read(&self, buffer: PhysAddr, index: usize) -> u64 {
        assert!(index < 128);
        let at = buffer.0 + 8 * index as u64;
        self.memory.get(&at).copied().unwrap_or(0)
    }

    fn ipc_write(&mut self, buffer: PhysAddr, index: usize, value: u64) {
        assert!(index < 128);
        self.memory.insert(buffer.0 + 8 * index as u64, value);
    }

    fn table_entry(&self, at: PhysAddr) -> u64 {
        self.memory.get(&at.0).copied().unwrap_or(0)
    }

    fn cache(&mut self, op: CacheOp, start: PhysAddr, size: u64) {
        self.actions.push(Action::Cache(op, start.0, size));
    }

    fn smc(&mut self, registers: &mut [u64; 8]) {
        registers.iter_mut().for_each(|word| *word += 1);
    }

    fn list_registers(&self) -> u32 {
        4
    }

    fn vcpu_read(&mut self, vcpu: usize, id: u32) -> u64 {
        assert!(id < 24);
        self.vcpu_registers.get(&(vcpu, id)).copied().unwrap_or(0)
    }

    fn vcpu_write(&mut self, vcpu: usize, id: u32, value: u64) {
        assert!(id < 24);
        self.vcpu_registers.insert((vcpu, id), value);
    }

    fn vcpu_inject(
        &mut self,
        vcpu: usize,
        index: u32,
        virq: u32,
        priority: u32,
        group: u32,
    ) -> Result<(), ListRegisterBusy> {
        assert!(index < 4);
        if self.busy_list_register == Some(index) {
            return Err(ListRegisterBusy);
        }
        self.actions.push(Action::Inject {
            vcpu,
            index,
            virq,
            priority,
            group,
        });
        Ok(())
    }

    fn vcpu_ack_vppi(&mut self, vcpu: usize) {
        self.actions.push(Action::AckVppi(vcpu));
    }

    fn debug_put_char(&mut self, byte: u8) {
        self.actions.push(Action::PutChar(byte));
    }

    fn report(&mut self, line: fmt::Arguments<'_>) {
        self.actions.push(Action::Report(line.to_string()));
    }
}
