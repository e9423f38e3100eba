// SPDX-License-Identifier: BSD-2-Clause

//! Signals: the hot path. No message, no formatting, no table but the region's.

use super::Server;
use crate::{ClientId, ClientSet, Handle, Refusal, SlotId, region::Region};

/// `notify` value of a guest: every attached connection but the caller's.
pub const EVERYONE_ELSE: u32 = 0xffff_ffff;

/// What a signal came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Whose channels to notify.
    pub notify: ClientSet,
    /// Who but the caller has one more signal to read.
    pub heard: ClientSet,
}

impl Server<'_> {
    /// The connection `handle` of `client` signals `targets`:
    ///
    /// | targets | who is signalled |
    /// |---|---|
    /// | `0xffff_ffff` | every attached connection but the caller's |
    /// | anything else | bits 15:0 that are attached, the caller's own too |
    ///
    /// A target that policy does not let this client signal is left out and counted.
    /// Returns whose channels to notify. Errors: [`Refusal::NoConnection`].
    pub fn signal(
        &mut self,
        client: ClientId,
        handle: Handle,
        targets: u32,
    ) -> Result<ClientSet, Refusal> {
        self.signals(client, handle, targets)
            .map(|signals| signals.notify)
    }

    /// As [`Self::signal`], telling more.
    pub fn signals(
        &mut self,
        client: ClientId,
        handle: Handle,
        targets: u32,
    ) -> Result<Signals, Refusal> {
        let (slot, me) = self.place_of(client, handle)?;
        let rights = self.signal_rights(slot, client);
        let chosen = match targets {
            EVERYONE_ELSE => !(1 << me),
            // Lossless: masked to 16 bits.
            set => (set & 0xffff) as u16,
        };
        let region = self.slots.region_mut(slot).ok_or(Refusal::Inconsistent)?;
        let mut done = Signals::default();
        let (mut sent, mut coalesced, mut refused) = (0u64, 0u64, 0u64);
        for (index, peer) in region.peers_mut() {
            if chosen & 1 << index == 0 {
                continue;
            }
            if !rights.contains(peer.client) {
                refused += 1;
                continue;
            }
            let Some(word) = self.clients.word(peer.client, peer.handle) else {
                continue;
            };
            let signalled = word.signalled(me);
            sent += 1;
            coalesced += u64::from(signalled.coalesced);
            peer.counters.received = peer.counters.received.wrapping_add(1);
            if signalled.notify {
                done.notify.insert(peer.client);
            }
            if !signalled.coalesced && index != me {
                done.heard.insert(peer.client);
            }
        }
        if let Some(own) = region.peer_mut(me) {
            let counters = &mut own.counters;
            counters.sent = counters.sent.wrapping_add(sent);
            counters.coalesced = counters.coalesced.wrapping_add(coalesced);
            counters.refused = counters.refused.wrapping_add(refused);
        }
        Ok(done)
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
        let (slot, index) = self.place_of(client, handle)?;
        let region = self.slots.region(slot).ok_or(Refusal::Inconsistent)?;
        Ok((region, index))
    }

    /// Slot and index of a connection.
    pub(super) fn place_of(
        &self,
        client: ClientId,
        handle: Handle,
    ) -> Result<(SlotId, u8), Refusal> {
        let owner = self.clients.get(client).ok_or(Refusal::NoClient)?;
        let connection = owner.connection(handle).ok_or(Refusal::NoConnection)?;
        Ok((connection.slot, connection.index))
    }

    /// Whom `client` may signal in the region in `slot`.
    pub(super) fn signal_rights(&self, slot: SlotId, client: ClientId) -> ClientSet {
        let pool = self.slots.shape(slot).map(|shape| usize::from(shape.pool));
        let members = pool
            .and_then(|pool| self.config.pools.get(pool))
            .map(|pool| &pool.members);
        let member = members.and_then(|members| members.iter().find(|m| m.client == client.0));
        member.map_or_else(ClientSet::default, |member| {
            ClientSet::from_bits(member.signals)
        })
    }
}
