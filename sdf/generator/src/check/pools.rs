// SPDX-License-Identifier: BSD-2-Clause

//! Pools, each for itself, and regions made at start.

use crate::manifest::{Create, Manifest, Pool};
use crate::size::{LARGE_PAGE, PAGE, Size};
use shmem_server_core::pattern;
use tombolo_image::diagnostic::{Diagnostic, Span, did_you_mean};
use toml::Spanned;

/// Checks all pools.
pub fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for pool in &manifest.pools {
        size(pool, found);
        used(pool, found);
        for pattern in &pool.patterns {
            legal_pattern(pattern.get_ref(), &pattern.span(), found);
        }
        for member in pool.members.iter().chain(&pool.readers) {
            known(manifest, pool, member, found);
        }
        twice(pool, found);
    }
    for (_, shmem) in manifest.clients() {
        for pool in shmem.join.iter().chain(&shmem.read) {
            known_pool(manifest, pool, found);
        }
        for rule in shmem.ordered() {
            legal_pattern(rule.pattern, &rule.span, found);
        }
    }
    creates(manifest, found);
}

/// A pattern that is longer than a name matches nothing.
fn legal_pattern(text: &str, span: &Span, found: &mut Vec<Diagnostic>) {
    let label = if text.is_empty() {
        "matches no name".to_owned()
    } else if text.len() > pattern::MAX_PATTERN {
        format!(
            "{} bytes, {} are the most",
            text.len(),
            pattern::MAX_PATTERN
        )
    } else if text.contains('/') || !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        "names have printable ASCII characters but `/`".to_owned()
    } else {
        return;
    };
    found.push(
        Diagnostic::error(format!("`{text}` is no pattern of region names"))
            .at(span, label)
            .help("`*`, `?` and `[a-z]` as in a shell, for instance \"moo*\""),
    );
}

fn size(pool: &Pool, found: &mut Vec<Diagnostic>) {
    let size = pool.size.get_ref().0;
    let unit = if size > LARGE_PAGE { LARGE_PAGE } else { PAGE };
    if size != 0 && size.is_multiple_of(unit) && size <= 1 << 36 {
        return;
    }
    found.push(
        Diagnostic::error(format!(
            "slots of pool `{}` cannot have {}",
            pool.name.get_ref(),
            pool.size.get_ref()
        ))
        .at(
            &pool.size.span(),
            "a multiple of 4K, above 2M a multiple of 2M",
        )
        .help_if(
            (0 < size && size < 1 << 36)
                .then(|| format!("write \"{}\"", Size(size.next_multiple_of(unit)))),
        ),
    );
}

fn used(pool: &Pool, found: &mut Vec<Diagnostic>) {
    let label = if pool.patterns.is_empty() {
        "no region can be in it: it has no `patterns`"
    } else if pool.members.is_empty() && pool.readers.is_empty() {
        "nobody can reach it: it has no `members`, and nobody joins it"
    } else if pool.members.is_empty() {
        "nobody can write it: it has `readers` only"
    } else {
        return;
    };
    found.push(
        Diagnostic::error(format!("pool `{}` is of no use", pool.name.get_ref()))
            .at(&pool.name.span(), label)
            .help("complete it, or take it out"),
    );
}

fn known(manifest: &Manifest, pool: &Pool, member: &Spanned<String>, found: &mut Vec<Diagnostic>) {
    let name = member.get_ref();
    if manifest
        .clients()
        .any(|(client, _)| client.get_ref() == name)
    {
        return;
    }
    let party = manifest.parties().find(|party| party.get_ref() == name);
    let names = manifest.parties().map(|party| party.get_ref().as_str());
    found.push(match party {
        Some(party) => Diagnostic::error(format!("`{name}` has no shared-memory device"))
            .at(&member.span(), "member of this pool")
            .also(&party.span(), "defined here")
            .help(format!(
                "give it one: `shmem = {{ allow = [{}] }}`",
                patterns(pool)
            )),
        None => Diagnostic::error(format!(
            "pool `{}` has a member `{name}` that is neither guest nor host",
            pool.name.get_ref()
        ))
        .at(&member.span(), "unknown")
        .help(did_you_mean(name, names).unwrap_or("name a guest or host of this manifest".into())),
    });
}

