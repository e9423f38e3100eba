// SPDX-License-Identifier: BSD-2-Clause

//! A guest: its VMM, its virtual machine, its memory and its connections.

use super::devices::Devices;
use super::platform::Platform;
use super::pools::{self, Slot};
use super::{Blob, Builder, PlanError, client, guest_layout, manage, priority, push, text};
use crate::board::{CONSOLE, QEMU_VIRT};
use crate::files;
use crate::manifest::{Disk, DiskAccess, Guest, Manifest, Milestone, Shmem};
use crate::system::{Content, PdId, Perms, RegionId, Right, Vm};
use guest_vmm::loader::{Layout, build_device_tree};
use heapless::Vec;
use std::collections::BTreeMap;
use tombolo_config::{
    Mapping, Output, console,
    guest::{self as blob, GuestConfig},
    manager,
    server::Access,
};

/// Budget and period that Microkit gives by default.
const SLICE_US: u32 = 1000;
/// The monitor's program.
const VMM: &str = "guest-vmm.elf";

/// What all guests share.
struct Shared<'a> {
    gicv: RegionId,
    /// Files mapped by several guests, by name.
    files: BTreeMap<String, (RegionId, u64)>,
    slots: &'a [Slot],
    devices: &'a Devices,
}

/// Adds all guests of the manifest.
pub fn add_all(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    (slots, devices): (&[Slot], &Devices),
    manifest: &Manifest,
) -> Result<(), PlanError> {
    builder.system.group("all guests");
    let gicv = QEMU_VIRT.gicv;
    let gicv = builder
        .system
        .region("gicv", gicv.size, Content::Physical(gicv.address));
    let mut shared = Shared {
        gicv,
        files: BTreeMap::new(),
        slots,
        devices,
    };
    for guest in &manifest.guests {
        let group = format!("guest {}", guest.name.get_ref());
        builder.system.group(group);
        add(builder, platform, &mut shared, manifest, guest)?;
    }
    Ok(())
}

fn add(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    shared: &mut Shared<'_>,
    manifest: &Manifest,
    guest: &Guest,
) -> Result<(), PlanError> {
    let name = guest.name.get_ref();
    let elf = guest.vmm.as_ref().map_or(VMM, |elf| elf.get_ref());
    let vmm = builder.system.pd(format!("vmm_{name}"), elf, priority::VMM);
    builder.system.pd_mut(vmm).comment = format!("the VMM of {name}");
    builder.system.pd_mut(vmm).vm = Some(Vm {
        name: name.clone(),
        priority: priority::VCPU,
        vcpus: guest.vcpus(),
        budget: slice(guest),
        maps: std::vec::Vec::new(),
    });

    let (output, uart) = consoles(builder, platform, (vmm, name), guest.has_device(CONSOLE))?;
    let trace = platform.trace(builder, vmm, &format!("vmm-{name}"))?;
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
    for (device, region) in shared
        .devices
        .named(guest.devices.as_deref().unwrap_or_default())
    {
        builder
            .system
            .map_guest(vmm, region, device.address, Perms::ReadWrite);
    }
    let (clock, deadline) = platform.sleeper(builder, vmm, name)?;
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
    let disk = match &guest.disk {
        Some(wanted) => Some(disk(builder, shared, vmm, name, wanted)?),
        None => None,
    };
    let management = manage::guest(builder, platform, manifest, (vmm, name))?;
    let config = GuestConfig {
        name: text(name, "characters in a name")?,
        output,
        trace,
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
        command_line: text(
            guest
                .command_line
                .as_ref()
                .map_or("", |line| line.get_ref()),
            "characters in a command line",
        )?,
        vcpus: guest.vcpus(),
        gic: blob::Gic {
            gicd: guest_layout::GICD,
            gicc: guest_layout::GICC,
        },
        uart,
        disk,
        shmem,
        management,
        manager,
        status,
        order,
        clock,
        deadline,
    };
    device_tree(builder, guest, &config)?;
    builder.configure(vmm, &Blob::Guest(Box::new(config)))
}

/// Budget and period of each vCPU. Without a limit several vCPUs share the slice
/// that one would have: a guest gets its turn as a whole, and a vCPU that spins for
/// another one does so for a short time.
fn slice(guest: &Guest) -> Option<(u32, u32)> {
    let shared = |vcpus: u8| (SLICE_US / u32::from(vcpus), SLICE_US / u32::from(vcpus));
    super::budget(guest.schedule.as_ref())
        .or_else(|| (guest.vcpus() > 1).then(|| shared(guest.vcpus())))
}

