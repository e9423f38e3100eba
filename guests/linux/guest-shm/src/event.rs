// SPDX-License-Identifier: BSD-2-Clause

//! What happened to peers, and what of it wakes a file.

use core::fmt;

use crate::region::Peers;

/// What happened to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It attached.
    Joined,
    /// It detached, or its guest turned itself off.
    Left,
    /// Its guest was reset.
    Reset,
    /// Its guest failed or was dropped.
    Crashed,
    /// It is gone, and the device cannot tell why.
    Gone,
}

impl EventKind {
    /// All of them.
    pub const ALL: [EventKind; 5] = [
        EventKind::Joined,
        EventKind::Left,
        EventKind::Reset,
        EventKind::Crashed,
        EventKind::Gone,
    ];

    /// The driver's number of it.
    pub fn number(self) -> u32 {
        match self {
            EventKind::Joined => 1,
            EventKind::Left => 2,
            EventKind::Reset => 3,
            EventKind::Crashed => 4,
            EventKind::Gone => 5,
        }
    }

    /// The kind with a driver's number.
    pub fn from_number(number: u32) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|k| k.number() == number)
    }

    /// Its name, as programs print it.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Joined => "joined",
            EventKind::Left => "left",
            EventKind::Reset => "reset",
            EventKind::Crashed => "crashed",
            EventKind::Gone => "gone",
        }
    }

    /// Whether the peer is away after it.
    pub fn is_departure(self) -> bool {
        self != EventKind::Joined
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that happened to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// To whom: an index of the region.
    pub idx: u32,
    /// Joins and departures of the region so far, this one included. Wraps.
    pub serial: u32,
    /// The region's generation.
    pub generation: u32,
    /// Joins and departures right before this one that nobody can tell: they did not fit
    /// the queue, or a peer came and went faster than they were looked at.
    pub lost: u32,
}

/// What wakes a file. The default: everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Peers whose signals are kept, but wake nobody.
    pub mute: Peers,
    /// Peers that are muted once their signal was read, until a mask is set.
    pub one_shot: Peers,
    /// Whether a change of the set of attached peers wakes.
    pub membership: bool,
    /// Kinds of events that are queued.
    pub events: Vec<EventKind>,
}

impl Default for Mask {
    fn default() -> Mask {
        Mask {
            mute: Peers::NONE,
            one_shot: Peers::NONE,
            membership: true,
            events: EventKind::ALL.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_numbers_correspond() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_number(kind.number()), Some(kind));
        }
        assert_eq!(EventKind::from_number(0), None);
        assert_eq!(EventKind::from_number(6), None);
    }

    #[test]
    fn only_joining_is_no_departure() {
        let away = EventKind::ALL.into_iter().filter(|k| k.is_departure());
        assert_eq!(away.count(), EventKind::ALL.len() - 1);
    }
}
