// SPDX-License-Identifier: BSD-2-Clause

//! One mistake, one message: every manifest and `.system` file in
//! `tests/fixtures` has one mistake, and the `.txt` file beside it is what
//! `tombolo check` says.
//!
//! After a change of wording run with `UPDATE_FIXTURES=1` and read the
//! difference.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use tombolo::generate::{generate, load_manifest, load_system};

/// What `tombolo check` says.
fn findings(path: &Path, guests: &Path) -> String {
    let search = [guests.to_owned()];
    let result = if path
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        load_manifest(path, Some(&search), false)
            .and_then(|manifest| generate(&manifest, &search).map(|_| ()))
    } else {
        load_system(path, &[], false).map(|_| ())
    };
    let text = match result {
        Ok(()) => "no error found".into(),
        Err(error) => error.to_string(),
    };
    text.replace(&guests.display().to_string(), "GUESTS") + "\n"
}

fn fixtures() -> Vec<PathBuf> {
    let directory = Path::new("tests/fixtures");
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "txt"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn every_mistake_has_its_message() {
    let guests = common::guests();
    let mut wrong = Vec::new();
    for path in fixtures() {
        let found = findings(&path, guests.path());
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&expected, &found).unwrap();
        } else if fs::read_to_string(&expected).ok().as_ref() != Some(&found) {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "other than expected (UPDATE_FIXTURES=1 accepts):\n{}",
        wrong.join("\n")
    );
}

/// The message is about the mistake and nothing else; only those named find
/// several, or nothing.
#[test]
fn one_mistake_makes_one_error() {
    let guests = common::guests();
    for path in fixtures() {
        let found = findings(&path, guests.path());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let errors = found
            .lines()
            .filter(|line| line.starts_with("error"))
            .count();
        let expected = match name.as_str() {
            "good" | "good-join" | "good-manage" | "good-rules" | "good-withhold"
            | "system-good" => 0,
            "several" => 4,
            _ => 1,
        };
        assert_eq!(errors, expected, "{name}:\n{found}");
        let placed = found.contains(&format!("--> {}:", path.display()));
        assert!(expected == 0 || placed, "{name} names no place:\n{found}");
    }
}
