// SPDX-License-Identifier: BSD-2-Clause

//! `tombolo-harness`: boots one system, for a person or for a verdict.

#![forbid(unsafe_code)]

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use tombolo_harness::judge::{Judge, Verdict};
use tombolo_harness::qemu;
use tombolo_harness::typist::Typist;

/// Boots a system in QEMU.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The system's manifest: its `[batch]` part says what must be seen
    manifest: PathBuf,
    /// The boot image
    #[arg(long)]
    image: PathBuf,
    /// End by itself with a verdict instead of waiting for a person
    #[arg(long)]
    batch: bool,
    /// Count instructions: one is one virtual nanosecond (slower)
    #[arg(long)]
    icount: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            println!("RESULT: fail: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    if !arguments.batch {
        println!("Ctrl-A X ends QEMU; Ctrl-] ? shows what the console can do.");
        qemu::interactive(&arguments.image)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (_, manifest) = tombolo::generate::read(&arguments.manifest, false)?;
    let mut judge = Judge::new(&manifest.batch);
    let start = Instant::now();
    let mut typist = Typist::new(&manifest.batch.typing, start).map_err(|error| error.what)?;
    let verdict = qemu::batch(&arguments.image, &mut judge, &mut typist, arguments.icount)?;
    println!(
        "{}: {:.1} s in QEMU",
        manifest.system.name.get_ref(),
        start.elapsed().as_secs_f64()
    );
    match verdict {
        Verdict::Pass => {
            println!("RESULT: pass");
            Ok(ExitCode::SUCCESS)
        }
        Verdict::Undecided => {
            println!("RESULT: fail: the run ended without a decision");
            Ok(ExitCode::FAILURE)
        }
        Verdict::Fail(reason) => {
            println!("RESULT: fail: {reason}");
            Ok(ExitCode::FAILURE)
        }
    }
}
