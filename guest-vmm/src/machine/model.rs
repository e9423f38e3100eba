// SPDX-License-Identifier: BSD-2-Clause

//! A world for one machine on the host: registers, a server, guest RAM.

use super::{Machine, Pages};
use crate::platform::{InjectError, Platform};
use crate::vcpu::{PerVcpu, Registers, SystemRegister, VcpuId};
use shmem_server_api::{Board, Request, Response};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use tombolo_config::guest::{Gic, GuestConfig, Pace, Ram, Shmem, SlotWindow, Uart};
use tombolo_config::server::Access;
use tombolo_config::{ChannelId, Mapping, Output};
use tombolo_pages::deadline::DeadlinePage;
use tombolo_pages::guest_status::{GuestOrder, GuestStatus};
use tombolo_pages::ring::{Consumer, InputRing, OUTPUT_BYTES, OutputRing, Producer};
use tombolo_trace::Event;

pub const RAM: u64 = 0x4000_0000;
pub const FACTORY: u64 = 0x0a00_0000;
pub const CONTROL: u64 = 0x1_001f_f000;
pub const SERVER: ChannelId = 3;
pub const CLOCK: ChannelId = 4;
pub const MANAGER: ChannelId = 5;
pub const CONSOLE: ChannelId = 6;

pub fn config() -> GuestConfig {
    let slot = |slot, control, access| SlotWindow {
        slot,
        control,
        pages: 512,
        access,
    };
    let slots = [
        slot(7, CONTROL, Access::ReadWrite),
        slot(8, CONTROL + 0x40_0000, Access::ReadOnly),
    ];
    GuestConfig {
        name: "guest0".try_into().expect("short"),
        output: Output {
            ring: 0,
            channel: CONSOLE,
        },
        trace: 0,
        ram: Ram {
            gpa: RAM,
            mapping: Mapping {
                address: 0,
                size: 256 << 20,
            },
        },
        kernel: Mapping::default(),
        initrd: None,
        command_line: "console=ttyAMA0".try_into().expect("short"),
        vcpus: 1,
        gic: Gic {
            gicd: 0x0800_0000,
            gicc: 0x0801_0000,
        },
        uart: Some(Uart {
            gpa: 0x0900_0000,
            intid: 33,
            output: Output {
                ring: 0,
                channel: CONSOLE,
            },
            input: 0,
        }),
        shmem: Some(Shmem {
            loc: FACTORY,
            intr: 43,
            server: SERVER,
            board: 0,
            slots: slots.into_iter().collect(),
            attach_timeout_ms: 100,
            pace: Pace::default(),
        }),
        manager: MANAGER,
        status: 0,
        order: 0,
        clock: CLOCK,
        deadline: 0,
    }
}

/// What the machine did, and what it is to see.
#[derive(Default)]
pub struct Model {
    pub registers: PerVcpu<Registers>,
    system: PerVcpu<HashMap<u8, u64>>,
    pub now: u64,
    /// List register, INTID, priority.
    pub injected: PerVcpu<Vec<(u8, u16, u8)>>,
    pub notified: Vec<ChannelId>,
    pub traced: Vec<Event>,
    pub signals: Vec<(u8, u32)>,
    pub requests: Vec<Request>,
    pub responses: VecDeque<Response>,
    pub resumed: PerVcpu<u32>,
    pub suspended: PerVcpu<u32>,
    pub timer_acks: PerVcpu<u32>,
    pub reset_code_at: Vec<u64>,
    pub reloads: u32,
    memory: HashMap<u64, u64>,
}

impl Model {
    pub fn poke(&mut self, address: u64, word: u64) {
        self.memory.insert(address, word);
    }
}

impl Platform for Model {
    fn registers(&mut self, vcpu: VcpuId) -> Registers {
        self.registers[vcpu]
    }
    fn set_registers(&mut self, vcpu: VcpuId, registers: &Registers, resume: bool) {
        self.registers[vcpu] = *registers;
        self.resumed[vcpu] += u32::from(resume);
    }
    fn set_pc(&mut self, vcpu: VcpuId, pc: u64) {
        self.registers[vcpu].pc = pc;
    }
    fn system_register(&mut self, vcpu: VcpuId, register: SystemRegister) -> u64 {
        self.system[vcpu]
            .get(&(register as u8))
            .copied()
            .unwrap_or(0)
    }
    fn set_system_register(&mut self, vcpu: VcpuId, register: SystemRegister, value: u64) {
        self.system[vcpu].insert(register as u8, value);
    }
    fn inject(
        &mut self,
        vcpu: VcpuId,
        list_register: u8,
        intid: u16,
        priority: u8,
    ) -> Result<(), InjectError> {
        if list_register >= 4 {
            return Err(InjectError::OnlyHave(4));
        }
        self.injected[vcpu].push((list_register, intid, priority));
        Ok(())
    }
    fn acknowledge_timer(&mut self, vcpu: VcpuId) {
        self.timer_acks[vcpu] += 1;
    }
    fn resume(&mut self, vcpu: VcpuId) {
        self.resumed[vcpu] += 1;
    }
    fn suspend(&mut self, vcpu: VcpuId) {
        self.suspended[vcpu] += 1;
    }
    fn counter(&self) -> u64 {
        self.now
    }
    fn counter_frequency(&self) -> u64 {
        1_000_000
    }
    fn trace(&mut self, event: Event) {
        self.traced.push(event);
    }
    fn notify(&mut self, channel: ChannelId) {
        self.notified.push(channel);
    }
    fn signal(&mut self, connection: u8, targets: u32) -> u64 {
        self.signals.push((connection, targets));
        0
    }
    fn request(&mut self, request: &Request) -> Option<Response> {
        self.requests.push(request.clone());
        self.responses.pop_front()
    }
    fn place_reset_code(&mut self, address: u64) -> bool {
        self.reset_code_at.push(address);
        true
    }
    fn reload(&mut self) -> bool {
        self.reloads += 1;
        true
    }
    fn guest_word(&self, address: u64) -> Option<u64> {
        let inside = (RAM..RAM + (256 << 20)).contains(&address) && address.is_multiple_of(8);
        inside.then(|| self.memory.get(&address).copied().unwrap_or(0))
    }
}

