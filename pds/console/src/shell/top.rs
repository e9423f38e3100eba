// SPDX-License-Identifier: BSD-2-Clause

//! Use of the processor since the last look.

use super::words::state;
use crate::output::{Screen, Shown, Sink};
use core::fmt::{self, Write};
use heapless::Vec;
use manager_api::{GuestSummary, Load};

/// Milliseconds between two looks.
const PAUSE_MS: u64 = 1000;

/// What `top` remembers.
#[derive(Debug)]
pub(super) struct Top {
    /// By number of the guest: what it had used at the last look.
    loads: Vec<Load, 60>,
    /// When that was.
    seen: u64,
    /// When the look under way began.
    looking: u64,
    /// When to look again, if none is under way.
    next: Option<u64>,
    first: bool,
    /// Who was shown before.
    shown: Shown,
}

impl Top {
    pub(super) fn new(shown: Shown, now: u64) -> Self {
        Self {
            loads: Vec::new(),
            seen: now,
            looking: now,
            next: Some(now),
            first: true,
            shown,
        }
    }

    pub(super) fn shown(&self) -> Shown {
        self.shown
    }

    pub(super) fn due(&self) -> Option<u64> {
        self.next
    }

    /// Whether to look now.
    pub(super) fn looks(&mut self, now: u64) -> bool {
        let due = self.next.is_some_and(|next| now >= next);
        if due {
            (self.next, self.looking) = (None, now);
        }
        due
    }

    /// Shows a part of the guests, from number `from` on.
    pub(super) fn show<S: Sink>(
        &mut self,
        screen: &mut Screen<'_, S>,
        from: usize,
        guests: &[GuestSummary],
        ticks_per_ms: u64,
    ) {
        if from == 0 {
            self.header(screen);
        }
        let elapsed_us = self
            .looking
            .saturating_sub(self.seen)
            .saturating_mul(1000)
            .checked_div(ticks_per_ms)
            .unwrap_or(0);
        for (number, guest) in (from..).zip(guests) {
            let before = self.loads.get(number).copied();
            let rate = |used: fn(&Load) -> u64, scale: u64| {
                let before = used(before.as_ref()?);
                let new = used(&guest.load).saturating_sub(before);
                // To the nearest: what runs all the time is 100.0 %.
                let scaled = new.saturating_mul(scale).saturating_add(elapsed_us / 2);
                scaled.checked_div(elapsed_us)
            };
            screen.answer(format_args!(
                "{:<24} {:<9} {:>7} {:>7} {:>9}\x1b[K",
                guest.name,
                state(guest),
                Percent(rate(|load| load.guest_us, 1000)),
                Percent(rate(|load| load.vmm_us, 1000)),
                Number(rate(|load| load.exits, 1_000_000))
            ));
            match self.loads.get_mut(number) {
                Some(load) => *load = guest.load,
                None => {
                    // The manager knows 60 guests at the most.
                    let _ = self.loads.push(guest.load);
                }
            }
        }
    }

    fn header<S: Sink>(&mut self, screen: &mut Screen<'_, S>) {
        screen.home(core::mem::take(&mut self.first));
        screen.answer(format_args!(
            "top: every second, any key ends it; CPU is an upper bound\x1b[K"
        ));
        screen.answer(format_args!(
            "{:<24} {:<9} {:>7} {:>7} {:>9}\x1b[K",
            "GUEST", "STATE", "CPU", "VMM", "EXITS/s"
        ));
    }

    /// All guests were shown.
    pub(super) fn end<S: Sink>(&mut self, screen: &mut Screen<'_, S>, now: u64, ticks_per_ms: u64) {
        screen.clear_below();
        self.seen = self.looking;
        self.next = Some(now.saturating_add(PAUSE_MS.saturating_mul(ticks_per_ms)));
    }
}

/// Thousandths as percent.
struct Percent(Option<u64>);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = heapless::String::<32>::new();
        match self.0 {
            Some(milli) => write!(text, "{}.{} %", milli / 10, milli % 10)?,
            None => text.write_str("-")?,
        }
        f.pad(&text)
    }
}

struct Number(Option<u64>);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.pad("-"),
        }
    }
}
