// SPDX-License-Identifier: BSD-2-Clause

//! The matrix: facts, and what follows from them between two subjects.

use super::blobs::{Blobs, Contradiction};
use super::facts::{self, Fact, Subject};
use super::places::{self, Capability, Mapping};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use tombolo_image::system::System;

/// All authority in a system.
#[derive(Debug, Serialize)]
pub struct Authority {
    /// Everybody.
    pub subjects: Vec<Subject>,
    /// Every region.
    pub regions: Vec<Region>,
    /// Every fact.
    pub facts: BTreeSet<Fact>,
    /// Where everybody finds what is mapped.
    pub mappings: Vec<Mapping>,
    /// In which slots protection domains hold what.
    pub capabilities: Vec<Capability>,
    /// Where blobs and `.system` file disagree.
    pub contradictions: Vec<Contradiction>,
    /// The facts by who holds them.
    #[serde(skip)]
    held: BTreeMap<String, Vec<Fact>>,
    /// Who reaches a region, and how.
    #[serde(skip)]
    users: BTreeMap<String, Vec<(String, String)>>,
}

/// A memory region.
#[derive(Debug, Serialize)]
pub struct Region {
    /// Name.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// Physical address, if the system sets it.
    pub address: Option<u64>,
}

/// What one subject can do to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// Reads memory that the other writes.
    pub reads: bool,
    /// Writes memory that the other reads.
    pub writes: bool,
    /// Notifies it.
    pub signals: bool,
    /// Calls it.
    pub calls: bool,
    /// Stops and restarts it.
    pub controls: bool,
    /// Rings it through the server.
    pub rings: bool,
    /// Starts and stops it through the manager.
    pub manages: bool,
}

impl Authority {
    /// Of `system`, with the blobs of its protection domains.
    pub fn of(system: &System, blobs: &Blobs) -> Self {
        let mut facts = facts::facts(system);
        let contradictions = blobs.examine(system, &mut facts);
        let mut held: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
        let mut users: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for fact in &facts {
            held.entry(fact.who().to_owned())
                .or_default()
                .push(fact.clone());
            if let Fact::Memory {
                who,
                region,
                access,
            } = fact
            {
                let user = (who.clone(), access.clone());
                users.entry(region.clone()).or_default().push(user);
            }
        }
        Self {
            subjects: facts::subjects(system),
            regions: regions(system),
            mappings: places::mappings(system),
            capabilities: places::capabilities(system),
            facts,
            contradictions,
            held,
            users,
        }
    }

    /// Bytes of a region.
    pub fn region_bytes(&self, name: &str) -> Option<u64> {
        let region = self.regions.iter().find(|region| region.name == name);
        region.map(|region| region.bytes)
    }

    /// Facts of `who`.
    pub fn held_by<'a>(&'a self, who: &str) -> impl Iterator<Item = &'a Fact> + use<'a> {
        self.held.get(who).into_iter().flatten()
    }

    /// Memory of `who`: region and access.
    pub fn memory_of<'a>(
        &'a self,
        who: &str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.held_by(who).filter_map(|fact| match fact {
            Fact::Memory { region, access, .. } => Some((region.as_str(), access.as_str())),
            _ => None,
        })
    }

    /// What `who` can do to `whom`.
    pub fn relation(&self, who: &str, whom: &str) -> Relation {
        let mut relation = Relation::default();
        for fact in self.held_by(who) {
            match fact {
                Fact::Call { whom: to, .. } if to == whom => relation.calls = true,
                Fact::Signal { whom: to, .. } if to == whom => relation.signals = true,
                Fact::Control { whom: to, .. } if to == whom => relation.controls = true,
                Fact::Doorbell { whom: to, .. } if to == whom => relation.rings = true,
                Fact::Manage { whom: to, .. } if to == whom => relation.manages = true,
                _ => {}
            }
        }
        for (region, own) in self.memory_of(who) {
            for (_, other) in self.users(region).filter(|(other, _)| *other == whom) {
                relation.reads |= other.contains('w');
                relation.writes |= own.contains('w');
            }
        }
        relation
    }

    /// Everybody who reaches `region`, with their access.
    pub fn users<'a>(&'a self, region: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let users = self.users.get(region).into_iter().flatten();
        users.map(|(who, access)| (who.as_str(), access.as_str()))
    }
}

fn regions(system: &System) -> Vec<Region> {
    let regions = system.regions.iter().map(|region| Region {
        name: region.name.value.clone(),
        bytes: region.size,
        address: region.phys_addr.as_ref().map(|address| address.value),
    });
    regions.collect()
}

impl Relation {
    /// As letters, in the order `r w s c x b m`.
    pub fn letters(self) -> String {
        [
            (self.reads, 'r'),
            (self.writes, 'w'),
            (self.signals, 's'),
            (self.calls, 'c'),
            (self.controls, 'x'),
            (self.rings, 'b'),
            (self.manages, 'm'),
        ]
        .into_iter()
        .filter_map(|(has, letter)| has.then_some(letter))
        .collect()
    }
}
