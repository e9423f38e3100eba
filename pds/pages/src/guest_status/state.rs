// SPDX-License-Identifier: BSD-2-Clause

//! Where a guest is in its life.

/// The life of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum GuestState {
    /// The VMM has not said anything yet.
    Unknown = 0,
    /// Loaded, waiting for the manager's order to start.
    Held = 1,
    /// Running (or parked).
    Running = 2,
    /// The guest turned itself off (PSCI SYSTEM_OFF), or was stopped by order.
    Off = 3,
    /// The guest cannot go on; the VMM stopped its vCPUs and said why in its log.
    Failed = 4,
    /// Its vCPUs are suspended by order until the order to resume.
    Paused = 5,
    /// It is being reset: its vCPUs run the reset code, then it starts anew.
    Resetting = 6,
}

impl GuestState {
    pub(super) fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Held,
            2 => Self::Running,
            3 => Self::Off,
            4 => Self::Failed,
            5 => Self::Paused,
            6 => Self::Resetting,
            _ => Self::Unknown,
        }
    }
}
