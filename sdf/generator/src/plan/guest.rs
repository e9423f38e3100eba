// SPDX-License-Identifier: BSD-2-Clause

//! A guest: its VMM, its virtual machine, its memory and its connections.

use super::platform::Platform;
use super::pools::{self, Slot};
use super::{Blob, Builder, PlanError, guest_layout, priority, push, text};
use crate::manifest::{Guest, Manifest, Milestone, Shmem};
use crate::system::{Content, PdId, Perms, RegionId, Right, Vm};
use heapless::Vec;
use std::collections::BTreeMap;
use tombolo_config::{
    Mapping, Output, clock, console,
    guest::{self as blob, GuestConfig},
    manager,
    server::{self, Access},
};

/// GICV of `qemu_virt_aarch64`: the guests' CPU interface.
const GICV: (u64, u64) = (0x0804_0000, 0x2000);

/// What all guests share.
struct Shared {
    gicv: RegionId,
    /// Files mapped by several guests, by path.
    files: BTreeMap<String, (RegionId, u64)>,
    slots: std::vec::Vec<Slot>,
}

/// Adds all guests of the manifest.
pub fn add_all(
    builder: &mut Builder<'_>,
    mut platform: Platform,
    manifest: &Manifest,
) -> Result<Platform, PlanError> {
    let slots = pools::add(builder, &mut platform, manifest)?;
    let gicv = builder
        .system
        .region("gicv", GICV.1, Content::Physical(GICV.0));
    let mut shared = Shared {
        gicv,
        files: BTreeMap::new(),
        slots,
    };
    for guest in &manifest.guests {
        add(builder, &mut platform, &mut shared, manifest, guest)?;
    }
    Ok(platform)
}

fn add(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    shared: &mut Shared,
    manifest: &Manifest,
    guest: &Guest,
) -> Result<(), PlanError> {
    let name = guest.name.get_ref();
    let vmm = builder
        .system
        .pd(format!("vmm_{name}"), "guest-vmm.elf", priority::VMM);
    builder.system.pd_mut(vmm).comment = format!("the VMM of {name}");
    builder.system.pd_mut(vmm).vm = Some(Vm {
        name: name.clone(),
        priority: priority::VCPU,
        maps: std::vec::Vec::new(),
    });

    let (output, uart_output, input) = consoles(builder, platform, vmm, name)?;
    let ram = builder.system.region(
        format!("ram_{name}"),
        guest.memory.get_ref().0,
        Content::Zero,
    );
    let ram_address = builder.system.map(vmm, ram, Perms::ReadWrite);
    builder
        .system
        .map_guest(vmm, ram, guest_layout::RAM, Perms::ReadWriteExecute);
    builder
        .system
        .map_guest(vmm, shared.gicv, guest_layout::GICC, Perms::ReadWrite);
    let (clock, deadline) = clock_channel(builder, platform, vmm, name)?;
    let shmem = match &guest.shmem {
        Some(shmem) => Some(shmem_device(
            builder,
            platform,
            shared,
            manifest,
            (vmm, name),
            shmem,
        )?),
        None => None,
    };
    let (manager, status, order) = manager_channel(builder, platform, manifest, vmm, guest)?;
    let config = GuestConfig {
        name: text(name, "characters in a name")?,
        output,
        ram: blob::Ram {
            gpa: guest_layout::RAM,
            mapping: Mapping {
                address: ram_address,
                size: guest.memory.get_ref().0,
            },
        },
        kernel: file(builder, shared, vmm, guest.image.get_ref())?,
        initrd: match &guest.initramfs {
            Some(path) => Some(file(builder, shared, vmm, path.get_ref())?),
            None => None,
        },
        command_line: text(&guest.command_line, "characters in a command line")?,
        vcpu: 0,
        gic: blob::Gic {
            gicd: guest_layout::GICD,
            gicc: guest_layout::GICC,
        },
        uart: Some(blob::Uart {
            gpa: guest_layout::UART,
            intid: guest_layout::UART_INTID,
            output: uart_output,
            input,
        }),
        shmem,
        manager,
        status,
        order,
        clock,
        deadline,
    };
    builder.configure(vmm, &Blob::Guest(config))
}

fn consoles(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    vmm: PdId,
    name: &str,
) -> Result<(Output, Output, u64), PlanError> {
    let (channel, console_end) = builder
        .system
        .connect((vmm, Right::Notify), (platform.console, Right::Notify))?;
    let log = platform.stream(
        builder,
        vmm,
        &format!("vmm-{name}"),
        channel,
        console::StreamKind::Log,
    )?;
    let tty = platform.stream(builder, vmm, name, channel, console::StreamKind::Guest)?;
    let input = platform.input(builder, vmm, name, console_end)?;
    Ok((log, tty, input))
}

fn clock_channel(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    vmm: PdId,
    name: &str,
) -> Result<(u8, u64), PlanError> {
    let page = builder
        .system
        .region(format!("deadline_{name}"), 0x1000, Content::Zero);
    let (vmm_end, clock_end) = builder
        .system
        .connect((vmm, Right::None), (platform.clock, Right::Notify))?;
    let sleeper = clock::Sleeper {
        page: builder.system.map(platform.clock, page, Perms::ReadWrite),
        channel: clock_end,
    };
    push(&mut platform.clock_blob.sleepers, sleeper, "guests")?;
    Ok((vmm_end, builder.system.map(vmm, page, Perms::ReadWrite)))
}

