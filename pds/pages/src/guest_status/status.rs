// SPDX-License-Identifier: BSD-2-Clause

//! The status page.

use super::vcpu::VcpuWord;
use super::{GuestState, Outcome, VcpuState};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Why a vCPU trapped, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Exit {
    /// WFI or WFE.
    Wait = 0,
    /// Load or store to a device other than shared memory.
    Device = 1,
    /// Load or store to the shared-memory device.
    Shmem = 2,
    /// A firmware call (SMC).
    Firmware = 3,
    /// The virtual timer fired.
    Timer = 4,
    /// An interrupt was ended (vGIC maintenance).
    Maintenance = 5,
    /// Any other trap: system registers, undefined instructions, aborts.
    Other = 6,
}

impl Exit {
    /// All kinds, by number.
    pub const ALL: [Self; 7] = [
        Self::Wait,
        Self::Device,
        Self::Shmem,
        Self::Firmware,
        Self::Timer,
        Self::Maintenance,
        Self::Other,
    ];
}

/// vCPUs that a guest may have.
pub const VCPUS: usize = 8;

/// VMM to manager. Writer: the VMM. A restarted VMM goes on with what is there.
#[derive(Debug, Default)]
#[repr(C)]
pub struct GuestStatus {
    state: AtomicU32,
    /// Successful attaches so far.
    attaches: AtomicU32,
    /// Bits 63:32 number of the last order that was answered, 31:0 its outcome.
    answer: AtomicU64,
    /// Starts of the VMM, each counted when its vCPUs are suspended.
    boots: AtomicU32,
    /// Times the guest was reset, for whatever reason.
    resets: AtomicU32,
    /// Kernel panics that the guest's console showed.
    panics: AtomicU32,
    reserved: AtomicU32,
    /// Address in the VMM where a faulted VMM is restarted; 0: nowhere yet.
    restart_entry: AtomicU64,
    /// What each vCPU does and how long it may have run, from being resumed to its
    /// next exit: an upper bound of what it used.
    vcpus: [VcpuWord; VCPUS],
    /// By [`Exit`].
    exits: [AtomicU64; Exit::ALL.len()],
    /// Counter value of the guest's last exit.
    last_exit: AtomicU64,
    /// Of each vCPU the counter value at which it was last let run.
    runs_since: [AtomicU64; VCPUS],
}

impl GuestStatus {
    /// VMM: publish the guest's state.
    pub fn set_state(&self, state: GuestState) {
        self.state.store(state as u32, Ordering::Release);
    }

    /// Manager: the guest's state as the VMM alleges it.
    pub fn state(&self) -> GuestState {
        GuestState::from_word(self.state.load(Ordering::Acquire))
    }

    /// VMM: one more attach succeeded.
    pub fn count_attach(&self) {
        self.attaches.fetch_add(1, Ordering::Release);
    }

    /// Manager: how many attaches succeeded.
    pub fn attaches(&self) -> u32 {
        self.attaches.load(Ordering::Acquire)
    }

    /// VMM: an order ended. Everything that it did is visible before this.
    pub fn answer(&self, serial: u32, outcome: Outcome) {
        let word = u64::from(serial) << 32 | u64::from(outcome as u32);
        self.answer.store(word, Ordering::Release);
    }

    /// Number of the last order that was answered.
    pub fn answered(&self) -> u32 {
        // Lossless: the upper half.
        (self.answer.load(Ordering::Acquire) >> 32) as u32
    }

    /// Manager: how that order ended; `None` as long as it has not.
    pub fn outcome_of(&self, serial: u32) -> Option<Outcome> {
        let word = self.answer.load(Ordering::Acquire);
        // Lossless: each is a half.
        ((word >> 32) as u32 == serial)
            .then(|| Outcome::from_word(word as u32))
            .flatten()
    }

    /// VMM: it has started, and all of its vCPUs are suspended; `now`: the counter's
    /// value.
    pub fn count_boot(&self, now: u64) {
        for vcpu in &self.vcpus {
            vcpu.set(VcpuState::Off, now);
        }
        self.boots.fetch_add(1, Ordering::Release);
    }

    /// Manager: how often the VMM started and suspended its vCPUs.
    pub fn boots(&self) -> u32 {
        self.boots.load(Ordering::Acquire)
    }

    /// VMM: the guest was reset.
    pub fn count_reset(&self) {
        self.resets.fetch_add(1, Ordering::Relaxed);
    }

    /// How often the guest was reset.
    pub fn resets(&self) -> u32 {
        self.resets.load(Ordering::Relaxed)
    }

