// SPDX-License-Identifier: BSD-2-Clause

//! Answers as rows of at most 79 columns.

use super::commands::{COMMANDS, Command, Usage};
use super::names::Names;
use super::words::{Pages, Seconds, host_state, on_silence, state, vcpu, vmm};
use crate::output::{Screen, Sink};
use core::fmt;
use manager_api::{
    GuestInfo, GuestSummary, HostSummary, RegionInfo, RegionSummary, Silence, SlotCounts, Watchdog,
};
use tombolo_config::Name;

/// Kinds of exits, in the order of `tombolo_pages::guest_status::Exit`.
const EXITS: [&str; 7] = [
    "waits (WFI)",
    "device accesses",
    "shared-memory device",
    "firmware calls",
    "timer",
    "interrupts ended",
    "other",
];

/// A row of cells that are texts already.
macro_rules! row {
    ($screen:expr, $($argument:tt)*) => {
        $screen.answer(format_args!($($argument)*))
    };
}

pub(super) fn help<S: Sink>(screen: &mut Screen<'_, S>) {
    for command in COMMANDS {
        row!(screen, "{:<24} {}", Text(Usage(command)), command.short);
    }
    row!(
        screen,
        "`help COMMAND` says more. Tab completes, Ctrl-] ? lists the console's keys."
    );
}

pub(super) fn help_of<S: Sink>(screen: &mut Screen<'_, S>, command: &'static Command) {
    row!(screen, "{}", Usage(command));
    row!(screen, "  {}", command.short);
    for line in command.long {
        row!(screen, "  {line}");
    }
}

/// The manager does not answer.
pub(super) fn silence<S: Sink>(screen: &mut Screen<'_, S>) {
    row!(
        screen,
        "the manager does not answer: `log manager` shows its last words"
    );
    row!(
        screen,
        "if it faulted, guests go on without it until the machine is started anew"
    );
}

pub(super) fn guests_header<S: Sink>(screen: &mut Screen<'_, S>) {
    row!(
        screen,
        "{:<24} {:<9} {:<10} {:>5} {:>8} {:>9} {:>8}",
        "GUEST",
        "STATE",
        "VMM",
        "VCPUS",
        "MEMORY",
        "CPU UP TO",
        "VMM TIME"
    );
}

pub(super) fn guest<S: Sink>(screen: &mut Screen<'_, S>, guest: &GuestSummary) {
    row!(
        screen,
        "{:<24} {:<9} {:<10} {:>5} {:>8} {:>9} {:>8}",
        guest.name,
        state(guest),
        vmm(guest.vmm),
        guest.vcpus,
        Pages(guest.memory_pages),
        Seconds(guest.load.guest_us),
        Seconds(guest.load.vmm_us)
    );
}

pub(super) fn info<S: Sink>(screen: &mut Screen<'_, S>, info: &GuestInfo) {
    let summary = &info.summary;
    row!(screen, "{}", summary.name);
    row!(
        screen,
        "  state          {}, its VMM {}",
        state(summary),
        vmm(summary.vmm)
    );
    row!(
        screen,
        "  size           {} vCPUs, {}",
        summary.vcpus,
        Pages(summary.memory_pages)
    );
    row!(
        screen,
        "  processor      {} at the most, its VMM {}",
        Seconds(summary.load.guest_us),
        Seconds(summary.load.vmm_us)
    );
    for (number, does) in info.vcpus.iter().enumerate() {
        let (state, used) = (vcpu(does.state), Seconds(does.used_us));
        row!(screen, "    vcpu {number:<17} {state}, {used} at the most");
    }
    match info.silent_ms {
        Some(ms) => row!(screen, "  last exit      {ms} ms ago"),
        None => row!(screen, "  last exit      none: it has never run"),
    }
    watchdog(screen, info);
    row!(
        screen,
        "  life           {} resets, {} restarts of its VMM, {} kernel panics",
        info.resets,
        info.restarts,
        info.panics
    );
    let signals = &info.signals;
    row!(
        screen,
        "  signals        {} sent ({} coalesced, {} refused), {} received",
        signals.sent,
        signals.coalesced,
        signals.refused,
        signals.received
    );
    row!(screen, "  connections    {}", info.connections);
    row!(screen, "  exits          {}", summary.load.exits);
    for (name, count) in EXITS.iter().zip(info.exits) {
        row!(screen, "    {name:<22} {count}");
    }
}

