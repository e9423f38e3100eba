// SPDX-License-Identifier: BSD-2-Clause

//! From the configuration blob to a machine with its guest loaded.

use crate::handler::Handler;
use crate::platform::{Kernel, Ram, file, restart_entry, suspend_vcpus};
use alloc::boxed::Box;
use guest_vmm::loader::{LoadError, load_guest};
use guest_vmm::machine::{Machine, Pages};
use tombolo_config::guest::GuestConfig;
use tombolo_pages::guest_status::GuestState;
use tombolo_start::{StartError, channel, configuration, counter, shared};

/// Reads the configuration, loads the guest and announces it.
pub fn handler() -> Result<Handler, StartError> {
    let config: &'static GuestConfig = Box::leak(Box::new(configuration()?));
    let pages = pages(config)?;
    begin(config, &pages)?;
    let ram = config.ram;
    let mut memory = Ram::new(ram).ok_or(StartError::Address("guest RAM", ram.mapping.address))?;
    let loaded = load(config, &mut memory);
    let tracer = tombolo_start::tracer(config.trace)?;
    let kernel = Kernel::new(config, memory, tracer);
    let (entry, tree) = match &loaded {
        Ok(layout) => (layout.kernel, layout.device_tree),
        Err(_) => (0, 0),
    };
    let mut machine = Machine::new(kernel, config, pages, entry, tree);
    match loaded {
        Ok(layout) => {
            machine.say(format_args!(
                "{} loaded: kernel at {:#x}, device tree at {:#x}, {} MiB",
                config.name,
                layout.kernel,
                layout.device_tree,
                ram.mapping.size >> 20
            ));
            machine.ready();
        }
        Err(error) => machine.cannot_start(format_args!("{} cannot start: {error}", config.name)),
    }
    Ok(Handler::new(machine))
}

/// Before anything else: the vCPUs stand still. If this VMM was restarted, they may
/// have gone on running, and the manager waits for this before it frees what the
/// guest had.
fn begin(config: &GuestConfig, pages: &Pages<'_>) -> Result<(), StartError> {
    suspend_vcpus(config);
    pages.deadline.clear();
    pages.status.set_state(GuestState::Unknown);
    if let Some(entry) = restart_entry() {
        pages.status.set_restart_entry(entry);
    }
    pages.status.count_boot(counter::now());
    channel(config.manager)?.notify();
    Ok(())
}

/// Loads the guest into its RAM.
pub fn load(
    config: &GuestConfig,
    memory: &mut Ram,
) -> Result<guest_vmm::loader::Layout, LoadError> {
    let kernel = file(config.kernel).ok_or(LoadError::Ram)?;
    let initrd = match config.initrd {
        Some(mapping) => Some(file(mapping).ok_or(LoadError::Ram)?),
        None => None,
    };
    load_guest(config, kernel, initrd, memory)
}

fn pages(config: &GuestConfig) -> Result<Pages<'static>, StartError> {
    let serial = match &config.uart {
        Some(uart) => Some((
            shared("the guest's output", uart.output.ring)?,
            shared("the guest's input", uart.input)?,
        )),
        None => None,
    };
    let board = match &config.shmem {
        Some(shmem) => Some(shared("the board", shmem.board)?),
        None => None,
    };
    Ok(Pages {
        log: shared("the log", config.output.ring)?,
        serial,
        board,
        mailbox: match &config.management {
            Some(device) => Some(shared("the manager's mailbox", device.mailbox)?),
            None => None,
        },
        status: shared("the status page", config.status)?,
        order: shared("the order page", config.order)?,
        deadline: shared("the deadline page", config.deadline)?,
    })
}
