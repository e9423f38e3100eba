// SPDX-License-Identifier: BSD-2-Clause

//! The place of every page in physical memory.
//!
//! Pages with content lie in the image, behind the kernel, at their final
//! addresses: the image is loaded in place and nothing is copied at boot. Memory
//! that starts as zeros is taken from the rest of main memory and listed for the
//! kernel to zero.

use std::ops::Range;

use super::memory::{FreeMemory, joined};
use super::out_of_memory::{User, out_of_memory};
use super::stage2::tables_size;
use crate::board::{IPC_BUFFER, LARGE_PAGE, PAGE, overlap, round_up};
use crate::diagnostic::Diagnostic;
use crate::kernel::Kernel;
use crate::system::{Map, MemoryRegion, PageSize, System};

/// A run of a region's pages that lie together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// First byte in the region.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// Physical address.
    pub pa: u64,
}

/// A page of a program.
#[derive(Clone, Debug)]
pub struct ProgramPage {
    /// Index of its segment.
    pub segment: usize,
    /// Virtual address.
    pub vaddr: u64,
    /// Physical address.
    pub pa: u64,
    /// Lies in the image, else it starts as zeros.
    pub content: bool,
}

/// Memory of a protection domain's own.
#[derive(Clone, Debug, Default)]
pub struct DomainLayout {
    /// Pages of its program.
    pub pages: Vec<ProgramPage>,
    /// Physical address of its stack.
    pub stack: u64,
    /// Physical address of its IPC buffer.
    pub ipc_buffer: u64,
}

/// An address space and its tables. Those of the domains come first, then those of
/// the virtual machines.
#[derive(Clone, Debug)]
pub struct Space {
    /// Index of the domain.
    pub domain: usize,
    /// It is the one of the domain's guest.
    pub guest: bool,
    /// Physical address of its tables.
    pub tables: Range<u64>,
}

/// Where everything lies.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The image, the kernel first.
    pub image: Range<u64>,
    /// End of the kernel.
    pub kernel_end: u64,
    /// Runs of each region, ascending.
    pub regions: Vec<Vec<Extent>>,
    /// Memory of each domain.
    pub domains: Vec<DomainLayout>,
    /// Address spaces.
    pub spaces: Vec<Space>,
    /// The kernel's tables of objects.
    pub spec: Range<u64>,
    /// Memory to zero at boot.
    pub zero: Vec<Range<u64>>,
    /// Bytes of main memory that nobody uses.
    pub unused: u64,
}

/// Something that wants zeroed memory.
enum Target {
    Region { index: usize, offset: u64 },
    Pages { domain: usize, pages: Range<usize> },
    Stack(usize),
    IpcBuffer(usize),
}

struct Request {
    size: u64,
    align: u64,
    target: Target,
}

struct Placer<'s> {
    system: &'s System,
    memory: FreeMemory,
    layout: Layout,
    requests: Vec<Request>,
    /// How many more pieces regions may be in.
    spare_ranges: usize,
}

/// Pieces of regions that do not fit together.
const SPARE_RANGES: usize = 32;

/// Finds a place for everything. `spec_size` bytes are the tables of objects,
/// for a list of `n` ranges to zero.
///
/// # Errors
/// Memory does not suffice, or a region lies where the kernel does.
pub fn place(
    system: &System,
    kernel: &Kernel,
    spec_size: impl Fn(usize) -> u64,
) -> Result<Layout, Vec<Diagnostic>> {
    let kernel_range = kernel.range();
    collisions(system, &kernel_range)?;
    let mut memory = FreeMemory::new(system.board.memory.clone());
    memory.remove(&kernel_range);
    let layout = Layout {
        image: kernel_range.clone(),
        kernel_end: kernel_range.end,
        regions: vec![Vec::new(); system.regions.len()],
        domains: vec![DomainLayout::default(); system.domains.len()],
        spaces: Vec::new(),
        spec: 0..0,
        zero: Vec::new(),
        unused: 0,
    };
    let mut placer = Placer {
        system,
        memory,
        layout,
        requests: Vec::new(),
        spare_ranges: SPARE_RANGES,
    };
    let placed = placer.run(spec_size);
    placed.ok_or_else(|| {
        vec![out_of_memory(
            system,
            &users(system),
            kernel_range.end - kernel_range.start,
        )]
    })?;
    Ok(placer.layout)
}

/// Regions where the kernel must be.
fn collisions(system: &System, kernel: &Range<u64>) -> Result<(), Vec<Diagnostic>> {
    let mut list = Vec::new();
    for region in &system.regions {
        let Some(address) = &region.phys_addr else {
            continue;
        };
        if overlap(&(address.value..address.value + region.size), kernel) {
            list.push(
                Diagnostic::error(format!("the region `{}` lies where the embedded kernel does", region.name.value))
                    .at(&address.span, format!("the kernel is at [{:#x}, {:#x})", kernel.start, kernel.end))
                    .help("use another address, or leave `phys_addr` out and take it with <setvar region_paddr>"),
            );
        }
    }
    if list.is_empty() { Ok(()) } else { Err(list) }
}

