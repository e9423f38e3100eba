// SPDX-License-Identifier: BSD-2-Clause

//! What the documents say is shown by a test is shown by a test that exists.
//!
//! Every table whose last column is "shown by" or "test" (threats, guarantees) must
//! name in each row at least one test, in backticks, and every name must be one of:
//!
//! | written | exists if |
//! |---|---|
//! | `` `name` `` | a function `name` with `#[test]` is in the tree |
//! | ``suite `name` `` | `tests/suites/name` is there and `tests/run.sh` runs it |

mod table;
mod tests_there_are;

use std::path::{Path, PathBuf};
use table::{Row, rows};
use tests_there_are::TestsThereAre;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Files below `folder` whose names end so, without what is built or fetched.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a folder of the tree");
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str());
        match name {
            Some("target" | "build" | ".git") | None => {}
            Some(_) if path.is_dir() => files(&path, ending, found),
            Some(name) if name.ends_with(ending) => found.push(path),
            Some(_) => {}
        }
    }
}

fn all(ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root(), ending, &mut found);
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a text file");
        (path, text)
    };
    found.into_iter().map(read).collect()
}

/// What is wrong with a row, if anything.
fn complaint(row: &Row, there_are: &TestsThereAre) -> Option<String> {
    if row.names.is_empty() {
        return Some("names no test".into());
    }
    let missing: Vec<String> = (row.names.iter())
        .filter(|name| !there_are.contains(name))
        .map(ToString::to_string)
        .collect();
    (!missing.is_empty()).then(|| format!("there is no {}", missing.join(", ")))
}

#[test]
fn every_threat_and_guarantee_names_tests_that_exist() {
    let there_are = TestsThereAre::new(&root(), &all(".rs"));
    let mut checked = 0;
    let mut complaints = Vec::new();
    for (path, text) in all(".md") {
        for row in rows(&text) {
            checked += 1;
            if let Some(complaint) = complaint(&row, &there_are) {
                complaints.push(format!("{}:{}: {complaint}", path.display(), row.line));
            }
        }
    }
    assert!(checked > 50, "only {checked} rows: were tables renamed?");
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn a_row_without_a_test_or_with_a_wrong_name_is_found() {
    let code = "#[test]\n#[ignore]\nfn it_is_there() {\n}\nfn a_helper() {}\n";
    let there_are = TestsThereAre::new(&root(), &[(PathBuf::new(), code.into())]);
    let text = "| # | shown by |\n|---|---|\n\
        | 1 | `it_is_there`, suite `registers` |\n\
        | 2 | by type |\n\
        | 3 | `a_helper` |\n\
        | 4 | `it_is_there`, suite `nowhere` |\n\n\
        | a | b |\n|---|---|\n| 1 | `what` |\n";
    let found: Vec<Option<String>> = rows(text)
        .iter()
        .map(|row| complaint(row, &there_are))
        .collect();
    let expected = [
        None,
        Some("names no test"),
        Some("there is no test `a_helper`"),
        Some("there is no suite `nowhere`"),
    ];
    assert_eq!(found, expected.map(|text| text.map(String::from)));
}
