// SPDX-License-Identifier: BSD-2-Clause

//! The command line.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Generates Tombolo systems for seL4 Microkit, and explains them.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the `.system` file, the configuration blobs and the guests' device trees
    Generate {
        /// The manifest (`sdf/NAME.toml`)
        manifest: PathBuf,
        /// Directory to look for guest images in; repeatable
        #[arg(long = "search-path")]
        search_path: Vec<PathBuf>,
        /// Directory to write to
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Check a manifest or a `.system` file, and the files it names; write nothing
    Check {
        /// The manifest or `.system` file
        file: PathBuf,
        /// Directory to look for files in; repeatable
        #[arg(long = "search-path")]
        search_path: Vec<PathBuf>,
        /// Do not look at the files it names
        #[arg(long)]
        no_files: bool,
    },
    /// Show who can read, write, notify, call and restart whom, and who holds what
    Explain {
        /// A `.system` file (`.system` may be left out), or a manifest
        system: PathBuf,
        /// Directory to look for files in; repeatable
        #[arg(long = "search-path")]
        search_path: Vec<PathBuf>,
        #[command(flatten)]
        format: Format,
    },
    /// Show what authority a change adds and removes; exit code 1 if any
    Diff {
        /// The system before: a `.system` file or a manifest
        before: PathBuf,
        /// The system after
        after: PathBuf,
        /// Directory to look for files in; repeatable
        #[arg(long = "search-path")]
        search_path: Vec<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON schema of manifests
    Schema,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// How to show it; a table if none is chosen.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Format {
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// As a drawing
    #[arg(long)]
    pub svg: bool,
}
