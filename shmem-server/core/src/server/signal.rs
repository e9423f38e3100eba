// SPDX-License-Identifier: BSD-2-Clause

//! Signals: the hot path. No message, no formatting, no table but the region's.

use super::Server;
use crate::{ClientId, ClientSet, Handle, Refusal, region::Region};

/// `notify` value of a guest: every attached connection but the caller's.
pub const EVERYONE_ELSE: u32 = 0xffff_ffff;

impl Server<'_> {
    /// The connection `handle` of `client` signals `targets`:
    ///
    /// | targets | who is signalled |
    /// |---|---|
    /// | `0xffff_ffff` | every attached connection but the caller's |
    /// | anything else | bits 15:0 that are attached, the caller's own too |
    ///
    /// Returns whose channels to notify. Errors: [`Refusal::NoConnection`].
    pub fn signal(
        &self,
        client: ClientId,
        handle: Handle,
        targets: u32,
    ) -> Result<ClientSet, Refusal> {
        let (region, me) = self.region_of(client, handle)?;
        let chosen = match targets {
            EVERYONE_ELSE => !(1 << me),
            // Lossless: masked to 16 bits.
            set => (set & 0xffff) as u16,
        };
        let mut notify = ClientSet::default();
        for (index, peer) in region.peers() {
            if chosen & 1 << index == 0 {
                continue;
            }
            let word = self.clients.word(peer.client, peer.handle);
            if word.is_some_and(|word| word.signal(me)) {
                notify.insert(peer.client);
            }
        }
        Ok(notify)
    }

    /// Which peers have not read this connection's last signal to them: a set of
    /// indices, as their boards allege.
    ///
    /// Errors: [`Refusal::NoConnection`].
    pub fn unread(&self, client: ClientId, handle: Handle) -> Result<u16, Refusal> {
        let (region, me) = self.region_of(client, handle)?;
        Ok(region.peers().fold(0, |set, (index, peer)| {
            let word = self.clients.word(peer.client, peer.handle);
            let unread = word.is_some_and(|word| word.pending() & 1 << me != 0);
            set | u16::from(unread) << index
        }))
    }

    fn region_of(&self, client: ClientId, handle: Handle) -> Result<(&Region, u8), Refusal> {
        let owner = self.clients.get(client).ok_or(Refusal::NoClient)?;
        let connection = owner.connection(handle).ok_or(Refusal::NoConnection)?;
        let region = self
            .slots
            .region(connection.slot)
            .ok_or(Refusal::Inconsistent)?;
        Ok((region, connection.index))
    }
}
