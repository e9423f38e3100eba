// SPDX-License-Identifier: BSD-2-Clause

//! The timeline as a picture: a lane per protection domain and vCPU, arrows for
//! signals.
//!
//! | record | drawn as |
//! |---|---|
//! | Resume to Exit | "guest" on the vCPU's lane |
//! | Exit to Resume, Park or Suspend | its kind on the VMM's lane |
//! | Park to Resume | "parked" on the vCPU's lane |
//! | Suspend to Resume | "off" or "suspended" on the vCPU's lane |
//! | Doorbell, Signal, Notified | a short slice each, and an arrow through them |
//! | Evicted, Revoked | a short slice, and an arrow to each whose connection ended |
//! | others | a moment |
//!
//! A signal's arrow leads from the last Doorbell of the sender before the server's Signal to
//! the first Notified after it of each client that was notified.

use super::json::{Entry, File, Lane};
use super::{Dump, Track};
use std::collections::BTreeMap;
use tombolo_trace::Event;
use tombolo_trace::text::{exit, vcpu as vcpu_state};

/// Length of what is drawn long only so that an arrow can touch it, microseconds.
const TOUCH: f64 = 0.5;

/// JSON for Perfetto, and how many arrows are in it. `clients`: the name, in the
/// dump, of each client's protection domain, by client number.
pub fn perfetto(dump: &Dump, clients: &[String]) -> serde_json::Result<(String, usize)> {
    let mut picture = Picture {
        dump,
        file: File::default(),
    };
    for (pid, track) in dump.tracks.iter().enumerate() {
        picture.track(pid, track);
    }
    let arrows = picture.arrows(clients);
    Ok((serde_json::to_string(&picture.file)?, arrows))
}

/// What a vCPU is doing.
#[derive(Clone, Copy)]
enum Doing {
    Running,
    Parked,
    /// Suspended or off, as that word says.
    Still(&'static str),
    Handled(u32, u64),
}

struct Picture<'a> {
    dump: &'a Dump,
    file: File,
}

impl Picture<'_> {
    fn label(&mut self, what: &str, lane: Lane, name: &str) {
        self.file.events.push(Entry::label(what, lane, name));
    }

    fn track(&mut self, pid: usize, track: &Track) {
        let own = Lane { pid, tid: 0 };
        self.label("process_name", own, &track.name);
        self.label("thread_name", own, &track.name);
        let mut vcpus: BTreeMap<u8, (Doing, u64)> = BTreeMap::new();
        for record in &track.records {
            let at = self.dump.microseconds(record.time);
            let next = match record.event {
                Event::Exit { vcpu, kind, detail } => Some((vcpu, Doing::Handled(kind, detail))),
                Event::Resume { vcpu } => Some((vcpu, Doing::Running)),
                Event::Park { vcpu, .. } => Some((vcpu, Doing::Parked)),
                Event::Suspend { vcpu, state } => Some((vcpu, Doing::Still(vcpu_state(state)))),
                Event::Doorbell { .. }
                | Event::Signal { .. }
                | Event::Notified
                | Event::Evicted { .. }
                | Event::Revoked { .. } => {
                    let times = (at, at + TOUCH);
                    let entry =
                        Entry::slice(name(record.event), own, times, record.event.to_string());
                    self.file.events.push(entry);
                    None
                }
                event => {
                    self.file
                        .events
                        .push(Entry::moment(event.to_string(), own, at));
                    None
                }
            };
            if let Some((vcpu, doing)) = next
                && let Some((before, since)) = vcpus.insert(vcpu, (doing, record.time))
            {
                let since = self.dump.microseconds(since);
                self.doing(pid, vcpu, before, (since, at));
            }
        }
        for vcpu in vcpus.keys() {
            let lane = Lane {
                pid,
                tid: 1 + usize::from(*vcpu),
            };
            self.label("thread_name", lane, &format!("vcpu {vcpu}"));
        }
    }

    fn doing(&mut self, pid: usize, vcpu: u8, doing: Doing, times: (f64, f64)) {
        let lane = |tid| Lane { pid, tid };
        let own = lane(1 + usize::from(vcpu));
        let entry = match doing {
            Doing::Running => Entry::slice("guest", own, times, String::new()),
            Doing::Parked => Entry::slice("parked", own, times, String::new()),
            Doing::Still(word) => Entry::slice(word, own, times, String::new()),
            Doing::Handled(kind, detail) => {
                let more = format!("vcpu {vcpu}: {detail:#x}");
                Entry::slice(exit(kind), lane(0), times, more)
            }
        };
        self.file.events.push(entry);
    }

    fn arrows(&mut self, clients: &[String]) -> usize {
        let find = |name: &String| self.dump.tracks.iter().position(|t| t.name == *name);
        let pids: Vec<_> = clients.iter().map(find).collect();
        let mut arrows = Vec::new();
        for (server, track) in self.dump.tracks.iter().enumerate() {
            for record in &track.records {
                let (client, notified) = match record.event {
                    Event::Signal {
                        client, notified, ..
                    } => (Some(client), notified),
                    Event::Evicted { client, .. } => (None, 1 << (client & 63)),
                    Event::Revoked { clients, .. } => (None, clients),
                    _ => continue,
                };
                let from = client.and_then(|client| *pids.get(usize::from(client))?);
                let from = from.and_then(|pid| Some((pid, self.doorbell(pid, record.time)?)));
                for (to, pid) in pids.iter().enumerate() {
                    if let Some(pid) = pid
                        && to < 64
                        && notified & 1 << to != 0
                        && let Some(heard) = self.heard(*pid, record.time)
                    {
                        arrows.push((from, (server, record.time), (*pid, heard)));
                    }
                }
            }
        }
        let count = arrows.len();
        for (id, (from, through, to)) in arrows.into_iter().enumerate() {
            let first = if from.is_some() { 't' } else { 's' };
            let points = [
                from.map(|from| ('s', from)),
                Some((first, through)),
                Some(('f', to)),
            ];
            for (ph, (pid, time)) in points.into_iter().flatten() {
                let lane = Lane { pid, tid: 0 };
                let at = self.dump.microseconds(time);
                self.file.events.push(Entry::arrow(ph, id + 1, lane, at));
            }
        }
        count
    }

    fn doorbell(&self, pid: usize, before: u64) -> Option<u64> {
        let records = &self.dump.tracks[pid].records;
        let rings = records.iter().rev().filter(|record| record.time <= before);
        rings
            .filter(|record| matches!(record.event, Event::Doorbell { .. }))
            .map(|record| record.time)
            .next()
    }

    fn heard(&self, pid: usize, after: u64) -> Option<u64> {
        let records = &self.dump.tracks[pid].records;
        let later = records.iter().filter(|record| record.time >= after);
        later
            .filter(|record| record.event == Event::Notified)
            .map(|record| record.time)
            .next()
    }
}

fn name(event: Event) -> &'static str {
    match event {
        Event::Doorbell { .. } => "notify",
        Event::Signal { .. } => "signal",
        Event::Evicted { .. } => "detach by the manager",
        Event::Revoked { .. } => "revoke",
        _ => "notified",
    }
}
