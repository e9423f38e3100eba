// SPDX-License-Identifier: BSD-2-Clause

//! A world for one machine on the host: registers, a server, guest RAM.

use super::{Machine, Pages};
use crate::platform::{InjectError, Platform};
use crate::vcpu::{PerVcpu, Registers, SystemRegister, VcpuId};
use crate::virtio_blk::Dma;
use shmem_server_api::{Board, Request, Response};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use tombolo_config::guest::{Gic, GuestConfig, Management, Pace, Ram, Shmem, SlotWindow, Uart};
use tombolo_config::server::Access;
use tombolo_config::{ChannelId, Mapping, Output};
use tombolo_pages::deadline::DeadlinePage;
use tombolo_pages::guest_status::{GuestOrder, GuestStatus};
use tombolo_pages::mailbox::Mailbox;
use tombolo_pages::ring::{Consumer, InputRing, OUTPUT_BYTES, OutputRing, Producer};
use tombolo_trace::Event;

/// Where guest RAM starts.
pub const RAM: u64 = 0x4000_0000;
/// The factory page.
pub const FACTORY: u64 = 0x0a00_0000;
/// The control page of the first slot; the second is 4 MiB on.
pub const CONTROL: u64 = 0x1_001f_f000;
/// The management device's registers.
pub const MANAGEMENT: u64 = 0x0b00_0000;
/// The server's channel.
pub const SERVER: ChannelId = 3;
/// The clock's.
pub const CLOCK: ChannelId = 4;
/// The manager's.
pub const MANAGER: ChannelId = 5;
/// The console's.
pub const CONSOLE: ChannelId = 6;
/// How much longer it takes to load the guest than to write a register.
pub const LOADING: u64 = 10_000;

/// A guest with a serial port and two slots, 7 and 8, of 512 pages.
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
        disk: None,
        shmem: Some(Shmem {
            loc: FACTORY,
            intr: 43,
            server: SERVER,
            board: 0,
            slots: slots.into_iter().collect(),
            attach_timeout_ms: 100,
            pace: Pace::default(),
        }),
        management: Some(Management {
            gpa: MANAGEMENT,
            mailbox_gpa: 0xa000_0000,
            intid: 44,
            mailbox: 0,
        }),
        manager: MANAGER,
        status: 0,
        order: 0,
        clock: CLOCK,
        deadline: 0,
    }
}

/// The other end of the calls to the server.
pub trait Answers {
    /// As [`Platform::request`].
    fn request(&mut self, request: &Request) -> Option<Response>;
    /// As [`Platform::signal`].
    fn signal(&mut self, connection: u8, targets: u32) -> u64;
}

/// What the machine did, and what it is to see.
#[derive(Default)]
pub struct Model {
    /// General registers.
    pub registers: PerVcpu<Registers>,
    system: PerVcpu<HashMap<u8, u64>>,
    /// The counter, in microseconds.
    pub now: u64,
    /// How far the counter goes each time a register is written; loading the guest
    /// takes [`LOADING`] times as long.
    pub step: u64,
    /// List register, INTID, priority.
    pub injected: PerVcpu<Vec<(u8, u16, u8)>>,
    /// Channels notified.
    pub notified: Vec<ChannelId>,
    /// Events traced.
    pub traced: Vec<Event>,
    /// Connection and targets of each signal.
    pub signals: Vec<(u8, u32)>,
    /// Requests to the server.
    pub requests: Vec<Request>,
    /// Its next answers, unless there is a [`Self::server`].
    pub responses: VecDeque<Response>,
    /// Who answers requests and signals; `None`: [`Self::responses`], and OK.
    pub server: Option<Box<dyn Answers>>,
    /// How often it was resumed.
    pub resumed: PerVcpu<u32>,
    /// How often it was suspended.
    pub suspended: PerVcpu<u32>,
    /// How often its timer's interrupt was acknowledged.
    pub timer_acks: PerVcpu<u32>,
    /// Where the reset code was put.
    pub reset_code_at: Vec<u64>,
    /// How often the guest was loaded anew.
    pub reloads: u32,
    memory: HashMap<u64, u64>,
    /// The disk's storage.
    pub disk: Vec<u8>,
}

impl Model {
    /// Stores a word to guest RAM.
    pub fn poke(&mut self, address: u64, word: u64) {
        self.memory.insert(address, word);
    }
}

