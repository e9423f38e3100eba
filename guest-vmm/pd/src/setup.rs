// SPDX-License-Identifier: BSD-2-Clause

//! From the configuration blob to a machine with its guest loaded.

use crate::handler::Handler;
use crate::platform::{Kernel, Ram, file, layout, raw_configuration};
use alloc::boxed::Box;
use core::fmt;
use guest_vmm::loader::{LoadError, load_guest};
use guest_vmm::machine::{Machine, Pages};
use tombolo_config::guest::GuestConfig;
use tombolo_config::{BlobError, decode};

/// Why the VMM cannot start. Each says what to do.
pub enum Error {
    /// No blob.
    NoConfiguration,
    /// It cannot be read.
    Blob(BlobError),
    /// An address in it is none.
    Address(&'static str, u64),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConfiguration => f.write_str(
                "it was given no configuration: map its blob with setvar_vaddr=\"config_address\" \
                 and setvar_prefill_size=\"config_size\"",
            ),
            Self::Blob(error) => write!(f, "{error}"),
            Self::Address(what, address) => write!(
                f,
                "the configuration's address of {what} is {address:#x}: generate the system anew"
            ),
        }
    }
}

/// Reads the configuration, loads the guest and announces it.
pub fn handler() -> Result<Handler, Error> {
    let blob = raw_configuration().ok_or(Error::NoConfiguration)?;
    let config: GuestConfig = decode(blob).map_err(Error::Blob)?;
    let config: &'static GuestConfig = Box::leak(Box::new(config));
    let pages = pages(config)?;
    let ram = config.ram;
    let mut memory = Ram::new(ram).ok_or(Error::Address("guest RAM", ram.mapping.address))?;
    let loaded = load(config, &mut memory);
    let tracer = tombolo_start::tracer(config.trace)
        .map_err(|_| Error::Address("the trace", config.trace))?;
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

fn pages(config: &GuestConfig) -> Result<Pages<'static>, Error> {
    let serial = match &config.uart {
        Some(uart) => Some((
            layout(uart.output.ring)
                .ok_or(Error::Address("the guest's output", uart.output.ring))?,
            layout(uart.input).ok_or(Error::Address("the guest's input", uart.input))?,
        )),
        None => None,
    };
    let board = match &config.shmem {
        Some(shmem) => Some(layout(shmem.board).ok_or(Error::Address("the board", shmem.board))?),
        None => None,
    };
    Ok(Pages {
        log: layout(config.output.ring).ok_or(Error::Address("the log", config.output.ring))?,
        serial,
        board,
        status: layout(config.status).ok_or(Error::Address("the status page", config.status))?,
        order: layout(config.order).ok_or(Error::Address("the order page", config.order))?,
        deadline: layout(config.deadline)
            .ok_or(Error::Address("the deadline page", config.deadline))?,
    })
}
