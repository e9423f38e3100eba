// SPDX-License-Identifier: BSD-2-Clause

//! Cat and store: the data as it is.

use std::io::{self, Write};

use gshm::copy::{self, CHUNK};
use guest_shm::data::WORD;
use guest_shm::{Device, Driver, Error, Region};

use crate::arguments::{Cat, Store};
use crate::progress::Progress;

pub fn cat(device: &Driver, arguments: &Cat) -> Result<(), Error> {
    let region = device.watch(&arguments.name, 0)?;
    let bytes = region.connection().attachment().bytes();
    let length = arguments.length.unwrap_or(u64::MAX);
    let end = arguments.offset.saturating_add(length).min(bytes);
    let whole = end.saturating_sub(arguments.offset);
    let mut out = io::stdout().lock();
    let mut progress = Progress::new(arguments.quiet);
    let mut at = arguments.offset;
    while at < end {
        // Whole words are read; what is before `at` in the first is left out.
        let skip = at % WORD as u64;
        let count = (end - at + skip).min(CHUNK as u64);
        let mut chunk = vec![0; usize::try_from(count).unwrap_or(0)];
        let word = usize::try_from(at / WORD as u64).unwrap_or(usize::MAX);
        region.copy_out(word, &mut chunk);
        let chunk = chunk
            .get(usize::try_from(skip).unwrap_or(0)..)
            .unwrap_or_default();
        let text = chunk.split(|&byte| byte == 0).next().unwrap_or_default();
        let shown = if arguments.text { text } else { chunk };
        out.write_all(shown).map_err(|e| Error::os("writing", e))?;
        if shown.len() < chunk.len() {
            break;
        }
        at += count - skip;
        progress.show(at - arguments.offset, Some(whole));
    }
    progress.end();
    out.flush().map_err(|e| Error::os("writing", e))
}

pub fn store(device: &Driver, arguments: &Store) -> Result<(), Error> {
    let region = device.attach(&arguments.name, 0)?;
    let mut progress = Progress::new(arguments.quiet);
    let mut input = io::stdin().lock();
    // How much comes, only its end tells.
    let stored = copy::store(region.words(), arguments.offset, &mut input, |at| {
        progress.show(at, None);
    });
    progress.end();
    stored.map(drop)
}
