// SPDX-License-Identifier: BSD-2-Clause

//! Limits: of Microkit, of the blobs' tables, of the board's memory.

use crate::board::QEMU_VIRT;
use crate::files::find;
use crate::manifest::{Manifest, Shmem};
use crate::size::{LARGE_PAGE, Size};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tombolo_config::server;
use tombolo_image::diagnostic::{Diagnostic, Span};
use toml::Spanned;

/// Protection domains of a Microkit system.
pub const MAX_PDS: usize = 63;
/// Protection domains of the platform: server, console, clock, manager, scrubber.
pub const PLATFORM_PDS: usize = 5;
/// vCPUs of all guests.
const MAX_VCPUS: usize = 64;
/// Slots that one member's blob holds.
const MAX_MEMBER_SLOTS: usize = 32;
/// Rules, and patterns of a pool, that a blob holds.
const MAX_RULES: usize = 8;
/// Regions made at start that the server's blob holds.
const MAX_CREATES: usize = 16;

/// Memory for the kernel, the initial task and their tables.
const KERNEL: u64 = 32 << 20;
/// Memory for a protection domain: program, stack, rings, tables.
const PER_PD: u64 = 1 << 20;

/// Checks all limits.
pub fn check(manifest: &Manifest, search: &[PathBuf], found: &mut Vec<Diagnostic>) {
    domains(manifest, found);
    vcpus(manifest, found);
    tables(manifest, found);
    for (_, shmem) in manifest.clients() {
        rules(shmem, found);
    }
    // The first one stands for all: they are members of the same pools mostly.
    let mut clients = manifest.clients();
    clients.any(|(client, _)| member_slots(manifest, client.get_ref(), &client.span(), found));
    memory(manifest, search, found);
}

fn domains(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let parties: Vec<_> = manifest.parties().collect();
    let room = MAX_PDS - PLATFORM_PDS;
    if let Some(first) = parties.get(room) {
        found.push(
            Diagnostic::error(format!(
                "{} protection domains are needed, Microkit has {MAX_PDS} at the most",
                parties.len() + PLATFORM_PDS
            ))
            .at(
                &first.span(),
                match parties.len() - room {
                    1 => "no room for this one".to_owned(),
                    more => format!("no room for this one and {} more", more - 1),
                },
            )
            .note(format!(
                "each guest (its VMM) and each host is one, and the platform has {PLATFORM_PDS}"
            ))
            .help(format!("use at most {room} guests and hosts")),
        );
    }
}

/// Microkit's monitor has that many places for their threads.
fn vcpus(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let mut count = 0;
    for guest in &manifest.guests {
        let before = count;
        count += usize::from(guest.vcpus());
        if before <= MAX_VCPUS && count > MAX_VCPUS {
            let span = guest
                .vcpus
                .as_ref()
                .map_or(guest.name.span(), Spanned::span);
            found.push(
                Diagnostic::error(format!(
                    "the guests have more than {MAX_VCPUS} vCPUs together, which Microkit's \
                     monitor has no room for"
                ))
                .at(&span, format!("{before} before this one"))
                .help(match MAX_VCPUS - before {
                    0 => "give the guests before it fewer".to_owned(),
                    left => format!("use at most {left} here"),
                }),
            );
        }
    }
}

/// Tables of the server's blob.
fn tables(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let mut too_many = |what: &str, count: usize, most: usize, span: Span| {
        found.push(
            Diagnostic::error(format!("{count} {what}, {most} are the most"))
                .at(&span, "one too many")
                .help(format!("use at most {most}")),
        );
    };
    if let Some(pool) = manifest.pools.get(server::MAX_POOLS) {
        too_many(
            "pools",
            manifest.pools.len(),
            server::MAX_POOLS,
            pool.name.span(),
        );
    }
    let mut slots = 0;
    for pool in &manifest.pools {
        let before = slots;
        slots += usize::from(pool.slots());
        if before <= server::MAX_SLOTS && slots > server::MAX_SLOTS {
            too_many("slots or more", slots, server::MAX_SLOTS, pool.name.span());
        }
        if let Some(pattern) = pool.patterns.get(MAX_RULES) {
            too_many(
                "patterns in a pool",
                pool.patterns.len(),
                MAX_RULES,
                pattern.span(),
            );
        }
    }
    let creates: Vec<_> = manifest
        .clients()
        .flat_map(|(_, shmem)| &shmem.create)
        .collect();
    if let Some(create) = creates.get(MAX_CREATES) {
        too_many(
            "regions made at start",
            creates.len(),
            MAX_CREATES,
            create.name.span(),
        );
    }
}

