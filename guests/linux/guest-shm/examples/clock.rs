// SPDX-License-Identifier: BSD-2-Clause

//! A clock that one guest writes and any number of guests read.
//!
//! ```sh
//! clock write          # in a member of the pool
//! clock                # in members and readers of the pool
//! ```
//!
//! Readers map the region for reading only, so no reader can disturb another. The
//! writer signals nobody: a reader looks when it wants to know.

use std::env;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use guest_shm::{Attached, Device, Driver, Region, Watched};
use shmem_rings::{Kind, Shape, Shared, SnapshotReader, SnapshotWriter, create};

/// The region; a pool of the system must allow it.
const NAME: &str = "clock";
/// What the records are: the users' number.
const SCHEMA: u64 = u64::from_le_bytes(*b"clock-ms");

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Four slots of a number of milliseconds; the region's generation tells one life of
/// the structure from the next.
fn shape(generation: u32) -> Result<Shape, shmem_rings::ShapeError> {
    Shape::new(Kind::Snapshot, 4, 8, SCHEMA, generation.into())
}

fn now() -> Result<u64, Box<dyn std::error::Error>> {
    let time = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(u64::try_from(time.as_millis())?)
}

fn write(region: &Attached) -> Outcome {
    let shape = shape(region.attachment().generation)?;
    let memory = Shared::new(region.words());
    // Resumes what an earlier writer of this generation left.
    if SnapshotReader::attach(memory.read_only(), &shape).is_err() {
        create(memory, &shape)?;
    }
    let mut writer = SnapshotWriter::attach(memory, &shape)?;
    loop {
        writer.set(&now()?.to_le_bytes())?;
        sleep(Duration::from_millis(100));
    }
}

fn read(region: &Watched) -> Outcome {
    let shape = shape(region.connection().attachment().generation)?;
    let mut reader = SnapshotReader::attach(region.view(), &shape)?;
    let mut bytes = [0; 8];
    match reader.get(&mut bytes)? {
        Some(_) => println!("{} ms", u64::from_le_bytes(bytes)),
        None => println!("nobody has set it yet"),
    }
    Ok(())
}

fn main() -> ExitCode {
    let device = Driver::default();
    let result = match env::args().nth(1).as_deref() {
        Some("write") => device
            .attach(NAME, 1)
            .map_err(Into::into)
            .and_then(|r| write(&r)),
        _ => device
            .watch(NAME, 0)
            .map_err(Into::into)
            .and_then(|r| read(&r)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("clock: {error}");
            ExitCode::FAILURE
        }
    }
}
