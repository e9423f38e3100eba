// SPDX-License-Identifier: BSD-2-Clause

//! Making the objects that a system description tells of.
//!
//! Every index and value of the description is checked here, once; afterwards
//! the kernel's rules rely on it.

use tombolo_kernel_spec::{CapKind, CapSpec, IrqSpec, NONE, Rights, TcbFlags, TcbSpec, limits};

use crate::context::sanitise_spsr;
use crate::error::{SpecError, SpecTable};
use crate::hardware::{Hardware, PhysAddr};
use crate::ids::{CSpaceId, EndpointId, Id, IrqId, NotificationId, ScId, TcbId, VSpaceId, VcpuId};
use crate::kernel::{INTIDS, Kernel};
use crate::objects::{
    Cap, EndpointCap, FaultHandler, Irq, Name, NotificationCap, ThreadState, VSpace,
};
use crate::sched::{Clock, MINIMUM_BUDGET_US, Refills};
use crate::spec_view::SystemSpec;

/// Longest period that the kernel counts with: an hour, as seL4.
const MAXIMUM_PERIOD_US: u64 = 60 * 60 * 1_000_000;

/// A record being checked.
#[derive(Clone, Copy)]
struct Record {
    table: SpecTable,
    record: usize,
}

impl Record {
    fn bad(self, field: &'static str, value: u64) -> SpecError {
        SpecError::BadField {
            table: self.table,
            record: self.record,
            field,
            value,
        }
    }

    /// The id of `index`, one of `count`.
    fn id<I: Id>(self, field: &'static str, index: u32, count: usize) -> Result<I, SpecError> {
        let position = index as usize;
        let id = if position < count {
            I::new(position)
        } else {
            None
        };
        id.ok_or(self.bad(field, index.into()))
    }

    /// As [`Record::id`], or absent.
    fn option<I: Id>(
        self,
        field: &'static str,
        index: u32,
        count: usize,
    ) -> Result<Option<I>, SpecError> {
        if index == NONE {
            return Ok(None);
        }
        self.id(field, index, count).map(Some)
    }

    fn byte(self, field: &'static str, value: u32) -> Result<u8, SpecError> {
        u8::try_from(value).map_err(|_| self.bad(field, value.into()))
    }
}

/// The id of record `index` of a table whose size was checked.
fn record_id<I: Id>(table: SpecTable, index: usize) -> Result<(Record, I), SpecError> {
    let record = Record {
        table,
        record: index,
    };
    let id = I::new(index).ok_or(record.bad("index", index as u64))?;
    Ok((record, id))
}

impl Kernel {
    /// Makes the objects of `spec`. Once, before [`Kernel::start`].
    ///
    /// # Errors
    /// The first record that cannot be; the kernel must not be started then.
    pub fn instantiate(
        &mut self,
        spec: &SystemSpec<'_>,
        hw: &mut impl Hardware,
    ) -> Result<(), SpecError> {
        let header = spec.header;
        for (table, count, limit) in [
            (SpecTable::Endpoint, header.endpoints, limits::ENDPOINTS),
            (
                SpecTable::Notification,
                header.notifications,
                limits::NOTIFICATIONS,
            ),
            (SpecTable::Reply, header.replies, limits::REPLIES),
            (SpecTable::CSpace, header.cspaces, limits::CSPACES),
        ] {
            if count as usize > limit {
                let count = count.into();
                return Err(SpecError::TooMany {
                    table,
                    count,
                    limit,
                });
            }
        }
        self.debug = spec.is_debug();
        self.max_intid = header.board.max_intid;
        self.clock = Clock::new(hw.frequency());
        self.now = hw.now();
        self.tcb_count = spec.tcbs.len();
        self.make_sched_contexts(spec)?;
        self.make_vspaces(spec)?;
        for (index, tcb) in spec.tcbs.iter().enumerate() {
            self.make_tcb(index, tcb, spec)?;
        }
        self.make_vcpus(spec)?;
        for (index, irq) in spec.irqs.iter().enumerate() {
            self.make_irq(index, irq, spec)?;
        }
        for (index, cap) in spec.caps.iter().enumerate() {
            self.make_cap(index, cap, spec)?;
        }
        Ok(())
    }

