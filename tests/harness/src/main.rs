// SPDX-License-Identifier: BSD-2-Clause

//! `tombolo-harness`: boots one system, for a person or for a verdict.

#![forbid(unsafe_code)]

use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tombolo::manifest::Manifest;
use tombolo_harness::judge::{Judge, Verdict};
use tombolo_harness::qemu;
use tombolo_harness::trace::{self, Dump};
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
    /// After the verdict, take the traces and write them there as text and as
    /// JSON for Perfetto
    #[arg(long, value_name = "DIR", requires = "batch")]
    trace: Option<PathBuf>,
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
    let (verdict, dump) = qemu::batch(
        &arguments.image,
        &mut judge,
        &mut typist,
        arguments.icount,
        arguments.trace.is_some(),
    )?;
    println!(
        "{}: {:.1} s in QEMU",
        manifest.system.name.get_ref(),
        start.elapsed().as_secs_f64()
    );
    let verdict = match &arguments.trace {
        Some(directory) => write_traces(directory, &manifest, dump.as_ref(), verdict)?,
        None => verdict,
    };
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

/// Writes the traces; a run without them has failed.
fn write_traces(
    directory: &Path,
    manifest: &Manifest,
    dump: Option<&Dump>,
    verdict: Verdict,
) -> Result<Verdict, Box<dyn std::error::Error>> {
    let Some(dump) = dump else {
        let reason = "the console's shell did not hand out the traces";
        return Ok(match verdict {
            Verdict::Pass | Verdict::Undecided => Verdict::Fail(reason.into()),
            failed => failed,
        });
    };
    std::fs::create_dir_all(directory)?;
    let name = manifest.system.name.get_ref();
    let records: usize = dump.tracks.iter().map(|track| track.records.len()).sum();
    let (text, picture) = (
        directory.join(format!("{name}.txt")),
        directory.join(format!("{name}.json")),
    );
    std::fs::write(&text, trace::text(dump))?;
    let (json, arrows) = trace::perfetto(dump, &trace::clients(manifest))?;
    std::fs::write(&picture, json)?;
    println!(
        "{records} records of {} protection domains, {arrows} signals: {} (text), {} (for Perfetto)",
        dump.tracks.len(),
        text.display(),
        picture.display()
    );
    Ok(verdict)
}