/// Who uses how much of main memory.
fn users(system: &System) -> Vec<User> {
    let regions = system
        .regions
        .iter()
        .filter(|region| region.phys_addr.is_none())
        .map(|region| User {
            what: format!("region `{}`", region.name.value),
            size: region.size,
            span: region.span.clone(),
        });
    let domains = system.domains.iter().map(|domain| {
        let segments = domain
            .image
            .iter()
            .filter_map(|image| image.program.as_ref())
            .flat_map(|program| &program.segments);
        let program: u64 = segments
            .map(|segment| segment.pages().end - segment.pages().start)
            .sum();
        User {
            what: format!("protection domain `{}`", domain.name.value),
            size: program + domain.stack_size + PAGE,
            span: domain.span.clone(),
        }
    });
    regions.chain(domains).collect()
}

impl Placer<'_> {
    /// `None`: memory does not suffice.
    fn run(&mut self, spec_size: impl Fn(usize) -> u64) -> Option<()> {
        self.fixed_regions();
        self.tables()?;
        self.programs()?;
        // Small pages first: large ones leave gaps for the tables of objects.
        self.prefilled(PageSize::Small)?;
        self.prefilled(PageSize::Large)?;
        self.zeroed_regions();
        let spec = round_up(
            spec_size(self.requests.len() + self.system.regions.len() + self.spare_ranges),
            PAGE,
        );
        let start = self.take_image(spec, PAGE)?;
        self.layout.spec = start..start + spec;
        self.serve_requests()?;
        self.layout.zero = joined(std::mem::take(&mut self.layout.zero));
        self.layout.unused = self.memory.total();
        Some(())
    }

    fn take_image(&mut self, size: u64, align: u64) -> Option<u64> {
        let start = self.memory.take(size, align, self.layout.kernel_end)?;
        self.layout.image.end = self.layout.image.end.max(start + size);
        Some(start)
    }

    fn fixed_regions(&mut self) {
        let main = self.system.board.memory.clone();
        for (index, region) in self.system.regions.iter().enumerate() {
            let Some(pa) = region.phys_addr.as_ref().map(|address| address.value) else {
                continue;
            };
            let range = pa..pa + region.size;
            self.memory.remove(&range);
            self.layout.regions[index] = vec![Extent {
                offset: 0,
                size: region.size,
                pa,
            }];
            let content = content_size(region);
            if content > 0 {
                self.layout.image.end = self.layout.image.end.max(pa + content);
            }
            // Only main memory is zeroed: other memory and devices keep their state.
            let zero = (pa + content).max(main.start)..range.end.min(main.end);
            if zero.start < zero.end {
                self.layout.zero.push(zero);
            }
        }
    }

    fn tables(&mut self) -> Option<()> {
        let domains = (0..self.system.domains.len()).map(|domain| (domain, false));
        let guests = domains
            .clone()
            .filter(|(domain, _)| self.system.domains[*domain].virtual_machine.is_some());
        for (domain, guest) in domains.chain(guests.map(|(domain, _)| (domain, true))) {
            let size = tables_size(pages_of(self.system, domain, guest));
            let start = self.take_image(size, 2 * PAGE)?;
            self.layout.spaces.push(Space {
                domain,
                guest,
                tables: start..start + size,
            });
        }
        Some(())
    }

    fn programs(&mut self) -> Option<()> {
        for index in 0..self.system.domains.len() {
            let domain = &self.system.domains[index];
            let program = domain
                .image
                .as_ref()
                .and_then(|image| image.program.as_ref());
            for (number, segment) in program
                .iter()
                .flat_map(|program| program.segments.iter().enumerate())
            {
                for vaddr in segment.pages().step_by(PAGE as usize) {
                    let content =
                        program.is_some_and(|program| program.page_has_content(segment, vaddr));
                    let pa = if content {
                        self.take_image(PAGE, PAGE)?
                    } else {
                        0
                    };
                    self.layout.domains[index].pages.push(ProgramPage {
                        segment: number,
                        vaddr,
                        pa,
                        content,
                    });
                }
            }
            self.request_empty_pages(index);
            self.requests.push(Request {
                size: domain.stack_size,
                align: PAGE,
                target: Target::Stack(index),
            });
            self.requests.push(Request {
                size: PAGE,
                align: PAGE,
                target: Target::IpcBuffer(index),
            });
        }
        Some(())
    }

    /// Runs of pages without content, each in one piece.
    fn request_empty_pages(&mut self, domain: usize) {
        let pages = &self.layout.domains[domain].pages;
        let mut start = 0;
        for run in pages.chunk_by(|a, b| a.content == b.content) {
            if !run[0].content {
                let target = Target::Pages {
                    domain,
                    pages: start..start + run.len(),
                };
                self.requests.push(Request {
                    size: run.len() as u64 * PAGE,
                    align: PAGE,
                    target,
                });
            }
            start += run.len();
        }
    }

    fn prefilled(&mut self, page_size: PageSize) -> Option<()> {
        for (index, region) in self.system.regions.iter().enumerate() {
            let wanted = region.phys_addr.is_none()
                && region.prefill.is_some()
                && region.page_size == page_size;
            if !wanted {
                continue;
            }
            let together = self.system.address_is_used(index);
            let size = if together {
                region.size
            } else {
                content_size(region)
            };
            let pa = self.take_image(size, page_size.bytes())?;
            self.layout.regions[index].push(Extent {
                offset: 0,
                size,
                pa,
            });
            if size < region.size {
                self.request_region(index, size);
            }
        }
        Some(())
    }

    fn zeroed_regions(&mut self) {
        for (index, region) in self.system.regions.iter().enumerate() {
            if region.phys_addr.is_none() && region.prefill.is_none() {
                self.request_region(index, 0);
            }
        }
    }

    fn request_region(&mut self, index: usize, offset: u64) {
        let region = &self.system.regions[index];
        let target = Target::Region { index, offset };
        self.requests.push(Request {
            size: region.size - offset,
            align: region.page_size.bytes(),
            target,
        });
    }

    /// `size` bytes: together if they fit, else, if that is allowed, in pieces, the
    /// largest first.
    fn take_pieces(&mut self, size: u64, align: u64, split: bool) -> Option<Vec<Range<u64>>> {
        if let Some(pa) = self.memory.take(size, align, 0) {
            let together = pa..pa + size;
            return Some(Vec::from([together]));
        }
        let (mut pieces, mut left) = (Vec::new(), size);
        while split && left > 0 {
            let piece = self.memory.take_most(left, align)?;
            self.spare_ranges = self.spare_ranges.checked_sub(1)?;
            left -= piece.end - piece.start;
            pieces.push(piece);
        }
        (left == 0).then_some(pieces)
    }

    /// Large alignment and large size first, so that small ones fill the gaps.
    fn serve_requests(&mut self) -> Option<()> {
        let mut requests = std::mem::take(&mut self.requests);
        requests
            .sort_by_key(|request| std::cmp::Reverse((request.align == LARGE_PAGE, request.size)));
        for Request {
            size,
            align,
            target,
        } in requests
        {
            // Nobody cares where in physical memory most regions lie.
            let split = match target {
                Target::Region { index, .. } => !self.system.address_is_used(index),
                _ => false,
            };
            let pieces = self.take_pieces(size, align, split)?;
            let pa = pieces.first()?.start;
            self.layout.zero.extend(pieces.iter().cloned());
            match target {
                Target::Region { index, mut offset } => {
                    for piece in pieces {
                        let size = piece.end - piece.start;
                        self.layout.regions[index].push(Extent {
                            offset,
                            size,
                            pa: piece.start,
                        });
                        offset += size;
                    }
                }
                Target::Stack(domain) => self.layout.domains[domain].stack = pa,
                Target::IpcBuffer(domain) => self.layout.domains[domain].ipc_buffer = pa,
                Target::Pages { domain, pages } => {
                    for (page, pa) in self.layout.domains[domain].pages[pages]
                        .iter_mut()
                        .zip((pa..).step_by(PAGE as usize))
                    {
                        page.pa = pa;
                    }
                }
            }
        }
        Some(())
    }
}

