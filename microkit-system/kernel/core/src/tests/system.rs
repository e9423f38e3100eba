// SPDX-License-Identifier: BSD-2-Clause

//! Systems to test with: built like the image tool would, run like the vectors.

use tombolo_kernel_spec::{
    CapKind, CapSpec, Header, IrqSpec, NONE, Rights, SchedContextSpec, TcbFlags, TcbSpec,
    VSpaceSpec, VcpuSpec,
};

use super::fake::{Fake, TICKS_PER_US};
use crate::ids::{Id, ScId, TcbId};
use crate::kernel::Kernel;
use crate::spec_view::SystemSpec;
use crate::{Context, Event, Next, SpecError};

/// Slots of a protection domain as Microkit lays them out.
pub const INPUT: u64 = 1;
pub const FAULT: u64 = 2;
pub const VSPACE: u64 = 3;
pub const REPLY: u64 = 4;
pub const MONITOR: u64 = 5;
pub const SMC: u64 = 7;
pub const NOTIFY: u64 = 10;
pub const PP: u64 = 74;
pub const IRQ: u64 = 138;
pub const CHILD: u64 = 202;
pub const VCPU_TCB: u64 = 266;
pub const VCPU: u64 = 330;
/// First slot of the root CNode, where the tests put what they like.
pub const USER: u64 = 1 << 58;

/// System calls.
pub const CALL: i64 = -1;
pub const REPLY_RECV: i64 = -2;
pub const NB_SEND_RECV: i64 = -3;
pub const NB_SEND_WAIT: i64 = -4;
pub const SEND: i64 = -5;
pub const NB_SEND: i64 = -6;
pub const RECV: i64 = -7;
pub const NB_RECV: i64 = -8;
pub const WAIT: i64 = -9;
pub const NB_WAIT: i64 = -10;
pub const YIELD: i64 = -11;

/// Where threads start, and their IPC buffers.
pub const ENTRY: u64 = 0x20_0000;
const BUFFERS: u64 = 0x1000_0000;

/// A description being put together. Every domain has an endpoint, a
/// notification, a reply object, a CSpace and an address space of its number.
#[derive(Default)]
pub struct Builder {
    pub header: Header,
    pub tcbs: Vec<TcbSpec>,
    pub scs: Vec<SchedContextSpec>,
    pub vspaces: Vec<VSpaceSpec>,
    pub vcpus: Vec<VcpuSpec>,
    pub irqs: Vec<IrqSpec>,
    pub caps: Vec<CapSpec>,
}

impl Builder {
    pub fn new() -> Self {
        let mut builder = Self::default();
        builder.header.board.max_intid = 159;
        builder
    }

    /// A round-robin domain; its number.
    pub fn pd(&mut self, name: &str, priority: u32) -> u32 {
        self.pd_with(name, priority, 1000, 1000)
    }

    pub fn pd_with(&mut self, name: &str, priority: u32, budget_us: u64, period_us: u64) -> u32 {
        let pd = self.header.cspaces;
        self.header.cspaces += 1;
        self.header.endpoints += 1;
        self.header.notifications += 1;
        self.header.replies += 1;
        let tcb = self.thread(name, priority, budget_us, period_us);
        let spec = &mut self.tcbs[tcb as usize];
        spec.flags = TcbFlags::START;
        spec.ipc_buffer = BUFFERS + 4096 * u64::from(tcb);
        spec.cspace = pd;
        spec.notification = pd;
        self.cap(pd, INPUT, CapKind::Endpoint, pd, 0);
        self.cap(pd, VSPACE, CapKind::VSpace, tcb, 0);
        self.cap(pd, REPLY, CapKind::Reply, pd, 0);
        self.cap(pd, MONITOR, CapKind::Monitor, tcb, u64::from(pd) + 1);
        pd
    }

    /// A vCPU of `parent`: child `id`, thread of its own; its thread's number.
    pub fn vcpu(&mut self, name: &str, priority: u32, parent: u32, id: u64) -> u32 {
        let tcb = self.thread(name, priority, 1000, 1000);
        let vcpu = self.vcpus.len() as u32;
        self.vcpus.push(VcpuSpec { tcb, reserved: 0 });
        self.tcbs[tcb as usize].vcpu = vcpu;
        self.child(parent, tcb, id);
        self.cap(parent, VCPU_TCB + id, CapKind::Tcb, tcb, 0);
        self.cap(parent, VCPU + id, CapKind::Vcpu, vcpu, 0);
        tcb
    }

