// SPDX-License-Identifier: BSD-2-Clause

//! `tombolo-matrix`: makes the system of probes, and compares what it printed.

#![forbid(unsafe_code)]

use clap::{Parser, Subcommand};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tombolo_matrix::compare::compare;
use tombolo_matrix::lines;
use tombolo_matrix::matrix::Matrix;
use tombolo_matrix::prepare::prepare;

/// Most differences that are shown.
const SHOWN: usize = 40;

/// Holds an access matrix against what probes on the target can touch.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the system of probes of a system, and its plan
    Prepare {
        /// The system: a `.system` file
        system: PathBuf,
        /// Its matrix: what `tombolo explain --json` prints
        #[arg(long)]
        matrix: PathBuf,
        /// Directory for `matrix.system` and `matrix.plan`
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Compare the judge's lines with the matrix; exit code 1 if they differ
    Compare {
        /// The run's output
        log: PathBuf,
        /// The matrix
        #[arg(long)]
        matrix: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Prepare {
            system,
            matrix,
            output,
        } => {
            let matrix: Matrix = serde_json::from_str(&read(&matrix)?)?;
            let probes = prepare(&read(&system)?, &matrix)?;
            std::fs::create_dir_all(&output)?;
            std::fs::write(output.join("matrix.system"), probes.system)?;
            std::fs::write(output.join("matrix.plan"), probes.plan)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Compare { log, matrix } => {
            let matrix: Matrix = serde_json::from_str(&read(&matrix)?)?;
            let outcome = compare(&matrix, &lines::parse(&read(&log)?)?);
            for difference in outcome.differences.iter().take(SHOWN) {
                println!("difference: {difference}");
            }
            println!(
                "{} address spaces: {} pages, {} marks and {} slots tried, {} differences",
                matrix.subjects.len(),
                outcome.pages,
                outcome.marks,
                outcome.slots,
                outcome.differences.len()
            );
            Ok(ExitCode::from(u8::from(!outcome.differences.is_empty())))
        }
    }
}
