// SPDX-License-Identifier: BSD-2-Clause

//! What two subjects can do to each other, as marks.

use crate::authority::facts::Fact;
use crate::authority::matrix::Authority;

/// One mark.
pub struct Mark {
    /// Class of its colour.
    pub class: &'static str,
    /// Letter or arrow.
    pub letter: &'static str,
    /// The whole story.
    pub hover: String,
}

/// Marks between `upper` and `lower`, which is drawn below it.
pub fn marks(authority: &Authority, upper: &str, lower: &str) -> Vec<Mark> {
    let down = authority.relation(upper, lower);
    let up = authority.relation(lower, upper);
    let mut marks = Vec::new();
    for (class, verb, goes_down, goes_up) in [
        ("calls", "calls", down.calls, up.calls),
        ("controls", "controls", down.controls, up.controls),
        ("signals", "notifies", down.signals, up.signals),
    ] {
        let (letter, hover) = match (goes_down, goes_up) {
            (true, true) => ("↕", format!("{upper} {verb} {lower}, and back")),
            (true, false) => ("↓", format!("{upper} {verb} {lower}")),
            (false, true) => ("↑", format!("{lower} {verb} {upper}")),
            (false, false) => continue,
        };
        marks.push(Mark {
            class,
            letter,
            hover,
        });
    }
    let shared = shared(authority, upper, lower);
    if !shared.is_empty() {
        marks.push(Mark {
            class: "shares",
            letter: "m",
            hover: format!("memory of {upper} and {lower}: {}", shared.join(", ")),
        });
    }
    marks
}

/// Regions that both reach and one of them writes.
fn shared(authority: &Authority, upper: &str, lower: &str) -> Vec<String> {
    let mut shared = Vec::new();
    for (region, own) in authority.memory_of(upper) {
        for (_, other) in authority.users(region).filter(|(who, _)| *who == lower) {
            if own.contains('w') || other.contains('w') {
                shared.push(format!("{region} ({upper} {own}, {lower} {other})"));
            }
        }
    }
    shared
}

/// A member's mark at memory that it shares with `peers`: its access, and by hover
/// whose doorbells it rings.
pub fn member(
    authority: &Authority,
    who: &str,
    (region, access): (&str, &str),
    peers: &[&str],
) -> Mark {
    let rings = |peer: &&&str| authority.relation(who, peer).rings;
    let rung: Vec<&str> = peers.iter().filter(rings).copied().collect();
    let mut hover = format!("{who}: {access} {region}");
    if !rung.is_empty() {
        hover += &format!("; rings {}", rung.join(", "));
    }
    let (class, letter) = match access {
        "rw" => ("shares", "rw"),
        _ => ("reads", "r"),
    };
    Mark {
        class,
        letter,
        hover,
    }
}

/// A mark if `who` may attach where one of `peers` may, and may not signal it.
pub fn withheld(authority: &Authority, who: &str, peers: &[&str]) -> Option<Mark> {
    let pools = |who: &str| -> Vec<&str> {
        let facts = authority.held_by(who);
        let pools = facts.filter_map(|fact| match fact {
            Fact::Attach { pool, .. } => Some(pool.as_str()),
            _ => None,
        });
        pools.collect()
    };
    let own = pools(who);
    let mute = |peer: &&&str| {
        let common = pools(peer).iter().any(|pool| own.contains(pool));
        common && !authority.relation(who, peer).rings
    };
    let mute: Vec<&str> = peers.iter().filter(mute).copied().collect();
    (!mute.is_empty()).then(|| Mark {
        class: "withheld",
        letter: "×",
        hover: format!("{who} may not signal {}", mute.join(", ")),
    })
}