fn known_pool(manifest: &Manifest, name: &Spanned<String>, found: &mut Vec<Diagnostic>) {
    let pools = || {
        manifest
            .pools
            .iter()
            .map(|pool| pool.name.get_ref().as_str())
    };
    let text = name.get_ref();
    if pools().any(|pool| pool == text) {
        return;
    }
    let remedy = did_you_mean(text, pools()).unwrap_or("name a pool of this manifest".into());
    found.push(
        Diagnostic::error(format!("there is no pool `{text}`"))
            .at(&name.span(), "unknown")
            .help(remedy),
    );
}

fn patterns(pool: &Pool) -> String {
    let quoted = pool
        .patterns
        .iter()
        .map(|pattern| format!("\"{}\"", pattern.get_ref()));
    quoted.collect::<Vec<_>>().join(", ")
}

/// A member is named once: read-write or read-only.
fn twice(pool: &Pool, found: &mut Vec<Diagnostic>) {
    let named: Vec<_> = pool.members.iter().chain(&pool.readers).collect();
    for (index, member) in named.iter().enumerate() {
        let same = |other: &&&Spanned<String>| other.get_ref() == member.get_ref();
        let Some(first) = named[..index].iter().find(same) else {
            continue;
        };
        let contradiction = index >= pool.members.len()
            && pool
                .members
                .iter()
                .any(|other| other.get_ref() == member.get_ref());
        let (title, label) = if contradiction {
            ("may write and may only read", "read-only here")
        } else {
            ("is named twice", "again")
        };
        found.push(
            Diagnostic::error(format!(
                "`{}` {title} in pool `{}`",
                member.get_ref(),
                pool.name.get_ref()
            ))
            .at(&member.span(), label)
            .also(
                &first.span(),
                if contradiction {
                    "read-write here"
                } else {
                    "first here"
                },
            )
            .help("take one of them out"),
        );
    }
}

/// Regions made at start need a slot each, for as long as the system runs.
fn creates(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let creates: Vec<&Create> = manifest
        .clients()
        .flat_map(|(_, shmem)| &shmem.create)
        .collect();
    let mut used = vec![0u16; manifest.pools.len()];
    for (index, create) in creates.iter().enumerate() {
        let name = create.name.get_ref();
        if let Some(first) = creates[..index]
            .iter()
            .find(|other| other.name.get_ref() == name)
        {
            found.push(
                Diagnostic::error(format!("region `{name}` is created twice"))
                    .at(&create.name.span(), "again")
                    .also(&first.name.span(), "first here")
                    .help("take one of them out: all members find it by its name"),
            );
            continue;
        }
        let home = manifest.pools.iter().position(|pool| {
            let mut patterns = pool.patterns.iter();
            patterns.any(|pattern| pattern::matches(pattern.get_ref(), name))
        });
        let Some(home) = home else {
            found.push(
                Diagnostic::error(format!("no pool admits the region `{name}`"))
                    .at(&create.name.span(), "would be created nowhere")
                    .help("add a pattern for it to a pool, or take it out"),
            );
            continue;
        };
        used[home] += 1;
        room(&manifest.pools[home], create, used[home], found);
    }
}

fn room(pool: &Pool, create: &Create, used: u16, found: &mut Vec<Diagnostic>) {
    let (name, size) = (create.name.get_ref(), create.size.get_ref());
    if size.0 == 0 || size.0 > pool.size.get_ref().0 {
        found.push(
            Diagnostic::error(format!(
                "region `{name}` of {size} does not fit its pool's slots"
            ))
            .at(&create.size.span(), format!("1 to {}", pool.size.get_ref()))
            .also(&pool.size.span(), "size of a slot")
            .help("make the region smaller or the slots larger"),
        );
    }
    if used == pool.slots() + 1 {
        found.push(
            Diagnostic::error(format!(
                "more regions are created at start than pool `{}` has slots",
                pool.name.get_ref()
            ))
            .at(&create.name.span(), "no slot is left for this one")
            .also(
                &pool.slots.as_ref().map_or(pool.name.span(), Spanned::span),
                format!("slots: {}", pool.slots()),
            )
            .help("raise `slots`"),
        );
    }
}