    fn make_sched_contexts(&mut self, spec: &SystemSpec<'_>) -> Result<(), SpecError> {
        for (index, sc) in spec.sched_contexts.iter().enumerate() {
            let (record, id) = record_id::<ScId>(SpecTable::SchedContext, index)?;
            if sc.budget_us < MINIMUM_BUDGET_US {
                return Err(record.bad("budget_us", sc.budget_us));
            }
            if sc.period_us < sc.budget_us || sc.period_us > MAXIMUM_PERIOD_US {
                return Err(record.bad("period_us", sc.period_us));
            }
            let (budget, period) = (
                self.clock.ticks(sc.budget_us),
                self.clock.ticks(sc.period_us),
            );
            self.scs[id].refills = Refills::new(budget, period, self.now);
            self.scs[id].badge = sc.badge;
        }
        Ok(())
    }

    fn make_vspaces(&mut self, spec: &SystemSpec<'_>) -> Result<(), SpecError> {
        for (index, vspace) in spec.vspaces.iter().enumerate() {
            let (record, id) = record_id::<VSpaceId>(SpecTable::VSpace, index)?;
            if vspace.root == 0 || !vspace.root.is_multiple_of(0x2000) {
                return Err(record.bad("root", vspace.root));
            }
            if vspace.vmid == 0 {
                return Err(record.bad("vmid", 0));
            }
            self.vspaces[id] = VSpace {
                root: PhysAddr(vspace.root),
                vmid: record.byte("vmid", vspace.vmid)?.into(),
            };
        }
        Ok(())
    }

    fn make_tcb(
        &mut self,
        index: usize,
        tcb: &TcbSpec,
        spec: &SystemSpec<'_>,
    ) -> Result<(), SpecError> {
        let (record, id) = record_id::<TcbId>(SpecTable::Tcb, index)?;
        if !tcb.ipc_buffer.is_multiple_of(1024) {
            return Err(record.bad("ipc_buffer", tcb.ipc_buffer));
        }
        let header = spec.header;
        let notification: Option<NotificationId> = record.option(
            "notification",
            tcb.notification,
            header.notifications as usize,
        )?;
        let sc: Option<ScId> = record.option(
            "sched_context",
            tcb.sched_context,
            spec.sched_contexts.len(),
        )?;
        let endpoint: Option<EndpointId> = record.option(
            "fault_endpoint",
            tcb.fault_endpoint,
            header.endpoints as usize,
        )?;
        let debug = self.debug;
        let object = &mut self.tcbs[id];
        object.name = Name(tcb.name);
        object.context.pc = tcb.pc;
        object.restart_pc = tcb.pc;
        object.context.sp = tcb.sp;
        object.context.spsr = sanitise_spsr(0, false, debug);
        object.state = ThreadState::Inactive;
        object.priority = record.byte("priority", tcb.priority)?;
        object.mcp = record.byte("mcp", tcb.mcp)?;
        object.fpu_disabled = tcb.flags & TcbFlags::FPU_DISABLED != 0;
        object.starts = tcb.flags & TcbFlags::START != 0;
        object.ipc_buffer = (tcb.ipc_buffer != 0).then_some(PhysAddr(tcb.ipc_buffer));
        object.cspace = record.option("cspace", tcb.cspace, header.cspaces as usize)?;
        object.vspace = Some(record.id("vspace", tcb.vspace, spec.vspaces.len())?);
        object.fault_handler = endpoint.map_or(FaultHandler::Monitor, |id| {
            FaultHandler::Endpoint(EndpointCap {
                id,
                badge: tcb.fault_badge,
                rights: Rights::ALL as u8,
            })
        });
        object.notification = notification;
        object.sched_context = sc;
        object.own_sched_context = sc;
        if let Some(notification) = notification
            && self.notifications[notification].bound.replace(id).is_some()
        {
            return Err(record.bad("notification", tcb.notification.into()));
        }
        if let Some(sc) = sc
            && self.scs[sc].tcb.replace(id).is_some()
        {
            return Err(record.bad("sched_context", tcb.sched_context.into()));
        }
        Ok(())
    }

