// SPDX-License-Identifier: BSD-2-Clause

//! `tombolo`: the command line of the generator.
//!
//! Exit codes: 0 done, 1 something is wrong (for `diff`: the systems differ), 2 a
//! wrong command line (for `diff` also: a system cannot be read).

#![forbid(unsafe_code)]

mod arguments;
mod input;

use arguments::{Arguments, Command, Format};
use clap::{CommandFactory, Parser};
use input::{Input, System};
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tombolo::authority::{self, diff, svg};
use tombolo::generate::{generate, load_manifest, load_system};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_diff = matches!(arguments.command, Command::Diff { .. });
    match run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            if is_diff {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    let colour = std::io::stderr().is_terminal();
    match command {
        Command::Generate {
            manifest,
            search_path,
            output,
        } => {
            let manifest = load_manifest(&manifest, Some(&search_path), colour)?;
            let path = generate(&manifest, &search_path)?.write(&output)?;
            print(&format!("{}\n", path.display()))?;
        }
        Command::Check {
            file,
            search_path,
            no_files,
        } => check(&file, &search_path, no_files, colour)?,
        Command::Explain {
            system,
            search_path,
            format,
        } => return explain(&system, &search_path, &format, colour),
        Command::Diff {
            before,
            after,
            search_path,
            json,
        } => {
            let before = System::read(&before, &search_path, colour)?;
            let after = System::read(&after, &search_path, colour)?;
            let difference = diff(&before.authority, &after.authority);
            if json {
                print(&format!("{:#}\n", serde_json::to_value(&difference)?))?;
            } else {
                print(&difference.text())?;
            }
            return Ok(ExitCode::from(u8::from(!difference.is_empty())));
        }
        Command::Schema => print(&format!("{:#}\n", tombolo::schema::schema()))?,
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "tombolo", &mut text);
            print(&String::from_utf8(text)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check(
    file: &Path,
    search: &[PathBuf],
    no_files: bool,
    colour: bool,
) -> Result<(), Box<dyn Error>> {
    match Input::of(file) {
        Input::Manifest(path) => {
            let search = (!no_files).then_some(search);
            let manifest = load_manifest(&path, search, colour)?;
            if let Some(search) = search {
                generate(&manifest, search)?;
            }
        }
        Input::System(path) => {
            let search = if no_files { &[] } else { search };
            load_system(&path, search, colour)?;
        }
    }
    print(&format!("{}: no error found\n", file.display()))?;
    Ok(())
}

fn explain(
    system: &Path,
    search: &[PathBuf],
    format: &Format,
    colour: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let system = System::read(system, search, colour)?;
    if format.json {
        print(&format!("{:#}\n", serde_json::to_value(&system.authority)?))?;
    } else if format.svg {
        print(&svg(&system.authority, &system.title))?;
    } else {
        print(&authority::table(&system.authority))?;
    }
    for contradiction in &system.authority.contradictions {
        eprintln!("error: {contradiction}");
    }
    if system.authority.contradictions.is_empty() {
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

/// Prints; a reader that goes away (`| head`) is no error.
fn print(text: &str) -> std::io::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
