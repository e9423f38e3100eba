// SPDX-License-Identifier: BSD-2-Clause

//! From a checked manifest to protection domains, regions, channels and blobs.
//!
//! Priorities are the design's order: server, console, clock, manager, VMMs, hosts,
//! scrubber, every vCPU. On seL4 a spinning guest starves all below it, so nothing
//! that others wait for sits below a vCPU.

mod client;
mod devices;
mod guest;
mod host;
mod manage;
mod platform;
mod pools;

pub use client::rules;

use crate::files;
use crate::manifest::Manifest;
use crate::system::{LimitError, PdId, System};
use std::path::PathBuf;
use tombolo_config::{
    BlobError, clock, console, guest as guest_blob, host as host_blob, manager, scrubber, server,
};

/// Priorities of protection domains and vCPUs.
pub mod priority {
    /// Alone at its priority: seL4's fast path, and nobody preempts it.
    pub const SERVER: u8 = 200;
    /// Owns the UART.
    pub const CONSOLE: u8 = 190;
    /// Wakes VMMs.
    pub const CLOCK: u8 = 180;
    /// dom0.
    pub const MANAGER: u8 = 170;
    /// Guest VMMs.
    pub const VMM: u8 = 150;
    /// Host protection domains.
    pub const HOST: u8 = 140;
    /// Cleans slots, within its budget.
    pub const SCRUBBER: u8 = 50;
    /// Every vCPU.
    pub const VCPU: u8 = 10;
}

/// Guest-physical addresses and interrupts that every guest has.
pub mod guest_layout {
    /// Distributor (emulated).
    pub const GICD: u64 = 0x0800_0000;
    /// CPU interface: the hardware's GICV is mapped here.
    pub const GICC: u64 = 0x0801_0000;
    /// PL011 (emulated).
    pub const UART: u64 = 0x0900_0000;
    /// INTID of the PL011.
    pub const UART_INTID: u32 = 33;
    /// Virtio block device (emulated).
    pub const DISK: u64 = 0x0902_0000;
    /// INTID of the virtio block device.
    pub const DISK_INTID: u32 = 34;
    /// Registers of the management device of a guest that the manifest appoints.
    pub const MANAGEMENT: u64 = 0x0b00_0000;
    /// Its mailbox: away from registers, as it is normal memory, and above all RAM.
    pub const MAILBOX: u64 = 0xa000_0000;
    /// INTID of that device.
    pub const MANAGEMENT_INTID: u32 = 44;
    /// RAM.
    pub const RAM: u64 = 0x4000_0000;
    /// Slots start here: control page, then data at the next 2 MiB.
    pub const SLOTS: u64 = 0x1_0000_0000;
}

/// The blob of a protection domain.
#[derive(Debug)]
pub enum Blob {
    /// shmem-server.
    Server(Box<server::ServerConfig>),
    /// console.
    Console(Box<console::ConsoleConfig>),
    /// clock.
    Clock(Box<clock::ClockConfig>),
    /// scrubber.
    Scrubber(Box<scrubber::ScrubberConfig>),
    /// manager.
    Manager(Box<manager::ManagerConfig>),
    /// A guest's VMM.
    Guest(Box<guest_blob::GuestConfig>),
    /// A host.
    Host(Box<host_blob::HostConfig>),
}

impl Blob {
    /// Its bytes.
    pub fn bytes(&self) -> Result<Vec<u8>, BlobError> {
        let mut buffer = vec![0; 1 << 20];
        let used = match self {
            Self::Server(blob) => tombolo_config::encode(blob, &mut buffer),
            Self::Console(blob) => tombolo_config::encode(blob, &mut buffer),
            Self::Clock(blob) => tombolo_config::encode(blob, &mut buffer),
            Self::Scrubber(blob) => tombolo_config::encode(blob, &mut buffer),
            Self::Manager(blob) => tombolo_config::encode(blob, &mut buffer),
            Self::Guest(blob) => tombolo_config::encode(blob, &mut buffer),
            Self::Host(blob) => tombolo_config::encode(blob, &mut buffer),
        }?
        .len();
        buffer.truncate(used);
        Ok(buffer)
    }
}

