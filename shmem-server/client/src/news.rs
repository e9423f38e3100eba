// SPDX-License-Identifier: BSD-2-Clause

//! What happened to the peers, from one inspection to the next.
//!
//! A region counts its joins and departures. For each index it keeps the last event
//! and the last departure, so who looks late misses what an index did before these:
//! [`News::missed`] says how much.

use core::fmt;
use heapless::Vec;
use shmem_server_api::message::EVENT_JOIN;
use shmem_server_api::{Departure, Inspection, MAX_PEERS};

/// Most events that one inspection shows: two an index.
const MOST: usize = 2 * MAX_PEERS;

/// What a peer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It joined.
    Joined,
    /// Its connection ended.
    Gone(Departure),
}

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number in the region, from 1; it wraps.
    pub serial: u32,
    /// Of which index.
    pub index: u8,
    /// What.
    pub what: What,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Joined => "joined",
            What::Gone(Departure::Left) => "left",
            What::Gone(Departure::Reset) => "was reset",
            What::Gone(Departure::Crashed) => "crashed",
        };
        write!(f, "connection {} {what}", self.index)
    }
}

/// All that is new, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The events.
    pub events: Vec<Event, MOST>,
    /// How many more there were.
    pub missed: u32,
}

/// What has happened since an inspection that had the serial `since`; 0: since the
/// region's birth.
pub fn news(inspection: &Inspection, since: u32) -> News {
    let age = |serial: u32| inspection.serial.wrapping_sub(serial);
    let new = age(since);
    let mut events: Vec<Event, MOST> = Vec::new();
    for (index, record) in (0..).zip(&inspection.peers) {
        let last = (record.event == EVENT_JOIN).then_some((record.serial, What::Joined));
        let departure = departure(record.departure)
            .map(|departure| (record.departure_serial, What::Gone(departure)));
        for (serial, what) in [departure, last].into_iter().flatten() {
            if age(serial) < new {
                // There is room for two of each.
                let _ = events.push(Event {
                    serial,
                    index,
                    what,
                });
            }
        }
    }
    events.sort_unstable_by_key(|event| core::cmp::Reverse(age(event.serial)));
    // Lossless: at most MOST.
    let missed = new.saturating_sub(events.len() as u32);
    News { events, missed }
}

fn departure(number: u8) -> Option<Departure> {
    [Departure::Left, Departure::Reset, Departure::Crashed]
        .into_iter()
        .find(|departure| *departure as u8 == number)
}

#[cfg(test)]
mod tests {
    use super::{Event, News, What, news};
    use shmem_server_api::{Counters, Departure, Inspection, PeerRecord, RegionName};

    /// An inspection with the first records as given: event, serial, departure, serial.
    fn inspection(serial: u32, records: &[(u8, u32, u8, u32)]) -> Inspection {
        let mut peers = [PeerRecord::default(); 16];
        for (peer, &(event, serial, departure, departure_serial)) in peers.iter_mut().zip(records) {
            *peer = PeerRecord {
                event,
                serial,
                departure,
                departure_serial,
            };
        }
        Inspection {
            name: RegionName::new("x").unwrap(),
            pages: 1,
            generation: 1,
            serial,
            unread: 0,
            may_signal: 0,
            counters: Counters::default(),
            peers,
        }
    }

    fn told(news: &News) -> Vec<String> {
        news.events.iter().map(Event::to_string).collect()
    }

    #[test]
    fn events_come_in_order_each_once() {
        let now = inspection(6, &[(1, 1, 0, 0), (1, 5, 3, 4), (4, 6, 4, 6)]);
        let all = news(&now, 0);
        assert_eq!(
            told(&all),
            [
                "connection 0 joined",
                "connection 1 was reset",
                "connection 1 joined",
                "connection 2 crashed"
            ]
        );
        assert_eq!(all.missed, 2, "how 1 and 2 joined before that");
        let late = news(&now, 5);
        let crash = Event {
            serial: 6,
            index: 2,
            what: What::Gone(Departure::Crashed),
        };
        assert_eq!((&late.events[..], late.missed), (&[crash][..], 0));
        assert_eq!(news(&now, 6), News::default());
    }

    #[test]
    fn serials_wrap() {
        let now = inspection(1, &[(1, 1, 2, u32::MAX)]);
        let both = news(&now, u32::MAX - 1);
        assert_eq!(told(&both), ["connection 0 left", "connection 0 joined"]);
        assert_eq!(both.missed, 1, "number 0");
        assert_eq!(told(&news(&now, 0)), ["connection 0 joined"]);
    }

    #[test]
    fn records_without_sense_are_no_events() {
        let now = inspection(9, &[(7, 9, 9, 9), (0, 0, 0, 0)]);
        assert!(news(&now, 0).events.is_empty());
    }
}
