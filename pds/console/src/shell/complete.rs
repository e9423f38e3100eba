// SPDX-License-Identifier: BSD-2-Clause

//! What Tab makes of the word before the cursor.

use super::commands::{Kind, find};
use super::editor::Line;
use super::names::Names;

/// The word at the cursor and what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) word: &'a str,
    pub(super) kind: Kind,
}

/// What there is at the end of `line`; `None`: nothing can be completed there.
pub(super) fn place(line: &str) -> Option<Place<'_>> {
    let start = line.rfind(' ').map_or(0, |space| space + 1);
    let (before, word) = line.split_at(start);
    let mut words = before.split_ascii_whitespace();
    let kind = match words.next() {
        None => Kind::Command,
        Some(command) => find(command)?.arguments.get(words.count())?.kind,
    };
    Some(Place { word, kind })
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Completion {
    /// Nothing begins so.
    Nothing,
    /// To be inserted; a space ends what is complete.
    Insert(Line),
    /// Several begin so, and no more is common to them.
    Several,
}

/// Completes a word.
pub(super) fn complete(place: Place<'_>, names: &Names) -> Completion {
    let mut candidates = candidates(place, names);
    let Some(first) = candidates.next() else {
        return Completion::Nothing;
    };
    let (mut common, mut several) = (first.len(), false);
    for other in candidates {
        several |= other != first;
        let same = first.bytes().zip(other.bytes());
        common = common.min(same.take_while(|(one, other)| one == other).count());
    }
    let mut insert = Line::new();
    // Names are shorter than a line.
    let _ = insert.push_str(first.get(place.word.len()..common).unwrap_or_default());
    if several && insert.is_empty() {
        return Completion::Several;
    }
    if !several {
        let _ = insert.push(' ');
    }
    Completion::Insert(insert)
}

/// All names that begin as the word does.
pub(super) fn candidates<'a>(place: Place<'a>, names: &'a Names) -> impl Iterator<Item = &'a str> {
    names
        .of(place.kind)
        .filter(move |name| name.starts_with(place.word))
}

#[cfg(test)]
mod tests {
    use super::{Completion, complete, place};
    use crate::shell::commands::Kind;
    use crate::shell::names::Names;

    fn names() -> Names {
        let mut names = Names::default();
        for guest in ["guest0", "guest1", "router"] {
            names.guests.push(guest.try_into().unwrap()).unwrap();
        }
        names.regions.push("moo".try_into().unwrap()).unwrap();
        names
    }

    fn completed(line: &str) -> Completion {
        place(line).map_or(Completion::Nothing, |place| complete(place, &names()))
    }

    fn insert(text: &str) -> Completion {
        Completion::Insert(text.try_into().unwrap())
    }

    #[test]
    fn commands_and_arguments_are_completed() {
        for (line, expected) in [
            ("li", insert("st ")),
            ("pause r", insert("outer ")),
            ("pause ", Completion::Several),
            ("pause g", insert("uest")),
            ("pause guest", Completion::Several),
            ("pause guest0", insert(" ")),
            ("pause x", Completion::Nothing),
            ("pause guest0 ", Completion::Nothing),
            ("detach m", insert("oo ")),
            ("detach moo r", insert("outer ")),
            ("nonsense g", Completion::Nothing),
            ("re", Completion::Several),
            ("colour o", Completion::Several),
        ] {
            assert_eq!(completed(line), expected, "{line:?}");
        }
        assert_eq!(place("help to").unwrap().kind, Kind::Command);
    }
}