/// What the generator writes.
#[derive(Debug)]
pub struct Plan {
    /// The system.
    pub system: System,
    /// File name and content of each blob.
    pub blobs: Vec<(String, Vec<u8>)>,
    /// File name and content of each guest's device tree, as its VMM will build it.
    pub device_trees: Vec<(String, Vec<u8>)>,
}

/// Why a checked manifest has no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A limit of Microkit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A limit of a blob's tables.
    #[error("too many {0} for one system: {1} at the most")]
    TooMany(&'static str, usize),
    /// A blob.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// A file vanished between check and plan.
    #[error("cannot read `{0}`")]
    File(String),
    /// A guest does not fit its memory, though the check thought so.
    #[error("guest `{0}`: {1}")]
    Layout(String, guest_vmm::loader::LayoutError),
    /// A guest image changed between check and plan.
    #[error("guest image `{0}` {1}")]
    Image(String, files::ImageError),
}

/// Works everything out.
pub fn plan(manifest: &Manifest, search: &[PathBuf]) -> Result<Plan, PlanError> {
    let mut builder = Builder {
        search,
        system: System::default(),
        blobs: Vec::new(),
        device_trees: Vec::new(),
    };
    builder.system.group("the platform");
    let mut platform = platform::Platform::new(&mut builder, manifest)?;
    let slots = pools::add(&mut builder, &mut platform, manifest)?;
    let devices = devices::add(&mut builder.system, manifest);
    platform.manager_blob.restart = manage::restart(&manifest.manager);
    guest::add_all(&mut builder, &mut platform, (&slots, &devices), manifest)?;
    host::add_all(&mut builder, &mut platform, (&slots, &devices), manifest)?;
    platform.select_first(manifest);
    builder.system.group("configuration of the platform");
    platform.finish(&mut builder)?;
    Ok(Plan {
        system: builder.system,
        blobs: builder.blobs,
        device_trees: builder.device_trees,
    })
}

/// What all stages of planning share.
struct Builder<'a> {
    search: &'a [PathBuf],
    system: System,
    blobs: Vec<(String, Vec<u8>)>,
    device_trees: Vec<(String, Vec<u8>)>,
}

impl Builder<'_> {
    /// Gives `pd` its blob.
    fn configure(&mut self, pd: PdId, blob: &Blob) -> Result<(), PlanError> {
        let bytes = blob.bytes()?;
        let file = format!("{}.config", self.system.pd_mut(pd).name);
        self.system.map_config(pd, file.clone(), bytes.len() as u64);
        self.blobs.push((file, bytes));
        Ok(())
    }

    /// Path and size of a file.
    fn file(&self, name: &str) -> Result<(PathBuf, u64), PlanError> {
        let missing = || PlanError::File(name.to_owned());
        let path = files::find(name, self.search).ok_or_else(missing)?;
        let size = path.metadata().map_err(|_| missing())?.len();
        Ok((path, size))
    }
}

/// Budget and period of a schedule.
fn budget(schedule: Option<&crate::manifest::Schedule>) -> Option<(u32, u32)> {
    schedule.map(|schedule| (*schedule.budget_us.get_ref(), *schedule.period_us.get_ref()))
}

/// Appends to a bounded table.
fn push<T, const N: usize>(
    table: &mut heapless::Vec<T, N>,
    item: T,
    what: &'static str,
) -> Result<(), PlanError> {
    table.push(item).map_err(|_| PlanError::TooMany(what, N))
}

/// Text into a bounded string; the check made sure that it fits.
fn text<const N: usize>(text: &str, what: &'static str) -> Result<heapless::String<N>, PlanError> {
    heapless::String::try_from(text).map_err(|_| PlanError::TooMany(what, N))
}
