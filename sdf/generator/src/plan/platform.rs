// SPDX-License-Identifier: BSD-2-Clause

//! The protection domains that every system has.

use super::{Blob, Builder, PlanError, priority, push, text};
use crate::board::QEMU_VIRT;
use crate::manifest::Manifest;
use crate::system::{Content, PdId, Perms, Right};
use heapless::Vec;
use tombolo_config::{Output, ToManager, TraceRing, clock, console, manager, scrubber, server};
use tombolo_pages::ring;

/// Size of a region that holds an output ring: header page and data.
const OUTPUT_RING: u64 = 0x1000 + ring::OUTPUT_BYTES as u64;
/// Size of a region that holds an input ring.
const INPUT_RING: u64 = 0x1000 + ring::INPUT_BYTES as u64;

/// The manager's program.
const MANAGER: &str = "manager.elf";

/// The platform being wired.
pub struct Platform {
    pub server: PdId,
    pub console: PdId,
    pub clock: PdId,
    pub manager: PdId,
    pub scrubber: PdId,
    pub server_blob: server::ServerConfig,
    pub console_blob: console::ConsoleConfig,
    pub clock_blob: clock::ClockConfig,
    pub manager_blob: manager::ManagerConfig,
    pub scrubber_blob: scrubber::ScrubberConfig,
}

impl Platform {
    /// Makes the protection domains and what connects them to each other.
    pub fn new(builder: &mut Builder<'_>, manifest: &Manifest) -> Result<Self, PlanError> {
        let mut platform = Self::pds(builder, manifest);
        platform.console(builder)?;
        platform.server_blob.output = platform.speaker(builder, platform.server, "server")?;
        platform.server_blob.trace = platform.trace(builder, platform.server, "server")?;
        platform.clock_blob.output = platform.speaker(builder, platform.clock, "clock")?;
        platform.console_deadline(builder)?;
        platform.manager_log(builder)?;
        platform.manager_blob.trace = platform.trace(builder, platform.manager, "manager")?;
        platform.scrubbing(builder)?;
        let (manager_end, server_end) = builder.system.connect(
            (platform.manager, Right::Call),
            (platform.server, Right::Notify),
        )?;
        platform.manager_blob.server = manager_end;
        let (clock, deadline) = platform.sleeper(builder, platform.manager, "manager")?;
        (platform.manager_blob.clock, platform.manager_blob.deadline) = (clock, deadline);
        platform.server_blob.manager = server_end;
        Ok(platform)
    }

    fn pds(builder: &mut Builder<'_>, manifest: &Manifest) -> Self {
        let system = &mut builder.system;
        let server = system.pd("shmem_server", "shmem-server.elf", priority::SERVER);
        system.pd_mut(server).passive = true;
        system.pd_mut(server).comment =
            "names, slots, rights and signals; runs on its callers' time".into();
        let console = system.pd("console", "console.elf", priority::CONSOLE);
        system.pd_mut(console).comment = "owns the UART".into();
        let clock = system.pd("clock", "clock.elf", priority::CLOCK);
        system.pd_mut(clock).budget = Some((100, 1000));
        system.pd_mut(clock).comment = "wakes VMMs at the deadlines they write".into();
        let elf = manifest.manager.elf.as_ref();
        let elf = elf.map_or(MANAGER, |elf| elf.get_ref());
        let manager = system.pd("manager", elf, priority::MANAGER);
        system.pd_mut(manager).comment = "dom0: parent of the guests' VMMs and of the hosts".into();
        let scrubber = system.pd("scrubber", "scrubber.elf", priority::SCRUBBER);
        system.pd_mut(scrubber).budget = Some((200, 1000));
        system.pd_mut(scrubber).comment = "cleans slots, a fifth of the CPU at the most".into();
        Self {
            server,
            console,
            clock,
            manager,
            scrubber,
            server_blob: server::ServerConfig {
                output: Output::default(),
                trace: 0,
                clients: Vec::new(),
                pools: Vec::new(),
                slots: Vec::new(),
                create: Vec::new(),
                scrubber: 0,
                scrub_page: 0,
                manager: 0,
            },
            console_blob: console::ConsoleConfig {
                uart: 0,
                uart_kind: console::UartKind::Pl011,
                uart_irq: 0,
                deadline: 0,
                streams: Vec::new(),
                inputs: Vec::new(),
                manager: ToManager::default(),
                traces: Vec::new(),
            },
            clock_blob: clock::ClockConfig {
                output: Output::default(),
                sleepers: Vec::new(),
            },
            manager_blob: manager::ManagerConfig {
                output: Output::default(),
                trace: 0,
                server: 0,
                guests: Vec::new(),
                hosts: Vec::new(),
                askers: Vec::new(),
                clients: Vec::new(),
                restart: manager::Restart::default(),
                clock: 0,
                deadline: 0,
            },
            scrubber_blob: scrubber::ScrubberConfig {
                page: 0,
                server: 0,
                slots: Vec::new(),
            },
        }
    }

