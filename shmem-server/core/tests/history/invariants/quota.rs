// SPDX-License-Identifier: BSD-2-Clause

//! Nobody has more than its quota gives.

use crate::check::Check;
use crate::seen::Seen;
use crate::step::Step;
use crate::system::{CLIENTS, PERMANENT, SLOTS, quota};
use crate::world::World;
use shmem_server_api::MAX_CONNECTIONS;
use shmem_server_core::SlotId;

/// Connections; regions created and not left since, and their pages. Together, no
/// more slots are busy than there are connections.
pub struct Quotas {
    /// Who created what is in each slot, while it is attached.
    creators: [Option<u8>; SLOTS.len()],
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            creators: [None; SLOTS.len()],
        }
    }
}

impl Check for Quotas {
    fn after(&mut self, world: &World<'_>, _: &Step, seen: &Seen) {
        for gone in seen.ended() {
            if self.creators[gone.slot] == Some(gone.client) {
                self.creators[gone.slot] = None;
            }
        }
        for new in seen.made() {
            let alone = !seen.before.iter().any(|live| live.slot == new.slot);
            if alone && name(world, new.slot) != Some(PERMANENT) {
                self.creators[new.slot] = Some(new.client);
            }
        }
        for client in 0..CLIENTS {
            self.within(world, seen, client);
        }
        let busy = (0..SLOTS.len()).filter(|&slot| {
            let name = name(world, slot);
            name.is_some_and(|name| name != PERMANENT)
        });
        assert!(busy.count() <= seen.after.len());
    }
}

impl Quotas {
    fn within(&self, world: &World<'_>, seen: &Seen, client: u8) {
        let (connections, regions, most) = quota(client);
        let own = seen.after.iter().filter(|live| live.client == client);
        let limit = usize::from(connections).min(MAX_CONNECTIONS);
        assert!(own.count() <= limit, "connections of {client}");
        let created = (0..SLOTS.len()).filter(|&slot| self.creators[slot] == Some(client));
        let pages: Vec<u32> = created
            .filter_map(|slot| Some(world.server.slots().region(id(slot))?.pages))
            .collect();
        assert!(pages.len() <= usize::from(regions), "regions of {client}");
        let pages: u64 = pages.into_iter().map(u64::from).sum();
        assert!(pages <= u64::from(most), "pages of {client}");
    }
}

fn id(slot: usize) -> SlotId {
    SlotId(u16::try_from(slot).expect("few"))
}

fn name<'w>(world: &'w World<'_>, slot: usize) -> Option<&'w str> {
    let region = world.server.slots().region(id(slot))?;
    Some(region.name.as_str())
}