    /// VMM: the guest's console showed a kernel panic.
    pub fn count_panic(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// How many kernel panics the guest's console showed.
    pub fn panics(&self) -> u32 {
        self.panics.load(Ordering::Relaxed)
    }

    /// VMM: where it is restarted.
    pub fn set_restart_entry(&self, address: u64) {
        self.restart_entry.store(address, Ordering::Release);
    }

    /// Manager: where to restart the VMM, as it alleges; a lie hurts only itself.
    pub fn restart_entry(&self) -> Option<u64> {
        Some(self.restart_entry.load(Ordering::Acquire)).filter(|address| *address != 0)
    }

    /// VMM: from counter value `now` on a vCPU is in that state. One beyond
    /// [`VCPUS`] there is not.
    pub fn set_vcpu(&self, vcpu: u8, state: VcpuState, now: u64) {
        let vcpu = usize::from(vcpu);
        if let (Some(word), Some(since)) = (self.vcpus.get(vcpu), self.runs_since.get(vcpu)) {
            if state == VcpuState::Running {
                // Before the word: nobody sees one that runs with the time of an
                // earlier run.
                since.store(now, Ordering::Relaxed);
            }
            word.set(state, now);
        }
    }

    /// Of the vCPUs that run, the one that was let run first, and the counter value at
    /// which it was; `None`: none runs.
    pub fn runs_longest(&self) -> Option<(usize, u64)> {
        let vcpus = self.vcpus.iter().zip(&self.runs_since).enumerate();
        let running = vcpus.filter(|(_, (word, _))| word.read(0).0 == VcpuState::Running);
        running
            .map(|(vcpu, (_, since))| (vcpu, since.load(Ordering::Relaxed)))
            .min_by_key(|(_, since)| *since)
    }

    /// What a vCPU does at counter value `now`, and the ticks that it ran at the
    /// most; one that runs is counted up to now.
    pub fn vcpus(&self, now: u64) -> [(VcpuState, u64); VCPUS] {
        self.vcpus.each_ref().map(|word| word.read(now))
    }

    /// VMM: a vCPU trapped at counter value `now`.
    pub fn count_exit(&self, exit: Exit, now: u64) {
        let counter = &self.exits[exit as usize];
        // One writer: a load and a store, cheaper than an exclusive pair.
        counter.store(
            counter.load(Ordering::Relaxed).wrapping_add(1),
            Ordering::Relaxed,
        );
        self.last_exit.store(now, Ordering::Relaxed);
    }

    /// Exits of one kind.
    pub fn exits(&self, exit: Exit) -> u64 {
        self.exits[exit as usize].load(Ordering::Relaxed)
    }

    /// Counter value of the guest's last exit; 0: none yet.
    pub fn last_exit(&self) -> u64 {
        self.last_exit.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zeroed_page_says_nothing() {
        let status = GuestStatus::default();
        assert_eq!(
            (status.state(), status.attaches(), status.boots()),
            (GuestState::Unknown, 0, 0)
        );
        assert_eq!((status.restart_entry(), status.outcome_of(0)), (None, None));
    }

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let status = GuestStatus::default();
        for state in [
            GuestState::Held,
            GuestState::Running,
            GuestState::Off,
            GuestState::Failed,
            GuestState::Paused,
            GuestState::Resetting,
        ] {
            status.set_state(state);
            assert_eq!(status.state(), state);
        }
        status.count_attach();
        status.count_attach();
        assert_eq!(status.attaches(), 2);
        status.set_restart_entry(0x20_0000);
        assert_eq!(status.restart_entry(), Some(0x20_0000));
    }

    #[test]
    fn exits_are_counted_by_kind() {
        let status = GuestStatus::default();
        for (nth, exit) in Exit::ALL.into_iter().enumerate() {
            assert_eq!(exit as usize, nth);
            status.count_exit(exit, 100);
        }
        status.count_exit(Exit::Wait, 200);
        assert_eq!(
            (status.exits(Exit::Wait), status.exits(Exit::Other)),
            (2, 1)
        );
        assert_eq!(status.last_exit(), 200);
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        use core::mem::offset_of;
        assert_eq!(offset_of!(GuestStatus, vcpus), 0x28);
        assert_eq!(offset_of!(GuestStatus, exits), 0x68);
        assert_eq!(offset_of!(GuestStatus, last_exit), 0xa0);
        assert_eq!(offset_of!(GuestStatus, runs_since), 0xa8);
    }

    #[test]
    fn a_restarted_vmm_ends_what_its_vcpus_were_doing() {
        let status = GuestStatus::default();
        status.set_vcpu(0, VcpuState::Running, 100);
        status.set_vcpu(7, VcpuState::Parked, 100);
        status.set_vcpu(8, VcpuState::Running, 100);
        assert_eq!(status.vcpus(250)[0], (VcpuState::Running, 150));
        assert_eq!(status.vcpus(250)[7], (VcpuState::Parked, 0));
        status.count_boot(300);
        let vcpus = status.vcpus(1000);
        assert_eq!(vcpus[0], (VcpuState::Off, 200));
        assert!(vcpus[1..].iter().all(|vcpu| *vcpu == (VcpuState::Off, 0)));
    }

    #[test]
    fn the_vcpu_that_runs_longest_is_known_and_who_waits_does_not_run() {
        let status = GuestStatus::default();
        assert_eq!(status.runs_longest(), None);
        status.set_vcpu(0, VcpuState::Running, 500);
        status.set_vcpu(7, VcpuState::Running, 400);
        assert_eq!(status.runs_longest(), Some((7, 400)));
        status.set_vcpu(7, VcpuState::Suspended, 550);
        assert_eq!(status.runs_longest(), Some((0, 500)));
        status.set_vcpu(7, VcpuState::Running, 600);
        status.set_vcpu(0, VcpuState::Parked, 700);
        assert_eq!(status.runs_longest(), Some((7, 600)));
        status.count_boot(800);
        assert_eq!(status.runs_longest(), None);
    }

    #[test]
    fn nonsense_is_read_as_the_harmless_value() {
        let status = GuestStatus::default();
        status.state.store(77, Ordering::Relaxed);
        assert_eq!(status.state(), GuestState::Unknown);
        status.answer.store(3 << 32 | 77, Ordering::Relaxed);
        assert_eq!(status.outcome_of(3), None);
    }
}
