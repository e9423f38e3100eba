// SPDX-License-Identifier: BSD-2-Clause

//! The kernel: its tables and its entries.
//!
//! One entry at a time, on one stack: nothing blocks, nothing recurses, nothing
//! allocates, and no loop is longer than a table or a message. Every entry
//! charges time, does what the event asks, and chooses the next thread.

use tombolo_kernel_spec::limits;

use crate::context::Context;
use crate::event::{Event, Next, ThreadView};
use crate::hardware::{Hardware, PhysAddr, Ticks};
use crate::ids::{
    CSpaceId, EndpointId, Id, IrqId, NotificationId, ReplyId, ScId, Table, TcbId, VSpaceId, VcpuId,
};
use crate::ipc::Fault;
use crate::objects::{
    CSpace, Endpoint, Irq, List, Notification, Queue, Reply, SchedContext, Tcb, ThreadState,
    VSpace, Vcpu,
};
use crate::sched::{Clock, ReadyQueues};

/// INTIDs of GICv2.
pub const INTIDS: usize = 1024;

/// All objects of the system.
pub struct Kernel {
    pub(crate) debug: bool,
    pub(crate) halted: bool,
    pub(crate) max_intid: u32,
    pub(crate) clock: Clock,

    pub(crate) current: Option<TcbId>,
    /// What the time since the last switch of contexts is charged to.
    pub(crate) current_sc: Option<ScId>,
    pub(crate) now: Ticks,
    /// Used since then, not charged yet.
    pub(crate) consumed: Ticks,
    pub(crate) deadline: Option<Ticks>,
    pub(crate) woken: Option<TcbId>,
    pub(crate) must_choose: bool,
    pub(crate) ready: ReadyQueues,
    pub(crate) release: List,

    pub(crate) tcbs: Table<TcbId, Tcb, { limits::TCBS }>,
    pub(crate) scs: Table<ScId, SchedContext, { limits::SCHED_CONTEXTS }>,
    pub(crate) endpoints: Table<EndpointId, Endpoint, { limits::ENDPOINTS }>,
    pub(crate) notifications: Table<NotificationId, Notification, { limits::NOTIFICATIONS }>,
    pub(crate) replies: Table<ReplyId, Reply, { limits::REPLIES }>,
    pub(crate) cspaces: Table<CSpaceId, CSpace, { limits::CSPACES }>,
    pub(crate) vspaces: Table<VSpaceId, VSpace, { limits::VSPACES }>,
    pub(crate) vcpus: Table<VcpuId, Vcpu, { limits::VCPUS }>,
    pub(crate) irqs: Table<IrqId, Irq, { limits::IRQS }>,
    pub(crate) irq_of_intid: [Option<IrqId>; INTIDS],
    /// Number of threads.
    pub(crate) tcb_count: usize,
}

impl Kernel {
    /// The empty kernel: all zeros, for a static.
    pub const fn new() -> Self {
        Self {
            debug: false,
            halted: false,
            max_intid: 0,
            clock: Clock::EMPTY,
            current: None,
            current_sc: None,
            now: 0,
            consumed: 0,
            deadline: None,
            woken: None,
            must_choose: false,
            ready: ReadyQueues::EMPTY,
            release: List::EMPTY,
            tcbs: Table::new([const { Tcb::EMPTY }; limits::TCBS]),
            scs: Table::new([const { SchedContext::EMPTY }; limits::SCHED_CONTEXTS]),
            endpoints: Table::new([const { Endpoint::EMPTY }; limits::ENDPOINTS]),
            notifications: Table::new([const { Notification::EMPTY }; limits::NOTIFICATIONS]),
            replies: Table::new([const { Reply::EMPTY }; limits::REPLIES]),
            cspaces: Table::new([const { CSpace::EMPTY }; limits::CSPACES]),
            vspaces: Table::new([VSpace::EMPTY; limits::VSPACES]),
            vcpus: Table::new([Vcpu::EMPTY; limits::VCPUS]),
            irqs: Table::new([Irq::EMPTY; limits::IRQS]),
            irq_of_intid: [None; INTIDS],
            tcb_count: 0,
        }
    }

    /// Starts the system; the first thread to run. Threads of equal priority
    /// run in reverse order of their names: each was resumed in turn by a
    /// thread of priority 255, and so placed at the head of its queue.
    pub fn start(&mut self, hw: &mut impl Hardware) -> Next {
        self.now = hw.now();
        let mut last = None;
        while let Some(id) = self.next_by_name(last) {
            last = Some(id);
            self.tcbs[id].state = ThreadState::Running;
            if self.tcbs[id].sched_context.is_some() {
                self.ready.push_front(&mut self.tcbs, id);
            }
        }
        self.must_choose = true;
        self.leave(hw)
    }

