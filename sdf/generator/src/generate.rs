// SPDX-License-Identifier: BSD-2-Clause

//! The whole way: manifest file in, `.system` file, blobs and device trees out.

use crate::manifest::Manifest;
use crate::{check, emit, plan, reader, rules};
use std::path::{Path, PathBuf};
use tombolo_image::board::QEMU_VIRT_AARCH64;
use tombolo_image::diagnostic::{Diagnostic, Diagnostics, Source};
use tombolo_image::system::System;
use tombolo_image::{Options, load, load_text};

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The manifest cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable {
        /// Path as given.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// It is wrong; the text shows where and what to do.
    #[error("{0}")]
    Wrong(String),
    /// It does not fit the platform.
    #[error("error: {0}")]
    Plan(#[from] plan::PlanError),
    /// What was generated breaks a rule: a mistake of ours.
    #[error(
        "{0}\nerror: tombolo generated a system that breaks a rule: this is its defect, please report it"
    )]
    Defect(String),
    /// Output.
    #[error("cannot write `{}`: {source}", path.display())]
    Unwritable {
        /// Path.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
}

/// What was generated, in memory.
#[derive(Debug)]
pub struct Generated {
    /// Name of the `.system` file.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What it says, read back from the text.
    pub system: System,
    /// Name and content of the blobs.
    pub blobs: Vec<(String, Vec<u8>)>,
    /// Name and content of the guests' device trees.
    pub device_trees: Vec<(String, Vec<u8>)>,
}

fn source(path: &Path) -> Result<Source, GenerateError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Source {
            path: path.to_owned(),
            text,
        }),
        Err(source) => Err(GenerateError::Unreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

fn wrong(source: Source, mut list: Vec<Diagnostic>, colour: bool) -> GenerateError {
    list.sort_by_key(Diagnostic::position);
    GenerateError::Wrong(show(&Diagnostics { source, list }, colour))
}

/// All findings, and how many.
fn show(diagnostics: &Diagnostics, colour: bool) -> String {
    let text = diagnostics.render(colour);
    let path = diagnostics.source.path.display();
    match diagnostics.list.len() {
        1 => format!("{text}{path}: 1 error"),
        count => format!("{text}{path}: {count} errors"),
    }
}

/// Reads a manifest without looking at the files it names, nor at what it means.
pub fn read(path: &Path, colour: bool) -> Result<(Source, Manifest), GenerateError> {
    let source = source(path)?;
    let read = reader::read(&source.text);
    match read.manifest {
        Some(manifest) if read.found.is_empty() => Ok((source, manifest)),
        _ => Err(wrong(source, read.found, colour)),
    }
}

/// Reads and checks a manifest, and the files it names if `search` is given.
pub fn load_manifest(
    path: &Path,
    search: Option<&[PathBuf]>,
    colour: bool,
) -> Result<Manifest, GenerateError> {
    let source = source(path)?;
    let mut read = reader::read(&source.text);
    let mut found = std::mem::take(&mut read.found);
    if let Some(manifest) = &read.manifest {
        let more = check::check(manifest, search, found.is_empty());
        found.extend(more.into_iter().filter(|one| !read.is_repaired(one)));
    }
    match read.manifest {
        Some(manifest) if found.is_empty() => Ok(manifest),
        _ => Err(wrong(source, found, colour)),
    }
}

/// Reads and checks a `.system` file; with `search`, the files it names too.
pub fn load_system(path: &Path, search: &[PathBuf], colour: bool) -> Result<System, GenerateError> {
    let options = options(search, !search.is_empty());
    let system = load(path, &options)
        .map_err(|diagnostics| GenerateError::Wrong(show(&diagnostics, colour)))?;
    let found = rules::check(&system);
    if found.is_empty() {
        return Ok(system);
    }
    Err(wrong(system.source, found, colour))
}

fn options(search: &[PathBuf], read_files: bool) -> Options {
    Options {
        board: &QEMU_VIRT_AARCH64,
        search_paths: search.to_vec(),
        read_files,
    }
}

/// Generates in memory, and reads back what was generated.
pub fn generate(manifest: &Manifest, search: &[PathBuf]) -> Result<Generated, GenerateError> {
    let plan = plan::plan(manifest, search)?;
    let name = manifest.system.name.get_ref();
    let title = format!("{name}: {}", manifest.system.description);
    let text = emit::system(&plan.system, &title);
    let name = format!("{name}.system");
    let system = load_text(Path::new(&name), &text, &options(&[], false))
        .map_err(|diagnostics| GenerateError::Defect(show(&diagnostics, false)))?;
    let found = rules::check(&system);
    if !found.is_empty() {
        let text = wrong(system.source, found, false).to_string();
        return Err(GenerateError::Defect(text));
    }
    Ok(Generated {
        name,
        text,
        system,
        blobs: plan.blobs,
        device_trees: plan.device_trees,
    })
}

impl Generated {
    /// Writes everything into directory `out`; returns the `.system` file's path.
    pub fn write(&self, out: &Path) -> Result<PathBuf, GenerateError> {
        std::fs::create_dir_all(out).map_err(|source| GenerateError::Unwritable {
            path: out.to_owned(),
            source,
        })?;
        for (name, bytes) in self.blobs.iter().chain(&self.device_trees) {
            write(&out.join(name), bytes)?;
        }
        let path = out.join(&self.name);
        write(&path, self.text.as_bytes())?;
        Ok(path)
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), GenerateError> {
    std::fs::write(path, bytes).map_err(|source| GenerateError::Unwritable {
        path: path.to_owned(),
        source,
    })
}
