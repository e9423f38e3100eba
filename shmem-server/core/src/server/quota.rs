// SPDX-License-Identifier: BSD-2-Clause

//! Quotas: how much a client may have at one time.
//!
//! | limited | counts |
//! |---|---|
//! | connections | live connections |
//! | regions | live regions that it created and is attached to |
//! | pages | the true sizes of these |
//!
//! A creator that leaves a region takes its charge along: then the region is held by
//! those who stay, each by a connection of its own quota. So the slots that a set
//! of clients can keep busy are never more than their quotas of connections, and
//! a client that is gone is charged with nothing.

use super::Server;
use crate::{ClientId, Refusal, clients::Client, region::Region};
use shmem_server_api::{MAX_CONNECTIONS, Usage};
use tombolo_config::server::Quota;

impl Server<'_> {
    /// What a client uses and may use.
    ///
    /// Errors: [`Refusal::NoClient`].
    pub fn usage(&self, client: ClientId) -> Result<Usage, Refusal> {
        let owner = self.clients.get(client).ok_or(Refusal::NoClient)?;
        let quota = self.quota(client);
        let charged = || {
            owner
                .connections()
                .filter_map(|(_, c)| self.slots.region(c.slot))
                .filter(|region| region.creator == Some(client))
        };
        // Lossless: at most MAX_CONNECTIONS.
        let count = |n: usize| n as u32;
        let most = usize::from(quota.connections).min(MAX_CONNECTIONS);
        Ok(Usage {
            connections: count(owner.connections().count()),
            max_connections: count(most),
            regions: count(charged().count()),
            max_regions: u32::from(quota.regions),
            pages: charged().fold(0u32, |sum, region: &Region| {
                sum.saturating_add(region.pages)
            }),
            max_pages: quota.pages,
            reason: owner.refused.map_or(0, Refusal::reason),
        })
    }

    /// Whether a client may have one more connection.
    pub(super) fn may_connect(&self, client: ClientId, owner: &Client<'_>) -> Result<(), Refusal> {
        if owner.connections().count() < usize::from(self.quota(client).connections) {
            Ok(())
        } else {
            Err(Refusal::ConnectionQuota)
        }
    }

    /// Whether a client may create a region of `pages`.
    pub(super) fn may_create(&self, client: ClientId, pages: u32) -> Result<(), Refusal> {
        let usage = self.usage(client)?;
        if usage.regions >= usage.max_regions {
            return Err(Refusal::RegionQuota);
        }
        let left = usage.max_pages.saturating_sub(usage.pages);
        if pages > left {
            return Err(Refusal::PageQuota { left });
        }
        Ok(())
    }

    fn quota(&self, client: ClientId) -> Quota {
        let client = self.config.clients.get(client.index());
        client.map_or_else(Quota::default, |client| client.quota)
    }
}
