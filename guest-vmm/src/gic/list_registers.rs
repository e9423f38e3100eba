// SPDX-License-Identifier: BSD-2-Clause

//! The book of one vCPU's list registers.

/// Most that GICv2 has room for in our book (seL4's boards have 4).
pub const MAX_LIST_REGISTERS: usize = 16;
/// What is assumed until the kernel says otherwise.
const ASSUMED: u8 = 4;

/// What lies in a list register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    /// `None`: the kernel said that the register is in use, and we do not know
    /// by what.
    intid: Option<u16>,
    /// Injected, and no later WFI has said that it does not wake the guest.
    fresh: bool,
    /// The interrupt was taken back when its vCPU was turned off: its end here ends
    /// nothing.
    abandoned: bool,
}

/// Which interrupt lies in which list register.
#[derive(Debug)]
pub(super) struct ListRegisters {
    entries: [Option<Entry>; MAX_LIST_REGISTERS],
    count: u8,
}

impl ListRegisters {
    pub(super) const fn new() -> Self {
        Self {
            entries: [None; MAX_LIST_REGISTERS],
            count: ASSUMED,
        }
    }

    /// A register that is free.
    pub(super) fn free(&self) -> Option<u8> {
        let in_use = &self.entries[..usize::from(self.count)];
        // Lossless: at most 16.
        in_use.iter().position(Option::is_none).map(|n| n as u8)
    }

    pub(super) fn take(&mut self, list_register: u8, intid: u16) {
        self.fill(list_register, Some(intid));
    }

    /// The register is in use by something that we have not put there.
    pub(super) fn take_unknown(&mut self, list_register: u8) {
        self.fill(list_register, None);
    }

    fn fill(&mut self, list_register: u8, intid: Option<u16>) {
        if let Some(entry) = self.entries.get_mut(usize::from(list_register)) {
            *entry = Some(Entry {
                intid,
                fresh: true,
                abandoned: false,
            });
        }
    }

    /// The register is free again; the interrupt that ended by that.
    pub(super) fn release(&mut self, list_register: u8) -> Option<u16> {
        let entry = self.entries.get_mut(usize::from(list_register))?.take()?;
        entry.intid.filter(|_| !entry.abandoned)
    }

    /// Gives up the interrupts that `whether` says. Their registers stay in use.
    pub(super) fn abandon(&mut self, mut whether: impl FnMut(u16) -> bool) {
        for entry in self.entries.iter_mut().flatten() {
            entry.abandoned |= !entry.abandoned && entry.intid.is_some_and(&mut whether);
        }
    }

    /// Whether an interrupt that was given up still lies in one: a second register
    /// must not hold it too (IHI 0048B, 5.2.2).
    pub(super) fn keeps(&self, intid: u16) -> bool {
        let mut entries = self.entries.iter().flatten();
        entries.any(|entry| entry.abandoned && entry.intid == Some(intid))
    }

    /// There are only `count`.
    pub(super) fn limit(&mut self, count: u8) {
        self.count = self.count.min(count);
    }

    /// Whether something was injected since the last call.
    pub(super) fn take_fresh(&mut self) -> bool {
        let mut any = false;
        for entry in self.entries.iter_mut().flatten() {
            any |= core::mem::take(&mut entry.fresh);
        }
        any
    }

    pub(super) fn has_fresh(&self) -> bool {
        self.entries.iter().flatten().any(|entry| entry.fresh)
    }
}