    fn thread(&mut self, name: &str, priority: u32, budget_us: u64, period_us: u64) -> u32 {
        let number = self.tcbs.len() as u32;
        self.scs.push(SchedContextSpec {
            budget_us,
            period_us,
            badge: 0x100 + u64::from(number),
        });
        self.vspaces.push(VSpaceSpec {
            root: 0x4000_0000 + 0x2000 * u64::from(number),
            vmid: number + 1,
            reserved: 0,
        });
        let mut padded = [0; 64];
        padded[..name.len()].copy_from_slice(name.as_bytes());
        self.tcbs.push(TcbSpec {
            name: padded,
            pc: ENTRY,
            sp: 0xff_ffff_e000,
            ipc_buffer: 0,
            fault_badge: 0,
            fault_endpoint: NONE,
            priority,
            mcp: priority,
            flags: 0,
            cspace: NONE,
            vspace: number,
            sched_context: number,
            notification: NONE,
            vcpu: NONE,
            reserved: 0,
        });
        number
    }

    pub fn cap(&mut self, cspace: u32, cptr: u64, kind: CapKind, object: u32, badge: u64) {
        self.cap_with(cspace, cptr, kind, object, badge, Rights::ALL);
    }

    pub fn cap_with(
        &mut self,
        cspace: u32,
        cptr: u64,
        kind: CapKind,
        object: u32,
        badge: u64,
        rights: u32,
    ) {
        let root = (cptr >> 58) as u32;
        self.caps.push(CapSpec {
            badge,
            cspace,
            slot: if root == 0 { cptr as u32 } else { 512 + root },
            kind: kind as u32,
            object,
            rights,
            reserved: 0,
        });
    }

    /// `tcb`'s faults go to `parent` as child `id`, which holds its thread.
    pub fn child(&mut self, parent: u32, tcb: u32, id: u64) {
        let spec = &mut self.tcbs[tcb as usize];
        spec.fault_endpoint = parent;
        spec.fault_badge = 1 << 62 | id;
        if spec.cspace != NONE {
            let cspace = spec.cspace;
            self.cap(cspace, FAULT, CapKind::Endpoint, parent, 1 << 62 | id);
            self.cap(parent, CHILD + id, CapKind::Tcb, tcb, 0);
        }
    }

    /// A channel `id` at both ends: `from` may call and notify `to`, `to` may
    /// notify `from`.
    pub fn channel(&mut self, from: u32, to: u32, id: u64) {
        self.cap(from, PP + id, CapKind::Endpoint, to, 1 << 63 | id);
        self.cap(from, NOTIFY + id, CapKind::Notification, to, 1 << id);
        self.cap(to, NOTIFY + id, CapKind::Notification, from, 1 << id);
    }

    pub fn irq(&mut self, pd: u32, id: u64, intid: u32) {
        let number = self.irqs.len() as u32;
        self.irqs.push(IrqSpec {
            badge: 1 << id,
            intid,
            edge: 0,
            notification: pd,
            reserved: 0,
        });
        self.cap(pd, IRQ + id, CapKind::IrqHandler, number, 0);
    }

    pub fn spec(&self) -> SystemSpec<'_> {
        SystemSpec {
            header: &self.header,
            tcbs: &self.tcbs,
            sched_contexts: &self.scs,
            vspaces: &self.vspaces,
            vcpus: &self.vcpus,
            irqs: &self.irqs,
            caps: &self.caps,
            zero: &[],
        }
    }

    pub fn try_build(&self) -> Result<System, SpecError> {
        let mut system = System {
            kernel: empty_kernel(),
            hw: Fake::default(),
            running: None,
        };
        system.kernel.instantiate(&self.spec(), &mut system.hw)?;
        Ok(system)
    }

    /// Built and started.
    pub fn start(&self) -> System {
        let mut system = self.try_build().expect("a sound description");
        let next = system.kernel.start(&mut system.hw);
        system.enter(next);
        system
    }
}

/// On a stack that holds the copies an unoptimised build makes.
fn empty_kernel() -> Box<Kernel> {
    std::thread::Builder::new()
        .stack_size(16 << 20)
        .spawn(|| Box::new(Kernel::new()))
        .expect("a thread")
        .join()
        .expect("no panic")
}

/// A running system.
pub struct System {
    pub kernel: Box<Kernel>,
    pub hw: Fake,
    pub running: Option<TcbId>,
}

/// Thread number `index`.
pub fn tcb(index: u32) -> TcbId {
    TcbId::new(index as usize).expect("small")
}

impl System {
    fn enter(&mut self, next: Next) {
        self.running = match next {
            Next::Run(id) => Some(id),
            Next::Idle => None,
        };
        self.check_invariants();
    }

