// SPDX-License-Identifier: BSD-2-Clause

//! Where the two rings lie, and how large they are.

use std::sync::atomic::AtomicU64;

use guest_shm::Error;
use shmem_rings::{Kind, Shape, Shared};

/// Words of the ring of answers.
const BACK_WORDS: usize = 512;
const BACK_SLOTS: u32 = 4;
/// Most bytes of an answer.
pub const BACK_BYTES: u32 = 128;
/// Most bytes of a record of the file.
const FORWARD_BYTES: usize = 32 << 10;
/// Fewest slots of the ring of the file, if the region is small.
const FEWEST_SLOTS: usize = 8;
/// Most of them.
const MOST_SLOTS: usize = 128;
/// Words of a ring's header, and of each slot before its bytes.
const HEADER: usize = shmem_rings::HEADER_WORDS;
const SLOT_HEADER: usize = 1;

/// The two places.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The ring of answers.
    pub back: Shared<'a>,
    /// The ring of the file.
    pub forward: Shared<'a>,
}

/// Divides a region's words.
///
/// # Errors
/// [`Error::Check`] if there are too few.
pub fn places(words: &[AtomicU64]) -> Result<Places<'_>, Error> {
    if words.len() < 2 * BACK_WORDS {
        return Err(Error::Check(format!(
            "the region's {} bytes are too few: two pages are needed",
            words.len() * 8
        )));
    }
    let (back, forward) = words.split_at(BACK_WORDS);
    Ok(Places {
        back: Shared::new(back),
        forward: Shared::new(forward),
    })
}

/// The shape of the ring of answers.
pub fn back(schema: u64, generation: u64) -> Result<Shape, Error> {
    shape(BACK_SLOTS, BACK_BYTES, schema, generation)
}

/// The largest shape of the ring of the file that `words` hold.
pub fn forward(words: usize, schema: u64, generation: u64) -> Result<Shape, Error> {
    let room = words.saturating_sub(HEADER);
    let record = (room / FEWEST_SLOTS)
        .saturating_sub(SLOT_HEADER)
        .clamp(1, FORWARD_BYTES / 8);
    let fitting = (room / (record + SLOT_HEADER)).clamp(1, MOST_SLOTS);
    let slots = 1 << fitting.ilog2();
    let bytes = u32::try_from(record * 8).unwrap_or(u32::MAX);
    shape(slots, bytes, schema, generation)
}

fn shape(slots: u32, bytes: u32, schema: u64, generation: u64) -> Result<Shape, Error> {
    Shape::new(Kind::Ring, slots, bytes, schema, generation)
        .map_err(|error| Error::Check(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rings_fit_regions_of_every_size() {
        for pages in [2, 3, 4, 16, 100, 256, 4096, 32768] {
            let words: Vec<AtomicU64> = (0..pages * 512).map(|_| AtomicU64::new(0)).collect();
            let places = places(&words).unwrap();
            let shape = forward(places.forward.words(), 1, 1).unwrap();
            assert!(shape.words() <= places.forward.words(), "{pages} pages");
            assert!(shape.slots() >= 8, "{pages} pages");
            assert!(back(1, 1).unwrap().words() <= places.back.words());
        }
    }

    #[test]
    fn a_region_of_one_page_is_refused() {
        let words: Vec<AtomicU64> = (0..512).map(|_| AtomicU64::new(0)).collect();
        assert!(places(&words).is_err());
    }
}
