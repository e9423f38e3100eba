// SPDX-License-Identifier: BSD-2-Clause

//! Finding the files that a description names.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Located};

/// Where to look for files.
#[derive(Clone, Debug, Default)]
pub struct SearchPath {
    directories: Vec<PathBuf>,
}

impl SearchPath {
    /// The directories in this order, then the current one.
    pub fn new(directories: &[PathBuf]) -> Self {
        let mut directories = directories.to_vec();
        directories.push(PathBuf::from("."));
        Self { directories }
    }

    /// The first directory's file of that name.
    fn find(&self, name: &str) -> Option<PathBuf> {
        self.directories
            .iter()
            .map(|directory| directory.join(name))
            .find(|path| path.is_file())
    }

    /// Path and content of the file that `name` names.
    ///
    /// # Errors
    /// A diagnostic at `name`: not found (with the directories searched, and a file of
    /// a similar name if there is one), or unreadable.
    pub fn read(
        &self,
        what: &str,
        name: &Located<String>,
    ) -> Result<(PathBuf, Vec<u8>), Diagnostic> {
        let Some(path) = self.find(&name.value) else {
            return Err(self.not_found(what, name));
        };
        match std::fs::read(&path) {
            Ok(bytes) => Ok((path, bytes)),
            Err(error) => Err(Diagnostic::error(format!(
                "cannot read the {what} {}: {error}",
                path.display()
            ))
            .at(&name.span, "")),
        }
    }

    fn not_found(&self, what: &str, name: &Located<String>) -> Diagnostic {
        let directories: Vec<String> = self
            .directories
            .iter()
            .map(|directory| directory.display().to_string())
            .collect();
        let similar = self
            .similar(&name.value)
            .map(|path| format!("there is `{path}`"));
        let missing: Vec<&Path> = self
            .directories
            .iter()
            .map(PathBuf::as_path)
            .filter(|directory| !directory.is_dir())
            .collect();
        let mut diagnostic = Diagnostic::error(format!("there is no {what} `{}`", name.value))
            .at(&name.span, "not found")
            .note(format!("searched in: {}", directories.join(", ")))
            .help_if(similar)
            .help("build it first, or name its directory with --search-path");
        for directory in missing {
            diagnostic = diagnostic.note(format!(
                "the directory {} does not exist",
                directory.display()
            ));
        }
        diagnostic
    }

    /// A file of a similar name.
    fn similar(&self, name: &str) -> Option<String> {
        let names: Vec<String> = self
            .directories
            .iter()
            .filter_map(|directory| std::fs::read_dir(directory).ok())
            .flat_map(|entries| entries.filter_map(Result::ok))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        crate::diagnostic::nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
    }
}
