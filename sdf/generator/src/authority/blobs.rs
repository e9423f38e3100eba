// SPDX-License-Identifier: BSD-2-Clause

//! What the blobs add: names, pools and doorbells, which the server rules over.
//!
//! The `.system` file says which memory a guest reaches; the server's blob says
//! which names and peers it has. Both must tell the same story: a slot of a pool is
//! mapped into the pool's members and nobody else, with the same rights.

use super::facts::Fact;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use tombolo_config::manager::ManagerConfig;
use tombolo_config::scrubber::ScrubberConfig;
use tombolo_config::server::{Access, Member, Pool, Rule, ServerConfig};
use tombolo_image::system::{ProtectionDomain, SetVarValue, System};

/// Blobs by protection domain.
#[derive(Clone, Debug, Default)]
pub struct Blobs(BTreeMap<String, Vec<u8>>);

/// Where a blob and the `.system` file disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// Who.
    pub who: String,
    /// The region.
    pub region: String,
    /// Access by the `.system` file; empty: none.
    pub mapped: String,
    /// Access by the server's blob; empty: none.
    pub configured: String,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |access: &str| if access.is_empty() { "nothing" } else { access }.to_owned();
        write!(
            f,
            "{}: `{}` is mapped {}, but the server's pools give it {}",
            self.who,
            self.region,
            shown(&self.mapped),
            shown(&self.configured)
        )
    }
}

impl Blobs {
    /// Those just generated, by file name.
    pub fn generated(system: &System, files: &[(String, Vec<u8>)]) -> Self {
        Self::collect(system, |name| {
            let file = files.iter().find(|(file, _)| Path::new(file) == name);
            file.map(|(_, bytes)| bytes.clone())
        })
    }

    /// Those that lie beside the `.system` file, or in `search`.
    pub fn beside(system: &System, path: &Path, search: &[PathBuf]) -> Self {
        let directory = path.parent().map(Path::to_owned).unwrap_or_default();
        Self::collect(system, |name| {
            let mut directories = std::iter::once(&directory).chain(search);
            directories.find_map(|directory| std::fs::read(directory.join(name)).ok())
        })
    }

    fn collect(system: &System, read: impl Fn(&Path) -> Option<Vec<u8>>) -> Self {
        let blobs = system.domains.iter().filter_map(|domain| {
            let bytes = read(&config_file(system, domain)?)?;
            Some((domain.name.value.clone(), bytes))
        });
        Self(blobs.collect())
    }

    fn decode<T: serde::de::DeserializeOwned>(&self, domain: &str) -> Option<T> {
        tombolo_config::decode(self.0.get(domain)?).ok()
    }

    /// Adds what the server's blob grants; returns where it disagrees with the maps.
    pub fn examine(&self, system: &System, facts: &mut BTreeSet<Fact>) -> Vec<Contradiction> {
        if let Some(manager) = self.decode::<ManagerConfig>("manager") {
            appoint(system, &manager, facts);
        }
        let Some(server) = self.decode::<ServerConfig>("shmem_server") else {
            return Vec::new();
        };
        let clients = clients(system, &server);
        for pool in &server.pools {
            grant(&server, pool, &clients, facts);
        }
        let Some(scrubber) = self.decode::<ScrubberConfig>("scrubber") else {
            return Vec::new();
        };
        contradictions(system, &server, &scrubber, &clients, facts)
    }
}

/// The file in the region whose address the program learns as `config_address`.
fn config_file(system: &System, domain: &ProtectionDomain) -> Option<PathBuf> {
    let symbol = |setvar: &&tombolo_image::system::SetVar| setvar.symbol.value == "config_address";
    let setvar = domain.setvars.iter().find(symbol)?;
    let SetVarValue::Number(address) = setvar.value else {
        return None;
    };
    let map = domain.maps.iter().find(|map| map.vaddr.value == address)?;
    let prefill = system.regions[map.region?].prefill.as_ref()?;
    Some(prefill.path.clone())
}

/// What askers may ask the manager for.
fn appoint(system: &System, manager: &ManagerConfig, facts: &mut BTreeSet<Fact>) {
    for asker in &manager.askers {
        // The asker at the other end of the channel, not who the blob says it is.
        let Some(who) = behind(system, "manager", asker.channel) else {
            continue;
        };
        for (number, guest) in manager.guests.iter().enumerate() {
            if asker.rights.controls(number)
                && let Some(whom) = behind(system, "manager", guest.channel)
            {
                let who = who.clone();
                facts.insert(Fact::Manage { who, whom });
            }
        }
        let rights = [
            (asker.rights.view, "views guests and regions"),
            (asker.rights.regions, "detaches and revokes regions"),
        ];
        for (_, what) in rights.into_iter().filter(|(has, _)| *has) {
            facts.insert(Fact::Oversee {
                who: who.clone(),
                what: what.to_owned(),
            });
        }
    }
}

