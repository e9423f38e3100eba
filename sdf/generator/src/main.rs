// SPDX-License-Identifier: BSD-2-Clause

//! `tombolo`: the command line of the generator.

#![forbid(unsafe_code)]

use clap::{Parser, Subcommand};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use tombolo::generate::{GenerateError, generate, load};

/// Generates Tombolo systems for seL4 Microkit.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the `.system` file and the protection domains' configuration blobs
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
    /// Check a manifest and the files it names; write nothing
    Check {
        /// The manifest
        manifest: PathBuf,
        /// Directory to look for guest images in; repeatable
        #[arg(long = "search-path")]
        search_path: Vec<PathBuf>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), GenerateError> {
    let colour = std::io::stderr().is_terminal();
    match command {
        Command::Generate {
            manifest,
            search_path,
            output,
        } => {
            let manifest = load(&manifest, &search_path, colour)?;
            let path = generate(&manifest, &search_path, &output)?;
            println!("{}", path.display());
        }
        Command::Check {
            manifest,
            search_path,
        } => {
            let manifest = load(&manifest, &search_path, colour)?;
            println!("{}: no error found", manifest.system.name.get_ref());
        }
    }
    Ok(())
}
