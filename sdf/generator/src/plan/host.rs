// SPDX-License-Identifier: BSD-2-Clause

//! A host: a protection domain beside the guests, a client like any other.
//!
//! The manager is its parent, as it is the VMMs': one that faults is stopped, and its
//! connections end, so that nothing of it stays held.

use super::devices::Devices;
use super::platform::Platform;
use super::pools::{self, Slot};
use super::{Blob, Builder, PlanError, client, manage, priority, push, text};
use crate::manifest::{Host, Manifest, Shmem};
use crate::size::PAGE;
use crate::system::{PdId, Perms};
use heapless::Vec;
use tombolo_config::host::{HostConfig, HostDevice, HostShmem, HostSlot};
use tombolo_config::{Mapping, manager};

/// Adds all hosts of the manifest.
pub fn add_all(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    (slots, devices): (&[Slot], &Devices),
    manifest: &Manifest,
) -> Result<(), PlanError> {
    for host in &manifest.hosts {
        builder
            .system
            .group(format!("host {}", host.name.get_ref()));
        add(builder, platform, (slots, devices), manifest, host)?;
    }
    Ok(())
}

fn add(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    (slots, devices): (&[Slot], &Devices),
    manifest: &Manifest,
    host: &Host,
) -> Result<(), PlanError> {
    let name = host.name.get_ref();
    let pd = builder.system.pd(name, host.elf.get_ref(), priority::HOST);
    builder.system.pd_mut(pd).comment = "a host: a client of the server beside the guests".into();
    builder.system.pd_mut(pd).budget = super::budget(host.schedule.as_ref());
    adopt(builder, platform, manifest, (pd, name))?;
    let output = platform.speaker(builder, pd, name)?;
    let (clock, deadline) = platform.sleeper(builder, pd, name)?;
    let shmem = match &host.shmem {
        Some(shmem) => Some(client_of(
            builder,
            platform,
            (manifest, slots),
            (pd, name),
            shmem,
        )?),
        None => None,
    };
    let config = HostConfig {
        name: text(name, "characters in a name")?,
        output,
        arguments: text(
            host.arguments.as_ref().map_or("", |text| text.get_ref()),
            "characters of arguments",
        )?,
        shmem,
        devices: own_devices(builder, devices, pd, host)?,
        clock,
        deadline,
        manager: manage::host(builder, platform, manifest, (pd, name))?,
    };
    builder.configure(pd, &Blob::Host(Box::new(config)))
}

/// Makes it a child of the manager.
fn adopt(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    manifest: &Manifest,
    (pd, name): (PdId, &str),
) -> Result<(), PlanError> {
    let entry = manager::Host {
        name: text(name, "characters in a name")?,
        child: builder.system.adopt(platform.manager, pd)?,
        client: pools::client_number(manifest, name),
    };
    push(&mut platform.manager_blob.hosts, entry, "hosts")
}

fn client_of(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    (manifest, slots): (&Manifest, &[Slot]),
    (pd, name): (PdId, &str),
    shmem: &Shmem,
) -> Result<HostShmem, PlanError> {
    let (server, board) = client::add(builder, platform, (pd, name), shmem)?;
    let mut windows = Vec::new();
    for slot in slots {
        let Some(access) = pools::access(&manifest.pools[slot.pool], name) else {
            continue;
        };
        let size = u64::from(slot.window.pages) * PAGE;
        let address = builder.system.map(pd, slot.region, pools::perms(access));
        let window = HostSlot {
            slot: slot.window.slot,
            data: Mapping { address, size },
            access,
        };
        push(&mut windows, window, "slots of a host")?;
    }
    Ok(HostShmem {
        server,
        board,
        slots: windows,
        pace: client::pace(shmem),
    })
}

fn own_devices(
    builder: &mut Builder<'_>,
    devices: &Devices,
    pd: PdId,
    host: &Host,
) -> Result<Vec<HostDevice, 4>, PlanError> {
    let mut own = Vec::new();
    for (device, region) in devices.named(&host.devices) {
        let address = builder.system.map(pd, region, Perms::ReadWrite);
        let entry = HostDevice {
            name: text(device.name, "characters in a name")?,
            registers: Mapping {
                address,
                size: device.size,
            },
        };
        push(&mut own, entry, "devices of a host")?;
    }
    Ok(own)
}
