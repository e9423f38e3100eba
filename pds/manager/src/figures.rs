// SPDX-License-Identifier: BSD-2-Clause

//! A guest's figures, from its status page, at one moment of the counter.
//!
//! They are what its VMM alleges, and for people to look at: nothing is decided by
//! them, and no word in the page makes them panic.

use manager_api::Load;
use tombolo_pages::guest_status::{Exit, GuestStatus, VCPUS, VcpuState};

/// Numbers about a guest, for people to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What it and its VMM used.
    pub load: Load,
    /// Resets.
    pub resets: u32,
    /// Panics that its console showed.
    pub panics: u32,
    /// Milliseconds since its last exit; none yet: `None`.
    pub silent_ms: Option<u64>,
    /// Exits by kind.
    pub exits: [u64; 7],
    /// By vCPU: what it does, and the microseconds that it ran at the most.
    pub vcpus: [(VcpuState, u64); VCPUS],
}

impl Default for Figures {
    /// Of a page of zeros.
    fn default() -> Self {
        Self {
            load: Load::default(),
            resets: 0,
            panics: 0,
            silent_ms: None,
            exits: [0; 7],
            vcpus: [(VcpuState::Off, 0); VCPUS],
        }
    }
}

/// The counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Its value.
    pub now: u64,
    /// Ticks per second.
    pub frequency: u64,
}

impl Clock {
    /// Ticks as microseconds.
    pub fn microseconds(&self, ticks: u64) -> u64 {
        let us = u128::from(ticks) * 1_000_000 / u128::from(self.frequency.max(1));
        u64::try_from(us).unwrap_or(u64::MAX)
    }
}

impl Figures {
    /// What `status` says at `clock`; its VMM used `vmm_us` microseconds.
    pub fn read(status: &GuestStatus, vmm_us: u64, clock: &Clock) -> Self {
        let exits = Exit::ALL.map(|exit| status.exits(exit));
        let vcpus = status
            .vcpus(clock.now)
            .map(|(state, ticks)| (state, clock.microseconds(ticks)));
        let silent = |last| clock.microseconds(clock.now.saturating_sub(last)) / 1000;
        Self {
            load: Load {
                guest_us: vcpus.iter().fold(0, |sum, (_, us)| sum.saturating_add(*us)),
                vmm_us,
                exits: exits.iter().fold(0, |sum, n| sum.wrapping_add(*n)),
            },
            resets: status.resets(),
            panics: status.panics(),
            silent_ms: Some(status.last_exit())
                .filter(|last| *last != 0)
                .map(silent),
            exits,
            vcpus,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Figures};
    use tombolo_pages::guest_status::{Exit, GuestStatus, VcpuState};

    /// At that many milliseconds.
    const fn at(ms: u64) -> Clock {
        Clock {
            now: ms * 2000,
            frequency: 2_000_000,
        }
    }

    #[test]
    fn a_spinning_guest_uses_the_processor_before_it_exits() {
        let status = GuestStatus::default();
        let used = |ms| Figures::read(&status, 0, &at(ms)).load.guest_us;
        status.set_vcpu(0, VcpuState::Running, at(10).now);
        assert_eq!((used(10), used(11), used(5010)), (0, 1000, 5_000_000));
        status.set_vcpu(0, VcpuState::Suspended, at(6000).now);
        assert_eq!(used(9000), 5_990_000);
        status.set_vcpu(1, VcpuState::Running, at(9000).now);
        assert_eq!(used(9002), 5_992_000, "all vCPUs together");
    }

    #[test]
    fn each_figure_is_the_pages() {
        let status = GuestStatus::default();
        assert_eq!(Figures::read(&status, 0, &at(7)), Figures::default());
        for (kind, count) in Exit::ALL.into_iter().zip(1..) {
            for _ in 0..count {
                status.count_exit(kind, at(500).now);
            }
        }
        status.count_panic();
        status.count_reset();
        status.count_reset();
        status.set_vcpu(2, VcpuState::Parked, at(1).now);
        let figures = Figures::read(&status, 77, &at(512));
        assert_eq!(figures.exits, [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!((figures.load.exits, figures.load.vmm_us), (28, 77));
        assert_eq!((figures.resets, figures.panics), (2, 1));
        assert_eq!(figures.silent_ms, Some(12));
        assert_eq!(figures.vcpus[2], (VcpuState::Parked, 0));
    }

    #[test]
    fn a_page_that_lies_is_no_panic() {
        let status = GuestStatus::default();
        for vcpu in 0..8 {
            status.set_vcpu(vcpu, VcpuState::Running, u64::MAX);
        }
        status.count_exit(Exit::Wait, u64::MAX);
        let figures = Figures::read(
            &status,
            0,
            &Clock {
                now: 0,
                frequency: 0,
            },
        );
        assert_eq!(figures.silent_ms, Some(0));
    }
}