    /// A vCPU and its thread name each other.
    fn make_vcpus(&mut self, spec: &SystemSpec<'_>) -> Result<(), SpecError> {
        for (index, vcpu) in spec.vcpus.iter().enumerate() {
            let (record, id) = record_id::<VcpuId>(SpecTable::Vcpu, index)?;
            let tcb: TcbId = record.id("tcb", vcpu.tcb, spec.tcbs.len())?;
            if self.tcbs[tcb].vcpu.replace(id).is_some() {
                return Err(record.bad("tcb", vcpu.tcb.into()));
            }
            self.vcpus[id].tcb = Some(tcb);
        }
        for (index, tcb) in spec.tcbs.iter().enumerate() {
            let (record, id) = record_id::<TcbId>(SpecTable::Tcb, index)?;
            let said: Option<VcpuId> = record.option("vcpu", tcb.vcpu, spec.vcpus.len())?;
            if said != self.tcbs[id].vcpu {
                return Err(record.bad("vcpu", tcb.vcpu.into()));
            }
        }
        Ok(())
    }

    fn make_irq(
        &mut self,
        index: usize,
        irq: &IrqSpec,
        spec: &SystemSpec<'_>,
    ) -> Result<(), SpecError> {
        let (record, id) = record_id::<IrqId>(SpecTable::Irq, index)?;
        let intid = irq.intid as usize;
        if irq.intid > self.max_intid || intid >= INTIDS || self.irq_of_intid[intid].is_some() {
            return Err(record.bad("intid", irq.intid.into()));
        }
        let count = spec.header.notifications as usize;
        let notification = record.id("notification", irq.notification, count)?;
        self.irqs[id] = Irq {
            intid: irq.intid,
            badge: irq.badge,
            notification: Some(notification),
        };
        self.irq_of_intid[intid] = Some(id);
        Ok(())
    }

    fn make_cap(
        &mut self,
        index: usize,
        cap: &CapSpec,
        spec: &SystemSpec<'_>,
    ) -> Result<(), SpecError> {
        let record = Record {
            table: SpecTable::Cap,
            record: index,
        };
        let cspace: CSpaceId = record.id("cspace", cap.cspace, spec.header.cspaces as usize)?;
        let object = cap_of(record, cap, spec)?;
        // Slot 0 of both levels is taken: null, and the Microkit CNode.
        let slot = cap.slot as usize;
        match self.cspaces[cspace].slots.get_mut(slot) {
            Some(place) if *place == Cap::Empty && slot != 0 && slot != 512 => *place = object,
            _ => return Err(record.bad("slot", cap.slot.into())),
        }
        Ok(())
    }
}

fn cap_of(record: Record, cap: &CapSpec, spec: &SystemSpec<'_>) -> Result<Cap, SpecError> {
    let header = spec.header;
    let kind = CapKind::from_number(cap.kind).ok_or(record.bad("kind", cap.kind.into()))?;
    let rights = record.byte("rights", cap.rights)?;
    let badge = cap.badge;
    let field = "object";
    Ok(match kind {
        CapKind::Endpoint => {
            let id = record.id(field, cap.object, header.endpoints as usize)?;
            Cap::Endpoint(EndpointCap { id, badge, rights })
        }
        CapKind::Notification => {
            let id = record.id(field, cap.object, header.notifications as usize)?;
            Cap::Notification(NotificationCap { id, badge, rights })
        }
        CapKind::Reply => Cap::Reply(record.id(field, cap.object, header.replies as usize)?),
        CapKind::Tcb => Cap::Tcb(record.id(field, cap.object, spec.tcbs.len())?),
        CapKind::VSpace => Cap::VSpace(record.id(field, cap.object, spec.vspaces.len())?),
        CapKind::Vcpu => Cap::Vcpu(record.id(field, cap.object, spec.vcpus.len())?),
        CapKind::SchedContext => {
            Cap::SchedContext(record.id(field, cap.object, spec.sched_contexts.len())?)
        }
        CapKind::IrqHandler => Cap::IrqHandler(record.id(field, cap.object, spec.irqs.len())?),
        CapKind::Smc => Cap::Smc(badge),
        CapKind::Monitor => Cap::Monitor(record.id(field, cap.object, spec.tcbs.len())?),
        CapKind::CNode => Cap::CNode,
    })
}
