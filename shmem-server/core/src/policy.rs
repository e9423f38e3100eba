// SPDX-License-Identifier: BSD-2-Clause

//! Whether this client may have this name, and from which pool.
//!
//! Order of the checks, which decides what a refused guest is told:
//!
//! | name legal | rules | a pool admits it | member of the first such pool | result |
//! |---|---|---|---|---|
//! | no | | | | ILLEGAL_NAME |
//! | yes | deny | | | NO_PERMISSION |
//! | yes | allow | no | | NO_PERMISSION |
//! | yes | allow | yes | no | NO_PERMISSION: later pools are not tried |
//! | yes | allow | yes | yes | that pool |

use crate::{ClientId, Refusal, pattern};
use shmem_server_api::RegionName;
use tombolo_config::server::{Pool, Rule, ServerConfig};

/// The pattern of a rule.
pub fn pattern_of(rule: &Rule) -> &str {
    match rule {
        Rule::Allow(pattern) | Rule::Deny(pattern) => pattern,
    }
}

/// Whether `rules` allow `name`, and the rule that decided (`None`: the implied
/// one, which is the opposite of the last rule; an empty list allows all).
pub fn verdict(rules: &[Rule], name: &str) -> (bool, Option<usize>) {
    for (position, rule) in rules.iter().enumerate() {
        if pattern::matches(pattern_of(rule), name) {
            return (matches!(rule, Rule::Allow(_)), Some(position));
        }
    }
    (!matches!(rules.last(), Some(Rule::Allow(_))), None)
}

/// The first pool that admits `name`.
pub fn pool_of(pools: &[Pool], name: &str) -> Option<u8> {
    let admits = |pool: &Pool| pool.patterns.iter().any(|p| pattern::matches(p, name));
    // Lossless: at most 16 pools.
    pools.iter().position(admits).map(|pool| pool as u8)
}

/// The pool in which `client` may have `name`. See the module's table.
pub fn admit(config: &ServerConfig, client: ClientId, name: &RegionName) -> Result<u8, Refusal> {
    name.check().map_err(|_| Refusal::IllegalName)?;
    let rules = &config
        .clients
        .get(client.index())
        .ok_or(Refusal::NoClient)?
        .rules;
    if !verdict(rules, name.as_str()).0 {
        return Err(Refusal::DeniedByRule);
    }
    let pool = pool_of(&config.pools, name.as_str()).ok_or(Refusal::NoPool)?;
    let members = &config.pools[usize::from(pool)].members;
    if members.iter().any(|member| member.client == client.0) {
        Ok(pool)
    } else {
        Err(Refusal::NotMember { pool })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heapless::String;

    fn allow(text: &str) -> Rule {
        Rule::Allow(String::try_from(text).unwrap())
    }

    fn deny(text: &str) -> Rule {
        Rule::Deny(String::try_from(text).unwrap())
    }

    #[test]
    fn the_first_match_wins_and_the_implied_rule_is_the_opposite_of_the_last() {
        assert_eq!(verdict(&[], "x"), (true, None));
        assert_eq!(verdict(&[allow("moo*")], "moo"), (true, Some(0)));
        assert_eq!(verdict(&[allow("moo*")], "zoo"), (false, None));
        assert_eq!(verdict(&[deny("moo*")], "moo"), (false, Some(0)));
        assert_eq!(verdict(&[deny("moo*")], "zoo"), (true, None));
        assert_eq!(
            verdict(&[deny("moo1"), allow("moo*")], "moo1"),
            (false, Some(0))
        );
        assert_eq!(
            verdict(&[allow("moo1"), deny("moo*")], "moo1"),
            (true, Some(0))
        );
        assert_eq!(verdict(&[allow("moo1"), deny("moo*")], "zoo"), (true, None));
    }
}
