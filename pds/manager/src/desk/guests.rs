// SPDX-License-Identifier: BSD-2-Clause

//! Guests, as they are shown.

use super::Desk;
use crate::{Figures, World};
use manager_api::{
    GuestInfo, GuestSummary, PART, Refusal, Response, SignalCounters, Vcpu, VcpuState,
};
use shmem_server_api::{ClientReport, Request, Response as Answer};
use tombolo_config::Name;
use tombolo_pages::guest_status::VcpuState as Does;

impl Desk<'_> {
    pub(super) fn list_guests(&self, from: u8, world: &mut impl World) -> Response {
        let mut part = heapless::Vec::new();
        for number in (usize::from(from)..self.guests.count()).take(PART) {
            if let Some(summary) = self.summary(number, &world.figures(number)) {
                // As many as a part has.
                let _ = part.push(summary);
            }
        }
        Response::Guests {
            // Lossless: at most 60.
            total: self.guests.count() as u8,
            guests: part,
        }
    }

    pub(super) fn guest(&self, name: &Name, world: &mut impl World) -> Result<Response, Refusal> {
        let number = self.guests.by_name(name).ok_or(Refusal::DoesNotExist)?;
        let known = self.guests.get(number).ok_or(Refusal::DoesNotExist)?;
        let figures = world.figures(number);
        let report = report(known.client, world);
        Ok(Response::Guest(GuestInfo {
            summary: self
                .summary(number, &figures)
                .ok_or(Refusal::DoesNotExist)?,
            resets: figures.resets,
            restarts: known.restarts,
            panics: figures.panics,
            silent_ms: figures.silent_ms,
            silence: world.silence(number),
            silences: known.silences,
            watchdog: known.watchdog,
            exits: figures.exits,
            signals: signals(&report),
            connections: report.connections,
            vcpus: vcpus(&figures).take(usize::from(known.vcpus)).collect(),
        }))
    }

    fn summary(&self, number: usize, figures: &Figures) -> Option<GuestSummary> {
        let known = self.guests.get(number)?;
        Some(GuestSummary {
            name: known.name.clone(),
            state: known.state,
            silent: known.silent,
            vmm: known.vmm,
            vcpus: known.vcpus,
            memory_pages: known.memory_pages,
            load: figures.load,
        })
    }
}

fn vcpus(figures: &Figures) -> impl Iterator<Item = Vcpu> {
    figures.vcpus.iter().map(|(state, used_us)| Vcpu {
        state: match state {
            Does::Off => VcpuState::Off,
            Does::Running => VcpuState::Running,
            Does::Parked => VcpuState::Parked,
            Does::Suspended => VcpuState::Suspended,
        },
        used_us: *used_us,
    })
}

pub(super) fn signals(report: &ClientReport) -> SignalCounters {
    SignalCounters {
        sent: report.totals.sent,
        received: report.totals.received,
        coalesced: report.totals.coalesced,
        refused: report.totals.refused,
    }
}

/// What the server says of a client; zeros if it is none.
pub(super) fn report(client: Option<u8>, world: &mut impl World) -> ClientReport {
    let Some(client) = client else {
        return ClientReport::default();
    };
    match world.server(&Request::ClientReport { client }) {
        Some(Answer::ClientReport(report)) => report,
        _ => ClientReport::default(),
    }
}