/// Bytes of a region's pages that the prefill file reaches into.
pub fn content_size(region: &MemoryRegion) -> u64 {
    region.prefill.as_ref().map_or(0, |prefill| {
        round_up(prefill.bytes.len() as u64, region.page_size.bytes())
    })
}

/// Addresses and sizes of all pages of an address space.
fn pages_of(system: &System, domain: usize, guest: bool) -> impl Iterator<Item = (u64, PageSize)> {
    let domain = &system.domains[domain];
    let maps: &[Map] = match (guest, &domain.virtual_machine) {
        (true, Some(machine)) => &machine.maps,
        (true, None) => &[],
        (false, _) => &domain.maps,
    };
    let mapped = maps
        .iter()
        .filter_map(|map| Some((map.vaddr.value, &system.regions[map.region?])));
    let mapped = mapped.flat_map(|(start, region)| {
        let step = region.page_size.bytes() as usize;
        (start..start + region.size)
            .step_by(step)
            .map(|ipa| (ipa, region.page_size))
    });
    let program = domain
        .image
        .as_ref()
        .and_then(|image| image.program.as_ref())
        .filter(|_| !guest);
    let segments = program.into_iter().flat_map(|program| &program.segments);
    let program_pages = segments.flat_map(|segment| segment.pages().step_by(PAGE as usize));
    let stack =
        (domain.stack_bottom()..domain.stack_bottom() + domain.stack_size).step_by(PAGE as usize);
    let own = stack.chain([IPC_BUFFER]).filter(move |_| !guest);
    mapped.chain(program_pages.chain(own).map(|ipa| (ipa, PageSize::Small)))
}
