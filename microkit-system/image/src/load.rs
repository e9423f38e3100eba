// SPDX-License-Identifier: BSD-2-Clause

//! From a path to a system that was checked.

use std::path::{Path, PathBuf};

use crate::board::Board;
use crate::check::{check, load_programs};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source};
use crate::system::{SearchPath, System, parse};

/// How to load a system.
#[derive(Clone, Debug)]
pub struct Options {
    /// The board it is for.
    pub board: &'static Board,
    /// Directories with the files that the description names; the current one comes
    /// last by itself.
    pub search_paths: Vec<PathBuf>,
    /// Whether to read the files that the description names: programs and prefill
    /// files. Without them the description alone is checked.
    pub read_files: bool,
}

/// Reads and checks a system.
///
/// # Errors
/// All findings, warnings included, if one of them is an error.
pub fn load(path: &Path, options: &Options) -> Result<System, Diagnostics> {
    match std::fs::read_to_string(path) {
        Ok(text) => load_text(path, &text, options),
        Err(error) => {
            let title = format!(
                "cannot read the system description {}: {error}",
                path.display()
            );
            Err(Diagnostics {
                source: Source::default(),
                list: vec![Diagnostic::error(title)],
            })
        }
    }
}

/// As [`load`], with the description's text; `path` is for messages.
///
/// # Errors
/// As [`load`].
pub fn load_text(path: &Path, text: &str, options: &Options) -> Result<System, Diagnostics> {
    let files = SearchPath::new(&options.search_paths);
    let (mut system, mut list) = parse(
        path,
        text,
        options.board,
        options.read_files.then_some(&files),
    );
    // A description that was no XML, or no system, has nothing else to check.
    let readable = list.is_empty() || !system.domains.is_empty() || !system.regions.is_empty();
    if readable {
        check(&mut system, &mut list);
        if options.read_files {
            load_programs(&mut system, &files, &mut list);
        }
    }
    if list
        .iter()
        .any(|diagnostic| diagnostic.severity() == Severity::Error)
    {
        list.append(&mut system.warnings);
        list.sort_by_key(Diagnostic::position);
        return Err(Diagnostics {
            source: system.source,
            list,
        });
    }
    Ok(system)
}
