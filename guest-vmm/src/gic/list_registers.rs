// SPDX-License-Identifier: BSD-2-Clause

//! The book of list registers.

/// Most that GICv2 has room for in our book (seL4's boards have 4).
pub const MAX_LIST_REGISTERS: usize = 16;
/// What is assumed until the kernel says otherwise.
const ASSUMED: u8 = 4;

/// What lies in a list register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    intid: u16,
    /// Injected, and no later WFI has said that it does not wake the guest.
    fresh: bool,
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

    /// Whether an interrupt lies in one.
    pub(super) fn holds(&self, intid: u16) -> bool {
        self.entries
            .iter()
            .flatten()
            .any(|entry| entry.intid == intid)
    }

    /// What lies in them.
    pub(super) fn held(&self) -> impl Iterator<Item = u16> {
        self.entries.iter().flatten().map(|entry| entry.intid)
    }

    pub(super) fn take(&mut self, list_register: u8, intid: u16) {
        if let Some(entry) = self.entries.get_mut(usize::from(list_register)) {
            *entry = Some(Entry { intid, fresh: true });
        }
    }

    /// The register is free again; what lay in it.
    pub(super) fn release(&mut self, list_register: u8) -> Option<u16> {
        self.entries
            .get_mut(usize::from(list_register))?
            .take()
            .map(|entry| entry.intid)
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
