// SPDX-License-Identifier: BSD-2-Clause

//! What the judge printed.
//!
//! | line | meaning |
//! |---|---|
//! | `page WHO START END STEP ACCESS` | these pages gave that access |
//! | `mark WHO PAGE WHOSE THERE` | at the page lay the mark that WHOSE stored from THERE on |
//! | `slot WHO SLOT KIND [WHOM [BADGE]]` | what the slot holds, and whom it reached |
//! | `slots WHO FIRST COUNT tried EMPTY empty` | how many slots were tried |

use crate::plan::Range;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Pages and what they gave.
    Page(String, Range, String),
    /// A mark.
    Mark {
        /// Who looked.
        who: String,
        /// At which page.
        page: u64,
        /// Whose mark it was.
        whose: String,
        /// Start of the run of pages in which that one had stored it.
        there: u64,
    },
    /// A slot that is not empty.
    Slot {
        /// Whose.
        who: String,
        /// Which.
        slot: u64,
        /// What it holds.
        kind: String,
        /// Whom it reached.
        whom: Option<String>,
        /// With which badge.
        badge: Option<u64>,
    },
    /// How many slots were tried, and were empty.
    Slots(String, u64, u64),
    /// The end.
    End,
}

/// Why a line is none.
#[derive(Debug, thiserror::Error)]
#[error("the judge's line cannot be read: `{0}`")]
pub struct BadLine(String);

/// The judge's lines in a log.
pub fn parse(log: &str) -> Result<Vec<Line>, BadLine> {
    let said = log.lines().filter_map(|line| {
        let rest = line.strip_prefix("matrix")?.trim_start();
        Some(rest.strip_prefix("> ")?.trim_end())
    });
    let lines = said.filter(|text| {
        let known = ["page ", "mark ", "slot ", "slots ", "CHECK matrix: pass"];
        known.iter().any(|start| text.starts_with(start))
    });
    lines
        .map(|text| line(text).ok_or_else(|| BadLine(text.to_owned())))
        .collect()
}

fn line(text: &str) -> Option<Line> {
    let words: Vec<&str> = text.split(' ').collect();
    let owned = |word: &&str| (*word).to_owned();
    Some(match words.as_slice() {
        ["page", who, start, end, step, access] => {
            let range = Range {
                start: number(start)?,
                end: number(end)?,
                step: number(step)?,
            };
            Line::Page(owned(who), range, owned(access))
        }
        ["mark", who, page, whose, there] => Line::Mark {
            who: owned(who),
            page: number(page)?,
            whose: owned(whose),
            there: number(there)?,
        },
        ["slot", who, slot, kind, rest @ ..] if rest.len() <= 2 => Line::Slot {
            who: owned(who),
            slot: number(slot)?,
            kind: owned(kind),
            whom: rest.first().map(owned),
            badge: match rest.get(1) {
                Some(badge) => Some(number(badge)?),
                None => None,
            },
        },
        ["slots", who, _, count, "tried", empty, "empty"] => {
            Line::Slots(owned(who), number(count)?, number(empty)?)
        }
        ["CHECK", "matrix:", "pass"] => Line::End,
        _ => return None,
    })
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
