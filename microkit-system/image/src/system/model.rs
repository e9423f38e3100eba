// SPDX-License-Identifier: BSD-2-Clause

//! A system: what the description says, with the places it says it at.

use std::path::PathBuf;

use crate::board::{Board, LARGE_PAGE, PAGE, STACK_TOP};
use crate::diagnostic::{Diagnostic, Located, Source, Span};
use crate::program::Program;

/// A system that was read and checked.
#[derive(Debug)]
pub struct System {
    /// The description.
    pub source: Source,
    /// The board it is for.
    pub board: &'static Board,
    /// Memory regions in the order written.
    pub regions: Vec<MemoryRegion>,
    /// Protection domains in the order written, children after their parent.
    pub domains: Vec<ProtectionDomain>,
    /// Channels in the order written.
    pub channels: Vec<Channel>,
    /// What is odd, but no error.
    pub warnings: Vec<Diagnostic>,
}

/// Size of the pages of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageSize {
    /// 4 KiB.
    Small,
    /// 2 MiB.
    Large,
}

impl PageSize {
    /// Bytes.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Small => PAGE,
            Self::Large => LARGE_PAGE,
        }
    }
}

/// A file that fills a region.
#[derive(Clone, Debug)]
pub struct Prefill {
    /// Where it was found; as written, if no files are read.
    pub path: PathBuf,
    /// Its content; empty, if no files are read.
    pub bytes: Vec<u8>,
}

/// `memory_region`.
#[derive(Clone, Debug)]
pub struct MemoryRegion {
    /// Unique name.
    pub name: Located<String>,
    /// Bytes, a multiple of the page size.
    pub size: u64,
    /// Size of its pages.
    pub page_size: PageSize,
    /// Whether the description sets the page size.
    pub page_size_given: bool,
    /// Physical address, if the description sets it.
    pub phys_addr: Option<Located<u64>>,
    /// Content, else zeros.
    pub prefill: Option<Prefill>,
    /// The element.
    pub span: Span,
    /// Something about it was wrong and was reported.
    pub broken: bool,
}

/// Permissions of a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Loads.
    pub read: bool,
    /// Stores.
    pub write: bool,
    /// Instruction fetches.
    pub execute: bool,
}

/// `map`.
#[derive(Clone, Debug)]
pub struct Map {
    /// Name of the region.
    pub region_name: Located<String>,
    /// Index of the region, once it is known that there is one.
    pub region: Option<usize>,
    /// Address in the protection domain or guest.
    pub vaddr: Located<u64>,
    /// Permissions.
    pub permissions: Permissions,
    /// Normal write-back memory, else Device-nGnRnE.
    pub cached: bool,
    /// The element.
    pub span: Span,
}

/// `irq`.
#[derive(Clone, Debug)]
pub struct Irq {
    /// INTID.
    pub intid: Located<u64>,
    /// Channel id.
    pub id: Located<u64>,
    /// Edge-triggered, else level.
    pub edge: bool,
}

/// What a symbol is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetVarValue {
    /// A number known from the description: an id or address.
    Number(u64),
    /// Size of the named region.
    RegionSize(String),
    /// Size of the file that fills the named region.
    PrefillSize(String),
    /// Physical address of the named region.
    RegionAddress(String),
}

/// A symbol of the program that the tool sets.
#[derive(Clone, Debug)]
pub struct SetVar {
    /// The symbol.
    pub symbol: Located<String>,
    /// Its value.
    pub value: SetVarValue,
    /// Place of the region's name, or of the symbol.
    pub value_span: Span,
}

/// Which capability a `cspace` element asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserCapKind {
    /// `cap_tcb`.
    Tcb,
    /// `cap_sc`.
    SchedContext,
    /// `cap_vspace`.
    VSpace,
}

/// A capability in a slot of the user's.
#[derive(Clone, Debug)]
pub struct UserCap {
    /// Which one.
    pub kind: UserCapKind,
    /// Slot, 1 to 63.
    pub slot: Located<u64>,
    /// Of which protection domain.
    pub domain: Located<String>,
}

/// Budget and period in microseconds.
#[derive(Clone, Debug)]
pub struct Scheduling {
    /// Priority.
    pub priority: u8,
    /// Budget.
    pub budget: u64,
    /// Period.
    pub period: u64,
}

