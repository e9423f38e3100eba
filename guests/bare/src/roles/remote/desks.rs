// SPDX-License-Identifier: BSD-2-Clause

//! The region that a runner and its assistants share.

use super::hand::Hand;
use crate::failure;
use crate::machine::{Abort, Page, Width};
use crate::run::Failure;
use bare_guests::remote::{Answer, Desk, Order, name_field};
use core::cell::Cell;
use core::ptr::with_exposed_provenance;
use core::sync::atomic::AtomicU32;

const CONTROL_STATUS: u64 = 0x00;
const CONTROL_IDX: u64 = 0x04;
const CONTROL_NOTIFY: u64 = 0x08;
const PAGE: u64 = 4096;

/// The region, attached.
pub struct Desks {
    control: Page,
    data: &'static [AtomicU32],
    /// `status` as it was last read.
    seen: Cell<u64>,
}

impl Desks {
    /// Attaches it: one page.
    pub fn attach(hand: &mut Hand<'_, '_>, name: &str) -> Result<Self, Failure> {
        let field = name_field(name);
        let shmem = match hand.perform(&Order::Attach {
            name: field,
            pages: 1,
        }) {
            Answer::Done(shmem) => shmem,
            other => return Err(failure!("attach of {name}: {other:?}")),
        };
        let data = with_exposed_provenance::<AtomicU32>((shmem + PAGE) as usize);
        Ok(Self {
            // SAFETY: just attached and mapped.
            control: unsafe { Page::new(shmem) },
            // SAFETY: just mapped, a page at least; atomics admit other writers.
            data: unsafe { core::slice::from_raw_parts(data, 1024) },
            seen: Cell::new(0),
        })
    }

    /// An assistant's desk.
    pub fn desk(&self, number: usize) -> Result<Desk<'static>, Failure> {
        Desk::new(self.data, number).ok_or_else(|| failure!("there is no desk {number}"))
    }

    /// Own index.
    pub fn index(&self) -> Result<u32, Failure> {
        // Truncation: a word was loaded.
        Ok(self.control.load(CONTROL_IDX, Width::Word)? as u32)
    }

    /// Reads `status`; whether the interrupt was this region's, as a handler of a
    /// shared line finds out. Signals are served by looking at the desks.
    pub fn look(&self) -> Result<bool, Abort> {
        let status = self.control.load(CONTROL_STATUS, Width::Word)?;
        let before = self.seen.replace(status);
        Ok(status & 0xffff != 0 || status >> 16 != before >> 16)
    }

    /// Signals everyone else.
    pub fn signal_all(&self) -> Result<(), Failure> {
        let everyone = u32::MAX.into();
        self.control.store(CONTROL_NOTIFY, Width::Word, everyone)?;
        Ok(())
    }

    /// Signals one connection.
    pub fn signal(&self, index: u32) -> Result<(), Failure> {
        let target = 1_u64.checked_shl(index).unwrap_or(0) & 0xffff;
        self.control.store(CONTROL_NOTIFY, Width::Word, target)?;
        Ok(())
    }
}
