// SPDX-License-Identifier: BSD-2-Clause

//! What happens next.

use arbitrary::Arbitrary;
use guest_vmm::machine::model::{CONTROL, FACTORY};

/// Names that the guest and its peers use; the last two it may not.
pub const NAMES: [&str; 5] = ["a1", "a2", "a3", "z", "a/b"];

#[derive(Arbitrary, Clone, Debug)]
pub enum Step {
    Load {
        place: Place,
        width: u8,
    },
    Store {
        place: Place,
        width: u8,
        value: u64,
    },
    /// A load or store that the processor gives no syndrome for.
    Instruction {
        place: Place,
        form: Form,
        word: u32,
        value: u64,
    },
    /// A load of `status`.
    Status {
        second: bool,
    },
    /// The same store over and over: to `find` of the factory page, or to `notify`.
    Storm {
        count: u8,
        value: u32,
        notify: bool,
    },
    /// Name, size, and what came of it.
    Attach {
        name: u8,
        pages: u16,
    },
    /// And whether the notification that follows arrives at once.
    Peer {
        peer: u8,
        act: Act,
        told: bool,
    },
    /// The scrubber is done with one of the guest's slots.
    Cleaned {
        second: bool,
    },
    /// The manager ends the guest's connection to a region, or the whole region.
    Evict {
        name: u8,
        revoke: bool,
        told: bool,
    },
    /// The notification of the server arrives.
    Notified,
    /// Microseconds, sixteen times as many.
    Later {
        ticks: u8,
    },
    /// The guest resets itself.
    Reset,
    /// What the server answers next, instead of the truth.
    Lie {
        bytes: Vec<u8>,
    },
}

/// What kind of instruction a word is made.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Form {
    Pair,
    WriteBack,
    Any,
}

impl Form {
    /// The word with the bits of its class (Arm ARM, C4.1, "Loads and Stores").
    pub fn shape(self, word: u32) -> u32 {
        let class = |word: u32, bits: u32| word & !(0b1111 << 26) | bits << 27;
        match self {
            Self::Pair => class(word, 0b101),
            Self::WriteBack => class(word, 0b111) & !(0b11 << 24 | 1 << 21),
            Self::Any => word,
        }
    }
}

/// Where on which page.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Place {
    page: u8,
    field: u8,
    offset: u16,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Act {
    Attach { name: u8, pages: u16 },
    Signal { connection: u8, targets: u32 },
    Read { connection: u8 },
    Detach { connection: u8 },
    Gone,
}

/// Which pages a target is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Factory,
    Control,
}

/// Offsets where something is; others come too.
const FIELDS: [u64; 24] = [
    0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x38, 0x3c, 0x40, 0x800, 0x808, 0x810, 0x820,
    0x828, 0x82c, 0x830, 0x834, 0x840, 0x844, 0x860, 0x900, 0xff8,
];

impl Place {
    /// A guest-physical address.
    pub fn address(self, focus: Focus) -> u64 {
        let control = [CONTROL, CONTROL + 0x40_0000];
        let page = match (focus, self.page % 8) {
            (Focus::Factory, 0) => control[0],
            (Focus::Factory, 1) => control[1],
            (Focus::Factory, _) | (Focus::Control, 0) => FACTORY,
            (Focus::Control, 1) => control[1],
            (Focus::Control, _) => control[0],
        };
        let known = FIELDS.get(usize::from(self.field) % (FIELDS.len() + 8));
        page + known.copied().unwrap_or(u64::from(self.offset) % 0x1000)
    }
}
