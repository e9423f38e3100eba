// SPDX-License-Identifier: BSD-2-Clause

//! Guests and hosts, each for itself.

use crate::board::QEMU_VIRT;
use crate::manifest::{Guest, Host, Manifest, Schedule, Shmem};
use crate::plan::guest_layout;
use crate::size::{LARGE_PAGE, PAGE};
use std::ops::Range;
use tombolo_image::diagnostic::{Diagnostic, did_you_mean};
use toml::Spanned;

/// Largest guest: its RAM must be mapped in its VMM too, and fit the board.
const MAX_MEMORY: u64 = 0x5000_0000;
/// Most bytes of a command line or of a host's arguments, as the blobs hold.
const MAX_COMMAND_LINE: usize = 511;
const MAX_ARGUMENTS: usize = 255;

/// Checks all guests and hosts.
pub fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for guest in &manifest.guests {
        memory(guest, found);
        start(manifest, guest, found);
        schedule(guest.schedule.as_ref(), found);
        text(
            guest.command_line.as_ref(),
            "command line",
            MAX_COMMAND_LINE,
            found,
        );
        if let Some(shmem) = &guest.shmem {
            factory_page(shmem, found);
            interrupt(shmem, found);
        }
    }
    for host in &manifest.hosts {
        schedule(host.schedule.as_ref(), found);
        text(
            host.arguments.as_ref(),
            "text of arguments",
            MAX_ARGUMENTS,
            found,
        );
        callers_budget(host, found);
    }
    exclusive_devices(manifest, found);
    circles(manifest, found);
}

fn memory(guest: &Guest, found: &mut Vec<Diagnostic>) {
    let memory = guest.memory.get_ref().0;
    if memory != 0 && memory.is_multiple_of(LARGE_PAGE) && memory <= MAX_MEMORY {
        return;
    }
    let better = memory
        .clamp(LARGE_PAGE, MAX_MEMORY)
        .next_multiple_of(LARGE_PAGE);
    found.push(
        Diagnostic::error(format!(
            "guest `{}` cannot have {} of memory",
            guest.name.get_ref(),
            guest.memory.get_ref()
        ))
        .at(&guest.memory.span(), "a multiple of 2M, at most 1280M")
        .help(format!("write \"{}M\"", better >> 20)),
    );
}

fn text(text: Option<&Spanned<String>>, what: &str, most: usize, found: &mut Vec<Diagnostic>) {
    let Some(text) = text.filter(|text| text.get_ref().len() > most) else {
        return;
    };
    let length = text.get_ref().len();
    found.push(
        Diagnostic::error(format!("this {what} is too long"))
            .at(&text.span(), format!("{length} bytes"))
            .help(format!(
                "{most} bytes are the most: take {} out",
                length - most
            )),
    );
}

fn schedule(schedule: Option<&Schedule>, found: &mut Vec<Diagnostic>) {
    let Some(schedule) = schedule else { return };
    let (budget, period) = (&schedule.budget_us, &schedule.period_us);
    if budget.get_ref() > period.get_ref() {
        found.push(
            Diagnostic::error(format!(
                "the budget of {budget} us is larger than the period of {period} us"
            ))
            .at(&budget.span(), format!("at most {period}"))
            .also(&period.span(), "the period")
            .help("the budget is the CPU time in each period"),
        );
    }
}

/// The server is passive: it runs on its caller's budget. A caller without budget
/// would stop it, and with it everybody.
fn callers_budget(host: &Host, found: &mut Vec<Diagnostic>) {
    let (Some(schedule), Some(_)) = (&host.schedule, &host.shmem) else {
        return;
    };
    let (budget, period) = (&schedule.budget_us, &schedule.period_us);
    if budget.get_ref() < period.get_ref() {
        found.push(
            Diagnostic::error(format!(
                "host `{}` calls the shmem-server, so its budget must be its period",
                host.name.get_ref()
            ))
            .at(&budget.span(), format!("below the period of {period} us"))
            .also(&host.name.span(), "a client, for it has `[host.shmem]`")
            .note("the server runs on its caller's budget: when that is used up, it stops for everybody")
            .help("leave `schedule` out, or take `[host.shmem]` away"),
        );
    }
}

fn start(manifest: &Manifest, guest: &Guest, found: &mut Vec<Diagnostic>) {
    let Some(start) = &guest.start else { return };
    let after = start.after.get_ref();
    let guests = || {
        manifest
            .guests
            .iter()
            .map(|other| other.name.get_ref().as_str())
    };
    let title = format!(
        "guest `{}` would wait for `{after}` for ever",
        guest.name.get_ref()
    );
    if after == guest.name.get_ref() {
        found.push(
            Diagnostic::error(title)
                .at(&start.after.span(), "itself")
                .help("name another guest of this manifest"),
        );
    } else if !guests().any(|name| name == after) {
        found.push(
            Diagnostic::error(title)
                .at(&start.after.span(), "no such guest")
                .help(
                    did_you_mean(after, guests())
                        .unwrap_or("name another guest of this manifest".into()),
                ),
        );
    }
}

