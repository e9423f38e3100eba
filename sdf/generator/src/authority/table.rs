// SPDX-License-Identifier: BSD-2-Clause

//! The matrix as text.

use super::facts::{Fact, Subject, SubjectKind};
use super::matrix::Authority;
use crate::size::Size;
use std::fmt::Write;

/// Above that many subjects a matrix is wider than anybody's terminal.
const WIDEST: usize = 24;

/// Everything, for people.
pub fn table(authority: &Authority) -> String {
    let mut out = String::new();
    if authority.subjects.len() <= WIDEST {
        out.push_str(&matrix(authority));
    }
    for subject in &authority.subjects {
        out.push_str(&holdings(authority, subject));
    }
    for contradiction in &authority.contradictions {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "contradiction: {contradiction}");
    }
    out
}

const LEGEND: &str = "\
r reads memory that it writes   w writes memory that it reads   s notifies it   c calls it
x controls it (stops, restarts, gets its faults)                b rings its doorbell through the server
m manages it through the manager (starts, stops, pauses, resets)
";

fn matrix(authority: &Authority) -> String {
    let names: Vec<&str> = authority
        .subjects
        .iter()
        .map(|subject| subject.name.as_str())
        .collect();
    let widest = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut out = format!("What a row can do to a column:\n\n{:widest$}    ", "");
    for number in 1..=names.len() {
        let _ = write!(out, " {number:<6}");
    }
    out.push('\n');
    for (number, who) in names.iter().enumerate() {
        let _ = write!(out, "{:>2}  {who:widest$}", number + 1);
        for whom in &names {
            let cell = if who == whom {
                "-".to_owned()
            } else {
                match authority.relation(who, whom).letters() {
                    none if none.is_empty() => ".".to_owned(),
                    letters => letters,
                }
            };
            let _ = write!(out, " {cell:<6}");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    format!("{out}\n{LEGEND}\n")
}

fn holdings(authority: &Authority, subject: &Subject) -> String {
    let mut out = heading(subject);
    let facts: Vec<&Fact> = authority.held_by(&subject.name).collect();
    let listed = |pick: &dyn Fn(&Fact) -> Option<String>| -> Vec<String> {
        facts.iter().filter_map(|fact| pick(fact)).collect()
    };
    let mut line = |title: &str, items: Vec<String>| {
        if !items.is_empty() {
            let _ = writeln!(out, "  {title:<11}{}", items.join(", "));
        }
    };
    line(
        "calls",
        listed(&|fact| match fact {
            Fact::Call { whom, .. } => Some(whom.clone()),
            _ => None,
        }),
    );
    line(
        "notifies",
        listed(&|fact| match fact {
            Fact::Signal { whom, .. } => Some(whom.clone()),
            _ => None,
        }),
    );
    line(
        "controls",
        listed(&|fact| match fact {
            Fact::Control { whom, by, .. } => Some(format!("{whom} ({by})")),
            _ => None,
        }),
    );
    line(
        "manages",
        listed(&|fact| match fact {
            Fact::Manage { whom, .. } => Some(whom.clone()),
            _ => None,
        }),
    );
    line(
        "oversees",
        listed(&|fact| match fact {
            Fact::Oversee { what, .. } => Some(what.clone()),
            _ => None,
        }),
    );
    line(
        "interrupts",
        listed(&|fact| match fact {
            Fact::Interrupt { intid, .. } => Some(intid.to_string()),
            _ => None,
        }),
    );
    line(
        "devices",
        listed(&|fact| match fact {
            Fact::Device {
                region,
                address,
                access,
                ..
            } => Some(format!("{region} {access} at {address:#x}")),
            _ => None,
        }),
    );
    line(
        "firmware",
        listed(&|fact| match fact {
            Fact::Smc { .. } => Some("SMC calls".into()),
            _ => None,
        }),
    );
    line(
        "attaches",
        listed(&|fact| match fact {
            Fact::Attach {
                pool,
                names,
                access,
                ..
            } => Some(format!("{names} in pool `{pool}` {access}")),
            _ => None,
        }),
    );
    line(
        "rings",
        listed(&|fact| match fact {
            Fact::Doorbell { whom, pool, .. } => Some(format!("{whom} (pool `{pool}`)")),
            _ => None,
        }),
    );
    out.push_str(&memory(authority, &subject.name));
    out.push('\n');
    out
}

fn heading(subject: &Subject) -> String {
    let kind = match subject.kind {
        SubjectKind::ProtectionDomain => "protection domain",
        SubjectKind::VirtualMachine => "virtual machine",
    };
    let time = if subject.passive {
        ", passive".to_owned()
    } else if subject.budget_us < subject.period_us {
        format!(", {} of {} us", subject.budget_us, subject.period_us)
    } else {
        String::new()
    };
    let parent = match (&subject.parent, subject.kind) {
        (None, _) => String::new(),
        (Some(parent), SubjectKind::ProtectionDomain) => format!(", child of {parent}"),
        (Some(parent), SubjectKind::VirtualMachine) => format!(", run by {parent}"),
    };
    format!(
        "{}: {kind}, priority {}{time}{parent}\n",
        subject.name, subject.priority
    )
}

/// Memory line by line, with everybody else who reaches it.
fn memory(authority: &Authority, who: &str) -> String {
    let mut out = String::new();
    for (region, access) in authority.memory_of(who) {
        let others: Vec<String> = authority
            .users(region)
            .filter(|(other, _)| *other != who)
            .map(|(other, access)| format!("{other} {access}"))
            .collect();
        let shared = if others.is_empty() {
            String::new()
        } else {
            format!(", with {}", others.join(", "))
        };
        let bytes = authority.region_bytes(region).unwrap_or_default();
        let _ = writeln!(out, "  memory {access:<3} {region} {}{shared}", Size(bytes));
    }
    out
}