    pub fn event(&mut self, event: Event) {
        let next = self.kernel.handle(event, &mut self.hw);
        self.enter(next);
    }

    /// Name of the running thread, "" if none.
    pub fn name(&self) -> &str {
        self.running.map_or("", |id| self.kernel.name(id))
    }

    /// Registers of the running thread.
    pub fn me(&mut self) -> &mut Context {
        let id = self.running.expect("somebody runs");
        self.kernel.context_mut(id)
    }

    /// As they are.
    pub fn regs(&self) -> Context {
        self.kernel.tcbs[self.running.expect("somebody runs")].context
    }

    pub fn context(&mut self, thread: u32) -> &mut Context {
        self.kernel.context_mut(tcb(thread))
    }

    /// The running thread does a system call with these registers set.
    pub fn call(&mut self, number: i64, registers: &[(usize, u64)]) {
        let context = self.me();
        for (register, value) in registers {
            context.x[*register] = *value;
        }
        context.x[7] = number as u64;
        context.pc += 4;
        self.event(Event::Syscall);
    }

    /// As [`System::call`] with x0, and a message with this label and these MRs.
    pub fn message(&mut self, number: i64, cptr: u64, label: u64, mrs: &[u64]) {
        self.put_mrs(mrs);
        let info = label << 12 | mrs.len() as u64;
        self.call(number, &[(0, cptr), (1, info), (6, REPLY)]);
    }

    pub fn recv(&mut self) {
        self.call(RECV, &[(0, INPUT), (6, REPLY)]);
    }

    pub fn reply_recv(&mut self, label: u64, mrs: &[u64]) {
        self.message(REPLY_RECV, INPUT, label, mrs);
    }

    /// An invocation by Call with capability arguments: label and MRs of the
    /// answer.
    pub fn invoke(&mut self, cptr: u64, label: u64, mrs: &[u64], caps: &[u64]) -> (u64, Vec<u64>) {
        let me = self.running.expect("somebody runs");
        self.put_mrs(mrs);
        let buffer = self.kernel.buffer(me).expect("a buffer").0;
        for (index, cap) in caps.iter().enumerate() {
            self.hw.memory.insert(buffer + 976 + 8 * index as u64, *cap);
        }
        let info = label << 12 | (caps.len() as u64) << 7 | mrs.len() as u64;
        self.call(CALL, &[(0, cptr), (1, info)]);
        self.answer(me)
    }

    /// Label and MRs that `id` got.
    pub fn answer(&mut self, id: TcbId) -> (u64, Vec<u64>) {
        let context = *self.kernel.context_mut(id);
        let length = (context.x[1] & 0x7f) as usize;
        let buffer = self.kernel.buffer(id).map_or(0, |buffer| buffer.0);
        let words = (0..length).map(|index| match context.x.get(2 + index) {
            Some(word) if index < 4 => *word,
            _ => self.hw.memory[&(buffer + 8 + 8 * index as u64)],
        });
        (context.x[1] >> 12, words.collect())
    }

    fn put_mrs(&mut self, mrs: &[u64]) {
        let me = self.running.expect("somebody runs");
        let buffer = self.kernel.buffer(me).map_or(0, |buffer| buffer.0);
        for (index, word) in mrs.iter().enumerate() {
            if index < 4 {
                self.me().x[2 + index] = *word;
            } else {
                self.hw.memory.insert(buffer + 8 + 8 * index as u64, *word);
            }
        }
    }

    /// The running thread computes for `us`; the timer fires in between where
    /// the kernel asked for it. Returns the names that ran with their times.
    pub fn compute(&mut self, us: u64) -> Vec<(String, u64)> {
        let end = self.hw.time + us * TICKS_PER_US;
        let mut ran: Vec<(String, u64)> = Vec::new();
        while self.hw.time < end {
            let until = self
                .hw
                .deadline
                .unwrap_or(u64::MAX)
                .min(end)
                .max(self.hw.time);
            let name = self.name().to_string();
            let time = until - self.hw.time;
            match ran.last_mut() {
                Some((last, sum)) if *last == name => *sum += time,
                _ => ran.push((name, time)),
            }
            self.hw.time = until;
            if self.hw.deadline == Some(until) {
                self.event(Event::Timer);
            }
        }
        ran.iter_mut().for_each(|(_, time)| *time /= TICKS_PER_US);
        ran
    }

    pub fn sc_of(&self, thread: u32) -> Option<usize> {
        self.kernel.tcbs[tcb(thread)].sched_context.map(ScId::index)
    }
}
