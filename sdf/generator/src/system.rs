// SPDX-License-Identifier: BSD-2-Clause

//! A Microkit system being put together: protection domains, regions, channels.
//!
//! Whoever asks for a mapping or a channel gets the number back; nobody types
//! one. Order of calls decides numbers, so output is deterministic.

use crate::size::{LARGE_PAGE, PAGE};

/// Where the maps of a protection domain start: above its program.
const FIRST_MAP: u64 = 0x1000_0000;
/// Channel and interrupt ids end here (Microkit 2.3).
pub const MAX_ID: u8 = 61;

/// A protection domain, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PdId(pub usize);

/// A memory region, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionId(pub usize);

/// Rights of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perms {
    /// Loads.
    Read,
    /// Loads and stores.
    ReadWrite,
    /// Loads, stores, fetches (guest RAM).
    ReadWriteExecute,
}

impl Perms {
    /// As the `.system` file has it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Read => "r",
            Self::ReadWrite => "rw",
            Self::ReadWriteExecute => "rwx",
        }
    }
}

/// `<map>`.
#[derive(Debug)]
pub struct Map {
    /// What.
    pub region: RegionId,
    /// Where.
    pub vaddr: u64,
    /// Rights.
    pub perms: Perms,
    /// Normal memory or device.
    pub cached: bool,
    /// Whether this is the configuration blob, announced by symbols.
    pub is_config: bool,
}

/// `<irq>`.
#[derive(Debug)]
pub struct Irq {
    /// INTID.
    pub intid: u32,
    /// Id within the protection domain.
    pub id: u8,
}

/// `<virtual_machine>`; its vCPUs have the ids 0 and up.
#[derive(Debug)]
pub struct Vm {
    /// Name.
    pub name: String,
    /// Priority of its vCPUs.
    pub priority: u8,
    /// Number of its vCPUs.
    pub vcpus: u8,
    /// Budget and period in microseconds of each; `None`: the default, round robin.
    pub budget: Option<(u32, u32)>,
    /// Maps at guest-physical addresses.
    pub maps: Vec<Map>,
}

/// `<protection_domain>`.
#[derive(Debug)]
pub struct Pd {
    /// Name.
    pub name: String,
    /// ELF file.
    pub elf: String,
    /// What it is for, as a comment.
    pub comment: String,
    /// Priority.
    pub priority: u8,
    /// Budget and period in microseconds; `None`: the default, round robin.
    pub budget: Option<(u32, u32)>,
    /// Runs on its callers' time.
    pub passive: bool,
    /// Parent and id as its child.
    pub parent: Option<(PdId, u8)>,
    /// Maps.
    pub maps: Vec<Map>,
    /// Interrupts.
    pub irqs: Vec<Irq>,
    /// Virtual machine.
    pub vm: Option<Vm>,
    /// Scheduling contexts of others that it may read: slot of its own capability
    /// space, and whose.
    pub sched_contexts: Vec<(u8, PdId)>,
    next_map: u64,
    next_id: u8,
    next_child: u8,
}

/// What a region holds at the start.
#[derive(Debug)]
pub enum Content {
    /// Zeroes.
    Zero,
    /// A file, by the path written to the `.system` file.
    File(String),
    /// Memory or a device at a physical address.
    Physical(u64),
}

/// `<memory_region>`.
#[derive(Debug)]
pub struct Region {
    /// Name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Content.
    pub content: Content,
    /// What it belongs to, as a comment.
    pub group: String,
}

impl Region {
    /// 2 MiB pages if the size allows.
    pub fn page_size(&self) -> u64 {
        let device = matches!(self.content, Content::Physical(_));
        if !device && self.size.is_multiple_of(LARGE_PAGE) {
            LARGE_PAGE
        } else {
            PAGE
        }
    }
}

/// One end of a channel.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// Protection domain.
    pub pd: PdId,
    /// Its id of the channel.
    pub id: u8,
    /// May call the other end.
    pub pp: bool,
    /// May notify the other end.
    pub notify: bool,
}

/// What an end may do, when a channel is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Nothing.
    None,
    /// Notify.
    Notify,
    /// Protected call.
    Call,
}

/// The system.
#[derive(Debug, Default)]
pub struct System {
    /// Protection domains.
    pub pds: Vec<Pd>,
    /// Regions.
    pub regions: Vec<Region>,
    /// Channels.
    pub channels: Vec<[End; 2]>,
    group: String,
}

/// A limit of Microkit was passed.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Out of channel ids.
    #[error("protection domain `{0}` needs more than 62 channels: use fewer guests")]
    Channels(String),
}

impl System {
    /// What the regions made from now on belong to.
    pub fn group(&mut self, group: impl Into<String>) {
        self.group = group.into();
    }

