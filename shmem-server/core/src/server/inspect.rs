// SPDX-License-Identifier: BSD-2-Clause

//! Looking: at a connection and its region, and at the regions there are.

use super::Server;
use crate::{ClientId, Handle, Refusal, policy};
use shmem_server_api::{Counters, Inspection, Listed, Totals};

impl Server<'_> {
    /// Everything about a connection and its region.
    ///
    /// Errors: [`Refusal::NoConnection`].
    pub fn inspect(&self, client: ClientId, handle: Handle) -> Result<Inspection, Refusal> {
        let (slot, me) = self.place_of(client, handle)?;
        let region = self.slots.region(slot).ok_or(Refusal::Inconsistent)?;
        let own = region.peer(me).ok_or(Refusal::Inconsistent)?;
        let rights = self.signal_rights(slot, client);
        let may_signal = region
            .peers()
            .filter(|(_, peer)| rights.contains(peer.client))
            .fold(0, |set, (index, _)| set | 1 << index);
        Ok(Inspection {
            name: region.name.clone(),
            pages: region.pages,
            generation: region.generation,
            serial: region.serial(),
            unread: self.unread(client, handle)?,
            may_signal,
            counters: shown(&own.counters),
            peers: *region.records(),
        })
    }

    /// The `nth` live region that `client` may attach, in order of slots: nobody is
    /// told of a name that it may not have.
    ///
    /// Errors: [`Refusal::NoConnection`] if there are not as many.
    pub fn list(&self, client: ClientId, nth: u32) -> Result<Listed, Refusal> {
        let nth = usize::try_from(nth).map_err(|_| Refusal::NoConnection)?;
        let region = self
            .slots
            .iter()
            .filter_map(|(slot, ..)| self.slots.region(slot))
            .filter(|region| policy::admit(&self.config, client, &region.name).is_ok())
            .nth(nth)
            .ok_or(Refusal::NoConnection)?;
        Ok(Listed {
            name: region.name.clone(),
            pages: region.pages,
            generation: region.generation,
            active: region.active(),
            index: region.index_of(client),
        })
    }
}

/// As the guest's registers have them.
fn shown(totals: &Totals) -> Counters {
    // Truncation: they wrap at 32 bits.
    Counters {
        sent: totals.sent as u32,
        received: totals.received as u32,
        coalesced: totals.coalesced as u32,
        refused: totals.refused as u32,
    }
}