    fn console(&mut self, builder: &mut Builder<'_>) -> Result<(), PlanError> {
        let uart = QEMU_VIRT.uart;
        let uart = builder
            .system
            .region("uart", uart.size, Content::Physical(uart.address));
        self.console_blob.uart = builder.system.map(self.console, uart, Perms::ReadWrite);
        self.console_blob.uart_irq = builder.system.irq(self.console, QEMU_VIRT.uart_intid)?;
        Ok(())
    }

    /// The console's deadline: `clock` notifies it on the channel of its own log.
    fn console_deadline(&mut self, builder: &mut Builder<'_>) -> Result<(), PlanError> {
        let page = builder
            .system
            .region("deadline_console", 0x1000, Content::Zero);
        self.console_blob.deadline = builder.system.map(self.console, page, Perms::ReadWrite);
        let sleeper = clock::Sleeper {
            page: builder.system.map(self.clock, page, Perms::ReadWrite),
            channel: self.clock_blob.output.channel,
        };
        push(&mut self.clock_blob.sleepers, sleeper, "sleepers")
    }

    /// The manager's log, and over the same channel the mailbox by which the
    /// console's shell asks it: channel numbers are few.
    fn manager_log(&mut self, builder: &mut Builder<'_>) -> Result<(), PlanError> {
        let (channel, console_end) = builder
            .system
            .connect((self.manager, Right::Notify), (self.console, Right::Notify))?;
        let log = console::StreamKind::Log;
        self.manager_blob.output = self.stream(builder, self.manager, "manager", channel, log)?;
        let page = builder
            .system
            .region("mailbox_console", 0x1000, Content::Zero);
        self.console_blob.manager = ToManager {
            mailbox: builder.system.map(self.console, page, Perms::ReadWrite),
            channel: console_end,
        };
        let asker = manager::Asker {
            name: text("console", "characters in a name")?,
            mailbox: builder.system.map(self.manager, page, Perms::ReadWrite),
            channel,
            rights: manager::Rights::ALL,
        };
        push(&mut self.manager_blob.askers, asker, "askers")
    }

    fn scrubbing(&mut self, builder: &mut Builder<'_>) -> Result<(), PlanError> {
        let page = builder.system.region("scrub", 0x1000, Content::Zero);
        self.server_blob.scrub_page = builder.system.map(self.server, page, Perms::ReadWrite);
        self.scrubber_blob.page = builder.system.map(self.scrubber, page, Perms::ReadWrite);
        let (server_end, scrubber_end) = builder
            .system
            .connect((self.server, Right::Notify), (self.scrubber, Right::Notify))?;
        self.server_blob.scrubber = server_end;
        self.scrubber_blob.server = scrubber_end;
        Ok(())
    }

    /// A log ring of `pd`, shown as `name`.
    pub fn speaker(
        &mut self,
        builder: &mut Builder<'_>,
        pd: PdId,
        name: &str,
    ) -> Result<Output, PlanError> {
        // The console has nothing to say to who only speaks.
        let (channel, _) = builder
            .system
            .connect((pd, Right::Notify), (self.console, Right::None))?;
        self.stream(builder, pd, name, channel, console::StreamKind::Log)
    }

