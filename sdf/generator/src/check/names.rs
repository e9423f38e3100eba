// SPDX-License-Identifier: BSD-2-Clause

//! Names: legal, unique, and known where they are used.
//!
//! The console shows guests and protection domains by name, so nobody may take the
//! name of another, nor of a part of the platform.

use crate::manifest::Manifest;
use tombolo_image::diagnostic::{Diagnostic, did_you_mean};
use toml::Spanned;

/// Most characters of a name: with `vmm-` before it, it fits a blob's table.
const MAX_NAME: usize = 24;

/// Names of the platform's protection domains and of its speakers.
const TAKEN: &[&str] = &[
    "clock",
    "console",
    "kernel",
    "manager",
    "monitor",
    "scrubber",
    "server",
    "shell",
    "shmem_server",
    "tombolo",
];

/// Checks all names.
pub fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let pools = manifest.pools.iter().map(|pool| &pool.name);
    for name in manifest
        .parties()
        .chain(pools)
        .chain([&manifest.system.name])
    {
        legal(name, found);
    }
    for name in manifest.parties() {
        reserved(name, found);
    }
    let parties: Vec<_> = manifest.parties().collect();
    unique("guests or hosts", &parties, found);
    let pools: Vec<_> = manifest.pools.iter().map(|pool| &pool.name).collect();
    unique("pools", &pools, found);
    references(manifest, found);
}

fn legal(name: &Spanned<String>, found: &mut Vec<Diagnostic>) {
    let text = name.get_ref();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let label = if text.is_empty() {
        "empty".to_owned()
    } else if text.len() > MAX_NAME {
        format!(
            "{} characters, {} too many",
            text.len(),
            text.len() - MAX_NAME
        )
    } else if let Some(bad) = text.chars().find(|c| !legal(*c)) {
        format!("`{bad}` is in it")
    } else {
        return;
    };
    found.push(
        Diagnostic::error(format!("`{text}` is no name"))
            .at(&name.span(), label)
            .note("it becomes part of Microkit's names and of console lines")
            .help(format!("use 1 to {MAX_NAME} letters, digits, `-` and `_`")),
    );
}

fn reserved(name: &Spanned<String>, found: &mut Vec<Diagnostic>) {
    let text = name.get_ref();
    if TAKEN.contains(&text.as_str()) || text.starts_with("vmm_") || text.starts_with("vmm-") {
        found.push(
            Diagnostic::error(format!("the name `{text}` is the platform's"))
                .at(&name.span(), "taken")
                .note("its lines on the console would look like the platform's own")
                .help(format!(
                    "choose another: not `vmm...`, and none of {}",
                    TAKEN.join(", ")
                )),
        );
    }
}

fn unique(what: &str, names: &[&Spanned<String>], found: &mut Vec<Diagnostic>) {
    for (index, name) in names.iter().enumerate() {
        let first = names[..index]
            .iter()
            .find(|other| other.get_ref() == name.get_ref());
        if let Some(first) = first {
            found.push(
                Diagnostic::error(format!("two {what} are called `{}`", name.get_ref()))
                    .at(&name.span(), "taken")
                    .also(&first.span(), "first used here")
                    .help("rename one of them"),
            );
        }
    }
}

/// The names of guests elsewhere: `[console]`, `[batch]`, `start`.
fn references(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let guests: Vec<&str> = manifest
        .guests
        .iter()
        .map(|guest| guest.name.get_ref().as_str())
        .collect();
    without_console(manifest, found);
    let first = manifest.console.first.iter();
    let named = first
        .map(|name| (name.get_ref().as_str(), name.span()))
        .chain(
            manifest
                .check_spans
                .iter()
                .map(|(name, span)| (name.as_str(), span.clone())),
        );
    for (name, span) in named.filter(|(name, _)| !guests.contains(name)) {
        found.push(
            Diagnostic::error(format!("there is no guest `{name}`"))
                .at(&span, "unknown")
                .help_if(did_you_mean(name, guests.iter().copied())),
        );
    }
}

/// The first console must be one.
fn without_console(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let Some(first) = &manifest.console.first else {
        return;
    };
    let named = |guest: &&crate::manifest::Guest| guest.name.get_ref() == first.get_ref();
    let guest = manifest.guests.iter().find(named);
    let Some(guest) = guest.filter(|guest| !guest.has_device(crate::board::CONSOLE)) else {
        return;
    };
    found.push(
        Diagnostic::error(format!("guest `{}` has no console", first.get_ref()))
            .at(&first.span(), "would get the keys")
            .also(&guest.name.span(), "its `devices` are without `console`")
            .help("add `console` to them, or name another guest"),
    );
}
