// SPDX-License-Identifier: BSD-2-Clause

//! Who is a bar, who is a column, and which memory lies above them.

use crate::authority::facts::{Subject, SubjectKind};
use crate::authority::matrix::{Authority, Relation};

/// A column: a virtual machine on its VMM, or a protection domain.
pub struct Column<'a> {
    /// Virtual machine.
    pub machine: Option<&'a Subject>,
    /// Protection domain; absent if the VMM is a bar.
    pub domain: Option<&'a Subject>,
}

impl<'a> Column<'a> {
    /// Those in it.
    pub fn subjects(&self) -> impl Iterator<Item = &'a Subject> {
        self.machine.into_iter().chain(self.domain)
    }
}

/// Memory that several columns reach.
pub struct Shared<'a> {
    /// The region.
    pub region: &'a str,
    /// Columns by position, with access.
    pub members: Vec<(usize, &'a str)>,
}

/// The places.
pub struct Places<'a> {
    /// Bars, by falling priority.
    pub bars: Vec<&'a Subject>,
    /// Columns, in the system's order.
    pub columns: Vec<Column<'a>>,
    /// Memory, in the order of regions' names.
    pub shared: Vec<Shared<'a>>,
}

/// Whether messages pass between them: what marks at a crossing must show.
fn talks(relation: Relation) -> bool {
    relation.signals || relation.calls || relation.controls
}

/// Finds everybody's place.
pub fn places(authority: &Authority) -> Places<'_> {
    let domains: Vec<&Subject> = authority
        .subjects
        .iter()
        .filter(|subject| subject.kind == SubjectKind::ProtectionDomain)
        .collect();
    let mut bars = bars(authority, &domains);
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.priority));
    let columns = columns(authority, &domains, &bars);
    let shared = shared(authority, &columns);
    Places {
        bars,
        columns,
        shared,
    }
}

/// The domain with most partners becomes a bar, until no two others are partners.
fn bars<'a>(authority: &Authority, domains: &[&'a Subject]) -> Vec<&'a Subject> {
    let mut pairs = Vec::new();
    for (index, a) in domains.iter().enumerate() {
        for b in &domains[index + 1..] {
            let both = [(a, b), (b, a)];
            let mut relations = both
                .map(|(who, whom)| authority.relation(&who.name, &whom.name))
                .into_iter();
            if relations.any(talks) {
                pairs.push((*a, *b));
            }
        }
    }
    let mut bars: Vec<&Subject> = Vec::new();
    while !pairs.is_empty() {
        let partners = |domain: &Subject| {
            let mine =
                |(a, b): &&(&Subject, &Subject)| a.name == domain.name || b.name == domain.name;
            pairs.iter().filter(mine).count()
        };
        // The first of those with most: `max_by_key` would take the last.
        let Some(next) = domains.iter().rev().max_by_key(|domain| partners(domain)) else {
            break;
        };
        pairs.retain(|(a, b)| a.name != next.name && b.name != next.name);
        bars.push(next);
    }
    bars
}

fn columns<'a>(
    authority: &'a Authority,
    domains: &[&'a Subject],
    bars: &[&Subject],
) -> Vec<Column<'a>> {
    let machine = |domain: &Subject| {
        authority.subjects.iter().find(|subject| {
            subject.kind == SubjectKind::VirtualMachine
                && subject.parent.as_ref() == Some(&domain.name)
        })
    };
    let columns = domains.iter().map(|domain| Column {
        machine: machine(domain),
        domain: bars
            .iter()
            .all(|bar| bar.name != domain.name)
            .then_some(*domain),
    });
    columns
        .filter(|column| column.machine.is_some() || column.domain.is_some())
        .collect()
}

fn shared<'a>(authority: &'a Authority, columns: &[Column<'a>]) -> Vec<Shared<'a>> {
    let mut regions: Vec<&str> = Vec::new();
    for column in columns {
        for subject in column.subjects() {
            let new = authority.memory_of(&subject.name).map(|(region, _)| region);
            regions.extend(new);
        }
    }
    regions.sort_unstable();
    regions.dedup();
    let members = |region: &str| -> Vec<(usize, &'a str)> {
        let users: Vec<_> = authority.users(region).collect();
        let of = |(index, column): (usize, &Column<'a>)| {
            let mut subjects = column.subjects();
            let access =
                subjects.find_map(|subject| users.iter().find(|(who, _)| *who == subject.name));
            access.map(|(_, access)| (index, if access.contains('w') { "rw" } else { "r" }))
        };
        columns.iter().enumerate().filter_map(of).collect()
    };
    let shared = regions.into_iter().map(|region| Shared {
        region,
        members: members(region),
    });
    // What nobody writes carries nothing from one to the other.
    shared
        .filter(|shared| {
            shared.members.len() > 1 && shared.members.iter().any(|(_, access)| *access == "rw")
        })
        .collect()
}