/// A [`Model`] that the test still holds.
#[derive(Clone, Default)]
pub struct Shared(pub Rc<RefCell<Model>>);

impl Platform for Shared {
    fn registers(&mut self, vcpu: VcpuId) -> Registers {
        self.0.borrow_mut().registers(vcpu)
    }
    fn set_registers(&mut self, vcpu: VcpuId, registers: &Registers, resume: bool) {
        self.0.borrow_mut().set_registers(vcpu, registers, resume);
    }
    fn set_pc(&mut self, vcpu: VcpuId, pc: u64) {
        self.0.borrow_mut().set_pc(vcpu, pc);
    }
    fn system_register(&mut self, vcpu: VcpuId, register: SystemRegister) -> u64 {
        self.0.borrow_mut().system_register(vcpu, register)
    }
    fn set_system_register(&mut self, vcpu: VcpuId, register: SystemRegister, value: u64) {
        self.0
            .borrow_mut()
            .set_system_register(vcpu, register, value);
    }
    fn inject(
        &mut self,
        vcpu: VcpuId,
        list_register: u8,
        intid: u16,
        priority: u8,
    ) -> Result<(), InjectError> {
        self.0
            .borrow_mut()
            .inject(vcpu, list_register, intid, priority)
    }
    fn acknowledge_timer(&mut self, vcpu: VcpuId) {
        self.0.borrow_mut().acknowledge_timer(vcpu);
    }
    fn resume(&mut self, vcpu: VcpuId) {
        self.0.borrow_mut().resume(vcpu);
    }
    fn suspend(&mut self, vcpu: VcpuId) {
        self.0.borrow_mut().suspend(vcpu);
    }
    fn counter(&self) -> u64 {
        self.0.borrow().now
    }
    fn counter_frequency(&self) -> u64 {
        self.0.borrow().counter_frequency()
    }
    fn trace(&mut self, event: Event) {
        self.0.borrow_mut().trace(event);
    }
    fn notify(&mut self, channel: ChannelId) {
        self.0.borrow_mut().notify(channel);
    }
    fn signal(&mut self, connection: u8, targets: u32) -> u64 {
        self.0.borrow_mut().signal(connection, targets)
    }
    fn request(&mut self, request: &Request) -> Option<Response> {
        self.0.borrow_mut().request(request)
    }
    fn place_reset_code(&mut self, address: u64) -> bool {
        self.0.borrow_mut().place_reset_code(address)
    }
    fn reload(&mut self) -> bool {
        self.0.borrow_mut().reload()
    }
    fn guest_word(&self, address: u64) -> Option<u64> {
        self.0.borrow().guest_word(address)
    }
}

/// Everything around a machine.
pub struct World {
    pub model: Shared,
    pub config: GuestConfig,
    pub log: OutputRing,
    pub output: OutputRing,
    pub input: InputRing,
    pub board: Board,
    pub status: GuestStatus,
    pub order: GuestOrder,
    pub deadline: DeadlinePage,
}

impl World {
    pub fn new() -> Box<Self> {
        Box::new(Self {
            model: Shared::default(),
            config: config(),
            log: OutputRing::new(),
            output: OutputRing::new(),
            input: InputRing::new(),
            board: Board {
                words: Default::default(),
            },
            status: GuestStatus::default(),
            order: GuestOrder::default(),
            deadline: DeadlinePage::default(),
        })
    }

    /// The machine, held.
    pub fn machine(&self) -> Machine<'_, Shared> {
        let pages = Pages {
            log: &self.log,
            serial: Some((&self.output, &self.input)),
            board: Some(&self.board),
            status: &self.status,
            order: &self.order,
            deadline: &self.deadline,
        };
        Machine::new(self.model.clone(), &self.config, pages, RAM, RAM + 0x1000)
    }

    pub fn type_in(&self, bytes: &[u8]) {
        Producer::new(&self.input).write(bytes);
    }

    pub fn text(ring: &OutputRing) -> String {
        let mut bytes = vec![0; OUTPUT_BYTES];
        let n = Consumer::new(ring).read(&mut bytes);
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    }
}
