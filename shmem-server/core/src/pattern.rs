// SPDX-License-Identifier: BSD-2-Clause

//! Shell wildcards for region names: `*`, `?` and `[...]`.
//!
//! As POSIX "Pattern Matching Notation" has them (XCU 2.14), without classes such
//! as `[:alpha:]`: `[abc]`, `[a-z]`, negation by `!` (or `^`) as the first
//! character, `]` first is itself, a backslash takes the next character
//! literally. A `[` without its `]` is itself.
//!
//! A pattern is run as a set of positions (bit `p`: the pattern from byte `p` on
//! is still to match). One pass over the name, at most 32 positions a step:
//! no backtracking, so no pattern that a user can write takes exponential time.

/// Most bytes of a pattern: as many as a name has.
pub const MAX_PATTERN: usize = 31;

/// Positions in a pattern that a name may have reached. 0: it cannot match any more.
pub type Positions = u32;

/// One element of a pattern.
enum Element<'a> {
    /// Any number of characters.
    Star,
    /// Any one character.
    Any,
    /// This character.
    Literal(u8),
    /// One of, or none of.
    Set { negated: bool, members: &'a [u8] },
}

/// Whether `pattern` admits `name`. A pattern longer than [`MAX_PATTERN`]
/// bytes admits nothing (none gets through the generator).
pub fn matches(pattern: &str, name: &str) -> bool {
    let positions = name
        .bytes()
        .fold(start(pattern), |at, byte| step(pattern, at, byte));
    accepts(pattern, positions)
}

/// Where a name starts.
pub fn start(pattern: &str) -> Positions {
    if pattern.len() > MAX_PATTERN {
        0
    } else {
        close(pattern, 1)
    }
}

/// Where `byte` leads from `at`.
pub fn step(pattern: &str, at: Positions, byte: u8) -> Positions {
    let mut next = 0;
    for position in bits(at) {
        let Some((element, length)) = element(pattern.as_bytes(), position) else {
            continue;
        };
        let (moves, to) = match element {
            Element::Star => (true, position),
            Element::Any => (true, position + length),
            Element::Literal(literal) => (literal == byte, position + length),
            Element::Set { negated, members } => {
                (contains(members, byte) != negated, position + length)
            }
        };
        if moves {
            next |= 1 << to;
        }
    }
    close(pattern, next)
}

/// Whether a name that ends at `at` matches.
pub fn accepts(pattern: &str, at: Positions) -> bool {
    pattern.len() <= MAX_PATTERN && at & 1 << pattern.len() != 0
}

/// Adds the positions behind stars, which match nothing too.
fn close(pattern: &str, mut at: Positions) -> Positions {
    if pattern.len() > MAX_PATTERN {
        return 0;
    }
    // Ascending: a star's successor is looked at after it.
    for position in 0..pattern.len() {
        if at & 1 << position != 0 && pattern.as_bytes()[position] == b'*' {
            at |= 1 << (position + 1);
        }
    }
    at
}

fn bits(set: u32) -> impl Iterator<Item = usize> {
    (0..32).filter(move |p| set & 1 << p != 0)
}

/// The element at `position` and its length in bytes; `None` at the end.
fn element(pattern: &[u8], position: usize) -> Option<(Element<'_>, usize)> {
    let rest = pattern.get(position..)?;
    Some(match *rest {
        [] => return None,
        [b'*', ..] => (Element::Star, 1),
        [b'?', ..] => (Element::Any, 1),
        [b'\\', literal, ..] => (Element::Literal(literal), 2),
        [b'[', ref inner @ ..] => match set(inner) {
            Some((negated, members, length)) => (Element::Set { negated, members }, length + 1),
            None => (Element::Literal(b'['), 1),
        },
        [literal, ..] => (Element::Literal(literal), 1),
    })
}

/// What stands between `[` and `]`: negated, members, length with the `]`.
fn set(inner: &[u8]) -> Option<(bool, &[u8], usize)> {
    let negated = matches!(inner, [b'!' | b'^', ..]);
    let first = usize::from(negated);
    // A `]` in the first place is a member.
    let behind = inner.get(first + 1..)?;
    let end = first + 1 + behind.iter().position(|&b| b == b']')?;
    Some((negated, &inner[first..end], end + 1))
}

fn contains(members: &[u8], byte: u8) -> bool {
    let mut rest = members;
    while let [low, tail @ ..] = rest {
        if let [b'-', high, behind @ ..] = tail {
            if (*low..=*high).contains(&byte) {
                return true;
            }
            rest = behind;
        } else {
            if *low == byte {
                return true;
            }
            rest = tail;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wildcards_admit_what_a_shell_admits() {
        for (pattern, name, admitted) in [
            ("moo", "moo", true),
            ("moo", "mooo", false),
            ("moo*", "moo", true),
            ("moo*", "moo.42", true),
            ("*", "anything", true),
            ("?oo", "moo", true),
            ("?oo", "oo", false),
            ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[!a-c]x", "dx", true),
            ("[^a]x", "ax", false),
            ("[]a]", "]", true),
            ("[a-]", "-", true),
            ("[ab", "[ab", true),
            ("[]", "[]", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("a*b*c", "a--b--bc", true),
            ("a*b*c", "a--c--b", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, name), admitted, "{pattern} and {name}");
        }
    }

    #[test]
    fn a_pattern_of_stars_takes_no_longer_than_any_other() {
        let pattern = "*a".repeat(15);
        assert!(
            !matches(&pattern, &"ab".repeat(15)),
            "it would have to end in a"
        );
        assert!(matches(&pattern, &"a".repeat(31)));
        assert!(
            !matches(&"*".repeat(32), "a"),
            "too long a pattern admits nothing"
        );
    }

    /// The textbook definition, exponential, for short inputs.
    fn reference(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=name.len()).any(|skip| reference(rest, &name[skip..])),
            ([b'?', p @ ..], [_, n @ ..]) => reference(p, n),
            ([a, p @ ..], [b, n @ ..]) => a == b && reference(p, n),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn sets_of_positions_agree_with_the_definition(
            pattern in "[ab*?]{0,8}", name in "[ab]{0,8}",
        ) {
            prop_assert_eq!(
                matches(&pattern, &name),
                reference(pattern.as_bytes(), name.as_bytes())
            );
        }

        #[test]
        fn any_pattern_and_name_is_answered(pattern in ".{0,40}", name in ".{0,40}") {
            let _ = matches(&pattern, &name);
        }
    }
}
