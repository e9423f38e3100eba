// SPDX-License-Identifier: BSD-2-Clause

//! Facts: one piece of authority each.

use crate::board::QEMU_VIRT;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use tombolo_image::board::overlap;
use tombolo_image::system::{Map, MemoryRegion, ProtectionDomain, System, UserCapKind};

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A protection domain.
    ProtectionDomain,
    /// A virtual machine: what runs in it is not trusted at all.
    VirtualMachine,
}

/// Somebody who holds authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: SubjectKind,
    /// Priority.
    pub priority: u8,
    /// Microseconds of CPU per period.
    pub budget_us: u64,
    /// The period.
    pub period_us: u64,
    /// Runs on its callers' time.
    pub passive: bool,
    /// Its parent, or its VMM.
    pub parent: Option<String>,
}

/// A piece of authority.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "right", rename_all = "snake_case")]
pub enum Fact {
    /// Loads, stores or fetches memory.
    Memory {
        /// Who.
        who: String,
        /// The region.
        region: String,
        /// How: `r`, `rw`, `rx`, `rwx`.
        access: String,
    },
    /// Reaches a device's registers.
    Device {
        /// Who.
        who: String,
        /// The region.
        region: String,
        /// Physical address.
        address: u64,
        /// Bytes.
        size: u64,
        /// How.
        access: String,
    },
    /// Holds an interrupt.
    Interrupt {
        /// Who.
        who: String,
        /// INTID.
        intid: u64,
    },
    /// Makes protected calls.
    Call {
        /// Who.
        who: String,
        /// To whom.
        whom: String,
    },
    /// Notifies.
    Signal {
        /// Who.
        who: String,
        /// Whom.
        whom: String,
    },
    /// Stops, restarts, reads and writes registers; gets its faults.
    Control {
        /// Who.
        who: String,
        /// Whom.
        whom: String,
        /// By what.
        by: String,
    },
    /// Starts, stops, pauses, resets and restarts a guest, through the manager.
    Manage {
        /// Who.
        who: String,
        /// Whom.
        whom: String,
    },
    /// Sees or ends what is others', through the manager.
    Oversee {
        /// Who.
        who: String,
        /// What: `views guests and regions`, `detaches and revokes regions`.
        what: String,
    },
    /// Makes SMC calls to the firmware.
    Smc {
        /// Who.
        who: String,
    },
    /// Attaches regions of a pool, through the server.
    Attach {
        /// Who.
        who: String,
        /// The pool.
        pool: String,
        /// Names.
        names: String,
        /// How.
        access: String,
    },
    /// Rings a peer's doorbell, through the server.
    Doorbell {
        /// Who.
        who: String,
        /// Whom.
        whom: String,
        /// In which pool.
        pool: String,
    },
}

impl Fact {
    /// Who holds it.
    pub fn who(&self) -> &str {
        match self {
            Self::Memory { who, .. }
            | Self::Device { who, .. }
            | Self::Interrupt { who, .. }
            | Self::Call { who, .. }
            | Self::Signal { who, .. }
            | Self::Control { who, .. }
            | Self::Manage { who, .. }
            | Self::Oversee { who, .. }
            | Self::Smc { who }
            | Self::Attach { who, .. }
            | Self::Doorbell { who, .. } => who,
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory {
                who,
                region,
                access,
            } => write!(f, "{who}: memory `{region}` {access}"),
            Self::Device {
                who,
                region,
                address,
                size,
                access,
            } => write!(
                f,
                "{who}: device `{region}` {access} ({address:#x}, {size:#x} bytes)"
            ),
            Self::Interrupt { who, intid } => write!(f, "{who}: interrupt {intid}"),
            Self::Call { who, whom } => write!(f, "{who}: calls {whom}"),
            Self::Signal { who, whom } => write!(f, "{who}: notifies {whom}"),
            Self::Control { who, whom, by } => write!(f, "{who}: controls {whom} ({by})"),
            Self::Manage { who, whom } => write!(f, "{who}: manages {whom} through the manager"),
            Self::Oversee { who, what } => write!(f, "{who}: {what} through the manager"),
            Self::Smc { who } => write!(f, "{who}: SMC calls to the firmware"),
            Self::Attach {
                who,
                pool,
                names,
                access,
            } => write!(f, "{who}: attaches {names} in pool `{pool}` {access}"),
            Self::Doorbell { who, whom, pool } => {
                write!(f, "{who}: rings {whom} through the server (pool `{pool}`)")
            }
        }
    }
}