/// The tree that the VMM will build from the same configuration, for people to read.
fn device_tree(
    builder: &mut Builder<'_>,
    guest: &Guest,
    config: &GuestConfig,
) -> Result<(), PlanError> {
    let name = guest.image.get_ref();
    let (path, size) = builder.file(name)?;
    let header =
        files::image_header(&path).map_err(|error| PlanError::Image(name.clone(), error))?;
    let initrd = config.initrd.map(|mapping| mapping.size);
    let layout = Layout::plan(
        guest_layout::RAM,
        guest.memory.get_ref().0,
        &header,
        size,
        initrd,
    )
    .map_err(|error| PlanError::Layout(guest.name.get_ref().clone(), error))?;
    let file = format!("{}.dtb", guest.name.get_ref());
    let tree = build_device_tree(config, &layout);
    builder.device_trees.push((file, tree));
    Ok(())
}

fn consoles(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    (vmm, name): (PdId, &str),
    has_console: bool,
) -> Result<(Output, Option<blob::Uart>), PlanError> {
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
    if !has_console {
        return Ok((log, None));
    }
    let output = platform.stream(builder, vmm, name, channel, console::StreamKind::Guest)?;
    let uart = blob::Uart {
        gpa: guest_layout::UART,
        intid: guest_layout::UART_INTID,
        output,
        input: platform.input(builder, vmm, name, console_end)?,
    };
    Ok((log, Some(uart)))
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
        vcpus: guest
            .vcpus
            .as_ref()
            .map_or(1, |vcpus| u8::try_from(*vcpus.get_ref()).unwrap_or(u8::MAX)),
        memory_pages: u32::try_from(guest.memory.get_ref().0 / crate::size::PAGE)
            .unwrap_or(u32::MAX),
        sched_context: builder.system.sched_context(platform.manager, vmm)?,
        watchdog: super::manage::watchdog(guest.watchdog),
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
    shared: &mut Shared<'_>,
    vmm: PdId,
    name: &str,
) -> Result<Mapping, PlanError> {
    let (region, size) = match shared.files.get(name) {
        Some(known) => *known,
        None => {
            let (_, size) = builder.file(name)?;
            // The path is found again by the packing tool, in its own search path.
            let content = Content::File(name.to_owned());
            let region = builder.system.region(format!("file_{name}"), size, content);
            shared.files.insert(name.to_owned(), (region, size));
            (region, size)
        }
    };
    let address = builder.system.map(vmm, region, Perms::Read);
    Ok(Mapping { address, size })
}

/// A disk that may be written is a region of its own; others share the file's.
fn disk(
    builder: &mut Builder<'_>,
    shared: &mut Shared<'_>,
    vmm: PdId,
    name: &str,
    wanted: &Disk,
) -> Result<blob::Disk, PlanError> {
    let file_name = wanted.file.get_ref();
    let (access, mapping) = match wanted.access {
        DiskAccess::ReadOnly => (Access::ReadOnly, file(builder, shared, vmm, file_name)?),
        DiskAccess::ReadWrite => {
            let (_, size) = builder.file(file_name)?;
            let content = Content::File(file_name.clone());
            let region = builder.system.region(format!("disk_{name}"), size, content);
            let address = builder.system.map(vmm, region, Perms::ReadWrite);
            (Access::ReadWrite, Mapping { address, size })
        }
    };
    Ok(blob::Disk {
        gpa: guest_layout::DISK,
        intid: guest_layout::DISK_INTID,
        mapping,
        access,
    })
}

fn shmem_device(
    builder: &mut Builder<'_>,
    platform: &mut Platform,
    shared: &Shared<'_>,
    manifest: &Manifest,
    (vmm, name): (PdId, &str),
    shmem: &Shmem,
) -> Result<blob::Shmem, PlanError> {
    let (server, board) = client::add(builder, platform, (vmm, name), shmem)?;
    Ok(blob::Shmem {
        loc: shmem.loc(),
        intr: shmem.intr(),
        server,
        board,
        slots: windows(builder, shared, manifest, (vmm, name))?,
        attach_timeout_ms: shmem.attach_timeout_ms,
        pace: client::pace(shmem),
    })
}

/// Maps the slots that the guest is a member of.
fn windows(
    builder: &mut Builder<'_>,
    shared: &Shared<'_>,
    manifest: &Manifest,
    (vmm, name): (PdId, &str),
) -> Result<Vec<blob::SlotWindow, 32>, PlanError> {
    let mut windows = Vec::new();
    for slot in shared.slots {
        let Some(access) = pools::access(&manifest.pools[slot.pool], name) else {
            continue;
        };
        let perms = pools::perms(access);
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