fn watchdog<S: Sink>(screen: &mut Screen<'_, S>, info: &GuestInfo) {
    match info.silence {
        Some(Silence { vcpu, ms }) => {
            row!(
                screen,
                "  silence        vcpu {vcpu} has run for {ms} ms without an exit"
            );
        }
        None => row!(screen, "  silence        none: no vCPU runs"),
    }
    match info.watchdog {
        Some(Watchdog {
            silence_ms,
            on_silence: then,
        }) => row!(
            screen,
            "  watchdog       {silence_ms} ms, then {}; {} times so far",
            on_silence(then),
            info.silences
        ),
        None => row!(screen, "  watchdog       none"),
    }
}

pub(super) fn hosts_header<S: Sink>(screen: &mut Screen<'_, S>) {
    row!(
        screen,
        "{:<24} {:<8} {:>11} {:>10} {:>10} {:>10}",
        "HOST",
        "STATE",
        "CONNECTIONS",
        "SENT",
        "RECEIVED",
        "REFUSED"
    );
}

pub(super) fn host<S: Sink>(screen: &mut Screen<'_, S>, host: &HostSummary) {
    row!(
        screen,
        "{:<24} {:<8} {:>11} {:>10} {:>10} {:>10}",
        host.name,
        host_state(host.state),
        host.connections,
        host.signals.sent,
        host.signals.received,
        host.signals.refused
    );
}

pub(super) fn regions_header<S: Sink>(screen: &mut Screen<'_, S>) {
    row!(
        screen,
        "{:<31} {:>10} {:>10} {:>4} {:>7} {:>7}",
        "REGION",
        "SIZE",
        "GENERATION",
        "SLOT",
        "CLIENTS",
        "PENDING"
    );
}

pub(super) fn region_row<S: Sink>(screen: &mut Screen<'_, S>, region: &RegionSummary) {
    if region.revoked {
        row!(
            screen,
            "{:<31} {:>10} {:>10} {:>4} {:>15}",
            region.name,
            Pages(region.pages),
            region.generation,
            region.slot,
            "revoked"
        );
        return;
    }
    row!(
        screen,
        "{:<31} {:>10} {:>10} {:>4} {:>7} {:>7}",
        region.name,
        Pages(region.pages),
        region.generation,
        region.slot,
        region.clients,
        region.pending.count_ones()
    );
}

/// What slots are used for: those without a live region too.
pub(super) fn slots<S: Sink>(screen: &mut Screen<'_, S>, counts: &SlotCounts) {
    row!(
        screen,
        "slots in use: {} live, {} revoked, {} being cleaned, {} quarantined for good",
        counts.live,
        counts.revoked,
        counts.cleaning,
        counts.quarantined
    );
}

pub(super) fn region<S: Sink>(screen: &mut Screen<'_, S>, info: &RegionInfo, names: &Names) {
    let summary = &info.summary;
    let life = if summary.created_by_policy {
        ", made by the manifest"
    } else {
        ""
    };
    row!(
        screen,
        "{}: {}, generation {}, slot {}{life}",
        summary.name,
        Pages(summary.pages),
        summary.generation,
        summary.slot
    );
    if summary.revoked {
        return revoked(screen, &info.waits_for, names);
    }
    row!(
        screen,
        "  {:>5} {:<24} {:<10} UNREAD SIGNALS FROM",
        "INDEX",
        "CLIENT",
        "ACCESS"
    );
    for member in &info.members {
        let access = if member.read_only {
            "reads"
        } else {
            "read-write"
        };
        row!(
            screen,
            "  {:>5} {:<24} {access:<10} {}",
            member.index,
            member.client,
            Indices(member.pending_from)
        );
    }
    if info.members.is_empty() {
        row!(screen, "  nobody is attached");
    }
}

/// What became of a region that was revoked.
pub(super) fn revoked<S: Sink>(screen: &mut Screen<'_, S>, waits_for: &[Name], names: &Names) {
    if waits_for.is_empty() {
        return screen.answer(format_args!("revoked; nobody could write to its slot"));
    }
    screen.answer(format_args!(
        "revoked; its slot is quarantined until these are stopped or reset:"
    ));
    for client in waits_for {
        if names.is_host(client) {
            row!(screen, "  {client}: a host, which nobody can order to stop");
        } else {
            row!(screen, "  {client}");
        }
    }
}

/// The set bits of a word.
struct Indices(u16);

impl fmt::Display for Indices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("-");
        }
        for index in (0..16).filter(|index| self.0 >> index & 1 == 1) {
            write!(f, "{index} ")?;
        }
        Ok(())
    }
}

/// Something to show, padded as a text is.
struct Text<T>(T);

impl<T: fmt::Display> fmt::Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = heapless::String::<64>::new();
        // What is longer is cut.
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{}", self.0));
        f.pad(&text)
    }
}
