// SPDX-License-Identifier: BSD-2-Clause

//! The manifest: what a system's builder writes (TOML).
//!
//! Option names of the shared-memory device are the original's (`allow`, `deny`,
//! `create`, `loc`, `intr`). Described in `docs/interfaces/manifest.md`; a key here
//! is a key in [`crate::shape`].

use crate::size::Size;
use serde::Deserialize;
use shmem_server_core::pattern;
use std::collections::BTreeMap;
use std::ops::Range;
use tombolo_config::guest::MAX_VCPUS;
use toml::Spanned;

/// A whole manifest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What is built for what.
    pub system: System,
    /// The console's options.
    #[serde(default)]
    pub console: Console,
    /// Guests, in order.
    #[serde(default, rename = "guest")]
    pub guests: Vec<Guest>,
    /// Further protection domains, in order.
    #[serde(default, rename = "host")]
    pub hosts: Vec<Host>,
    /// Pools of slots.
    #[serde(default, rename = "pool")]
    pub pools: Vec<Pool>,
    /// The manager's options.
    #[serde(default)]
    pub manager: Manager,
    /// Who may ask the manager for what.
    #[serde(default, rename = "manage")]
    pub appointments: Vec<Appointment>,
    /// How a run without a person is judged.
    #[serde(default)]
    pub batch: Batch,
    /// Where the keys of `[batch.checks]` are written.
    #[serde(skip)]
    pub check_spans: Vec<(String, Range<usize>)>,
}

/// `[system]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Name of the system: of its files and in messages.
    pub name: Spanned<String>,
    /// One sentence for people.
    #[serde(default)]
    pub description: String,
    /// Board.
    #[serde(default)]
    pub board: Board,
}

/// `[manager]`: its program, and what becomes of a VMM that faults.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    /// Its program; `manager.elf` if absent.
    pub elf: Option<Spanned<String>>,
    /// Restarts before its guest is given up.
    pub restart_limit: Option<u32>,
    /// Milliseconds before the second restart, doubled for each further one.
    pub restart_delay_ms: Option<u32>,
    /// Seconds without a fault after which restarts count anew.
    pub restart_forget_s: Option<u32>,
}

/// `[[manage]]`: who may ask the manager for what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appointment {
    /// A guest or a host.
    pub who: Spanned<String>,
    /// What it may ask for.
    pub rights: Vec<Spanned<ManageRight>>,
    /// Guests that it may control: patterns.
    #[serde(default)]
    pub guests: Vec<Spanned<String>>,
}

/// A right of an appointed asker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ManageRight {
    /// Lists and details.
    View,
    /// Orders to the guests that are named.
    Control,
    /// Detach and revoke.
    Regions,
}

impl Appointment {
    /// Whether it has that right.
    pub fn has(&self, right: ManageRight) -> bool {
        self.rights.iter().any(|own| *own.get_ref() == right)
    }

    /// Whether it may control the guest called `name`.
    pub fn controls(&self, name: &str) -> bool {
        let matches = |pattern: &Spanned<String>| pattern::matches(pattern.get_ref(), name);
        self.has(ManageRight::Control) && self.guests.iter().any(matches)
    }
}

/// `[console]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// The guest that gets the keys at start.
    pub first: Option<Spanned<String>>,
}

/// Boards that this generator knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Board {
    /// QEMU `virt` with GICv2 and virtualization on.
    #[default]
    QemuVirtAarch64,
}

/// `[[guest]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// Name, as the console shows it.
    pub name: Spanned<String>,
    /// arm64 `Image` file.
    pub image: Spanned<String>,
    /// Initial RAM disk.
    pub initramfs: Option<Spanned<String>>,
    /// Kernel command line.
    pub command_line: Option<Spanned<String>>,
    /// RAM.
    pub memory: Spanned<Size>,
    /// Number of virtual CPUs; 1 if absent.
    pub vcpus: Option<Spanned<u64>>,
    /// Virtio block device; absent: the guest has none.
    pub disk: Option<Disk>,
    /// Its monitor's program; `guest-vmm.elf` if absent.
    pub vmm: Option<Spanned<String>>,
    /// Devices by name; the console alone if absent.
    pub devices: Option<Vec<Spanned<String>>>,
    /// CPU limit of the virtual machine.
    pub schedule: Option<Schedule>,
    /// When the manager starts it; at once if absent.
    pub start: Option<Start>,
    /// When the manager finds that it is silent, and what it does then.
    #[serde(default)]
    pub watchdog: Watchdog,
    /// Shared-memory device; absent: the guest has none.
    pub shmem: Option<Shmem>,
}

impl Guest {
    /// Number of virtual CPUs; a checked one has at most [`MAX_VCPUS`].
    pub fn vcpus(&self) -> u8 {
        let number = self.vcpus.as_ref().map_or(1, |vcpus| *vcpus.get_ref());
        // Lossless: at most 8.
        number.min(MAX_VCPUS as u64) as u8
    }
}