/// The virtual machine behind a channel of `own`, or the protection domain itself.
fn behind(system: &System, own: &str, channel: u8) -> Option<String> {
    let own = system.domain(own)?;
    let mut directions = system
        .channels
        .iter()
        .flat_map(tombolo_image::system::Channel::directions);
    let (_, to) =
        directions.find(|(from, _)| from.domain == own && from.id.value == u64::from(channel))?;
    let domain = &system.domains[to.domain];
    let machine = domain.virtual_machine.as_ref();
    let name = machine.map_or(&domain.name, |machine| &machine.name);
    Some(name.value.clone())
}

/// Clients by number: the virtual machine behind the server's channel, or the
/// protection domain itself.
fn clients(system: &System, server: &ServerConfig) -> Vec<Option<String>> {
    server
        .clients
        .iter()
        .map(|client| behind(system, "shmem_server", client.channel))
        .collect()
}

fn letters(access: Access) -> &'static str {
    match access {
        Access::ReadWrite => "rw",
        Access::ReadOnly => "r",
    }
}

fn grant(
    server: &ServerConfig,
    pool: &Pool,
    clients: &[Option<String>],
    facts: &mut BTreeSet<Fact>,
) {
    let name_of = |client: u8| clients.get(usize::from(client)).cloned().flatten();
    for member in &pool.members {
        let Some(who) = name_of(member.client) else {
            continue;
        };
        let rules = server
            .clients
            .get(usize::from(member.client))
            .map(|client| &client.rules);
        facts.insert(Fact::Attach {
            who: who.clone(),
            pool: pool.name.to_string(),
            names: format!(
                "{} ({})",
                pool.patterns
                    .iter()
                    .map(|pattern| format!("`{pattern}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
                rules.map_or_else(String::new, |rules| shown(rules)),
            ),
            access: letters(member.access).to_owned(),
        });
        for peer in pool.members.iter().filter(|peer| signals(member, peer)) {
            if let Some(whom) = name_of(peer.client) {
                facts.insert(Fact::Doorbell {
                    who: who.clone(),
                    whom,
                    pool: pool.name.to_string(),
                });
            }
        }
    }
}

/// Whether the server lets `member` signal `peer` in their pool: its own rule, from
/// the set in its blob. A client beyond the set is nobody's.
fn signals(member: &Member, peer: &Member) -> bool {
    let bit = 1u64.checked_shl(u32::from(peer.client)).unwrap_or(0);
    peer.client != member.client && member.signals & bit != 0
}

fn shown(rules: &[Rule]) -> String {
    if rules.is_empty() {
        return "all allowed".into();
    }
    let shown = rules.iter().map(|rule| match rule {
        Rule::Allow(pattern) => format!("allow `{pattern}`"),
        Rule::Deny(pattern) => format!("deny `{pattern}`"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Every slot against its pool's members. Slots are found through the scrubber,
/// which has each of them mapped.
fn contradictions(
    system: &System,
    server: &ServerConfig,
    scrubber: &ScrubberConfig,
    clients: &[Option<String>],
    facts: &BTreeSet<Fact>,
) -> Vec<Contradiction> {
    let mut found = Vec::new();
    let Some(domain) = system
        .domain("scrubber")
        .map(|index| &system.domains[index])
    else {
        return found;
    };
    for (mapping, slot) in scrubber.slots.iter().zip(&server.slots) {
        let map = domain
            .maps
            .iter()
            .find(|map| map.vaddr.value == mapping.address);
        let Some(region) = map.and_then(|map| map.region) else {
            continue;
        };
        let region = &system.regions[region].name.value;
        let mut configured = BTreeMap::from([("scrubber", "rw")]);
        let members = server
            .pools
            .get(usize::from(slot.pool))
            .map(|pool| &pool.members);
        for member in members.into_iter().flatten() {
            let client = clients
                .get(usize::from(member.client))
                .and_then(Option::as_ref);
            configured.extend(client.map(|client| (client.as_str(), letters(member.access))));
        }
        compare(region, &configured, facts, &mut found);
    }
    found
}

fn compare(
    region: &str,
    configured: &BTreeMap<&str, &str>,
    facts: &BTreeSet<Fact>,
    found: &mut Vec<Contradiction>,
) {
    let mapped: BTreeMap<&str, &str> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Memory {
                who,
                region: other,
                access,
            } if other == region => Some((who.as_str(), access.as_str())),
            _ => None,
        })
        .collect();
    let everybody: BTreeSet<&str> = mapped.keys().chain(configured.keys()).copied().collect();
    for who in everybody {
        let (has, should) = (mapped.get(who), configured.get(who));
        if has != should {
            found.push(Contradiction {
                who: who.to_owned(),
                region: region.to_owned(),
                mapped: has.unwrap_or(&"").to_string(),
                configured: should.unwrap_or(&"").to_string(),
            });
        }
    }
}
