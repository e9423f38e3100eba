// SPDX-License-Identifier: BSD-2-Clause

//! What the overseer's own device tells of a peer that died.

use super::Overseer;
use crate::failure;
use crate::run::Failure;

/// Event of a peer record.
pub const CRASHED: u32 = 4;

/// A peer's record at one time.
pub struct Record {
    index: u32,
    /// Serial of the last departure.
    departed: u32,
}

impl Overseer<'_, '_> {
    /// The record of a client that is attached to the overseer's region.
    pub(super) fn record_of(&mut self, client: &str) -> Result<Record, Failure> {
        let region = self.existing("moo")?;
        let member = region.members.iter().find(|member| member.client == client);
        let index = member
            .ok_or_else(|| failure!("{client} is not in moo"))?
            .index;
        let index = u32::from(index);
        let [.., departed] = self.region.record(index);
        Ok(Record { index, departed })
    }

    /// Since then that peer has crashed: no reset, no detach. It may be back, there or
    /// elsewhere.
    pub(super) fn has_crashed(&mut self, before: &Record) -> Result<(), Failure> {
        let [event, _, departure, departed] = self.region.record(before.index);
        if departed == before.departed || departure != CRASHED {
            return Err(failure!(
                "index {}: event {event}, departure {departure} of serial {departed} after {}",
                before.index,
                before.departed
            ));
        }
        Ok(())
    }
}