/// `[[host]]`: a protection domain beside the guests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Name, as the console shows it.
    pub name: Spanned<String>,
    /// Its program.
    pub elf: Spanned<String>,
    /// Text for the program.
    pub arguments: Option<Spanned<String>>,
    /// Devices by name.
    #[serde(default)]
    pub devices: Vec<Spanned<String>>,
    /// CPU limit.
    pub schedule: Option<Schedule>,
    /// Makes it a client of the server.
    pub shmem: Option<Shmem>,
}

/// `schedule = { budget_us = 200, period_us = 1000 }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Microseconds of CPU per period.
    pub budget_us: Spanned<u32>,
    /// The period in microseconds.
    pub period_us: Spanned<u32>,
}

/// `watchdog = { silence_ms = 5000, on_silence = "reset" }`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watchdog {
    /// For so long a vCPU may run without an exit; 0: nobody looks.
    pub silence_ms: Option<u32>,
    /// What is done then.
    #[serde(default)]
    pub on_silence: OnSilence,
}

/// What the manager does with a guest that is silent, beside saying so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnSilence {
    /// Nothing.
    #[default]
    Report,
    /// It suspends its vCPUs.
    Pause,
    /// It resets it.
    Reset,
    /// It stops it.
    Stop,
}

/// `start = { after = "guest0", when = "attached" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The guest to wait for.
    pub after: Spanned<String>,
    /// What to wait for.
    pub when: Milestone,
}

/// What a guest may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Milestone {
    /// The other guest runs.
    Running,
    /// It has attached a region.
    Attached,
    /// It has turned itself off.
    Off,
}

/// `disk = { file = "root.img", access = "read_write" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// What is on it at start.
    pub file: Spanned<String>,
    /// What the guest may do.
    #[serde(default)]
    pub access: DiskAccess,
}

/// Rights to a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskAccess {
    /// Read and write: what is written lasts as long as the system.
    #[default]
    ReadWrite,
    /// Read.
    ReadOnly,
}

/// `[guest.shmem]`: the device's options under the original's names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shmem {
    /// Pools that it may read and write.
    #[serde(default)]
    pub join: Vec<Spanned<String>>,
    /// Pools that it may only read.
    #[serde(default)]
    pub read: Vec<Spanned<String>>,
    /// Names that the guest may attach (patterns); ends in an implied `deny *`.
    #[serde(default)]
    pub allow: Vec<Spanned<String>>,
    /// Names that it may not; ends in an implied `allow *`.
    #[serde(default)]
    pub deny: Vec<Spanned<String>>,
    /// Both in one list, in the order that they are tried: `allow PATTERN`, `deny
    /// PATTERN`; ends in the implied opposite of the last.
    #[serde(default)]
    pub rules: Vec<Spanned<String>>,
    /// Regions made at start.
    #[serde(default)]
    pub create: Vec<Create>,
    /// Guest-physical address of the factory page.
    pub loc: Option<Spanned<u64>>,
    /// INTID of the device.
    pub intr: Option<Spanned<u32>>,
    /// How long an attach waits for memory that is being cleaned.
    #[serde(default = "default_timeout")]
    pub attach_timeout_ms: u32,
    /// Most connections at one time.
    pub max_connections: Option<u8>,
    /// Most regions that it created and is attached to.
    pub max_regions: Option<u8>,
    /// Their sizes together.
    pub max_memory: Option<Spanned<Size>>,
    /// How often per second the guest may call the server.
    pub calls_per_second: Option<u32>,
}

/// A region that policy makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// Region name.
    pub name: Spanned<String>,
    /// Its size.
    pub size: Spanned<Size>,
}

/// A rule of a client, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    /// It allows; otherwise it denies.
    pub allows: bool,
    /// Which names.
    pub pattern: &'a str,
    /// Where.
    pub span: Range<usize>,
}

impl<'a> Rule<'a> {
    fn of(allows: bool, pattern: &'a Spanned<String>) -> Self {
        Self {
            allows,
            pattern: pattern.get_ref(),
            span: pattern.span(),
        }
    }

    /// Reads an entry of `rules`. `None`: it is neither `allow` nor `deny`, then one
    /// pattern.
    pub fn parse(text: &'a str, span: Range<usize>) -> Option<Self> {
        let (verb, pattern) = text.split_once(' ')?;
        let allows = match verb {
            "allow" => true,
            "deny" => false,
            _ => return None,
        };
        // A pattern may hold spaces, but not around it: nobody would see them.
        (pattern.trim() == pattern).then_some(Self {
            allows,
            pattern,
            span,
        })
    }
}

impl Shmem {
    /// All rules in the order that they are tried: `rules`, or `deny` before `allow`
    /// (one of the two ways is used).
    pub fn ordered(&self) -> Vec<Rule<'_>> {
        let deny = self.deny.iter().map(|pattern| Rule::of(false, pattern));
        let allow = self.allow.iter().map(|pattern| Rule::of(true, pattern));
        let both = self
            .rules
            .iter()
            .filter_map(|rule| Rule::parse(rule.get_ref(), rule.span()));
        both.chain(deny).chain(allow).collect()
    }

    /// Address of the factory page.
    pub fn loc(&self) -> u64 {
        self.loc.as_ref().map_or(0x0a00_0000, |loc| *loc.get_ref())
    }

    /// INTID of the device.
    pub fn intr(&self) -> u32 {
        self.intr.as_ref().map_or(43, |intr| *intr.get_ref())
    }
}

