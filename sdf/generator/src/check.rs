// SPDX-License-Identifier: BSD-2-Clause

//! Everything wrong with a manifest, found in one run.

use crate::diagnostic::Diagnostic;
use crate::files;
use crate::manifest::{Guest, Manifest, Pool};
use crate::size::{LARGE_PAGE, PAGE};
use shmem_server_core::soundness;
use std::collections::HashSet;
use std::path::PathBuf;
use toml::Spanned;

/// Checks `manifest`; files are looked for in `search`.
pub fn check(manifest: &Manifest, search: &[PathBuf]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for name in names(manifest) {
        check_name(name, &mut found);
    }
    check_unique(manifest, &mut found);
    for guest in &manifest.guests {
        check_guest(manifest, guest, search, &mut found);
    }
    for pool in &manifest.pools {
        check_pool(manifest, pool, &mut found);
    }
    found
}

fn names(manifest: &Manifest) -> impl Iterator<Item = &Spanned<String>> {
    let guests = manifest.guests.iter().map(|guest| &guest.name);
    let pools = manifest.pools.iter().map(|pool| &pool.name);
    guests.chain(pools).chain([&manifest.system.name])
}

fn check_name(name: &Spanned<String>, found: &mut Vec<Diagnostic>) {
    let text = name.get_ref();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if text.is_empty() || text.len() > 24 || !text.chars().all(legal) {
        found.push(Diagnostic::new(
            format!("`{text}` is no name"),
            name.span(),
            "1 to 24 letters, digits, `-` and `_`",
            "choose a name that fits: it becomes part of Microkit's names",
        ));
    }
}

fn check_unique(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for (index, guest) in manifest.guests.iter().enumerate() {
        let same = |other: &&Guest| other.name.get_ref() == guest.name.get_ref();
        if let Some(first) = manifest.guests[..index].iter().find(same) {
            found.push(
                Diagnostic::new(
                    format!("two guests are called `{}`", guest.name.get_ref()),
                    guest.name.span(),
                    "taken",
                    "rename one of them",
                )
                .with(first.name.span(), "first used here"),
            );
        }
    }
}

fn check_guest(
    manifest: &Manifest,
    guest: &Guest,
    search: &[PathBuf],
    found: &mut Vec<Diagnostic>,
) {
    let memory = guest.memory.get_ref().0;
    if memory == 0 || !memory.is_multiple_of(LARGE_PAGE) || memory > 0x5000_0000 {
        found.push(Diagnostic::new(
            format!(
                "guest `{}` cannot have {} of memory",
                guest.name.get_ref(),
                guest.memory.get_ref()
            ),
            guest.memory.span(),
            "a multiple of 2M, at most 1280M",
            "round it to the next 2M",
        ));
    }
    let mut used = 0;
    if let Some(path) = check_file(&guest.image, search, found) {
        match files::image_header(&path) {
            Ok(header) => used += header.text_offset + header.image_size,
            Err(error) => found.push(Diagnostic::new(
                format!("guest image `{}` {error}", guest.image.get_ref()),
                guest.image.span(),
                "not bootable",
                "name an uncompressed arm64 `Image`, as `make ARCH=arm64 Image` builds it",
            )),
        }
    }
    if let Some(initramfs) = &guest.initramfs
        && let Some(path) = check_file(initramfs, search, found)
    {
        used += path.metadata().map_or(0, |data| data.len());
    }
    // The device tree and rounding take up to 4 MiB more.
    if used + 2 * LARGE_PAGE > memory {
        found.push(
            Diagnostic::new(
                format!(
                    "image and initramfs of guest `{}` need {} bytes and do not fit its memory",
                    guest.name.get_ref(),
                    used + 2 * LARGE_PAGE
                ),
                guest.image.span(),
                "too large",
                "give the guest more `memory`, or a smaller image",
            )
            .with(guest.memory.span(), "its memory"),
        );
    }
    check_start(manifest, guest, found);
    if guest.command_line.len() > 511 {
        found.push(Diagnostic::new(
            format!(
                "the command line of guest `{}` is too long",
                guest.name.get_ref()
            ),
            guest.name.span(),
            format!("{} bytes", guest.command_line.len()),
            "511 bytes are the most",
        ));
    }
}

