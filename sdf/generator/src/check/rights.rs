// SPDX-License-Identifier: BSD-2-Clause

//! Rights against memberships.
//!
//! The soundness rule: every member of a pool is allowed every name that the pool
//! admits, because membership is what isolates. And the other way round: a right
//! that no pool can honour is a mistake of whoever wrote it.

use crate::manifest::{self, Manifest, Pool, Shmem};
use shmem_server_core::soundness::{Contradiction, contradiction};
use std::collections::HashSet;
use tombolo_config::server::Rule;
use tombolo_image::diagnostic::Diagnostic;
use toml::Spanned;

/// Checks all rights.
pub fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for pool in &manifest.pools {
        for member in pool.members.iter().chain(&pool.readers) {
            let name = member.get_ref();
            let client = manifest
                .clients()
                .find(|(client, _)| client.get_ref() == name);
            if let Some((client, shmem)) = client {
                sound(pool, member, client, shmem, found);
            }
        }
    }
    for (_, shmem) in manifest.clients() {
        one_way(shmem, found);
        let rules = shmem.ordered();
        for (at, rule) in rules.iter().enumerate() {
            decides(&rules[..at], rule, found);
        }
    }
    for (index, pool) in manifest.pools.iter().enumerate() {
        for pattern in &pool.patterns {
            reached(&manifest.pools[..index], pattern, found);
        }
    }
}

/// Looks for rights that no pool can honour. Only in a manifest without other
/// mistakes: a slip in a pool makes rights look useless that are not.
pub fn unused(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for (client, shmem) in manifest.clients() {
        for rule in shmem.ordered().iter().filter(|rule| rule.allows) {
            used(manifest, client, rule, found);
        }
    }
}

/// A name that `admitted` admits and `rules` deny.
fn denied(admitted: &str, rules: &[Rule]) -> Option<Contradiction> {
    let mut seen = HashSet::new();
    contradiction(admitted, rules, &mut |key| seen.insert(key))
}

fn sound(
    pool: &Pool,
    member: &Spanned<String>,
    client: &Spanned<String>,
    shmem: &Shmem,
    found: &mut Vec<Diagnostic>,
) {
    // Too many rules or too long a pattern is an error of its own.
    let Ok(rules) = crate::plan::rules(shmem) else {
        return;
    };
    let written = shmem.ordered();
    for pattern in &pool.patterns {
        let Some(contradiction) = denied(pattern.get_ref(), &rules) else {
            continue;
        };
        let name = &contradiction.name;
        let rule = contradiction.rule.and_then(|rule| written.get(rule));
        let (span, label) = match rule {
            Some(rule) => (rule.span.clone(), "denied by this rule"),
            None => (client.span(), "denied by the end of its list: `deny *`"),
        };
        found.push(
            Diagnostic::error(format!(
                "a region `{name}` could land where `{}` can reach it, which is denied that name",
                member.get_ref()
            ))
            .at(
                &pattern.span(),
                format!("pool `{}` admits `{name}`", pool.name.get_ref()),
            )
            .also(
                &member.span(),
                "member: it can reach all of the pool, at all times",
            )
            .also(&span, label)
            .help(format!(
                "let `{}` have every name that the pool admits, or take it out of the pool",
                member.get_ref()
            )),
        );
    }
}

/// One list in order, or two lists.
fn one_way(shmem: &Shmem, found: &mut Vec<Diagnostic>) {
    let two = shmem.deny.first().map(|first| (first, "`deny`"));
    let two = two.or_else(|| shmem.allow.first().map(|first| (first, "`allow`")));
    if let (Some(rule), Some((other, list))) = (shmem.rules.first(), two) {
        found.push(
            Diagnostic::error(format!("`rules` and {list} in one list of rights"))
                .at(&rule.span(), "tried in this order")
                .also(&other.span(), "where would this come?")
                .help("write all of them in `rules`, or none"),
        );
    }
}

/// A rule for names that an earlier one decides the other way.
fn decides(earlier: &[manifest::Rule<'_>], rule: &manifest::Rule<'_>, found: &mut Vec<Diagnostic>) {
    let takes_all = |other: &&manifest::Rule<'_>| {
        let pattern = heapless::String::try_from(other.pattern);
        let all = pattern.map(|pattern| denied(rule.pattern, &[Rule::Allow(pattern)]).is_none());
        other.allows != rule.allows && matches!(all, Ok(true))
    };
    // An empty pattern is an error of its own.
    let Some(other) = earlier.iter().find(takes_all) else {
        return;
    };
    if rule.pattern.is_empty() {
        return;
    }
    let verb = |rule: &manifest::Rule<'_>| if rule.allows { "allowed" } else { "denied" };
    let title = if rule.pattern == other.pattern {
        format!("`{}` is allowed and denied", rule.pattern)
    } else {
        format!("`{}` is {} in vain", rule.pattern, verb(rule))
    };
    found.push(
        Diagnostic::error(title)
            .at(&rule.span, format!("{} here", verb(rule)))
            .also(
                &other.span,
                format!("{} here, which counts: it is tried first", verb(other)),
            )
            .help("take one of them out, or write them in the order that is meant, in `rules`"),
    );
}

/// A right that no pool can honour.
fn used(
    manifest: &Manifest,
    client: &Spanned<String>,
    allow: &manifest::Rule<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let Ok(pattern) = heapless::String::try_from(allow.pattern) else {
        return;
    };
    // Denying the pattern contradicts a pool exactly if some name is in both.
    let rules = [Rule::Deny(pattern)];
    let meets = |pool: &&Pool| {
        let mut patterns = pool.patterns.iter();
        patterns.any(|admitted| denied(admitted.get_ref(), &rules).is_some())
    };
    let is_member = |pool: &Pool| {
        let mut members = pool.members.iter().chain(&pool.readers);
        members.any(|member| member.get_ref() == client.get_ref())
    };
    let mut pools = manifest.pools.iter().filter(meets);
    if pools.clone().any(is_member) {
        return;
    }
    let diagnostic = Diagnostic::error(format!(
        "`{}` may attach `{}` and never can",
        client.get_ref(),
        allow.pattern
    ))
    .at(&allow.span, "unused right");
    found.push(match pools.next() {
        Some(pool) => diagnostic
            .also(
                &pool.name.span(),
                format!(
                    "such names live here, where `{}` is no member",
                    client.get_ref()
                ),
            )
            .help("make it a member, or take the right away"),
        None => diagnostic.help("add a pool for such names, or take the right away"),
    });
}

/// A pattern that earlier pools take every name of.
fn reached(earlier: &[Pool], pattern: &Spanned<String>, found: &mut Vec<Diagnostic>) {
    let before: Vec<_> = earlier.iter().flat_map(|pool| &pool.patterns).collect();
    let allow = |pattern: &&Spanned<String>| {
        heapless::String::try_from(pattern.get_ref().as_str())
            .ok()
            .map(Rule::Allow)
    };
    // One at a time: that finds every case with one pattern that covers this one.
    for other in before {
        let Some(rule) = allow(&other) else { continue };
        if denied(pattern.get_ref(), &[rule]).is_none() && !pattern.get_ref().is_empty() {
            found.push(
                Diagnostic::error(format!(
                    "no region ever reaches this pool by `{}`",
                    pattern.get_ref()
                ))
                .at(&pattern.span(), "never matched")
                .also(
                    &other.span(),
                    "this pool comes first and takes all such names",
                )
                .help("put the narrower pool first"),
            );
            return;
        }
    }
}
