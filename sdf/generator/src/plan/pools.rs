// SPDX-License-Identifier: BSD-2-Clause

//! Pools compile to slots: one region each, mapped into its members.

use super::platform::Platform;
use super::{Builder, PlanError, guest_layout, push, text};
use crate::manifest::{Manifest, Pool};
use crate::size::{LARGE_PAGE, PAGE};
use crate::system::{Content, Perms, RegionId};
use heapless::Vec;
use tombolo_config::{Mapping, guest::SlotWindow, server};

/// A slot with all that its members need to know.
pub struct Slot {
    pub region: RegionId,
    pub pool: usize,
    pub window: SlotWindow,
}

/// Client numbers: guests with a shared-memory device, then hosts, in order.
pub fn client_number(manifest: &Manifest, name: &str) -> Option<u8> {
    let position = manifest
        .clients()
        .position(|(client, _)| client.get_ref() == name);
    position.and_then(|index| u8::try_from(index).ok())
}

/// Rights of a member's mapping.
pub fn perms(access: server::Access) -> Perms {
    match access {
        server::Access::ReadWrite => Perms::ReadWrite,
        server::Access::ReadOnly => Perms::Read,
    }
}

/// Makes the slots of all pools; maps them into the scrubber.
pub fn add(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    manifest: &Manifest,
) -> Result<std::vec::Vec<Slot>, PlanError> {
    let mut slots = std::vec::Vec::new();
    let mut next = guest_layout::SLOTS;
    for (index, pool) in manifest.pools.iter().enumerate() {
        push(
            &mut platform.server_blob.pools,
            pool_blob(manifest, pool)?,
            "pools",
        )?;
        let size = pool.size.get_ref().0;
        builder
            .system
            .group(format!("pool {}", pool.name.get_ref()));
        for number in 0..pool.slots() {
            let name = format!("slot_{}_{number}", pool.name.get_ref());
            let region = builder.system.region(name, size, Content::Zero);
            let mapping = Mapping {
                address: builder
                    .system
                    .map(platform.scrubber, region, Perms::ReadWrite),
                size,
            };
            push(&mut platform.scrubber_blob.slots, mapping, "slots")?;
            let pages = u32::try_from(size / PAGE)
                .map_err(|_| PlanError::TooMany("pages in a slot", u32::MAX as usize))?;
            let blob = server::Slot {
                pool: u8::try_from(index)
                    .map_err(|_| PlanError::TooMany("pools", server::MAX_POOLS))?,
                pages,
            };
            push(&mut platform.server_blob.slots, blob, "slots")?;
            // Control page in the 2 MiB before the data, data 2 MiB-aligned.
            let data = next + LARGE_PAGE;
            next = data + size.next_multiple_of(LARGE_PAGE);
            slots.push(Slot {
                region,
                pool: index,
                window: SlotWindow {
                    slot: u16::try_from(slots.len())
                        .map_err(|_| PlanError::TooMany("slots", server::MAX_SLOTS))?,
                    control: data - PAGE,
                    pages,
                    access: server::Access::ReadWrite,
                },
            });
        }
    }
    Ok(slots)
}

fn pool_blob(manifest: &Manifest, pool: &Pool) -> Result<server::Pool, PlanError> {
    let mut blob = server::Pool {
        name: text(pool.name.get_ref(), "characters in a name")?,
        patterns: Vec::new(),
        members: Vec::new(),
    };
    for pattern in &pool.patterns {
        let pattern = text(pattern.get_ref(), "characters in a pattern")?;
        push(&mut blob.patterns, pattern, "patterns in a pool")?;
    }
    let writers = pool
        .members
        .iter()
        .map(|name| (name, server::Access::ReadWrite));
    let readers = pool
        .readers
        .iter()
        .map(|name| (name, server::Access::ReadOnly));
    for (name, access) in writers.chain(readers) {
        if let Some(client) = client_number(manifest, name.get_ref()) {
            push(
                &mut blob.members,
                server::Member {
                    client,
                    access,
                    signals: signals(manifest, pool, name.get_ref()),
                },
                "members",
            )?;
        }
    }
    Ok(blob)
}

/// Clients that `from` may signal in `pool`.
fn signals(manifest: &Manifest, pool: &Pool, from: &str) -> u64 {
    pool.withhold
        .iter()
        .filter(|pair| pair.from.get_ref() == from)
        .filter_map(|pair| client_number(manifest, pair.to.get_ref()))
        .fold(server::EVERYONE, |set, to| set & !(1 << to))
}

/// Access of guest or host `name` to `pool`, if it is a member.
pub fn access(pool: &Pool, name: &str) -> Option<server::Access> {
    let named = |names: &[toml::Spanned<String>]| names.iter().any(|other| other.get_ref() == name);
    if named(&pool.members) {
        Some(server::Access::ReadWrite)
    } else if named(&pool.readers) {
        Some(server::Access::ReadOnly)
    } else {
        None
    }
}
