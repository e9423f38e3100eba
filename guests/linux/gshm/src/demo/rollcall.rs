// SPDX-License-Identifier: BSD-2-Clause

//! The roll call: who is who among the connections.
//!
//! Each peer has a record in the page of its own index, which says its role. No
//! signal announces it; peers look. The word with the magic number is stored
//! last, with release, and loaded first, with acquire.
//!
//! | offset | type | field |
//! |---|---|---|
//! | `idx * 0x1000` | u32 | magic |
//! | + 4 | u32 | idx |
//! | + 8 | [u8; 16] | role, padded with NUL |
//! | + 24 | u32 | ack: the watcher's confirmation |

use core::sync::atomic::{AtomicU64, Ordering};

use guest_shm::Error;
use guest_shm::data::{load, store, window};
use guest_shm::region::{PAGE_SIZE, Peers, Region};

/// "roll" in memory order.
pub const MAGIC: u32 = 0x6c6c_6f72;
/// Bytes of the role field.
const ROLE_LEN: usize = 16;
/// Words of a record.
const RECORD_WORDS: u64 = 4;

/// A part in the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Copies the file in.
    Sender,
    /// Verifies it.
    Receiver,
    /// Looks on.
    Watcher,
}

impl Role {
    /// The role's name, as the record has it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Sender => "sender",
            Role::Receiver => "receiver",
            Role::Watcher => "watcher",
        }
    }

    fn field(self) -> [u8; ROLE_LEN] {
        let mut field = [0; ROLE_LEN];
        for (to, from) in field.iter_mut().zip(self.name().bytes()) {
            *to = from;
        }
        field
    }
}

fn record<R: Region>(region: &R, idx: u32) -> Result<&[AtomicU64; 4], Error> {
    window(region.words(), u64::from(idx) * PAGE_SIZE, RECORD_WORDS * 8)
        .and_then(|words| words.try_into().ok())
        .ok_or_else(|| {
            Error::Check(format!(
                "the region's {} pages have no room for the roll call; attach a larger one",
                region.attachment().pages
            ))
        })
}

fn head(idx: u32) -> u64 {
    u64::from(MAGIC) | u64::from(idx) << 32
}

/// Writes one's own record.
///
/// # Errors
/// [`Error::Check`] if the region is too small.
pub fn answer<R: Region>(region: &R, role: Role) -> Result<(), Error> {
    let idx = region.attachment().idx;
    let record = record(region, idx)?;
    store(&record[1..3], &role.field());
    record[3].store(0, Ordering::Relaxed);
    // Pairs with the acquire in `find`: who sees the magic sees the role.
    record[0].store(head(idx), Ordering::Release);
    Ok(())
}

/// Finds the connection among `active` that answered as `role`.
///
/// # Errors
/// [`Error::Check`] if two did, or if the region is too small.
pub fn find<R: Region>(region: &R, active: Peers, role: Role) -> Result<Option<u32>, Error> {
    let mut found = None;
    for idx in active.iter() {
        let record = record(region, idx)?;
        if record[0].load(Ordering::Acquire) != head(idx) {
            continue;
        }
        let mut field = [0; ROLE_LEN];
        load(&record[1..3], &mut field);
        if field != role.field() {
            continue;
        }
        if let Some(first) = found.replace(idx) {
            return Err(Error::Check(format!(
                "both {first} and {idx} answered the roll call as {}",
                role.name()
            )));
        }
    }
    Ok(found)
}

/// Whether the connection `idx` has set its ack.
///
/// # Errors
/// [`Error::Check`] if the region is too small.
pub fn acknowledged<R: Region>(region: &R, idx: u32) -> Result<bool, Error> {
    let word = record(region, idx)?[3].load(Ordering::Acquire);
    Ok(word & u64::from(u32::MAX) == 1)
}
