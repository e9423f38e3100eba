// SPDX-License-Identifier: BSD-2-Clause

//! The matrix, as `tombolo explain --json` prints it: the parts that can be tried.

use serde::Deserialize;

/// All of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Matrix {
    /// Everybody, each virtual machine after its VMM.
    pub subjects: Vec<Subject>,
    /// Memory and devices.
    pub regions: Vec<Region>,
    /// Where they find what is mapped.
    pub mappings: Vec<Mapping>,
    /// In which slots they hold what.
    pub capabilities: Vec<Capability>,
}

/// Somebody.
#[derive(Clone, Debug, Deserialize)]
pub struct Subject {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: Kind,
    /// Parent, or VMM.
    pub parent: Option<String>,
}

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A protection domain.
    ProtectionDomain,
    /// A virtual machine.
    VirtualMachine,
}

/// A region.
#[derive(Clone, Debug, Deserialize)]
pub struct Region {
    /// Bytes.
    pub bytes: u64,
    /// Physical address, if the system sets it: a device's, mostly.
    pub address: Option<u64>,
}

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Mapping {
    /// In whose address space.
    pub who: String,
    /// Region.
    pub region: String,
    /// Address.
    pub address: u64,
    /// Bytes.
    pub bytes: u64,
    /// Rights.
    pub access: String,
    /// Registers.
    pub device: bool,
}

/// A capability.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Capability {
    /// Whose.
    pub who: String,
    /// Slot.
    pub slot: u64,
    /// Of what.
    pub kind: String,
    /// Whom it reaches.
    pub whom: Option<String>,
    /// Badge of what arrives.
    pub badge: Option<u64>,
}

impl Mapping {
    /// Behind its last page.
    pub fn end(&self) -> u64 {
        self.address.saturating_add(self.bytes)
    }

    /// Whether `page` is in it.
    pub fn has(&self, page: u64) -> bool {
        (self.address..self.end()).contains(&page)
    }
}

impl Matrix {
    /// Mappings of `who`.
    pub fn mappings_of<'a>(&'a self, who: &'a str) -> impl Iterator<Item = &'a Mapping> {
        self.mappings.iter().filter(move |map| map.who == who)
    }

    /// The mapping of `who` that `page` is in.
    pub fn at(&self, who: &str, page: u64) -> Option<&Mapping> {
        self.mappings
            .iter()
            .find(|map| map.who == who && map.has(page))
    }

    /// Mappings of all of one kind.
    pub fn mappings_in(&self, kind: Kind) -> impl Iterator<Item = &Mapping> {
        self.mappings.iter().filter(move |map| {
            let mut subjects = self.subjects.iter();
            subjects.any(|subject| subject.kind == kind && subject.name == map.who)
        })
    }
}
