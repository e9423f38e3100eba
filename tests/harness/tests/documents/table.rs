// SPDX-License-Identifier: BSD-2-Clause

//! Tables in a document that name tests.

use std::fmt;

/// A test that a row names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Test(String),
    Suite(String),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test(name) => write!(f, "test `{name}`"),
            Self::Suite(name) => write!(f, "suite `{name}`"),
        }
    }
}

/// A row of a table that names tests.
#[derive(Debug)]
pub struct Row {
    /// Line in the document, from 1.
    pub line: usize,
    pub names: Vec<Name>,
}

/// All such rows of a document.
pub fn rows(text: &str) -> Vec<Row> {
    let mut found = Vec::new();
    let mut lines = (1..).zip(text.lines()).peekable();
    while let Some((_, line)) = lines.next() {
        if !names_tests(line) {
            continue;
        }
        while let Some((number, line)) = lines.next_if(|(_, line)| line.starts_with('|')) {
            if !line.starts_with("|---") {
                found.push(Row {
                    line: number,
                    names: names(last_cell(line)),
                });
            }
        }
    }
    found
}

/// Whether a line is the head of a table whose last column names tests.
fn names_tests(line: &str) -> bool {
    let cell = last_cell(line);
    line.starts_with('|') && (cell.starts_with("shown by") || cell == "test")
}

fn last_cell(line: &str) -> &str {
    let row = line.trim_end().trim_end_matches('|');
    row.rsplit('|').next().unwrap_or_default().trim()
}

/// What stands in backticks.
fn names(cell: &str) -> Vec<Name> {
    let parts: Vec<&str> = cell.split('`').collect();
    parts
        .chunks_exact(2)
        .map(|pair| {
            let name = pair[1].to_string();
            if pair[0].trim_end().ends_with("suite") {
                Name::Suite(name)
            } else {
                Name::Test(name)
            }
        })
        .collect()
}