/// Everybody in `system`, each VM after its VMM.
pub fn subjects(system: &System) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for domain in &system.domains {
        let parent = domain
            .parent
            .map(|parent| system.domains[parent].name.value.clone());
        subjects.push(Subject {
            name: domain.name.value.clone(),
            kind: SubjectKind::ProtectionDomain,
            priority: domain.scheduling.priority,
            budget_us: domain.scheduling.budget,
            period_us: domain.scheduling.period,
            passive: domain.passive,
            parent,
        });
        subjects.extend(domain.virtual_machine.as_ref().map(|machine| Subject {
            name: machine.name.value.clone(),
            kind: SubjectKind::VirtualMachine,
            priority: machine.scheduling.priority,
            budget_us: machine.scheduling.budget,
            period_us: machine.scheduling.period,
            passive: false,
            parent: Some(domain.name.value.clone()),
        }));
    }
    subjects
}

/// What the kernel enforces.
pub fn facts(system: &System) -> BTreeSet<Fact> {
    let mut facts = BTreeSet::new();
    for domain in &system.domains {
        let who = &domain.name.value;
        facts.extend(
            domain
                .maps
                .iter()
                .filter_map(|map| mapped(system, who, map)),
        );
        facts.extend(domain.irqs.iter().map(|irq| Fact::Interrupt {
            who: who.clone(),
            intid: irq.intid.value,
        }));
        if domain.smc {
            facts.insert(Fact::Smc { who: who.clone() });
        }
        control(system, domain, &mut facts);
        if let Some(machine) = &domain.virtual_machine {
            let guest = &machine.name.value;
            facts.extend(
                machine
                    .maps
                    .iter()
                    .filter_map(|map| mapped(system, guest, map)),
            );
        }
    }
    channels(system, &mut facts);
    facts
}

fn mapped(system: &System, who: &str, map: &Map) -> Option<Fact> {
    let region = &system.regions[map.region?];
    let access = access(map);
    let (who, name) = (who.to_owned(), region.name.value.clone());
    if access.is_empty() {
        return None;
    }
    Some(match device(system, region) {
        None => Fact::Memory {
            who,
            region: name,
            access,
        },
        Some(address) => Fact::Device {
            who,
            region: QEMU_VIRT.at(address).map_or(name, str::to_owned),
            address,
            size: region.size,
            access,
        },
    })
}

/// Rights as the `.system` file writes them. Stage 2 gives no write without read.
pub(super) fn access(map: &Map) -> String {
    let permissions = map.permissions;
    [
        (permissions.read, 'r'),
        (permissions.read && permissions.write, 'w'),
        (permissions.read && permissions.execute, 'x'),
    ]
    .into_iter()
    .filter_map(|(has, letter)| has.then_some(letter))
    .collect()
}

/// Physical address, if the region is no memory.
pub(super) fn device(system: &System, region: &MemoryRegion) -> Option<u64> {
    let address = region.phys_addr.as_ref()?.value;
    let range = address..address.saturating_add(region.size);
    // RAM below the kernel's: reachable by physical address, memory all the same.
    let ram = 0x4000_0000..system.board.memory.end;
    (!overlap(&range, &ram)).then_some(address)
}

fn control(system: &System, domain: &ProtectionDomain, facts: &mut BTreeSet<Fact>) {
    let who = domain.name.value.clone();
    let mut add = |who: &str, whom: &str, by: &str| {
        facts.insert(Fact::Control {
            who: who.to_owned(),
            whom: whom.to_owned(),
            by: by.to_owned(),
        });
    };
    if let Some(parent) = domain.parent {
        add(&system.domains[parent].name.value, &who, "parent");
    }
    if let Some(machine) = &domain.virtual_machine {
        add(&who, &machine.name.value, "VMM");
    }
    for cap in &domain.user_caps {
        let by = match cap.kind {
            UserCapKind::Tcb => "TCB capability",
            UserCapKind::SchedContext => "scheduling-context capability",
            UserCapKind::VSpace => "address-space capability",
        };
        add(&who, &cap.domain.value, by);
    }
}

fn channels(system: &System, facts: &mut BTreeSet<Fact>) {
    for channel in &system.channels {
        for (from, to) in channel.directions() {
            let who = system.domains[from.domain].name.value.clone();
            let whom = system.domains[to.domain].name.value.clone();
            if from.pp {
                facts.insert(Fact::Call {
                    who: who.clone(),
                    whom: whom.clone(),
                });
            }
            if from.notify {
                facts.insert(Fact::Signal { who, whom });
            }
        }
    }
}
