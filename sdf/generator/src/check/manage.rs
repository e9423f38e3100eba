// SPDX-License-Identifier: BSD-2-Clause

//! Who may ask the manager for what: each entry must mean something.

use crate::manifest::{Appointment, ManageRight, Manifest};
use crate::plan::guest_layout;
use shmem_server_core::pattern;
use tombolo_image::diagnostic::{Diagnostic, did_you_mean};
use toml::Spanned;

/// Askers that the manager's blob holds, but the console.
const MAX_APPOINTMENTS: usize = 15;

/// Checks all appointments. `read_well`: reading the manifest found nothing wrong.
pub fn check(manifest: &Manifest, read_well: bool, found: &mut Vec<Diagnostic>) {
    for (index, appointment) in manifest.appointments.iter().enumerate() {
        who(manifest, appointment, found);
        twice(&manifest.appointments[..index], appointment, found);
        if read_well {
            // A right that could not be read is missing here.
            rights(appointment, found);
        }
        guests(manifest, appointment, found);
        device(manifest, appointment, found);
    }
    if let Some(appointment) = manifest.appointments.get(MAX_APPOINTMENTS) {
        found.push(
            Diagnostic::error(format!(
                "{} appointments, {MAX_APPOINTMENTS} are the most",
                manifest.appointments.len()
            ))
            .at(&appointment.who.span(), "one too many")
            .help(format!("use at most {MAX_APPOINTMENTS}")),
        );
    }
}

fn who(manifest: &Manifest, appointment: &Appointment, found: &mut Vec<Diagnostic>) {
    let name = appointment.who.get_ref();
    let parties = || manifest.parties().map(|party| party.get_ref().as_str());
    if parties().any(|party| party == name) {
        return;
    }
    found.push(
        Diagnostic::error(format!("there is no guest or host `{name}` to appoint"))
            .at(&appointment.who.span(), "unknown")
            .help_if(did_you_mean(name, parties())),
    );
}

fn twice(earlier: &[Appointment], appointment: &Appointment, found: &mut Vec<Diagnostic>) {
    let same = |other: &&Appointment| other.who.get_ref() == appointment.who.get_ref();
    let Some(first) = earlier.iter().find(same) else {
        return;
    };
    found.push(
        Diagnostic::error(format!(
            "`{}` is appointed twice",
            appointment.who.get_ref()
        ))
        .at(&appointment.who.span(), "again")
        .also(&first.who.span(), "first here")
        .help("write one entry with the rights of both"),
    );
}

fn rights(appointment: &Appointment, found: &mut Vec<Diagnostic>) {
    let who = appointment.who.get_ref();
    if appointment.rights.is_empty() {
        found.push(
            Diagnostic::error(format!("`{who}` is appointed to nothing"))
                .at(&appointment.who.span(), "`rights` is empty")
                .help("give it `view`, `control` or `regions`, or take the entry out"),
        );
    }
    let control = appointment
        .rights
        .iter()
        .find(|right| *right.get_ref() == ManageRight::Control);
    match (control, appointment.guests.first()) {
        (Some(right), None) => found.push(
            Diagnostic::error(format!("`{who}` may control nobody"))
                .at(&right.span(), "a right without guests")
                .help("name them in `guests`; `[\"*\"]` are all"),
        ),
        (None, Some(guest)) => found.push(
            Diagnostic::error(format!("`{who}` may not control the guests that it names"))
                .at(&guest.span(), "unused")
                .help("add `control` to its `rights`, or take `guests` out"),
        ),
        _ => {}
    }
}

/// A pattern that no guest matches is a slip.
fn guests(manifest: &Manifest, appointment: &Appointment, found: &mut Vec<Diagnostic>) {
    let names = || {
        manifest
            .guests
            .iter()
            .map(|guest| guest.name.get_ref().as_str())
    };
    for guest in &appointment.guests {
        if names().any(|name| pattern::matches(guest.get_ref(), name)) {
            continue;
        }
        found.push(
            Diagnostic::error(format!("no guest is called `{}`", guest.get_ref()))
                .at(&guest.span(), "matches none")
                .help_if(did_you_mean(guest.get_ref(), names())),
        );
    }
}

/// An appointed guest's device must not lie where its shared-memory device is.
fn device(manifest: &Manifest, appointment: &Appointment, found: &mut Vec<Diagnostic>) {
    let named = |guest: &&crate::manifest::Guest| guest.name.get_ref() == appointment.who.get_ref();
    let Some(shmem) = manifest
        .guests
        .iter()
        .find(named)
        .and_then(|guest| guest.shmem.as_ref())
    else {
        return;
    };
    let pages = [guest_layout::MANAGEMENT, guest_layout::MAILBOX];
    let loc = shmem
        .loc
        .as_ref()
        .filter(|loc| pages.contains(loc.get_ref()));
    if let Some(loc) = loc {
        taken(appointment, loc, format!("{:#x}", loc.get_ref()), found);
    }
    let intr = |intr: &&Spanned<u32>| *intr.get_ref() == guest_layout::MANAGEMENT_INTID;
    if let Some(intr) = shmem.intr.as_ref().filter(intr) {
        taken(
            appointment,
            intr,
            format!("interrupt {}", intr.get_ref()),
            found,
        );
    }
}

fn taken<T>(
    appointment: &Appointment,
    place: &Spanned<T>,
    what: String,
    found: &mut Vec<Diagnostic>,
) {
    found.push(
        Diagnostic::error(format!(
            "{what} is the management device's of `{}`",
            appointment.who.get_ref()
        ))
        .at(&place.span(), "taken")
        .also(&appointment.who.span(), "appointed here")
        .help("leave it out, or choose another"),
    );
}