fn check_file(
    name: &Spanned<String>,
    search: &[PathBuf],
    found: &mut Vec<Diagnostic>,
) -> Option<PathBuf> {
    let path = files::find(name.get_ref(), search);
    if path.is_none() {
        let dirs: Vec<_> = search.iter().map(|dir| dir.display().to_string()).collect();
        found.push(Diagnostic::new(
            format!("there is no file `{}`", name.get_ref()),
            name.span(),
            "not found",
            format!("looked in: {}", dirs.join(", ")),
        ));
    }
    path
}

fn check_start(manifest: &Manifest, guest: &Guest, found: &mut Vec<Diagnostic>) {
    let Some(start) = &guest.start else { return };
    let after = start.after.get_ref();
    let known = manifest
        .guests
        .iter()
        .any(|other| other.name.get_ref() == after);
    if !known || after == guest.name.get_ref() {
        found.push(Diagnostic::new(
            format!(
                "guest `{}` would wait for `{after}` for ever",
                guest.name.get_ref()
            ),
            start.after.span(),
            if known { "itself" } else { "no such guest" },
            "name another guest of this manifest",
        ));
    }
}

fn check_pool(manifest: &Manifest, pool: &Pool, found: &mut Vec<Diagnostic>) {
    let size = pool.size.get_ref().0;
    if size == 0
        || !size.is_multiple_of(PAGE)
        || (size > LARGE_PAGE && !size.is_multiple_of(LARGE_PAGE))
    {
        found.push(Diagnostic::new(
            format!(
                "slots of pool `{}` cannot have {}",
                pool.name.get_ref(),
                pool.size.get_ref()
            ),
            pool.size.span(),
            "a multiple of 4K, above 2M a multiple of 2M",
            "round it up",
        ));
    }
    for member in pool.members.iter().chain(&pool.readers) {
        let guest = manifest
            .guests
            .iter()
            .find(|guest| guest.name.get_ref() == member.get_ref());
        match guest {
            Some(guest) if guest.shmem.is_some() => check_rights(pool, member, guest, found),
            Some(guest) => found.push(
                Diagnostic::new(
                    format!("guest `{}` has no shared-memory device", member.get_ref()),
                    member.span(),
                    "member of this pool",
                    "add `[guest.shmem]` to that guest, or take it out of the pool",
                )
                .with(guest.name.span(), "defined here"),
            ),
            None => found.push(Diagnostic::new(
                format!(
                    "pool `{}` has a member `{}` that is no guest",
                    pool.name.get_ref(),
                    member.get_ref()
                ),
                member.span(),
                "no such guest",
                "name a guest of this manifest",
            )),
        }
    }
}

/// The soundness rule: every member is allowed every name that the patterns admit.
fn check_rights(pool: &Pool, member: &Spanned<String>, guest: &Guest, found: &mut Vec<Diagnostic>) {
    let Some(shmem) = &guest.shmem else { return };
    // Too many rules or too long a pattern is an error of its own.
    let Ok(rules) = crate::plan::rules(shmem) else {
        return;
    };
    let written: Vec<_> = shmem.deny.iter().chain(&shmem.allow).collect();
    for pattern in &pool.patterns {
        let mut seen = HashSet::new();
        let contradiction =
            soundness::contradiction(pattern.get_ref(), &rules, &mut |key| seen.insert(key));
        let Some(contradiction) = contradiction else {
            continue;
        };
        let (span, label) = match contradiction.rule.and_then(|rule| written.get(rule)) {
            Some(rule) => (rule.span(), "denied by this rule"),
            None => (guest.name.span(), "denied by the end of this guest's list"),
        };
        found.push(
            Diagnostic::new(
                format!(
                    "a region `{}` could land where guest `{}` can reach it, which is denied that name",
                    contradiction.name,
                    member.get_ref()
                ),
                pattern.span(),
                format!("pool `{}` admits `{}`", pool.name.get_ref(), contradiction.name),
                "allow the guest every name that the pool admits, or take it out of the pool",
            )
            .with(member.span(), "member here: it can reach all of the pool")
            .with(span, label),
        );
    }
}
