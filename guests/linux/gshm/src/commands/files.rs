// SPDX-License-Identifier: BSD-2-Clause

//! Send and recv.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gshm::transfer::receive::receive;
use gshm::transfer::send::{Sum, send as send_file};
use gshm::transfer::{Purpose, Settings};
use guest_shm::data::hex;
use guest_shm::{Attached, Device, Driver, Error};

use crate::arguments::Transfer;
use crate::output::{print, print_attachment};
use crate::progress::Progress;

fn settings(arguments: &Transfer) -> Settings {
    Settings {
        purpose: Purpose::Transfer,
        timeout: Duration::from_secs(arguments.timeout),
    }
}

fn attach(device: &Driver, arguments: &Transfer) -> Result<Attached, Error> {
    let region = device.attach(&arguments.name, arguments.size)?;
    if !arguments.quiet {
        eprintln!("gshm: waiting for the other side in \"{}\"", arguments.name);
    }
    Ok(region)
}

fn report(what: &str, sum: Sum, start: Instant) {
    print(&format!(
        "{what} {} bytes in {:.1} s, sha256 {}",
        sum.length,
        start.elapsed().as_secs_f64(),
        hex(&sum.digest)
    ));
}

fn is_stream(path: &Path) -> bool {
    path == Path::new("-")
}

pub fn send(device: &Driver, arguments: &Transfer) -> Result<(), Error> {
    let path = &arguments.file;
    let failed = |source: io::Error| Error::os(format!("opening {}", path.display()), source);
    let (mut input, length): (Box<dyn Read>, _) = if is_stream(path) {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        // What is no regular file has a length that only its end tells.
        let length = metadata.is_file().then_some(metadata.len());
        (Box::new(file), length)
    };
    let region = attach(device, arguments)?;
    print_attachment(guest_shm::Region::attachment(&region));
    let mut progress = Progress::new(arguments.quiet);
    let start = Instant::now();
    let settings = settings(arguments);
    let sent = send_file(&region, settings, &mut input, length, |at| {
        progress.show(at, length);
    });
    progress.end();
    report("sent", sent?, start);
    Ok(())
}

pub fn recv(device: &Driver, arguments: &Transfer) -> Result<(), Error> {
    let target = Target::new(&arguments.file)?;
    let region = attach(device, arguments)?;
    print_attachment(guest_shm::Region::attachment(&region));
    let mut progress = Progress::new(arguments.quiet);
    let start = Instant::now();
    let mut out = target.writer()?;
    let received = receive(&region, settings(arguments), &mut out, |at, length| {
        progress.show(at, length);
    });
    progress.end();
    let received = received?;
    drop(out);
    let sum = received.sum();
    let placed = target.place();
    // The sender learns first, as it waits; what went wrong here is said here.
    received.answer(placed.is_ok())?;
    placed?;
    if !is_stream(&arguments.file) {
        report("received", sum, start);
    }
    Ok(())
}

/// Where a received file goes; what is incomplete is removed again.
enum Target {
    Stream,
    File { part: PathBuf, path: PathBuf },
}

impl Target {
    fn new(path: &Path) -> Result<Target, Error> {
        if is_stream(path) {
            return Ok(Target::Stream);
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        Ok(Target::File {
            part: part.into(),
            path: path.into(),
        })
    }

    fn writer(&self) -> Result<Box<dyn Write>, Error> {
        match self {
            Target::Stream => Ok(Box::new(io::stdout())),
            Target::File { part, .. } => {
                let file = File::create(part)
                    .map_err(|e| Error::os(format!("creating {}", part.display()), e))?;
                Ok(Box::new(BufWriter::with_capacity(1 << 16, file)))
            }
        }
    }

    fn place(&self) -> Result<(), Error> {
        match self {
            Target::Stream => Ok(()),
            Target::File { part, path } => fs::rename(part, path)
                .map_err(|e| Error::os(format!("renaming to {}", path.display()), e)),
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Target::File { part, .. } = self {
            // After `place` it is not there any more.
            let _ = fs::remove_file(part);
        }
    }
}