    /// A ring of `pd` over the channel it has to the console already.
    pub fn stream(
        &mut self,
        builder: &mut Builder<'_>,
        pd: PdId,
        name: &str,
        channel: u8,
        kind: console::StreamKind,
    ) -> Result<Output, PlanError> {
        let part = match kind {
            console::StreamKind::Log => "log",
            console::StreamKind::Guest => "tty",
        };
        let region = builder
            .system
            .region(format!("{part}_{name}"), OUTPUT_RING, Content::Zero);
        let ring = builder.system.map(pd, region, Perms::ReadWrite);
        let stream = console::Stream {
            name: text(name, "characters in a name")?,
            kind,
            ring: builder.system.map(self.console, region, Perms::ReadWrite),
        };
        push(&mut self.console_blob.streams, stream, "output streams")?;
        Ok(Output { ring, channel })
    }

    /// A trace ring of `pd`, which the console may read; returns its address in `pd`.
    pub fn trace(
        &mut self,
        builder: &mut Builder<'_>,
        pd: PdId,
        name: &str,
    ) -> Result<TraceRing, PlanError> {
        let region = builder.system.region(
            format!("trace_{name}"),
            tombolo_trace::REGION_BYTES,
            Content::Zero,
        );
        let trace = console::Trace {
            name: text(name, "characters in a name")?,
            ring: builder.system.map(self.console, region, Perms::Read),
        };
        push(&mut self.console_blob.traces, trace, "traces")?;
        Ok(builder.system.map(pd, region, Perms::ReadWrite))
    }

    /// The input ring of guest `name`; returns its address in `pd`.
    pub fn input(
        &mut self,
        builder: &mut Builder<'_>,
        pd: PdId,
        name: &str,
        channel: u8,
    ) -> Result<u64, PlanError> {
        let region = builder
            .system
            .region(format!("input_{name}"), INPUT_RING, Content::Zero);
        let input = console::Input {
            name: text(name, "characters in a name")?,
            ring: builder.system.map(self.console, region, Perms::ReadWrite),
            channel,
        };
        push(&mut self.console_blob.inputs, input, "guests with input")?;
        Ok(builder.system.map(pd, region, Perms::ReadWrite))
    }

    /// A deadline of `pd`, called `name`: its channel from `clock`, and its page's
    /// address.
    pub fn sleeper(
        &mut self,
        builder: &mut Builder<'_>,
        pd: PdId,
        name: &str,
    ) -> Result<(u8, u64), PlanError> {
        let system = &mut builder.system;
        let page = system.region(format!("deadline_{name}"), 0x1000, Content::Zero);
        let (own_end, clock_end) =
            system.connect((pd, Right::None), (self.clock, Right::Notify))?;
        let sleeper = clock::Sleeper {
            page: system.map(self.clock, page, Perms::ReadWrite),
            channel: clock_end,
        };
        push(&mut self.clock_blob.sleepers, sleeper, "sleepers")?;
        Ok((own_end, system.map(pd, page, Perms::ReadWrite)))
    }

    /// The console selects its first input at start.
    pub fn select_first(&mut self, manifest: &Manifest) {
        let Some(first) = &manifest.console.first else {
            return;
        };
        let inputs = &mut self.console_blob.inputs;
        let position = inputs
            .iter()
            .position(|input| input.name == first.get_ref().as_str());
        if let Some(position) = position {
            inputs[..=position].rotate_right(1);
        }
    }

    /// Writes the blobs.
    pub fn finish(mut self, builder: &mut Builder<'_>) -> Result<(), PlanError> {
        let clients = self.server_blob.clients.iter();
        self.manager_blob.clients = clients.map(|client| client.name.clone()).collect();
        builder.configure(self.server, &Blob::Server(Box::new(self.server_blob)))?;
        builder.configure(self.console, &Blob::Console(Box::new(self.console_blob)))?;
        builder.configure(self.clock, &Blob::Clock(Box::new(self.clock_blob)))?;
        builder.configure(self.manager, &Blob::Manager(Box::new(self.manager_blob)))?;
        builder.configure(self.scrubber, &Blob::Scrubber(Box::new(self.scrubber_blob)))
    }
}