    /// Adds a protection domain.
    pub fn pd(&mut self, name: impl Into<String>, elf: impl Into<String>, priority: u8) -> PdId {
        self.pds.push(Pd {
            name: name.into(),
            elf: elf.into(),
            comment: String::new(),
            priority,
            budget: None,
            passive: false,
            parent: None,
            maps: Vec::new(),
            irqs: Vec::new(),
            vm: None,
            sched_contexts: Vec::new(),
            next_map: FIRST_MAP,
            next_id: 0,
            next_child: 0,
        });
        PdId(self.pds.len() - 1)
    }

    /// The protection domain, to set what it has.
    pub fn pd_mut(&mut self, pd: PdId) -> &mut Pd {
        &mut self.pds[pd.0]
    }

    /// Makes `child` a child of `parent`; returns its id there.
    pub fn adopt(&mut self, parent: PdId, child: PdId) -> Result<u8, LimitError> {
        let id = self.pds[parent.0].next_child;
        if id > MAX_ID {
            return Err(LimitError::Channels(self.pds[parent.0].name.clone()));
        }
        self.pds[parent.0].next_child += 1;
        self.pds[child.0].parent = Some((parent, id));
        Ok(id)
    }

    /// Adds a region; its size is rounded up to its page size.
    pub fn region(&mut self, name: impl Into<String>, size: u64, content: Content) -> RegionId {
        let unit = match content {
            Content::File(_) if size >= LARGE_PAGE => LARGE_PAGE,
            _ => PAGE,
        };
        let size = size.max(1).next_multiple_of(unit);
        self.regions.push(Region {
            name: name.into(),
            size,
            content,
            group: self.group.clone(),
        });
        RegionId(self.regions.len() - 1)
    }

    /// Maps `region` into `pd` at the next free address, which it returns.
    pub fn map(&mut self, pd: PdId, region: RegionId, perms: Perms) -> u64 {
        let (size, align) = {
            let region = &self.regions[region.0];
            (region.size, region.page_size())
        };
        let cached = !matches!(self.regions[region.0].content, Content::Physical(_));
        let pd = &mut self.pds[pd.0];
        let vaddr = pd.next_map.next_multiple_of(align);
        // A free page behind each map: running over its end faults.
        pd.next_map = vaddr + size + PAGE;
        pd.maps.push(Map {
            region,
            vaddr,
            perms,
            cached,
            is_config: false,
        });
        vaddr
    }

    /// Maps `region` into the VM of `pd` at guest-physical `gpa`.
    pub fn map_guest(&mut self, pd: PdId, region: RegionId, gpa: u64, perms: Perms) {
        let cached = !matches!(self.regions[region.0].content, Content::Physical(_));
        if let Some(vm) = &mut self.pds[pd.0].vm {
            vm.maps.push(Map {
                region,
                vaddr: gpa,
                perms,
                cached,
                is_config: false,
            });
        }
    }

    /// Maps the configuration blob of `pd`, kept in file `file`.
    pub fn map_config(&mut self, pd: PdId, file: String, size: u64) {
        let name = format!("config_{}", self.pds[pd.0].name);
        let region = self.region(name, size, Content::File(file));
        self.map(pd, region, Perms::Read);
        if let Some(map) = self.pds[pd.0].maps.last_mut() {
            map.is_config = true;
        }
    }

    fn next_id(&mut self, pd: PdId) -> Result<u8, LimitError> {
        let pd = &mut self.pds[pd.0];
        if pd.next_id > MAX_ID {
            return Err(LimitError::Channels(pd.name.clone()));
        }
        pd.next_id += 1;
        Ok(pd.next_id - 1)
    }

    /// Connects two protection domains; returns each end's id.
    pub fn connect(
        &mut self,
        (a, right_a): (PdId, Right),
        (b, right_b): (PdId, Right),
    ) -> Result<(u8, u8), LimitError> {
        let (id_a, id_b) = (self.next_id(a)?, self.next_id(b)?);
        let end = |pd, id, right| End {
            pd,
            id,
            pp: right == Right::Call,
            notify: right == Right::Notify,
        };
        self.channels
            .push([end(a, id_a, right_a), end(b, id_b, right_b)]);
        Ok((id_a, id_b))
    }

    /// Gives `pd` the scheduling context of `whose`; returns the slot.
    pub fn sched_context(&mut self, pd: PdId, whose: PdId) -> Result<u8, LimitError> {
        let contexts = &mut self.pds[pd.0].sched_contexts;
        // Slot 0 is Microkit's own; 63 is the last.
        let slot = u8::try_from(contexts.len() + 1).unwrap_or(u8::MAX);
        if slot > 63 {
            return Err(LimitError::Channels(self.pds[pd.0].name.clone()));
        }
        contexts.push((slot, whose));
        Ok(slot)
    }

    /// Gives `pd` the interrupt `intid`; returns its id.
    pub fn irq(&mut self, pd: PdId, intid: u32) -> Result<u8, LimitError> {
        let id = self.next_id(pd)?;
        self.pds[pd.0].irqs.push(Irq { intid, id });
        Ok(id)
    }
}
