// SPDX-License-Identifier: BSD-2-Clause

//! Who asks the manager: a mailbox each, and what it may ask for.

use super::platform::Platform;
use super::{Builder, PlanError, guest_layout, push, text};
use crate::manifest::{self, Appointment, ManageRight, Manifest};
use crate::size::PAGE;
use crate::system::{Content, PdId, Perms, RegionId, Right};
use tombolo_config::ToManager;
use tombolo_config::guest::Management;
use tombolo_config::manager::{Asker, OnSilence, Restart, Rights, Watchdog};

/// What becomes of a VMM that faults.
pub fn restart(options: &manifest::Manager) -> Restart {
    let default = Restart::default();
    Restart {
        limit: options.restart_limit.unwrap_or(default.limit),
        delay_ms: options.restart_delay_ms.unwrap_or(default.delay_ms),
        forget_s: options.restart_forget_s.unwrap_or(default.forget_s),
    }
}

/// What happens to a guest that is silent.
pub fn watchdog(options: manifest::Watchdog) -> Option<Watchdog> {
    let silence_ms = options.silence_ms.unwrap_or(Watchdog::default().silence_ms);
    (silence_ms > 0).then_some(Watchdog {
        silence_ms,
        on_silence: match options.on_silence {
            manifest::OnSilence::Report => OnSilence::Report,
            manifest::OnSilence::Pause => OnSilence::Pause,
            manifest::OnSilence::Reset => OnSilence::Reset,
            manifest::OnSilence::Stop => OnSilence::Stop,
        },
    })
}

/// A host's way to the manager, if it is appointed.
pub fn host(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    manifest: &Manifest,
    (pd, name): (PdId, &str),
) -> Result<Option<ToManager>, PlanError> {
    let Some(appointment) = appointment(manifest, name) else {
        return Ok(None);
    };
    let (channel, manager_end) = builder
        .system
        .connect((pd, Right::Notify), (platform.manager, Right::Notify))?;
    let page = mailbox(builder, platform, (manifest, appointment), manager_end)?;
    let mailbox = builder.system.map(pd, page, Perms::ReadWrite);
    Ok(Some(ToManager { mailbox, channel }))
}

/// A guest's device, if it is appointed. Its VMM rings for it, on the channel that it
/// has to the manager already, and sees by the mailbox when there is an answer.
pub fn guest(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    manifest: &Manifest,
    (vmm, name): (PdId, &str),
) -> Result<Option<Management>, PlanError> {
    let Some(appointment) = appointment(manifest, name) else {
        return Ok(None);
    };
    let Some(manager_end) = platform.manager_blob.guests.last().map(|own| own.channel) else {
        return Ok(None);
    };
    let page = mailbox(builder, platform, (manifest, appointment), manager_end)?;
    let mailbox_gpa = guest_layout::MAILBOX;
    builder
        .system
        .map_guest(vmm, page, mailbox_gpa, Perms::ReadWrite);
    Ok(Some(Management {
        gpa: guest_layout::MANAGEMENT,
        mailbox_gpa,
        intid: guest_layout::MANAGEMENT_INTID,
        mailbox: builder.system.map(vmm, page, Perms::Read),
    }))
}

fn appointment<'m>(manifest: &'m Manifest, name: &str) -> Option<&'m Appointment> {
    let mut all = manifest.appointments.iter();
    all.find(|appointment| appointment.who.get_ref() == name)
}

fn mailbox(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    (manifest, appointment): (&Manifest, &Appointment),
    channel: u8,
) -> Result<RegionId, PlanError> {
    let name = appointment.who.get_ref();
    let page = builder
        .system
        .region(format!("mailbox_{name}"), PAGE, Content::Zero);
    let asker = Asker {
        name: text(name, "characters in a name")?,
        mailbox: builder.system.map(platform.manager, page, Perms::ReadWrite),
        channel,
        rights: rights(manifest, appointment),
    };
    push(&mut platform.manager_blob.askers, asker, "askers")?;
    Ok(page)
}

fn rights(manifest: &Manifest, appointment: &Appointment) -> Rights {
    let controlled = manifest.guests.iter().enumerate();
    let controlled = controlled.filter(|(_, guest)| appointment.controls(guest.name.get_ref()));
    Rights {
        view: appointment.has(ManageRight::View),
        regions: appointment.has(ManageRight::Regions),
        // Numbers are below 60.
        control: controlled.fold(0, |set, (number, _)| set | 1 << (number & 63)),
    }
}