fn manager_channel(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    manifest: &Manifest,
    vmm: PdId,
    guest: &Guest,
) -> Result<(u8, u64, u64), PlanError> {
    let name = guest.name.get_ref();
    let child = builder.system.adopt(platform.manager, vmm)?;
    let status = builder
        .system
        .region(format!("status_{name}"), 0x1000, Content::Zero);
    let order = builder
        .system
        .region(format!("order_{name}"), 0x1000, Content::Zero);
    let (vmm_end, manager_end) = builder
        .system
        .connect((vmm, Right::Notify), (platform.manager, Right::Notify))?;
    let entry = manager::Guest {
        name: text(name, "characters in a name")?,
        child,
        channel: manager_end,
        client: pools::client_number(manifest, name),
        status: builder.system.map(platform.manager, status, Perms::Read),
        order: builder
            .system
            .map(platform.manager, order, Perms::ReadWrite),
        start: start(manifest, guest),
    };
    push(&mut platform.manager_blob.guests, entry, "guests")?;
    let status = builder.system.map(vmm, status, Perms::ReadWrite);
    let order = builder.system.map(vmm, order, Perms::Read);
    Ok((vmm_end, status, order))
}

fn start(manifest: &Manifest, guest: &Guest) -> manager::Start {
    let Some(start) = &guest.start else {
        return manager::Start::Immediately;
    };
    let position = manifest
        .guests
        .iter()
        .position(|other| other.name.get_ref() == start.after.get_ref());
    let Some(after) = position.and_then(|position| u8::try_from(position).ok()) else {
        return manager::Start::Immediately;
    };
    let milestone = match start.when {
        Milestone::Running => manager::Milestone::Running,
        Milestone::Attached => manager::Milestone::Attached,
        Milestone::Off => manager::Milestone::Off,
    };
    manager::Start::After {
        guest: after,
        milestone,
    }
}

/// Maps a file into `vmm`; guests that name the same file share its region.
fn file(
    builder: &mut Builder<'_>,
    shared: &mut Shared,
    vmm: PdId,
    name: &str,
) -> Result<Mapping, PlanError> {
    let (region, size) = match shared.files.get(name) {
        Some(known) => *known,
        None => {
            let (path, size) = builder.file(name)?;
            let region_name = format!("file_{}", shared.files.len());
            let region = builder
                .system
                .region(region_name, size, Content::File(path));
            shared.files.insert(name.to_owned(), (region, size));
            (region, size)
        }
    };
    let address = builder.system.map(vmm, region, Perms::Read);
    Ok(Mapping { address, size })
}

fn shmem_device(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    shared: &Shared,
    manifest: &Manifest,
    (vmm, name): (PdId, &str),
    shmem: &Shmem,
) -> Result<blob::Shmem, PlanError> {
    let board = builder
        .system
        .region(format!("board_{name}"), 0x1000, Content::Zero);
    let (vmm_end, server_end) = builder
        .system
        .connect((vmm, Right::Call), (platform.server, Right::Notify))?;
    let client = server::Client {
        name: text(name, "characters in a name")?,
        channel: server_end,
        board: builder.system.map(platform.server, board, Perms::ReadWrite),
        rules: rules(shmem)?,
    };
    push(&mut platform.server_blob.clients, client, "clients")?;
    for create in &shmem.create {
        let entry = server::Create {
            name: text(create.name.get_ref(), "characters in a region name")?,
            pages: u32::try_from(create.size.get_ref().0.div_ceil(crate::size::PAGE))
                .unwrap_or(u32::MAX),
        };
        push(
            &mut platform.server_blob.create,
            entry,
            "regions made at start",
        )?;
    }
    Ok(blob::Shmem {
        loc: shmem.loc,
        intr: shmem.intr,
        server: vmm_end,
        board: builder.system.map(vmm, board, Perms::ReadWrite),
        slots: windows(builder, shared, manifest, (vmm, name))?,
        attach_timeout_ms: shmem.attach_timeout_ms,
    })
}

/// The device's `deny` and `allow` options, in the order that they are tried.
pub fn rules(shmem: &Shmem) -> Result<Vec<server::Rule, 8>, PlanError> {
    let mut rules = Vec::new();
    for deny in &shmem.deny {
        let pattern = text(deny.get_ref(), "characters in a pattern")?;
        push(&mut rules, server::Rule::Deny(pattern), "rules of a guest")?;
    }
    for allow in &shmem.allow {
        let pattern = text(allow.get_ref(), "characters in a pattern")?;
        push(&mut rules, server::Rule::Allow(pattern), "rules of a guest")?;
    }
    Ok(rules)
}

/// Maps the slots that the guest is a member of.
fn windows(
    builder: &mut Builder<'_>,
    shared: &Shared,
    manifest: &Manifest,
    (vmm, name): (PdId, &str),
) -> Result<Vec<blob::SlotWindow, 32>, PlanError> {
    let mut windows = Vec::new();
    for slot in &shared.slots {
        let Some(access) = pools::access(&manifest.pools[slot.pool], name) else {
            continue;
        };
        let perms = match access {
            Access::ReadWrite => Perms::ReadWrite,
            Access::ReadOnly => Perms::Read,
        };
        let data = slot.window.control + crate::size::PAGE;
        builder.system.map_guest(vmm, slot.region, data, perms);
        push(
            &mut windows,
            blob::SlotWindow {
                access,
                ..slot.window
            },
            "slots of a guest",
        )?;
    }
    Ok(windows)
}