/// Guests that wait for each other.
fn circles(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let next = |name: &str| {
        let guest = manifest
            .guests
            .iter()
            .find(|guest| guest.name.get_ref() == name)?;
        guest.start.as_ref().map(|start| &start.after)
    };
    for guest in &manifest.guests {
        let name = guest.name.get_ref();
        let mut circle = vec![name.as_str()];
        let mut at = next(name);
        while let Some(after) = at {
            if circle.contains(&after.get_ref().as_str()) {
                break;
            }
            circle.push(after.get_ref());
            at = next(after.get_ref());
        }
        let closes = circle.len() > 1 && at.is_some_and(|after| after.get_ref() == name);
        // Reported once, at the guest that comes first.
        let first = manifest
            .guests
            .iter()
            .find(|guest| circle.contains(&guest.name.get_ref().as_str()));
        let is_first = first.is_some_and(|first| first.name.get_ref() == name);
        if let (true, true, Some(start)) = (closes, is_first, &guest.start) {
            circle.push(name);
            found.push(
                Diagnostic::error("these guests wait for each other for ever")
                    .at(&start.after.span(), circle.join(" waits for "))
                    .help("let one of them start at once"),
            );
        }
    }
}

fn factory_page(shmem: &Shmem, found: &mut Vec<Diagnostic>) {
    let Some(loc) = &shmem.loc else { return };
    let address = *loc.get_ref();
    let label = if !address.is_multiple_of(PAGE) {
        "not a multiple of 4K".to_owned()
    } else if let Some((name, range)) = taken()
        .into_iter()
        .find(|(_, range)| range.contains(&address))
    {
        format!("here is {name}: {:#x} to {:#x}", range.start, range.end - 1)
    } else {
        return;
    };
    found.push(
        Diagnostic::error(format!("the factory page cannot be at {address:#x}"))
            .at(&loc.span(), label)
            .help("leave `loc` out, or choose a page below 0x4000_0000 where nothing else is"),
    );
}

/// What lies where in every guest.
fn taken() -> Vec<(&'static str, Range<u64>)> {
    let mut taken = vec![
        (
            "the GIC's distributor",
            guest_layout::GICD..guest_layout::GICD + 0x1_0000,
        ),
        (
            "the GIC's CPU interface",
            guest_layout::GICC..guest_layout::GICC + 0x1_0000,
        ),
        ("the PL011", guest_layout::UART..guest_layout::UART + PAGE),
        ("the disk", guest_layout::DISK..guest_layout::DISK + PAGE),
        ("RAM", guest_layout::RAM..guest_layout::RAM + MAX_MEMORY),
        ("the slots' place", guest_layout::SLOTS..u64::MAX),
    ];
    let devices = QEMU_VIRT.devices.iter();
    taken.extend(devices.map(|device| (device.name, device.address..device.address + device.size)));
    taken
}

fn interrupt(shmem: &Shmem, found: &mut Vec<Diagnostic>) {
    let Some(intr) = &shmem.intr else { return };
    let owner = match *intr.get_ref() {
        guest_layout::UART_INTID => Some("PL011"),
        guest_layout::DISK_INTID => Some("disk"),
        _ => None,
    };
    if let Some(owner) = owner {
        found.push(
            Diagnostic::error(format!("interrupt {} is the {owner}'s", intr.get_ref()))
                .at(&intr.span(), "taken")
                .help("leave `intr` out, or choose another from 32 to 255"),
        );
    }
}

/// A device of the board has one owner: nobody could tell its users apart.
fn exclusive_devices(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let guests = manifest
        .guests
        .iter()
        .flat_map(|guest| guest.devices.iter().flatten());
    let hosts = manifest.hosts.iter().flat_map(|host| &host.devices);
    let mut seen: Vec<&Spanned<String>> = Vec::new();
    for device in guests.chain(hosts) {
        if QEMU_VIRT.device(device.get_ref()).is_none() {
            continue;
        }
        match seen
            .iter()
            .find(|other| other.get_ref() == device.get_ref())
        {
            Some(first) => found.push(
                Diagnostic::error(format!(
                    "the board has one `{}`, and two want it",
                    device.get_ref()
                ))
                .at(&device.span(), "second owner")
                .also(&first.span(), "first owner")
                .help("take it away from one of them"),
            ),
            None => seen.push(device),
        }
    }
}
