// SPDX-License-Identifier: BSD-2-Clause

//! A client of the server: its channel, its board, its rights.

use super::platform::Platform;
use super::{Builder, PlanError, push, text};
use crate::manifest::Shmem;
use crate::system::{Content, PdId, Perms, Right};
use heapless::Vec;
use tombolo_config::{guest::Pace, server};

/// Makes `pd` the next client; returns its channel to the server and its board's
/// address.
pub fn add(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    (pd, name): (PdId, &str),
    shmem: &Shmem,
) -> Result<(u8, u64), PlanError> {
    let system = &mut builder.system;
    let board = system.region(format!("board_{name}"), 0x1000, Content::Zero);
    let (client_end, server_end) =
        system.connect((pd, Right::Call), (platform.server, Right::Notify))?;
    let client = server::Client {
        name: text(name, "characters in a name")?,
        channel: server_end,
        board: system.map(platform.server, board, Perms::ReadWrite),
        rules: rules(shmem)?,
        quota: quota(shmem),
        pace: pace(shmem),
    };
    push(&mut platform.server_blob.clients, client, "clients")?;
    for create in &shmem.create {
        let pages = create.size.get_ref().0.div_ceil(crate::size::PAGE);
        let entry = server::Create {
            name: text(create.name.get_ref(), "characters in a region name")?,
            pages: u32::try_from(pages).unwrap_or(u32::MAX),
        };
        let creates = &mut platform.server_blob.create;
        push(creates, entry, "regions made at start")?;
    }
    Ok((client_end, system.map(pd, board, Perms::ReadWrite)))
}

/// What it may have at one time.
fn quota(shmem: &Shmem) -> server::Quota {
    let none = server::Quota::default();
    let memory = shmem.max_memory.as_ref();
    let pages = memory.map(|size| size.get_ref().0 / crate::size::PAGE);
    server::Quota {
        connections: shmem.max_connections.unwrap_or(none.connections),
        regions: shmem.max_regions.unwrap_or(none.regions),
        pages: pages.map_or(none.pages, |n| u32::try_from(n).unwrap_or(u32::MAX)),
    }
}

/// How often it may call the server.
pub fn pace(shmem: &Shmem) -> Pace {
    shmem
        .calls_per_second
        .map_or_else(Pace::default, |per_second| Pace {
            burst: per_second,
            per_second,
        })
}

/// The rules, in the order that they are tried.
pub fn rules(shmem: &Shmem) -> Result<Vec<server::Rule, 8>, PlanError> {
    let mut rules = Vec::new();
    for rule in shmem.ordered() {
        let pattern = text(rule.pattern, "characters in a pattern")?;
        let rule = if rule.allows {
            server::Rule::Allow(pattern)
        } else {
            server::Rule::Deny(pattern)
        };
        push(&mut rules, rule, "rules of a client")?;
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::rules;
    use crate::manifest::Shmem;
    use shmem_server_core::policy::verdict;

    fn allowed(text: &str, names: &[&str]) -> Vec<bool> {
        let shmem: Shmem = toml::from_str(text).unwrap();
        let rules = rules(&shmem).unwrap();
        let one = |name: &&str| verdict(&rules, name).0;
        names.iter().map(one).collect()
    }

    #[test]
    fn an_ordered_list_is_tried_in_its_order() {
        let names = ["moo.public", "moo", "zoo"];
        let ordered = r#"rules = ["allow moo.public", "deny moo*"]"#;
        assert_eq!(allowed(ordered, &names), [true, false, true]);
        let closed = r#"rules = ["deny moo.public", "allow moo*"]"#;
        assert_eq!(allowed(closed, &names), [false, true, false]);
    }

    #[test]
    fn of_two_lists_deny_comes_first() {
        let lists = r#"allow = ["moo*"]
            deny = ["moo.public"]"#;
        let names = ["moo.public", "moo", "zoo"];
        assert_eq!(allowed(lists, &names), [false, true, false]);
    }
}
