// SPDX-License-Identifier: BSD-2-Clause

//! Systems as the command line names them: `.system` files or manifests.

use std::path::{Path, PathBuf};
use tombolo::authority::{Authority, Blobs};
use tombolo::generate::{GenerateError, generate, load_manifest, load_system};

/// What a path is.
pub enum Input {
    /// A manifest.
    Manifest(PathBuf),
    /// A `.system` file.
    System(PathBuf),
}

impl Input {
    /// By its extension; without one, `.system` and then `.toml` are tried.
    pub fn of(path: &Path) -> Self {
        let with = |extension: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(extension);
            PathBuf::from(name)
        };
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            Self::Manifest(path.to_owned())
        } else if path.is_file() {
            Self::System(path.to_owned())
        } else if with(".system").is_file() {
            Self::System(with(".system"))
        } else if with(".toml").is_file() {
            Self::Manifest(with(".toml"))
        } else {
            Self::System(path.to_owned())
        }
    }
}

/// A system with its authority.
pub struct System {
    /// For headings.
    pub title: String,
    /// Who can do what.
    pub authority: Authority,
}

impl System {
    /// Reads a `.system` file, or generates one in memory from a manifest.
    pub fn read(path: &Path, search: &[PathBuf], colour: bool) -> Result<Self, GenerateError> {
        match Input::of(path) {
            Input::Manifest(path) => {
                let manifest = load_manifest(&path, Some(search), colour)?;
                let made = generate(&manifest, search)?;
                let blobs = Blobs::generated(&made.system, &made.blobs);
                Ok(Self {
                    title: made.name.clone(),
                    authority: Authority::of(&made.system, &blobs),
                })
            }
            Input::System(path) => {
                // The files it names need not be there.
                let system = load_system(&path, &[], colour)?;
                let blobs = Blobs::beside(&system, &path, search);
                let title = path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned());
                Ok(Self {
                    title: title.unwrap_or_default(),
                    authority: Authority::of(&system, &blobs),
                })
            }
        }
    }
}
