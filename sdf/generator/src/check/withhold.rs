// SPDX-License-Identifier: BSD-2-Clause

//! Signals that a pool withholds: each pair must mean something.

use crate::manifest::{Manifest, Pool, Withhold};
use tombolo_image::diagnostic::{Diagnostic, did_you_mean};
use toml::Spanned;

/// Checks all pools.
pub fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for pool in &manifest.pools {
        for (index, pair) in pool.withhold.iter().enumerate() {
            for name in [&pair.from, &pair.to] {
                member(pool, name, found);
            }
            itself(pool, pair, found);
            twice(pool, &pool.withhold[..index], pair, found);
        }
    }
}

/// Withholding a signal from or to somebody who is no member would do nothing.
fn member(pool: &Pool, name: &Spanned<String>, found: &mut Vec<Diagnostic>) {
    let members = || pool.members.iter().chain(&pool.readers);
    if members().any(|member| member.get_ref() == name.get_ref()) {
        return;
    }
    let names = members().map(|member| member.get_ref().as_str());
    found.push(
        Diagnostic::error(format!(
            "pool `{}` withholds signals of `{}`, which is no member",
            pool.name.get_ref(),
            name.get_ref()
        ))
        .at(&name.span(), "no member")
        .help(
            did_you_mean(name.get_ref(), names)
                .unwrap_or("name a member or reader of this pool".into()),
        ),
    );
}

/// Nobody needs protection from its own signals: a slip, most likely.
fn itself(pool: &Pool, pair: &Withhold, found: &mut Vec<Diagnostic>) {
    if pair.from.get_ref() != pair.to.get_ref() {
        return;
    }
    found.push(
        Diagnostic::error(format!(
            "pool `{}` withholds signals of `{}` to itself",
            pool.name.get_ref(),
            pair.from.get_ref()
        ))
        .at(&pair.to.span(), "the same as `from`")
        .also(&pair.from.span(), "who may not signal")
        .help("name the member that it may not signal"),
    );
}

fn twice(pool: &Pool, earlier: &[Withhold], pair: &Withhold, found: &mut Vec<Diagnostic>) {
    let same = |other: &&Withhold| {
        other.from.get_ref() == pair.from.get_ref() && other.to.get_ref() == pair.to.get_ref()
    };
    let Some(first) = earlier.iter().find(same) else {
        return;
    };
    found.push(
        Diagnostic::error(format!(
            "pool `{}` withholds signals of `{}` to `{}` twice",
            pool.name.get_ref(),
            pair.from.get_ref(),
            pair.to.get_ref()
        ))
        .at(&pair.from.span(), "again")
        .also(&first.from.span(), "first here")
        .help("take one of them out, or turn it round: `from` is who may not signal"),
    );
}
