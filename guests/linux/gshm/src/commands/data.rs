// SPDX-License-Identifier: BSD-2-Clause

//! Cat and store: the data as it is.

use std::io::{self, Read, Write};

use guest_shm::data::{self, WORD};
use guest_shm::{Device, Driver, Error, Region};

use crate::arguments::{Cat, Store};

/// Bytes that are copied at a time: a multiple of a word.
const CHUNK: u64 = 64 << 10;

pub fn cat(device: &Driver, arguments: &Cat) -> Result<(), Error> {
    let region = device.watch(&arguments.name, 0)?;
    let bytes = region.connection().attachment().bytes();
    let length = arguments.length.unwrap_or(u64::MAX);
    let end = arguments.offset.saturating_add(length).min(bytes);
    let mut out = io::stdout().lock();
    let mut at = arguments.offset;
    while at < end {
        // Whole words are read; what is before `at` in the first is left out.
        let skip = at % WORD as u64;
        let count = (end - at + skip).min(CHUNK);
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
    }
    out.flush().map_err(|e| Error::os("writing", e))
}

pub fn store(device: &Driver, arguments: &Store) -> Result<(), Error> {
    let region = device.attach(&arguments.name, 0)?;
    let failed = |source: io::Error| Error::os("storing the input", source);
    let bytes = region.attachment().bytes();
    let room = bytes.saturating_sub(arguments.offset);
    if !arguments.offset.is_multiple_of(WORD as u64) || room == 0 {
        let what = format!("offset {} of {bytes} bytes", arguments.offset);
        return Err(Error::os(what, io::ErrorKind::InvalidInput));
    }
    let mut input = Vec::new();
    // One more than there is room for tells that it is too much.
    let mut limited = io::stdin().lock().take(room + 1);
    limited.read_to_end(&mut input).map_err(failed)?;
    let window = data::window(region.words(), arguments.offset, input.len() as u64)
        .ok_or_else(|| failed(io::ErrorKind::FileTooLarge.into()))?;
    data::store(window, &input);
    Ok(())
}
