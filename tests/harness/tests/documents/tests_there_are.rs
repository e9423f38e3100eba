// SPDX-License-Identifier: BSD-2-Clause

//! The tests of the tree, by name.

use crate::table::Name;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct TestsThereAre {
    functions: BTreeSet<String>,
    suites: BTreeSet<String>,
}

impl TestsThereAre {
    /// From the tree's sources.
    pub fn new(root: &Path, sources: &[(PathBuf, String)]) -> Self {
        let functions = sources.iter().flat_map(|(_, text)| functions(text));
        Self {
            functions: functions.collect(),
            suites: suites(root),
        }
    }

    pub fn contains(&self, name: &Name) -> bool {
        match name {
            Name::Test(name) => self.functions.contains(name),
            Name::Suite(name) => self.suites.contains(name),
        }
    }
}

/// Functions below a `#[test]`, other attributes between them or not.
fn functions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line == "#[test]" {
            is_test = true;
        } else if let Some(rest) = line.strip_prefix("fn ").filter(|_| is_test) {
            let name = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            found.extend(name.map(String::from));
            is_test = false;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            is_test = false;
        }
    }
    found
}

/// Suites that have a folder and are run.
fn suites(root: &Path) -> BTreeSet<String> {
    let run = std::fs::read_to_string(root.join("tests/run.sh")).expect("tests/run.sh");
    let words: BTreeSet<&str> = run
        .split(|c: char| c.is_whitespace() || c == ';' || c == '"')
        .collect();
    let folders = std::fs::read_dir(root.join("tests/suites")).expect("tests/suites");
    folders
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| words.contains(name.as_str()))
        .collect()
}
