// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's objects and capabilities of a system.
//!
//! Slots, badges and rights are those of Microkit 2.3, so that a program finds
//! what its library expects. Every protection domain has one CSpace, notification,
//! reply object and address space of its own index; endpoints only where
//! somebody calls or faults.

use tombolo_kernel_spec::{
    CapKind, CapSpec, IrqSpec, NONE, Rights, SchedContextSpec, TcbFlags, TcbSpec, VSpaceSpec,
    VcpuSpec,
};

use crate::board::STACK_TOP;
use crate::layout::Layout;
use crate::system::{ProtectionDomain, System, UserCapKind, VirtualMachine};

const INPUT: u32 = 1;
const FAULT_ENDPOINT: u32 = 2;
const VSPACE: u32 = 3;
const REPLY: u32 = 4;
const MONITOR_ENDPOINT: u32 = 5;
const SMC: u32 = 7;
const OUTPUT_NOTIFICATION: u32 = 10;
const OUTPUT_ENDPOINT: u32 = 74;
const IRQ_HANDLER: u32 = 138;
const CHILD_TCB: u32 = 202;
const VCPU_TCB: u32 = 266;
const VCPU: u32 = 330;
const ROOT_SLOTS: u32 = 512;

/// Badge of a protected call.
const CALL_BADGE: u64 = 1 << 63;
/// Badge of a fault of a child or vCPU.
const FAULT_BADGE: u64 = 1 << 62;
/// Badges of scheduling contexts start here.
const SCHED_CONTEXT_BADGE: u64 = 0x100;

/// Endpoints are handed out so: no grant-reply.
const ENDPOINT_RIGHTS: u32 = Rights::READ | Rights::WRITE | Rights::GRANT;
const NOTIFICATION_RIGHTS: u32 = Rights::READ | Rights::WRITE;

/// All objects, as the kernel's tables hold them.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// Threads: protection domains by name, which is the order that they are
    /// started in, then vCPUs.
    pub tcbs: Vec<TcbSpec>,
    /// One for each thread, of its index.
    pub sched_contexts: Vec<SchedContextSpec>,
    /// Protection domains, then virtual machines.
    pub vspaces: Vec<VSpaceSpec>,
    /// vCPUs.
    pub vcpus: Vec<VcpuSpec>,
    /// Interrupt handlers.
    pub irqs: Vec<IrqSpec>,
    /// Capabilities by CSpace and slot.
    pub caps: Vec<CapSpec>,
    /// Number of endpoints.
    pub endpoints: u32,
    /// Thread of each domain.
    pub domain_tcbs: Vec<u32>,
    /// Endpoint of each domain that has one.
    pub domain_endpoints: Vec<Option<u32>>,
}

/// Works out the objects; physical addresses are still 0.
pub fn objects(system: &System) -> Objects {
    let mut objects = Objects::default();
    objects.number(system);
    let mut by_name: Vec<usize> = (0..system.domains.len()).collect();
    by_name.sort_by_key(|index| &system.domains[*index].name.value);
    for index in by_name {
        objects.add_domain(system, index);
    }
    for index in 0..system.domains.len() {
        objects.add_machine(system, index);
        objects.add_irqs(system, index);
        objects.add_user_caps(system, index);
    }
    objects.add_channels(system);
    objects.caps.sort_by_key(|cap| (cap.cspace, cap.slot));
    objects
}

/// An index as the tables hold it. They are far smaller than 2^32 (`check/limits.rs`).
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

impl Objects {
    /// Gives domains their endpoints, threads and address spaces.
    fn number(&mut self, system: &System) {
        let mut tcb_of: Vec<usize> = (0..system.domains.len()).collect();
        tcb_of.sort_by_key(|index| &system.domains[*index].name.value);
        self.domain_tcbs = vec![NONE; system.domains.len()];
        for (tcb, index) in tcb_of.into_iter().enumerate() {
            self.domain_tcbs[index] = number(tcb);
        }
        for index in 0..system.domains.len() {
            let endpoint = system.needs_endpoint(index).then_some(self.endpoints);
            self.endpoints += u32::from(endpoint.is_some());
            self.domain_endpoints.push(endpoint);
        }
        let machines = system
            .domains
            .iter()
            .filter(|domain| domain.virtual_machine.is_some())
            .count();
        self.vspaces = (1..)
            .take(system.domains.len() + machines)
            .map(|vmid| VSpaceSpec {
                root: 0,
                vmid,
                reserved: 0,
            })
            .collect();
    }

