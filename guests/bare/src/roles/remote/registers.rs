// SPDX-License-Identifier: BSD-2-Clause

//! Offsets of the registers that the checks use (docs/interfaces/guest-shm.md).

/// Of the factory page, which has the addresses below 0x1000.
pub mod factory {
    pub const SHMEM: u64 = 0x08;
    pub const VECTOR: u64 = 0x10;
    pub const STATUS: u64 = 0x14;
    pub const SIZE: u64 = 0x18;
    pub const FIND: u64 = 0x3c;
    pub const MAGIC: u64 = 0x800;
    pub const VERSION: u64 = 0x808;
    pub const FEATURES: u64 = 0x80c;
    pub const REASON: u64 = 0x810;
    pub const CONNECTIONS: u64 = 0x814;
    pub const MAX_CONNECTIONS: u64 = 0x818;
    pub const REGIONS: u64 = 0x81c;
    pub const MAX_REGIONS: u64 = 0x820;
    pub const BYTES: u64 = 0x828;
    pub const MAX_BYTES: u64 = 0x830;
    pub const GENERATION: u64 = 0x838;
    pub const ACCESS: u64 = 0x83c;
    pub const NTH: u64 = 0x840;
    pub const LIST_STATUS: u64 = 0x844;
    pub const LIST_PAGES: u64 = 0x848;
    pub const LIST_GENERATION: u64 = 0x84c;
    pub const LIST_ACTIVE: u64 = 0x850;
    pub const LIST_INDEX: u64 = 0x854;
    pub const LIST_NAME: u64 = 0x860;
}

/// Of a control page.
pub mod control {
    pub const STATUS: u64 = 0x00;
    pub const IDX: u64 = 0x04;
    pub const NOTIFY: u64 = 0x08;
    pub const DETACH: u64 = 0x0c;
    pub const GENERATION: u64 = 0x810;
    pub const SERIAL: u64 = 0x814;
    pub const PAGES: u64 = 0x818;
    pub const ACCESS: u64 = 0x81c;
    pub const UNREAD: u64 = 0x820;
    pub const MAY_SIGNAL: u64 = 0x824;
    pub const MUTE: u64 = 0x828;
    pub const ONE_SHOT: u64 = 0x82c;
    pub const REARM: u64 = 0x830;
    pub const PEEK: u64 = 0x834;
    pub const SENT: u64 = 0x840;
    pub const RECEIVED: u64 = 0x844;
    pub const REFUSED: u64 = 0x84c;
    pub const NAME: u64 = 0x860;
    pub const RECORDS: u64 = 0x900;
}
