// SPDX-License-Identifier: BSD-2-Clause

//! Where authority sits: addresses of mappings, slots of capabilities.
//!
//! A fact says that somebody may; these say by which address or slot, so that it can
//! be tried on the target. No part of `diff`: moving something changes no right.

use super::facts;
use serde::Serialize;
use tombolo_image::system::{Map, ProtectionDomain, System, UserCapKind};

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// In whose address space.
    pub who: String,
    /// The region's name in the `.system` file.
    pub region: String,
    /// Address: virtual, or guest-physical.
    pub address: u64,
    /// Bytes.
    pub bytes: u64,
    /// Rights as the hardware gives them, such as `rw`; empty: none.
    pub access: String,
    /// Whether it is a device's registers.
    pub device: bool,
}

/// What a capability is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CapabilityKind {
    /// Notifies.
    Notification,
    /// Calls.
    Endpoint,
    /// Stops, starts, reads and writes registers.
    Tcb,
    /// Virtual CPU: registers, interrupts.
    Vcpu,
    /// Acknowledges an interrupt.
    Interrupt,
    /// Another object of the kernel: SMC, scheduling context, address space.
    Object,
}

/// A capability in a protection domain's slot. Everybody's own are left out: input,
/// fault endpoint, address space, reply object, the monitor's endpoint of the passive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Capability {
    /// Whose.
    pub who: String,
    /// Capability pointer.
    pub slot: u64,
    /// Of what.
    pub kind: CapabilityKind,
    /// Whom it reaches.
    pub whom: Option<String>,
    /// How the other end knows: the badge of what arrives.
    pub badge: Option<u64>,
}

/// First slots, and badges (Microkit 2.3, manual and tool).
mod microkit {
    pub const SMC: u64 = 7;
    pub const NOTIFICATION: u64 = 10;
    pub const ENDPOINT: u64 = 74;
    pub const INTERRUPT: u64 = 138;
    pub const CHILD_TCB: u64 = 202;
    pub const VCPU_TCB: u64 = 266;
    pub const VCPU: u64 = 330;
    /// Bits below the slot of a capability from `<cspace>`.
    pub const USER_SHIFT: u32 = 58;
    pub const CALL_BADGE: u64 = 1 << 63;
}

/// All mappings: protection domains', then their virtual machines'.
pub fn mappings(system: &System) -> Vec<Mapping> {
    let mut found = Vec::new();
    for domain in &system.domains {
        let who = &domain.name.value;
        found.extend(domain.maps.iter().filter_map(|map| of(system, who, map)));
        if let Some(machine) = &domain.virtual_machine {
            let who = &machine.name.value;
            found.extend(machine.maps.iter().filter_map(|map| of(system, who, map)));
        }
    }
    found
}

fn of(system: &System, who: &str, map: &Map) -> Option<Mapping> {
    let region = &system.regions[map.region?];
    Some(Mapping {
        who: who.to_owned(),
        region: region.name.value.clone(),
        address: map.vaddr.value,
        bytes: region.size,
        access: facts::access(map),
        device: facts::device(system, region).is_some(),
    })
}

/// All capabilities, by holder and slot.
pub fn capabilities(system: &System) -> Vec<Capability> {
    let mut found = Vec::new();
    for (index, domain) in system.domains.iter().enumerate() {
        let mut own = channels(system, index);
        own.extend(objects(system, index, domain));
        own.sort_by_key(|capability| capability.slot);
        found.extend(own);
    }
    found
}

fn channels(system: &System, index: usize) -> Vec<Capability> {
    let directions = system
        .channels
        .iter()
        .flat_map(tombolo_image::system::Channel::directions);
    let mut found = Vec::new();
    for (from, to) in directions.filter(|(from, _)| from.domain == index) {
        let mut add = |first: u64, kind, badge| {
            found.push(Capability {
                who: system.domains[index].name.value.clone(),
                slot: first + from.id.value,
                kind,
                whom: Some(system.domains[to.domain].name.value.clone()),
                badge: Some(badge),
            });
        };
        if from.notify {
            let badge = 1u64.checked_shl(u32::try_from(to.id.value).unwrap_or(64));
            let badge = badge.unwrap_or(0);
            add(microkit::NOTIFICATION, CapabilityKind::Notification, badge);
        }
        if from.pp {
            let badge = microkit::CALL_BADGE | to.id.value;
            add(microkit::ENDPOINT, CapabilityKind::Endpoint, badge);
        }
    }
    found
}

fn objects(system: &System, index: usize, domain: &ProtectionDomain) -> Vec<Capability> {
    let mut found = Vec::new();
    let mut add = |slot, kind, whom: Option<&str>| {
        found.push(Capability {
            who: domain.name.value.clone(),
            slot,
            kind,
            whom: whom.map(str::to_owned),
            badge: None,
        });
    };
    if domain.smc {
        add(microkit::SMC, CapabilityKind::Object, None);
    }
    for irq in &domain.irqs {
        let slot = microkit::INTERRUPT + irq.id.value;
        add(slot, CapabilityKind::Interrupt, None);
    }
    let children = system.domains.iter().filter(|c| c.parent == Some(index));
    for child in children {
        let id = child.child_id.as_ref().map_or(0, |id| id.value);
        let whom = Some(child.name.value.as_str());
        add(microkit::CHILD_TCB + id, CapabilityKind::Tcb, whom);
    }
    if let Some(machine) = &domain.virtual_machine {
        let whom = Some(machine.name.value.as_str());
        for vcpu in &machine.vcpus {
            let id = vcpu.id.value;
            add(microkit::VCPU_TCB + id, CapabilityKind::Tcb, whom);
            add(microkit::VCPU + id, CapabilityKind::Vcpu, None);
        }
    }
    for cap in &domain.user_caps {
        let slot = cap.slot.value << microkit::USER_SHIFT;
        match cap.kind {
            UserCapKind::Tcb => add(slot, CapabilityKind::Tcb, Some(&cap.domain.value)),
            UserCapKind::SchedContext | UserCapKind::VSpace => {
                add(slot, CapabilityKind::Object, None);
            }
        }
    }
    found
}
