// SPDX-License-Identifier: BSD-2-Clause

//! Putting the image together.

use tombolo_kernel_spec::{
    BoardSpec, CapSpec, Header, IrqSpec, MAGIC, Range as SpecRange, SchedContextSpec, TableRef,
    TcbSpec, VERSION, VSpaceSpec, VcpuSpec,
};
use zerocopy::{Immutable, IntoBytes};

use crate::board::{Board, PAGE};
use crate::diagnostic::Diagnostics;
use crate::kernel::Kernel;
use crate::layout::{Layout, build_tables, mappings, place};
use crate::objects::{Objects, objects};
use crate::program::Program;
use crate::symbols::patched;
use crate::system::System;

/// Numbering of invocations and debug system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Config {
    /// The default.
    Release,
    /// For developers.
    Debug,
}

/// An image and what was worked out for it.
#[derive(Debug)]
pub struct Image {
    /// The raw image, to be loaded and started at the board's load address.
    pub bytes: Vec<u8>,
    /// Where everything lies.
    pub layout: Layout,
    /// The kernel's objects.
    pub objects: Objects,
}

/// Makes the image of a system that was loaded with its files.
///
/// # Errors
/// The system does not fit the board.
pub fn build(system: &System, kernel: &Kernel, config: Config) -> Result<Image, Diagnostics> {
    let mut objects = objects(system);
    let spec_size = |zeroes: usize| {
        spec_bytes(
            &objects,
            &vec![SpecRange::default(); zeroes],
            &Header::default(),
        )
        .len() as u64
    };
    let layout = match place(system, kernel, spec_size) {
        Ok(layout) => layout,
        Err(list) => {
            return Err(Diagnostics {
                source: system.source.clone(),
                list,
            });
        }
    };
    objects.place(&layout);
    let mut image = Writer {
        start: layout.image.start,
        bytes: vec![0; (layout.image.end - layout.image.start) as usize],
    };
    kernel.write(layout.spec.start, &mut image.bytes);
    let header = header(system, config, &layout, &objects);
    let zero: Vec<SpecRange> = layout
        .zero
        .iter()
        .map(|range| SpecRange {
            start: range.start,
            size: range.end - range.start,
        })
        .collect();
    image.put(layout.spec.start, &spec_bytes(&objects, &zero, &header));
    for space in &layout.spaces {
        image.put(
            space.tables.start,
            &build_tables(space.tables.start, &mappings(system, &layout, space)),
        );
    }
    put_programs(system, &layout, &mut image);
    put_regions(system, &layout, &mut image);
    Ok(Image {
        bytes: image.bytes,
        layout,
        objects,
    })
}

struct Writer {
    start: u64,
    bytes: Vec<u8>,
}

impl Writer {
    fn slice(&mut self, pa: u64, size: usize) -> &mut [u8] {
        let offset = (pa - self.start) as usize;
        &mut self.bytes[offset..offset + size]
    }

    fn put(&mut self, pa: u64, bytes: &[u8]) {
        self.slice(pa, bytes.len()).copy_from_slice(bytes);
    }
}

fn put_programs(system: &System, layout: &Layout, image: &mut Writer) {
    for (index, domain) in layout.domains.iter().enumerate() {
        let Some(program) = patched(system, layout, index) else {
            continue;
        };
        for page in domain.pages.iter().filter(|page| page.content) {
            Program::copy_page(
                &program.segments[page.segment],
                page.vaddr,
                image.slice(page.pa, PAGE as usize),
            );
        }
    }
}

fn put_regions(system: &System, layout: &Layout, image: &mut Writer) {
    for (region, extents) in system.regions.iter().zip(&layout.regions) {
        // The first run holds the whole file; others are zeros.
        if let (Some(prefill), Some(extent)) = (&region.prefill, extents.first()) {
            image.put(extent.pa, &prefill.bytes);
        }
    }
}

fn header(system: &System, config: Config, layout: &Layout, objects: &Objects) -> Header {
    let domains = u32::try_from(system.domains.len()).unwrap_or(u32::MAX);
    Header {
        magic: MAGIC,
        version: VERSION,
        debug: u32::from(config == Config::Debug),
        image_start: layout.image.start,
        image_end: layout.image.end,
        board: board(system.board),
        endpoints: objects.endpoints,
        notifications: domains,
        replies: domains,
        cspaces: domains,
        ..Header::default()
    }
}

fn board(board: &Board) -> BoardSpec {
    BoardSpec {
        gicd: board.gicd.start,
        gicc: board.gicc.start,
        gich: board.gich.start,
        uart: board.uart,
        memory_start: board.memory.start,
        memory_end: board.memory.end,
        max_intid: u32::try_from(board.max_intid).unwrap_or(u32::MAX),
        reserved: 0,
    }
}

/// Header and tables, one after the other. All records are multiples of 8 bytes.
fn spec_bytes(objects: &Objects, zero: &[SpecRange], header: &Header) -> Vec<u8> {
    let mut tables = Vec::new();
    let mut header = *header;
    header.tcbs = append::<TcbSpec>(&mut tables, &objects.tcbs);
    header.sched_contexts = append::<SchedContextSpec>(&mut tables, &objects.sched_contexts);
    header.vspaces = append::<VSpaceSpec>(&mut tables, &objects.vspaces);
    header.vcpus = append::<VcpuSpec>(&mut tables, &objects.vcpus);
    header.irqs = append::<IrqSpec>(&mut tables, &objects.irqs);
    header.caps = append::<CapSpec>(&mut tables, &objects.caps);
    header.zero = append::<SpecRange>(&mut tables, zero);
    header.size = (size_of::<Header>() + tables.len()) as u64;
    let mut bytes = header.as_bytes().to_vec();
    bytes.append(&mut tables);
    bytes
}

fn append<T: IntoBytes + Immutable>(tables: &mut Vec<u8>, records: &[T]) -> TableRef {
    let offset = (size_of::<Header>() + tables.len()) as u64;
    tables.extend_from_slice(records.as_bytes());
    TableRef {
        offset,
        count: records.len() as u64,
    }
}
