// SPDX-License-Identifier: BSD-2-Clause

//! The whole way: manifest file in, `.system` file and blobs out.

use crate::diagnostic::{Diagnostic, Source, render};
use crate::manifest::Manifest;
use crate::{check, emit, plan};
use std::path::{Path, PathBuf};

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The manifest cannot be read.
    #[error("cannot read manifest `{}`: {source}", path.display())]
    Unreadable {
        /// Path as given.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// The manifest is wrong; the text shows where and what to do.
    #[error("{0}")]
    Wrong(String),
    /// It does not fit the platform.
    #[error("error: {0}")]
    Plan(#[from] plan::PlanError),
    /// Output.
    #[error("cannot write `{}`: {source}", path.display())]
    Unwritable {
        /// Path.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
}

/// Reads a manifest without looking at the files it names.
pub fn read(path: &Path, colour: bool) -> Result<(Source, Manifest), GenerateError> {
    let text = std::fs::read_to_string(path).map_err(|source| GenerateError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let source = Source {
        path: path.display().to_string(),
        text,
    };
    match toml::from_str(&source.text) {
        Ok(manifest) => Ok((source, manifest)),
        Err(error) => {
            let end = source.text.len();
            let span = error.span().unwrap_or(end..end);
            let diagnostic = Diagnostic::new(
                "the manifest cannot be understood",
                span,
                error.message().to_owned(),
                "`docs/interfaces/manifest.md` lists every key",
            );
            Err(GenerateError::Wrong(render(&source, &[diagnostic], colour)))
        }
    }
}

/// Reads and checks a manifest and the files it names.
pub fn load(path: &Path, search: &[PathBuf], colour: bool) -> Result<Manifest, GenerateError> {
    let (source, manifest) = read(path, colour)?;
    let found = check::check(&manifest, search);
    if found.is_empty() {
        return Ok(manifest);
    }
    Err(GenerateError::Wrong(render(&source, &found, colour)))
}

/// Generates into directory `out`; returns the `.system` file's path.
pub fn generate(
    manifest: &Manifest,
    search: &[PathBuf],
    out: &Path,
) -> Result<PathBuf, GenerateError> {
    let plan = plan::plan(manifest, search)?;
    std::fs::create_dir_all(out).map_err(|source| GenerateError::Unwritable {
        path: out.to_owned(),
        source,
    })?;
    for (name, bytes) in &plan.blobs {
        write(&out.join(name), bytes)?;
    }
    let name = manifest.system.name.get_ref();
    let title = format!("{name}: {}", manifest.system.description);
    let path = out.join(format!("{name}.system"));
    write(&path, emit::system(&plan.system, &title).as_bytes())?;
    Ok(path)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), GenerateError> {
    std::fs::write(path, bytes).map_err(|source| GenerateError::Unwritable {
        path: path.to_owned(),
        source,
    })
}