impl Guest {
    /// Whether it has the device called `name`.
    pub fn has_device(&self, name: &str) -> bool {
        match &self.devices {
            Some(devices) => devices.iter().any(|device| device.get_ref() == name),
            None => name == crate::board::CONSOLE,
        }
    }
}

impl Manifest {
    /// Names and shared-memory options of all clients of the server, by client
    /// number: guests in order, then hosts.
    pub fn clients(&self) -> impl Iterator<Item = (&Spanned<String>, &Shmem)> {
        let guests = self.guests.iter().map(|guest| (&guest.name, &guest.shmem));
        let hosts = self.hosts.iter().map(|host| (&host.name, &host.shmem));
        guests
            .chain(hosts)
            .filter_map(|(name, shmem)| Some((name, shmem.as_ref()?)))
    }

    /// Enters everybody into the pools that they `join` or `read`. The member's place
    /// is that of the pool's name in its own block.
    pub fn enter_pools(&mut self) {
        let mut wishes = Vec::new();
        for (client, shmem) in self.clients() {
            let wish = |pool: &Spanned<String>, writes| {
                let member = Spanned::new(pool.span(), client.get_ref().clone());
                (pool.get_ref().clone(), member, writes)
            };
            wishes.extend(shmem.join.iter().map(|pool| wish(pool, true)));
            wishes.extend(shmem.read.iter().map(|pool| wish(pool, false)));
        }
        for (name, member, writes) in wishes {
            let named = |pool: &&mut Pool| *pool.name.get_ref() == name;
            match self.pools.iter_mut().find(named) {
                Some(pool) if writes => pool.members.push(member),
                Some(pool) => pool.readers.push(member),
                // The check finds it.
                None => {}
            }
        }
    }

    /// Names of all guests and hosts.
    pub fn parties(&self) -> impl Iterator<Item = &Spanned<String>> {
        let hosts = self.hosts.iter().map(|host| &host.name);
        self.guests.iter().map(|guest| &guest.name).chain(hosts)
    }
}

fn default_timeout() -> u32 {
    10_000
}

/// `[[pool]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Name, for messages.
    pub name: Spanned<String>,
    /// Region names that live here.
    pub patterns: Vec<Spanned<String>>,
    /// Number of slots, that is of regions at one time; 1 if absent.
    pub slots: Option<Spanned<u16>>,
    /// Size of a slot.
    pub size: Spanned<Size>,
    /// Guests with read and write access.
    #[serde(default)]
    pub members: Vec<Spanned<String>>,
    /// Guests that may only read; the hardware enforces it.
    #[serde(default)]
    pub readers: Vec<Spanned<String>>,
    /// Pairs of members without the right to signal.
    #[serde(default)]
    pub withhold: Vec<Withhold>,
}

/// `{ from = "guest2", to = "guest0" }`: that signal is withheld.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withhold {
    /// Who may not signal.
    pub from: Spanned<String>,
    /// Whom.
    pub to: Spanned<String>,
}

impl Pool {
    /// Number of slots.
    pub fn slots(&self) -> u16 {
        self.slots.as_ref().map_or(1, |slots| *slots.get_ref())
    }
}

/// `[batch]`: how `build.sh run --batch` judges a run.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Seconds after which a run that has not ended has failed.
    pub timeout_s: Option<u64>,
    /// Guest name to the name of the check that its program must pass
    /// (`CHECK <name>: pass` on that guest's console).
    #[serde(default)]
    pub checks: BTreeMap<String, String>,
    /// Further lines that must be seen: speaker (as the console shows it) and a
    /// part of the line.
    #[serde(default)]
    pub expect: Vec<Expect>,
    /// Lines that must not be seen: one ends the run.
    #[serde(default)]
    pub forbid: Vec<Expect>,
    /// What is typed on the serial line, in order.
    #[serde(default, rename = "type")]
    pub typing: Vec<Typing>,
}

/// `[[batch.type]]`: keys, typed as a person types.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    /// What must be seen first, once the step before is over; absent: nothing.
    pub after: Option<Spanned<After>>,
    /// Keys as [`crate::keys`] reads them.
    pub keys: Spanned<String>,
    /// How often they are typed, one after the other; once if absent.
    pub times: Option<usize>,
    /// Milliseconds before each key; a fast typist's if absent.
    pub pace_ms: Option<u64>,
    /// Lines that must be seen after the last key: then the step is over.
    #[serde(default)]
    pub expect: Vec<Expect>,
}

/// `after = { speaker = "guest0", line = "ready" }` or `after = { prompt = "tombolo> " }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// Who says the line.
    pub speaker: Option<String>,
    /// Part of the line.
    pub line: Option<String>,
    /// All of an unfinished line.
    pub prompt: Option<String>,
}

/// A line that must be seen, or must not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Speaker.
    pub speaker: String,
    /// Part of the line.
    pub line: String,
}