impl Dma for Model {
    fn read_guest(&self, address: u64, to: &mut [u8]) -> bool {
        for (at, byte) in (address..).zip(to) {
            let Some(word) = self.guest_word(at & !7) else {
                return false;
            };
            *byte = word.to_le_bytes()[(at & 7) as usize];
        }
        true
    }
    fn write_guest(&mut self, address: u64, bytes: &[u8]) -> bool {
        for (at, byte) in (address..).zip(bytes) {
            let Some(word) = self.guest_word(at & !7) else {
                return false;
            };
            let mut word = word.to_le_bytes();
            word[(at & 7) as usize] = *byte;
            self.memory.insert(at & !7, u64::from_le_bytes(word));
        }
        true
    }
    fn disk_to_guest(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        let (from, to) = (offset as usize, (offset + bytes) as usize);
        let part = self.disk.get(from..to).map(<[u8]>::to_vec);
        part.is_some_and(|part| self.write_guest(address, &part))
    }
    fn guest_to_disk(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        let mut part = vec![0; bytes as usize];
        let (from, to) = (offset as usize, (offset + bytes) as usize);
        let read = self.read_guest(address, &mut part);
        let place = self.disk.get_mut(from..to).filter(|_| read);
        place.map(|place| place.copy_from_slice(&part)).is_some()
    }
}

impl Platform for Model {
    fn registers(&mut self, vcpu: VcpuId) -> Registers {
        self.registers[vcpu]
    }
    fn set_registers(&mut self, vcpu: VcpuId, registers: &Registers, resume: bool) {
        self.now += self.step;
        self.registers[vcpu] = *registers;
        self.resumed[vcpu] += u32::from(resume);
    }
    fn set_pc(&mut self, vcpu: VcpuId, pc: u64) {
        self.now += self.step;
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
        let server = self.server.as_mut();
        server.map_or(0, |server| server.signal(connection, targets))
    }
    fn request(&mut self, request: &Request) -> Option<Response> {
        self.requests.push(request.clone());
        match &mut self.server {
            Some(server) => server.request(request),
            None => self.responses.pop_front(),
        }
    }
    fn place_reset_code(&mut self, address: u64) -> bool {
        self.reset_code_at.push(address);
        true
    }
    fn reload(&mut self) -> bool {
        self.now += LOADING * self.step;
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

impl Dma for Shared {
    fn read_guest(&self, address: u64, to: &mut [u8]) -> bool {
        self.0.borrow().read_guest(address, to)
    }
    fn write_guest(&mut self, address: u64, bytes: &[u8]) -> bool {
        self.0.borrow_mut().write_guest(address, bytes)
    }
    fn disk_to_guest(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        self.0.borrow_mut().disk_to_guest(offset, address, bytes)
    }
    fn guest_to_disk(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        self.0.borrow_mut().guest_to_disk(offset, address, bytes)
    }
}

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
    /// Around the machine.
    pub model: Shared,
    /// Its configuration.
    pub config: GuestConfig,
    /// The monitor's log.
    pub log: OutputRing,
    /// From the guest's serial port.
    pub output: OutputRing,
    /// To it.
    pub input: InputRing,
    /// Shared with the server.
    pub board: Board,
    /// To the manager.
    pub status: GuestStatus,
    /// From the manager.
    pub order: GuestOrder,
    /// To the clock.
    pub deadline: DeadlinePage,
    /// Between guest and manager.
    pub mailbox: Mailbox,
}

impl World {
    /// Before the machine is made.
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
            mailbox: Mailbox::default(),
        })
    }

    /// The machine, held.
    pub fn machine(&self) -> Machine<'_, Shared> {
        self.machine_on(&self.board)
    }

    /// The same with a board that a server has.
    pub fn machine_on<'w>(&'w self, board: &'w Board) -> Machine<'w, Shared> {
        let pages = Pages {
            log: &self.log,
            serial: Some((&self.output, &self.input)),
            board: Some(board),
            mailbox: Some(&self.mailbox),
            status: &self.status,
            order: &self.order,
            deadline: &self.deadline,
        };
        Machine::new(self.model.clone(), &self.config, pages, RAM, RAM + 0x1000)
    }

    /// Types into the serial port.
    pub fn type_in(&self, bytes: &[u8]) {
        Producer::new(&self.input).write(bytes);
    }

    /// Takes what is in a ring.
    pub fn text(ring: &OutputRing) -> String {
        let mut bytes = vec![0; OUTPUT_BYTES];
        let n = Consumer::new(ring).read(&mut bytes);
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    }
}