    fn cap(
        &mut self,
        cspace: usize,
        slot: u32,
        kind: CapKind,
        object: u32,
        badge: u64,
        rights: u32,
    ) {
        self.caps.push(CapSpec {
            badge,
            cspace: number(cspace),
            slot,
            kind: kind as u32,
            object,
            rights,
            reserved: 0,
        });
    }

    /// Where faults of a domain go, and their badge: to its parent, or to the
    /// monitor in the kernel.
    fn fault_target(&self, domain: &ProtectionDomain, index: usize) -> (Option<u32>, u64) {
        match (domain.parent, &domain.child_id) {
            (Some(parent), Some(id)) => (self.domain_endpoints[parent], FAULT_BADGE | id.value),
            _ => (None, index as u64 + 1),
        }
    }

    fn add_domain(&mut self, system: &System, index: usize) {
        let domain = &system.domains[index];
        let (fault_endpoint, fault_badge) = self.fault_target(domain, index);
        let tcb = number(self.tcbs.len());
        self.tcbs.push(TcbSpec {
            name: padded(&domain.name.value),
            pc: domain
                .image
                .as_ref()
                .and_then(|image| image.program.as_ref())
                .map_or(0, |program| program.entry),
            sp: STACK_TOP,
            ipc_buffer: 0,
            fault_badge,
            fault_endpoint: fault_endpoint.unwrap_or(NONE),
            priority: domain.scheduling.priority.into(),
            mcp: domain.scheduling.priority.into(),
            flags: TcbFlags::START
                | if domain.fpu {
                    0
                } else {
                    TcbFlags::FPU_DISABLED
                },
            cspace: number(index),
            vspace: number(index),
            sched_context: tcb,
            notification: number(index),
            vcpu: NONE,
            reserved: 0,
        });
        self.sched_contexts.push(SchedContextSpec {
            budget_us: domain.scheduling.budget,
            period_us: domain.scheduling.period,
            badge: SCHED_CONTEXT_BADGE + index as u64,
        });
        self.add_own_caps(domain, index, (fault_endpoint, fault_badge));
    }

    fn add_own_caps(&mut self, domain: &ProtectionDomain, index: usize, fault: (Option<u32>, u64)) {
        match self.domain_endpoints[index] {
            Some(endpoint) => self.cap(
                index,
                INPUT,
                CapKind::Endpoint,
                endpoint,
                0,
                ENDPOINT_RIGHTS,
            ),
            None => self.cap(
                index,
                INPUT,
                CapKind::Notification,
                number(index),
                0,
                NOTIFICATION_RIGHTS,
            ),
        }
        let tcb = self.domain_tcbs[index];
        match fault {
            (Some(endpoint), badge) => self.cap(
                index,
                FAULT_ENDPOINT,
                CapKind::Endpoint,
                endpoint,
                badge,
                ENDPOINT_RIGHTS,
            ),
            (None, badge) => self.cap(
                index,
                FAULT_ENDPOINT,
                CapKind::Monitor,
                tcb,
                badge,
                ENDPOINT_RIGHTS,
            ),
        }
        self.cap(
            index,
            VSPACE,
            CapKind::VSpace,
            number(index),
            0,
            Rights::ALL,
        );
        self.cap(index, REPLY, CapKind::Reply, number(index), 0, Rights::ALL);
        if domain.passive {
            self.cap(
                index,
                MONITOR_ENDPOINT,
                CapKind::Monitor,
                tcb,
                index as u64 + 1,
                ENDPOINT_RIGHTS,
            );
        }
        if domain.smc {
            self.cap(index, SMC, CapKind::Smc, 0, 0, Rights::ALL);
        }
        if let (Some(parent), Some(id)) = (domain.parent, &domain.child_id) {
            self.cap(
                parent,
                CHILD_TCB + id.value as u32,
                CapKind::Tcb,
                tcb,
                0,
                Rights::ALL,
            );
        }
    }

