// SPDX-License-Identifier: BSD-2-Clause

//! Whether a pool's patterns fit its members' rules.
//!
//! Isolation in Tombolo is pool membership: whoever is a member has the pool's
//! slots mapped. A member that may not attach a name which the pool admits could
//! still reach that name's bytes. So the generator refuses such a system, and this
//! module finds the name that proves it.
//!
//! Exact, not a guess: a pattern and the rules are run together, as sets of
//! positions, over all names of up to 31 characters; states seen before are not
//! looked at again. The caller keeps the states seen (the core has no allocator)
//! and may give up by answering `false`.

use crate::{pattern, policy};
use heapless::{String, Vec};
use tombolo_config::server::Rule;

/// A state of the search: how far the pool's pattern and each rule are, and how
/// many characters the name has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    name: String<31>,
    pool: pattern::Positions,
    rules: Vec<pattern::Positions, 8>,
}

/// What two states have in common if what can follow them is the same.
pub type StateKey = (usize, pattern::Positions, Vec<pattern::Positions, 8>);

/// A name that the pool's pattern admits and the client may not attach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The name, for instance.
    pub name: String<31>,
    /// The rule that denies it, by position; `None`: the implied last rule.
    pub rule: Option<usize>,
}

/// Looks for a name that `admitted` (a pool's pattern) admits and `rules` deny.
///
/// `is_new` is asked for each state: true if it has not been asked before; with a
/// `HashSet`, `&mut |key| seen.insert(key)`.
pub fn contradiction(
    admitted: &str,
    rules: &[Rule],
    is_new: &mut dyn FnMut(StateKey) -> bool,
) -> Option<Contradiction> {
    let rules = rules.get(..8).unwrap_or(rules);
    let start = State {
        name: String::new(),
        pool: pattern::start(admitted),
        rules: rules
            .iter()
            .map(|rule| pattern::start(policy::pattern_of(rule)))
            .collect(),
    };
    search(admitted, rules, start, is_new)
}

/// Depth first; the depth is the name's length.
fn search(
    admitted: &str,
    rules: &[Rule],
    state: State,
    is_new: &mut dyn FnMut(StateKey) -> bool,
) -> Option<Contradiction> {
    if state.pool == 0 {
        return None;
    }
    if !state.name.is_empty() && pattern::accepts(admitted, state.pool) {
        let (allowed, rule) = policy::verdict(rules, &state.name);
        if !allowed {
            return Some(Contradiction {
                name: state.name,
                rule,
            });
        }
    }
    for byte in (0x20..0x7f).filter(|&b| b != b'/') {
        let mut name = state.name.clone();
        if name.push(char::from(byte)).is_err() {
            return None;
        }
        let next = State {
            pool: pattern::step(admitted, state.pool, byte),
            rules: rules
                .iter()
                .zip(&state.rules)
                .map(|(rule, &at)| pattern::step(policy::pattern_of(rule), at, byte))
                .collect(),
            name,
        };
        if is_new((next.name.len(), next.pool, next.rules.clone())) {
            let found = search(admitted, rules, next, is_new);
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn rules(text: &[&str]) -> Vec<Rule, 8> {
        text.iter()
            .map(|line| {
                let (kind, pattern) = line.split_once(' ').unwrap();
                let pattern = String::try_from(pattern).unwrap();
                if kind == "allow" {
                    Rule::Allow(pattern)
                } else {
                    Rule::Deny(pattern)
                }
            })
            .collect()
    }

    fn check(admitted: &str, list: &[&str]) -> Option<(std::string::String, Option<usize>)> {
        let mut seen = HashSet::new();
        contradiction(admitted, &rules(list), &mut |key| seen.insert(key))
            .map(|c| (c.name.as_str().into(), c.rule))
    }

    #[test]
    fn rules_that_cover_the_pool_are_sound() {
        assert_eq!(check("moo", &[]), None);
        assert_eq!(check("moo", &["allow moo"]), None);
        assert_eq!(check("moo*", &["allow m*"]), None);
        assert_eq!(
            check("[ab]x", &["allow ax", "allow bx"]),
            None,
            "covered by two together"
        );
        assert_eq!(check("moo", &["deny zoo"]), None);
        assert_eq!(check("a?", &["allow a*", "deny *"]), None);
        assert_eq!(check("a?", &["deny b*"]), None);
    }

    #[test]
    fn a_contradiction_names_the_rule_and_a_name() {
        assert_eq!(check("moo", &["deny m*"]), Some(("moo".into(), Some(0))));
        assert_eq!(check("moo", &["allow zoo"]), Some(("moo".into(), None)));
        let (name, rule) = check("moo*", &["allow moo", "deny moo.secret", "allow *"]).unwrap();
        assert_eq!((name.as_str(), rule), ("moo.secret", Some(1)));
        let (name, _) = check("*", &["deny zz*"]).unwrap();
        assert!(name.starts_with("zz"));
    }

    #[test]
    fn long_patterns_are_decided_too() {
        assert_eq!(check("*a*b*", &["allow *a*", "deny *b"]), None);
        assert!(check("*b*", &["allow *a*", "deny *bb*"]).is_some());
    }
}
