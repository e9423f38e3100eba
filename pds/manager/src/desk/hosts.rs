// SPDX-License-Identifier: BSD-2-Clause

//! Hosts, as they are shown.

use super::Desk;
use super::guests::{report, signals};
use crate::World;
use manager_api::{HostSummary, PART, Response};

impl Desk<'_> {
    pub(super) fn list_hosts(&self, from: u8, world: &mut impl World) -> Response {
        let mut part = heapless::Vec::new();
        let numbers = (usize::from(from)..self.hosts.count()).take(PART);
        for host in numbers.filter_map(|number| self.hosts.get(number)) {
            let report = report(host.client, world);
            // As many as a part has.
            let _ = part.push(HostSummary {
                name: host.name.clone(),
                state: host.state,
                connections: report.connections,
                signals: signals(&report),
            });
        }
        Response::Hosts {
            // Lossless: at most 60.
            total: self.hosts.count() as u8,
            hosts: part,
        }
    }
}