    /// One kernel entry for the current thread. For an event other than
    /// [`Event::Syscall`], `pc` is the instruction that the event happened at.
    pub fn handle(&mut self, event: Event, hw: &mut impl Hardware) -> Next {
        self.account(hw.now());
        if let Some(id) = self.current {
            let tcb = &mut self.tcbs[id];
            tcb.restart_pc = match event {
                Event::Syscall => tcb.context.pc.wrapping_sub(4),
                _ => tcb.context.pc,
            };
        }
        let in_budget = self.check_budget(hw);
        match event {
            Event::Timer => self.deadline = None,
            Event::Interrupt { intid } => self.interrupt(intid),
            _ => self.synchronous(event, in_budget, hw),
        }
        self.leave(hw)
    }

    /// What the architecture needs to run `id`.
    pub fn thread(&self, id: TcbId) -> ThreadView {
        let tcb = &self.tcbs[id];
        let vspace = tcb
            .vspace
            .map_or(VSpace::EMPTY, |vspace| self.vspaces[vspace]);
        ThreadView {
            root: vspace.root,
            vmid: vspace.vmid,
            vcpu: tcb.vcpu.map(VcpuId::index),
            fpu_disabled: tcb.fpu_disabled && tcb.vcpu.is_none(),
        }
    }

    /// Name of `id`, for reports.
    pub fn name(&self, id: TcbId) -> &str {
        self.tcbs[id].name.as_str()
    }

    /// Registers of `id`, to be saved and loaded by the vectors.
    pub fn context_mut(&mut self, id: TcbId) -> &mut Context {
        &mut self.tcbs[id].context
    }

    /// An event of the current thread's own instructions. Without budget it is
    /// not handled: the instruction is executed again in the next slice. The two
    /// events of the virtual interface are always delivered, since the caller
    /// has already quieted their cause.
    fn synchronous(&mut self, event: Event, in_budget: bool, hw: &mut impl Hardware) {
        let Some(id) = self.current else {
            return;
        };
        let fault = match event {
            Event::Timer | Event::Interrupt { .. } => return,
            Event::VppiEvent { intid } => Fault::VppiEvent { intid },
            Event::VgicMaintenance { index } => Fault::VgicMaintenance { index },
            _ if !in_budget => {
                let tcb = &mut self.tcbs[id];
                if tcb.is_running() {
                    tcb.context.pc = tcb.restart_pc;
                }
                return;
            }
            Event::Syscall => return self.syscall(id, hw),
            Event::VmFault {
                address,
                fsr,
                is_fetch,
            } => Fault::Vm {
                address,
                fsr,
                is_fetch,
            },
            Event::UserException { number, code } => Fault::User { number, code },
            Event::VcpuFault { hsr } => Fault::Vcpu { hsr },
            Event::DebugException { reason, breakpoint } => Fault::Debug { reason, breakpoint },
        };
        if self.tcbs[id].is_running() {
            self.deliver_fault(id, fault, hw);
        }
    }

    fn interrupt(&mut self, intid: u32) {
        let irq = usize::try_from(intid)
            .ok()
            .and_then(|intid| self.irq_of_intid.get(intid).copied().flatten());
        if let Some(irq) = irq {
            let Irq {
                badge,
                notification,
                ..
            } = self.irqs[irq];
            if let Some(notification) = notification {
                self.signal(notification, badge);
            }
        }
    }

    /// Ends an entry: the next thread, its scheduling context and the deadline.
    fn leave(&mut self, hw: &mut impl Hardware) -> Next {
        let next = if self.halted { None } else { self.choose() };
        self.switch_sched_context(next.and_then(|id| self.tcbs[id].sched_context));
        self.current = next;
        let deadline = self.deadline();
        if self.deadline != Some(deadline) {
            self.deadline = Some(deadline);
            hw.set_deadline(deadline);
        }
        let Some(id) = next else {
            return Next::Idle;
        };
        debug_assert!(self.tcbs[id].queue == Queue::None);
        self.complete_yield_to(id, hw);
        Next::Run(id)
    }

    /// The thread to start after `last`, by name, then by position.
    fn next_by_name(&self, last: Option<TcbId>) -> Option<TcbId> {
        let key = |id: &TcbId| (self.tcbs[*id].name.0, id.index());
        self.threads()
            .filter(|id| self.tcbs[*id].starts)
            .filter(|id| last.is_none_or(|last| key(id) > key(&last)))
            .min_by_key(key)
    }

    /// All threads.
    pub(crate) fn threads(&self) -> impl Iterator<Item = TcbId> + use<> {
        (0..self.tcb_count).filter_map(Id::new)
    }

    /// Physical address of the thread's IPC buffer.
    pub(crate) fn buffer(&self, id: TcbId) -> Option<PhysAddr> {
        self.tcbs[id].ipc_buffer
    }
}

impl Default for Kernel {
    fn default() -> Self {
        Self::new()
    }
}