fn rules(shmem: &Shmem, found: &mut Vec<Diagnostic>) {
    let rules = shmem.ordered();
    if let Some(rule) = rules.get(MAX_RULES) {
        found.push(
            Diagnostic::error(format!(
                "{} rules in one list, {MAX_RULES} are the most",
                rules.len()
            ))
            .at(&rule.span, "one too many")
            .help("join some with `*`, `?` or `[...]`"),
        );
    }
}

fn member_slots(
    manifest: &Manifest,
    client: &str,
    span: &Span,
    found: &mut Vec<Diagnostic>,
) -> bool {
    let pools = manifest.pools.iter().filter(|pool| {
        let mut members = pool.members.iter().chain(&pool.readers);
        members.any(|member| member.get_ref() == client)
    });
    let slots: usize = pools.map(|pool| usize::from(pool.slots())).sum();
    if slots > MAX_MEMBER_SLOTS {
        found.push(
            Diagnostic::error(format!(
                "`{client}` is a member of {slots} slots, {MAX_MEMBER_SLOTS} are the most"
            ))
            .at(span, "member of too many")
            .help("use fewer `slots` in its pools, or fewer pools"),
        );
    }
    slots > MAX_MEMBER_SLOTS
}

/// Something that needs the board's memory.
struct User {
    what: String,
    bytes: u64,
    span: Option<Span>,
}

fn memory(manifest: &Manifest, search: &[PathBuf], found: &mut Vec<Diagnostic>) {
    let mut users = users(manifest, search);
    let total = users
        .iter()
        .fold(0, |sum: u64, user| sum.saturating_add(user.bytes));
    let board = QEMU_VIRT.memory.end - QEMU_VIRT.memory.start;
    if total <= board {
        return;
    }
    users.sort_by_key(|user| std::cmp::Reverse(user.bytes));
    let megabytes = |bytes: u64| Size(bytes.next_multiple_of(1 << 20)).to_string();
    let mut diagnostic = Diagnostic::error(format!(
        "the system needs {} of memory, the board has {}",
        megabytes(total),
        megabytes(board)
    ));
    let mut spans = users
        .iter()
        .filter_map(|user| Some((user, user.span.clone()?)));
    if let Some((user, span)) = spans.next() {
        diagnostic = diagnostic.at(&span, format!("{}: {}", user.what, megabytes(user.bytes)));
    }
    for (user, span) in spans.take(2) {
        diagnostic = diagnostic.also(&span, format!("{}: {}", user.what, megabytes(user.bytes)));
    }
    let biggest: Vec<_> = users
        .iter()
        .take(5)
        .map(|user| format!("{} {}", megabytes(user.bytes), user.what))
        .collect();
    found.push(
        diagnostic
            .note(format!("the biggest are: {}", biggest.join(", ")))
            .help(format!("save {} among them", megabytes(total - board))),
    );
}

fn users(manifest: &Manifest, search: &[PathBuf]) -> Vec<User> {
    let user = |what: String, bytes: u64, span: Option<Span>| User { what, bytes, span };
    let mut users = Vec::new();
    let mut files = BTreeMap::new();
    for guest in &manifest.guests {
        users.push(user(
            format!("RAM of `{}`", guest.name.get_ref()),
            guest.memory.get_ref().0,
            Some(guest.memory.span()),
        ));
        let disk = guest.disk.as_ref().map(|disk| &disk.file);
        for file in [Some(&guest.image), guest.initramfs.as_ref(), disk]
            .into_iter()
            .flatten()
        {
            files.entry(file.get_ref().as_str()).or_insert(file.span());
        }
    }
    for pool in &manifest.pools {
        users.push(user(
            format!("slots of pool `{}`", pool.name.get_ref()),
            pool.size
                .get_ref()
                .0
                .saturating_mul(u64::from(pool.slots())),
            Some(pool.size.span()),
        ));
    }
    for (name, span) in files {
        let path = find(name, search);
        let bytes = path
            .and_then(|path| path.metadata().ok())
            .map_or(0, |data| data.len());
        // Once in the image that was loaded, once where the VMM reads it.
        let bytes = 2 * bytes.next_multiple_of(LARGE_PAGE);
        users.push(user(
            format!("file `{name}` (in the image and in memory)"),
            bytes,
            Some(span),
        ));
    }
    let pds = (manifest.parties().count() + PLATFORM_PDS) as u64;
    users.push(user(
        format!("{pds} protection domains"),
        pds * PER_PD,
        None,
    ));
    users.push(user("kernel and loader".into(), KERNEL, None));
    users
}
