// SPDX-License-Identifier: BSD-2-Clause

//! What a machine consists of.

use super::allowance::Allowance;
use super::serial::Serial;
use super::vcpu::Vcpu;
use crate::gic::Distributor;
use crate::guest_shm::GuestShm;
use crate::log::Log;
use crate::management::Management;
use crate::platform::Platform;
use crate::vcpu::{PerVcpu, Registers, START_SPSR};
use crate::virtio_blk::VirtioBlk;
use shmem_server_api::Board;
use tombolo_config::guest::GuestConfig;
use tombolo_config::server::Access;
use tombolo_pages::deadline::DeadlinePage;
use tombolo_pages::guest_status::{Given, GuestOrder, GuestStatus};
use tombolo_pages::mailbox::Mailbox;
use tombolo_pages::ring::{InputRing, OutputRing, Producer};

/// What a vCPU's fault comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Reply to the fault: the vCPU runs on.
    Reply,
    /// Do not: it is parked, stopped, or was restarted already.
    Stay,
}

/// The pages that the VMM shares with its peers.
#[derive(Clone, Copy, Debug)]
pub struct Pages<'a> {
    /// Own log.
    pub log: &'a OutputRing,
    /// The guest's serial port, both ways; as [`GuestConfig::uart`] is.
    pub serial: Option<(&'a OutputRing, &'a InputRing)>,
    /// The board; as [`GuestConfig::shmem`] is.
    pub board: Option<&'a Board>,
    /// The manager's mailbox; as [`GuestConfig::management`] is.
    pub mailbox: Option<&'a Mailbox>,
    /// To the manager.
    pub status: &'a GuestStatus,
    /// From the manager.
    pub order: &'a GuestOrder,
    /// To `clock`.
    pub deadline: &'a DeadlinePage,
}

/// Where the guest is in its life.
///
/// | from    | event               | to      |
/// |---------|---------------------|---------|
/// | Held    | order to start      | Running; Resetting if its vCPUs have run before |
/// | Running | order to pause      | Paused  |
/// | Paused  | order to resume     | Running |
/// | Running, Paused | reset       | Resetting |
/// | Resetting | reset code is done | Running |
/// | Stopped | order to start      | Resetting |
/// | any     | off, failure, order | Stopped |
///
/// Whether each of its vCPUs runs is a matter of [`super::vcpu::Run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Held,
    Running,
    /// Suspended by order; each vCPU goes on where it was.
    Paused,
    /// Its vCPUs run the reset code.
    Resetting,
    Stopped,
}

/// A guest's machine.
pub struct Machine<'a, P> {
    pub(super) platform: P,
    pub(super) config: &'a GuestConfig,
    pub(super) pages: Pages<'a>,
    pub(super) log: Log<'a>,
    pub(super) gic: Distributor,
    pub(super) vcpus: PerVcpu<Vcpu>,
    pub(super) serial: Option<Serial<'a>>,
    pub(super) disk: Option<VirtioBlk>,
    pub(super) shm: Option<GuestShm<'a>>,
    pub(super) management: Option<Management<'a>>,
    pub(super) life: Life,
    /// Its vCPUs have never run, in this life of the VMM or an earlier one.
    pub(super) pristine: bool,
    /// The order that is being carried out.
    pub(super) under_way: Option<Given>,
    /// Registers that the first vCPU starts with.
    pub(super) entry: Registers,
    /// How long it may keep its VMM busy.
    pub(super) allowance: Allowance,
    /// Counter value of the last fault.
    pub(super) trapped_at: u64,
}

impl<'a, P: Platform> Machine<'a, P> {
    /// A loaded guest, held: it starts at `entry` with the device tree's address
    /// in x0.
    pub fn new(
        platform: P,
        config: &'a GuestConfig,
        pages: Pages<'a>,
        entry: u64,
        device_tree: u64,
    ) -> Self {
        let log = Log::new(Producer::new(pages.log), platform.counter_frequency());
        let serial = config
            .uart
            .as_ref()
            .zip(pages.serial)
            .map(|(uart, (output, input))| Serial::new(uart, output, input));
        let shm = config.shmem.as_ref().zip(pages.board).map(|(shm, board)| {
            let (frequency, now) = (platform.counter_frequency(), platform.counter());
            GuestShm::new(shm, board, frequency, now)
        });
        let disk = config.disk.map(|disk| {
            let (frequency, now) = (platform.counter_frequency(), platform.counter());
            let read_only = disk.access == Access::ReadOnly;
            VirtioBlk::new(disk.mapping.size, read_only, &config.name, frequency, now)
        });
        let management = pages.mailbox.map(|mailbox| {
            let (frequency, now) = (platform.counter_frequency(), platform.counter());
            Management::new(mailbox, frequency, now)
        });
        let mut registers = Registers {
            pc: entry,
            spsr: START_SPSR,
            ..Registers::default()
        };
        registers.set_operand(0, device_tree);
        let vcpus = usize::from(config.vcpus);
        let allowance = Allowance::new(platform.counter_frequency(), platform.counter());
        Self {
            platform,
            config,
            pages,
            log,
            gic: Distributor::new(vcpus),
            vcpus: PerVcpu::new(vcpus, |_| Vcpu::new()),
            serial,
            disk,
            shm,
            management,
            life: Life::Held,
            // The first start is counted before the machine is made.
            pristine: pages.status.boots() <= 1,
            under_way: None,
            entry: registers,
            allowance,
            trapped_at: 0,
        }
    }
}
