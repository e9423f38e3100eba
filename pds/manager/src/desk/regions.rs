// SPDX-License-Identifier: BSD-2-Clause

//! Regions, as they are shown, and their end.

use super::Desk;
use crate::World;
use heapless::Vec;
use manager_api::{
    MAX_MEMBERS, Member, Refusal, RegionInfo, RegionName, RegionSummary, Response, SlotCounts,
};
use shmem_server_api::{
    PeerReport, RegionName as ServerName, Request, Response as Answer, SlotReport, SlotUse, Status,
};
use tombolo_config::Name;

/// Slots that are not free.
fn slots(world: &mut impl World) -> impl Iterator<Item = SlotReport> {
    let mut from = Some(0u16);
    core::iter::from_fn(move || {
        let answer = world.server(&Request::Slot { from: from? });
        let Some(Answer::Slot(report)) = answer else {
            from = None;
            return None;
        };
        from = report.slot.checked_add(1).filter(|next| Some(*next) > from);
        Some(report)
    })
}

impl Desk<'_> {
    pub(super) fn list_regions(&self, from: u8, world: &mut impl World) -> Response {
        let (mut total, mut part) = (0u8, Vec::new());
        let mut counts = SlotCounts::default();
        for report in slots(world) {
            let count = match report.used {
                SlotUse::Live { .. } => &mut counts.live,
                SlotUse::Revoked { .. } => &mut counts.revoked,
                SlotUse::Dirty => &mut counts.cleaning,
                SlotUse::Quarantined => &mut counts.quarantined,
            };
            // At most 128 slots.
            *count = count.saturating_add(1);
            let Some(summary) = summary(&report) else {
                continue;
            };
            if total >= from {
                // What does not fit is in the next part.
                let _ = part.push(summary);
            }
            total = total.saturating_add(1);
        }
        Response::Regions {
            total,
            slots: counts,
            regions: part,
        }
    }

    pub(super) fn region(
        &self,
        name: &RegionName,
        world: &mut impl World,
    ) -> Result<Response, Refusal> {
        let (report, summary) = find(name, world).ok_or(Refusal::DoesNotExist)?;
        let (mut members, mut waits_for) = (Vec::new(), Vec::new());
        match report.used {
            SlotUse::Live { peers, .. } => {
                members = peers.iter().map(|peer| self.member(peer)).collect();
            }
            SlotUse::Revoked { waits_for: set, .. } => waits_for = self.names(set),
            SlotUse::Dirty | SlotUse::Quarantined => {}
        }
        Ok(Response::Region(RegionInfo {
            summary,
            members,
            waits_for,
        }))
    }

    pub(super) fn detach(
        &self,
        name: &RegionName,
        client: &Name,
        world: &mut impl World,
    ) -> Result<Response, Refusal> {
        let number = self.clients.iter().position(|known| known == client);
        let number = number.and_then(|number| u8::try_from(number).ok());
        let request = Request::Evict {
            client: number.ok_or(Refusal::DoesNotExist)?,
            name: server_name(name)?,
        };
        match world.server(&request) {
            Some(Answer::Done) => Ok(Response::Done),
            other => Err(refusal(other)),
        }
    }

    pub(super) fn revoke(
        &self,
        name: &RegionName,
        world: &mut impl World,
    ) -> Result<Response, Refusal> {
        let request = Request::Revoke {
            name: server_name(name)?,
        };
        match world.server(&request) {
            Some(Answer::Revoked { waits_for }) => Ok(Response::Revoked {
                waits_for: self.names(waits_for),
            }),
            other => Err(refusal(other)),
        }
    }

    fn member(&self, peer: &PeerReport) -> Member {
        Member {
            client: self.name(peer.client),
            index: peer.index,
            read_only: peer.read_only,
            pending_from: peer.pending,
        }
    }

    /// The names of a set of clients; a region has not more than fit.
    fn names(&self, set: u64) -> Vec<Name, MAX_MEMBERS> {
        let numbers = (0..64u8).filter(|number| set >> number & 1 != 0);
        numbers
            .take(MAX_MEMBERS)
            .map(|number| self.name(number))
            .collect()
    }

    fn name(&self, client: u8) -> Name {
        let name = self.clients.get(usize::from(client));
        name.cloned().unwrap_or_default()
    }
}

/// The region of that name: the live one, or else one that was revoked.
fn find(name: &RegionName, world: &mut impl World) -> Option<(SlotReport, RegionSummary)> {
    let mut revoked = None;
    for report in slots(world) {
        match summary(&report) {
            Some(found) if found.name == *name && !found.revoked => return Some((report, found)),
            Some(found) if found.name == *name => revoked = revoked.or(Some((report, found))),
            _ => {}
        }
    }
    revoked
}

fn summary(report: &SlotReport) -> Option<RegionSummary> {
    let text = |name: &ServerName| RegionName::try_from(name.as_str()).ok();
    // Lossless: below 128.
    let slot = report.slot as u8;
    Some(match &report.used {
        SlotUse::Live {
            name,
            pages,
            generation,
            permanent,
            peers,
        } => RegionSummary {
            name: text(name)?,
            pages: *pages,
            generation: *generation,
            slot,
            // Lossless: at most 16.
            clients: peers.len() as u8,
            pending: peers
                .iter()
                .filter(|peer| peer.pending != 0)
                .fold(0, |set, peer| set | 1 << (peer.index & 15)),
            created_by_policy: *permanent,
            revoked: false,
        },
        SlotUse::Revoked {
            name,
            pages,
            generation,
            ..
        } => RegionSummary {
            name: text(name)?,
            pages: *pages,
            generation: *generation,
            slot,
            clients: 0,
            pending: 0,
            created_by_policy: false,
            revoked: true,
        },
        SlotUse::Dirty | SlotUse::Quarantined => return None,
    })
}

/// A name that is not legal is no region's.
fn server_name(name: &RegionName) -> Result<ServerName, Refusal> {
    ServerName::new(name).map_err(|_| Refusal::DoesNotExist)
}

fn refusal(answer: Option<Answer>) -> Refusal {
    match answer {
        Some(Answer::Failed(Status::DoesNotExist)) => Refusal::DoesNotExist,
        _ => Refusal::Failed,
    }
}
