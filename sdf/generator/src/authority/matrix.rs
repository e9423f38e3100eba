// SPDX-License-Identifier: BSD-2-Clause

//! The matrix: facts, and what follows from them between two subjects.

use super::blobs::{Blobs, Contradiction};
use super::facts::{self, Fact, Subject};
use serde::Serialize;
use std::collections::BTreeSet;
use tombolo_image::system::System;

/// All authority in a system.
#[derive(Debug, Serialize)]
pub struct Authority {
    /// Everybody.
    pub subjects: Vec<Subject>,
    /// Every fact.
    pub facts: BTreeSet<Fact>,
    /// Where blobs and `.system` file disagree.
    pub contradictions: Vec<Contradiction>,
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
}

impl Authority {
    /// Of `system`, with the blobs of its protection domains.
    pub fn of(system: &System, blobs: &Blobs) -> Self {
        let mut facts = facts::facts(system);
        let contradictions = blobs.examine(system, &mut facts);
        Self {
            subjects: facts::subjects(system),
            facts,
            contradictions,
        }
    }

    /// Facts of `who`.
    pub fn held_by<'a>(&'a self, who: &'a str) -> impl Iterator<Item = &'a Fact> {
        self.facts.iter().filter(move |fact| fact.who() == who)
    }

    /// Memory of `who`: region and access.
    pub fn memory_of<'a>(&'a self, who: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
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
                _ => {}
            }
        }
        for (region, own) in self.memory_of(who) {
            for (_, other) in self.memory_of(whom).filter(|(other, _)| *other == region) {
                relation.reads |= other.contains('w');
                relation.writes |= own.contains('w');
            }
        }
        relation
    }

    /// Everybody who reaches `region`, with their access.
    pub fn users<'a>(&'a self, region: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.facts.iter().filter_map(move |fact| match fact {
            Fact::Memory {
                who,
                region: other,
                access,
            } if other == region => Some((who.as_str(), access.as_str())),
            _ => None,
        })
    }
}

impl Relation {
    /// As letters, in the order `r w s c x b`.
    pub fn letters(self) -> String {
        [
            (self.reads, 'r'),
            (self.writes, 'w'),
            (self.signals, 's'),
            (self.calls, 'c'),
            (self.controls, 'x'),
            (self.rings, 'b'),
        ]
        .into_iter()
        .filter_map(|(has, letter)| has.then_some(letter))
        .collect()
    }
}