/// `vcpu`.
#[derive(Clone, Debug)]
pub struct Vcpu {
    /// Id, unique with the ids of the protection domain's children.
    pub id: Located<u64>,
}

/// `virtual_machine`.
#[derive(Clone, Debug)]
pub struct VirtualMachine {
    /// Unique name.
    pub name: Located<String>,
    /// Of each of its vCPUs.
    pub scheduling: Scheduling,
    /// Its vCPUs.
    pub vcpus: Vec<Vcpu>,
    /// Its guest-physical address space.
    pub maps: Vec<Map>,
}

/// `program_image`.
#[derive(Clone, Debug)]
pub struct ProgramImage {
    /// Path as written.
    pub path: Located<String>,
    /// Path of the ELF to take symbols from.
    pub path_for_symbols: Option<Located<String>>,
    /// The program, once it is loaded.
    pub program: Option<Program>,
}

/// `protection_domain`.
#[derive(Clone, Debug)]
pub struct ProtectionDomain {
    /// Unique name.
    pub name: Located<String>,
    /// Priority, budget, period.
    pub scheduling: Scheduling,
    /// Runs on its callers' time.
    pub passive: bool,
    /// Bytes.
    pub stack_size: u64,
    /// May make SMC calls.
    pub smc: bool,
    /// May use the FPU.
    pub fpu: bool,
    /// Its program.
    pub image: Option<ProgramImage>,
    /// Its maps.
    pub maps: Vec<Map>,
    /// Its interrupts.
    pub irqs: Vec<Irq>,
    /// Symbols to set.
    pub setvars: Vec<SetVar>,
    /// Capabilities in slots of its own.
    pub user_caps: Vec<UserCap>,
    /// Index of its parent.
    pub parent: Option<usize>,
    /// Id as a child.
    pub child_id: Option<Located<u64>>,
    /// Its virtual machine.
    pub virtual_machine: Option<VirtualMachine>,
    /// The start tag.
    pub span: Span,
}

impl ProtectionDomain {
    /// Lowest address of the stack.
    pub fn stack_bottom(&self) -> u64 {
        STACK_TOP - self.stack_size
    }
}

/// `end`.
#[derive(Clone, Debug)]
pub struct End {
    /// Name of the protection domain.
    pub domain_name: Located<String>,
    /// Its index.
    pub domain: usize,
    /// Channel id.
    pub id: Located<u64>,
    /// May call the other end.
    pub pp: bool,
    /// May notify the other end.
    pub notify: bool,
    /// The element.
    pub span: Span,
}

/// `channel`.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its ends.
    pub ends: [End; 2],
}

impl Channel {
    /// Both directions: each end with the other one.
    pub fn directions(&self) -> [(&End, &End); 2] {
        let [a, b] = &self.ends;
        [(a, b), (b, a)]
    }
}

impl System {
    /// Index of the region named `name`.
    pub fn region(&self, name: &str) -> Option<usize> {
        self.regions
            .iter()
            .position(|region| region.name.value == name)
    }

    /// Index of the protection domain named `name`.
    pub fn domain(&self, name: &str) -> Option<usize> {
        self.domains
            .iter()
            .position(|domain| domain.name.value == name)
    }

    /// Whether others call domain `index`, or it handles faults: then it waits on
    /// an endpoint, else on its notification.
    pub fn needs_endpoint(&self, index: usize) -> bool {
        let called = self
            .channels
            .iter()
            .flat_map(Channel::directions)
            .any(|(from, to)| from.pp && to.domain == index);
        let parent = self
            .domains
            .iter()
            .any(|domain| domain.parent == Some(index));
        called
            || parent
            || self
                .domains
                .get(index)
                .is_some_and(|domain| domain.virtual_machine.is_some())
    }

    /// Whether a symbol of some domain takes the region's physical address, so
    /// that its pages must be contiguous.
    pub fn address_is_used(&self, region: usize) -> bool {
        let name = &self.regions[region].name.value;
        let wanted = SetVarValue::RegionAddress(name.clone());
        self.domains
            .iter()
            .flat_map(|domain| &domain.setvars)
            .any(|setvar| setvar.value == wanted)
    }
}