    fn add_machine(&mut self, system: &System, index: usize) {
        let Some(machine) = &system.domains[index].virtual_machine else {
            return;
        };
        let earlier = system.domains[..index]
            .iter()
            .filter(|domain| domain.virtual_machine.is_some())
            .count();
        let vspace = number(system.domains.len() + earlier);
        for (position, vcpu) in machine.vcpus.iter().enumerate() {
            let (tcb, object, id) = (
                number(self.tcbs.len()),
                number(self.vcpus.len()),
                vcpu.id.value,
            );
            self.tcbs
                .push(self.vcpu_tcb(machine, index, id, (tcb, object, vspace)));
            self.vcpus.push(VcpuSpec { tcb, reserved: 0 });
            self.sched_contexts.push(SchedContextSpec {
                budget_us: machine.scheduling.budget,
                period_us: machine.scheduling.period,
                badge: SCHED_CONTEXT_BADGE + position as u64,
            });
            self.cap(
                index,
                VCPU_TCB + id as u32,
                CapKind::Tcb,
                tcb,
                0,
                Rights::ALL,
            );
            self.cap(
                index,
                VCPU + id as u32,
                CapKind::Vcpu,
                object,
                0,
                Rights::ALL,
            );
        }
    }

    /// Stopped; the VMM sets registers and starts it.
    fn vcpu_tcb(
        &self,
        machine: &VirtualMachine,
        domain: usize,
        id: u64,
        (tcb, vcpu, vspace): (u32, u32, u32),
    ) -> TcbSpec {
        TcbSpec {
            name: padded(&format!("{}:vcpu{id}", machine.name.value)),
            pc: 0,
            sp: 0,
            ipc_buffer: 0,
            fault_badge: FAULT_BADGE | id,
            fault_endpoint: self.domain_endpoints[domain].unwrap_or(NONE),
            priority: machine.scheduling.priority.into(),
            mcp: machine.scheduling.priority.into(),
            flags: 0,
            cspace: NONE,
            vspace,
            sched_context: tcb,
            notification: NONE,
            vcpu,
            reserved: 0,
        }
    }

    fn add_irqs(&mut self, system: &System, index: usize) {
        for irq in &system.domains[index].irqs {
            let handler = number(self.irqs.len());
            self.irqs.push(IrqSpec {
                badge: 1 << irq.id.value,
                intid: irq.intid.value as u32,
                edge: irq.edge.into(),
                notification: number(index),
                reserved: 0,
            });
            self.cap(
                index,
                IRQ_HANDLER + irq.id.value as u32,
                CapKind::IrqHandler,
                handler,
                0,
                Rights::ALL,
            );
        }
    }

    fn add_user_caps(&mut self, system: &System, index: usize) {
        for cap in &system.domains[index].user_caps {
            let Some(target) = system.domain(&cap.domain.value) else {
                continue;
            };
            let tcb = self.domain_tcbs[target];
            let (kind, object) = match cap.kind {
                UserCapKind::Tcb => (CapKind::Tcb, tcb),
                UserCapKind::SchedContext => {
                    (CapKind::SchedContext, self.tcbs[tcb as usize].sched_context)
                }
                UserCapKind::VSpace => (CapKind::VSpace, number(target)),
            };
            self.cap(
                index,
                ROOT_SLOTS + cap.slot.value as u32,
                kind,
                object,
                0,
                Rights::ALL,
            );
        }
    }

    fn add_channels(&mut self, system: &System) {
        for (from, to) in system
            .channels
            .iter()
            .flat_map(crate::system::Channel::directions)
        {
            let (here, there) = (from.id.value as u32, to.id.value);
            if from.notify {
                let object = number(to.domain);
                self.cap(
                    from.domain,
                    OUTPUT_NOTIFICATION + here,
                    CapKind::Notification,
                    object,
                    1 << there,
                    NOTIFICATION_RIGHTS,
                );
            }
            if let (true, Some(endpoint)) = (from.pp, self.domain_endpoints[to.domain]) {
                self.cap(
                    from.domain,
                    OUTPUT_ENDPOINT + here,
                    CapKind::Endpoint,
                    endpoint,
                    CALL_BADGE | there,
                    ENDPOINT_RIGHTS,
                );
            }
        }
    }

    /// Fills in physical addresses.
    pub fn place(&mut self, layout: &Layout) {
        for (vspace, space) in self.vspaces.iter_mut().zip(&layout.spaces) {
            vspace.root = space.tables.start;
        }
        for (tcb, domain) in self.domain_tcbs.iter().zip(&layout.domains) {
            self.tcbs[*tcb as usize].ipc_buffer = domain.ipc_buffer;
        }
    }
}

/// A name, zero-padded, cut if too long.
fn padded(name: &str) -> [u8; 64] {
    let mut bytes = [0; 64];
    let count = name.len().min(bytes.len());
    bytes[..count].copy_from_slice(&name.as_bytes()[..count]);
    bytes
}
