// SPDX-License-Identifier: BSD-2-Clause

//! The image, read back as the kernel and the MMU read it.

mod common;

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use tombolo_image::board::QEMU_VIRT_AARCH64;
use tombolo_image::layout::walk;
use tombolo_image::system::System;
use tombolo_image::{Config, Image, Kernel, Options, build, load_text};
use tombolo_kernel_spec::{
    CapKind, CapSpec, Header, IrqSpec, MAGIC, NONE, Range as SpecRange, TableRef, TcbSpec,
    VSpaceSpec,
};
use zerocopy::FromBytes;

const LOAD: u64 = 0x7000_0000;

/// A server, a client with a guest, a child and an interrupt: one of everything.
const SYSTEM: &str = r#"<system>
    <memory_region name="uart" size="0x1000" phys_addr="0x9000000" />
    <memory_region name="fixed" size="0x3000" phys_addr="0x7abcd000" />
    <memory_region name="config" prefill_path="blob.bin" />
    <memory_region name="firmware" size="0x200000" page_size="0x200000" prefill_path="blob.bin" />
    <memory_region name="ram" size="0x400000" />
    <memory_region name="dma" size="0x4000" />
    <protection_domain name="zeta" priority="200" passive="true" smc="true">
        <program_image path="program.elf" />
        <map mr="config" vaddr="0x3000000" perms="r" setvar_vaddr="buffer" setvar_prefill_size="buffer_size" />
        <setvar symbol="in_bss" region_paddr="dma" />
        <cspace><cap_tcb slot="9" pd="kid" /></cspace>
    </protection_domain>
    <protection_domain name="alpha" priority="100" budget="100" period="1000" stack_size="0x3000" fpu="false">
        <program_image path="program.elf" />
        <map mr="uart" vaddr="0x4000000" cached="false" />
        <map mr="ram" vaddr="0x40000000" />
        <map mr="dma" vaddr="0x5000000" setvar_size="buffer_size" />
        <map mr="fixed" vaddr="0x6000000" perms="rx" />
        <map mr="firmware" vaddr="0x8000000" perms="r" />
        <irq irq="33" id="5" trigger="edge" />
        <protection_domain name="kid" id="7" setvar_id="channel_id"><program_image path="program.elf" /></protection_domain>
        <virtual_machine name="guest" priority="10"><vcpu id="2" /><map mr="ram" vaddr="0x80000000" perms="rwx" /></virtual_machine>
    </protection_domain>
    <channel><end pd="alpha" id="3" pp="true" /><end pd="zeta" id="4" notify="false" /></channel>
</system>"#;

struct Built {
    system: System,
    image: Image,
}

fn built() -> Built {
    let files = tempfile::tempdir().unwrap();
    common::program().write(&files.path().join("program.elf"));
    common::kernel().write(&files.path().join("kernel.elf"));
    let blob: Vec<u8> = (0..5000u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(files.path().join("blob.bin"), blob).unwrap();
    let board = &QEMU_VIRT_AARCH64;
    let options = Options {
        board,
        search_paths: vec![files.path().to_owned()],
        read_files: true,
    };
    let system = load_text(Path::new("t.system"), SYSTEM, &options)
        .unwrap_or_else(|e| panic!("{}", e.render(false)));
    let kernel = Kernel::read(&files.path().join("kernel.elf"), board).unwrap();
    let image =
        build(&system, &kernel, Config::Debug).unwrap_or_else(|e| panic!("{}", e.render(false)));
    Built { system, image }
}

impl Built {
    fn bytes(&self, pa: u64, size: usize) -> &[u8] {
        &self.image.bytes[(pa - LOAD) as usize..][..size]
    }

    fn word(&self, pa: u64) -> u64 {
        u64::from_le_bytes(self.bytes(pa, 8).try_into().unwrap())
    }

    /// The header, found as the kernel finds it.
    fn header(&self) -> (u64, Header) {
        let at = self.word(0x7000_1000);
        (
            at,
            Header::read_from_bytes(self.bytes(at, size_of::<Header>())).unwrap(),
        )
    }

    fn table<T: FromBytes>(&self, of: impl Fn(&Header) -> TableRef) -> Vec<T> {
        let (at, header) = self.header();
        let TableRef { offset, count } = of(&header);
        assert!(offset.is_multiple_of(8) && offset + count * size_of::<T>() as u64 <= header.size);
        let bytes = self.bytes(at + offset, count as usize * size_of::<T>());
        bytes
            .chunks(size_of::<T>())
            .map(|record| T::read_from_bytes(record).unwrap())
            .collect()
    }

    fn tcb(&self, name: &str) -> TcbSpec {
        let tcbs = self.table::<TcbSpec>(|header| header.tcbs);
        tcbs.into_iter().find(|tcb| name_of(tcb) == name).unwrap()
    }

    /// Translates as the MMU does; the descriptor and the physical address.
    fn translate(&self, vspace: u32, ipa: u64) -> Option<(u64, u64)> {
        let root = self.table::<VSpaceSpec>(|header| header.vspaces)[vspace as usize].root;
        assert!(root.is_multiple_of(0x2000));
        walk(root, &self.image.bytes[(root - LOAD) as usize..], ipa)
    }

    fn symbol(&self, domain: &str, address: u64) -> u64 {
        let (_, pa) = self.translate(self.tcb(domain).vspace, address).unwrap();
        self.word(pa)
    }
}

fn name_of(tcb: &TcbSpec) -> String {
    String::from_utf8_lossy(&tcb.name)
        .trim_end_matches('\0')
        .to_owned()
}

#[test]
fn the_kernel_finds_its_header_through_the_symbol() {
    let built = built();
    let (at, header) = built.header();
    assert_eq!(
        (header.magic, header.debug, header.image_start),
        (MAGIC, 1, LOAD)
    );
    assert_eq!(header.image_end, LOAD + built.image.bytes.len() as u64);
    assert!(at >= 0x7000_5000, "behind the kernel and its zeroed part");
    assert_eq!(
        (
            header.endpoints,
            header.notifications,
            header.replies,
            header.cspaces
        ),
        (2, 3, 3, 3)
    );
    assert_eq!(built.bytes(LOAD, 0x1000), [0x11; 0x1000]);
    assert_eq!(built.bytes(0x7000_1800, 0x3000), [0; 0x3000]);
}

#[test]
fn threads_are_in_the_order_of_their_names_and_complete() {
    let built = built();
    let tcbs = built.table::<TcbSpec>(|header| header.tcbs);
    assert_eq!(
        tcbs.iter().map(name_of).collect::<Vec<_>>(),
        ["alpha", "kid", "zeta", "guest:vcpu2"]
    );
    let (alpha, kid, zeta, vcpu) = (&tcbs[0], &tcbs[1], &tcbs[2], &tcbs[3]);
    assert_eq!(
        (alpha.pc, alpha.sp, alpha.priority, alpha.flags),
        (0x20_0010, 0xff_ffff_e000, 100, 3)
    );
    assert_eq!(
        (zeta.fault_endpoint, zeta.fault_badge, alpha.fault_badge),
        (NONE, 1, 2)
    );
    assert_eq!(
        (kid.fault_badge, vcpu.fault_badge),
        (1 << 62 | 7, 1 << 62 | 2)
    );
    assert_eq!(kid.fault_endpoint, vcpu.fault_endpoint);
    assert_eq!(
        (
            vcpu.cspace,
            vcpu.flags,
            vcpu.ipc_buffer,
            vcpu.vcpu,
            vcpu.priority
        ),
        (NONE, 0, 0, 0, 10)
    );
    for tcb in &tcbs[..3] {
        let (_, pa) = built.translate(tcb.vspace, 0xff_ffff_f000).unwrap();
        assert_eq!(tcb.ipc_buffer, pa);
    }
    let contexts =
        built.table::<tombolo_kernel_spec::SchedContextSpec>(|header| header.sched_contexts);
    let of = |tcb: &TcbSpec| contexts[tcb.sched_context as usize];
    assert_eq!(
        (of(alpha).budget_us, of(alpha).period_us, of(alpha).badge),
        (100, 1000, 0x101)
    );
    assert_eq!((of(zeta).budget_us, of(zeta).badge), (1000, 0x100));
}

/// Slot to (kind, badge, rights) of a domain.
fn caps(built: &Built, domain: &str) -> HashMap<u32, CapSpec> {
    let cspace = built.tcb(domain).cspace;
    let caps = built.table::<CapSpec>(|header| header.caps);
    let own: Vec<CapSpec> = caps
        .into_iter()
        .filter(|cap| cap.cspace == cspace)
        .collect();
    let map: HashMap<u32, CapSpec> = own.iter().map(|cap| (cap.slot, *cap)).collect();
    assert_eq!(map.len(), own.len(), "no slot is used twice");
    map
}

#[test]
fn capabilities_are_in_the_slots_of_microkit() {
    let built = built();
    let summary = |domain: &str| {
        let mut list: Vec<_> = caps(&built, domain)
            .values()
            .map(|cap| {
                (
                    cap.slot,
                    CapKind::from_number(cap.kind).unwrap(),
                    cap.badge,
                    cap.rights,
                )
            })
            .collect();
        list.sort_by_key(|cap| cap.0);
        list
    };
    let (endpoint, notification) = (CapKind::Endpoint, CapKind::Notification);
    assert_eq!(
        summary("zeta"),
        [
            (1, endpoint, 0, 7),
            (2, CapKind::Monitor, 1, 7),
            (3, CapKind::VSpace, 0, 15),
            (4, CapKind::Reply, 0, 15),
            (5, CapKind::Monitor, 1, 7),
            (7, CapKind::Smc, 0, 15),
            (512 + 9, CapKind::Tcb, 0, 15),
        ]
    );
    assert_eq!(
        summary("alpha"),
        [
            (1, endpoint, 0, 7),
            (2, CapKind::Monitor, 2, 7),
            (3, CapKind::VSpace, 0, 15),
            (4, CapKind::Reply, 0, 15),
            (10 + 3, notification, 1 << 4, 3),
            (74 + 3, endpoint, 1 << 63 | 4, 7),
            (138 + 5, CapKind::IrqHandler, 0, 15),
            (202 + 7, CapKind::Tcb, 0, 15),
            (266 + 2, CapKind::Tcb, 0, 15),
            (330 + 2, CapKind::Vcpu, 0, 15),
        ]
    );
    assert_eq!(
        summary("kid")[..2],
        [(1, notification, 0, 3), (2, endpoint, 1 << 62 | 7, 7)]
    );
}

#[test]
fn capabilities_name_the_right_objects() {
    let built = built();
    let (alpha, zeta) = (caps(&built, "alpha"), caps(&built, "zeta"));
    let tcbs = built.table::<TcbSpec>(|header| header.tcbs);
    let thread = |cap: &CapSpec| name_of(&tcbs[cap.object as usize]);
    assert_eq!(thread(&alpha[&209]), "kid");
    assert_eq!(thread(&alpha[&268]), "guest:vcpu2");
    assert_eq!(thread(&zeta[&521]), "kid");
    assert_eq!(
        alpha[&77].object, zeta[&1].object,
        "alpha calls zeta's endpoint"
    );
    assert_eq!(alpha[&13].object, built.tcb("zeta").notification);
    assert_eq!(alpha[&1].object, built.tcb("kid").fault_endpoint);
    let irqs = built.table::<IrqSpec>(|header| header.irqs);
    let handler = &irqs[alpha[&143].object as usize];
    assert_eq!(
        (handler.intid, handler.edge, handler.badge),
        (33, 1, 1 << 5)
    );
    assert_eq!(handler.notification, built.tcb("alpha").notification);
}

#[test]
fn programs_are_where_they_were_linked_with_their_symbols_set() {
    let built = built();
    for domain in ["alpha", "kid", "zeta"] {
        let (descriptor, pa) = built
            .translate(built.tcb(domain).vspace, 0x20_1000)
            .unwrap();
        assert_eq!(descriptor >> 54 & 1, 0, "text is executable");
        assert_eq!(
            built.bytes(pa, 0x234),
            (0x1000..0x1234).map(|n| n as u8).collect::<Vec<_>>()
        );
        assert_eq!(
            built.bytes(pa + 0x234, 0xdcc),
            [0; 0xdcc],
            "nothing of others behind it"
        );
    }
    let data = 0x20_2000;
    let (_, name) = built.translate(built.tcb("zeta").vspace, data).unwrap();
    // The tool writes the name; what the file holds behind it stays.
    assert_eq!(built.bytes(name, 6), b"zeta\xa5\xa5");
    assert_eq!(built.symbol("zeta", data + 64) & 0xff, 1, "passive");
    assert_eq!(built.symbol("alpha", data + 72), 1 << 5, "interrupts");
    assert_eq!(built.symbol("alpha", data + 80), 1 << 3, "notifications");
    assert_eq!(built.symbol("zeta", data + 80), 0);
    assert_eq!(built.symbol("alpha", data + 88), 1 << 3, "calls");
    assert_eq!(
        built.symbol("zeta", data + 0x100),
        0x300_0000,
        "setvar_vaddr"
    );
    assert_eq!(
        built.symbol("zeta", data + 0x108),
        5000,
        "setvar_prefill_size"
    );
    assert_eq!(built.symbol("alpha", data + 0x108), 0x4000, "setvar_size");
    assert_eq!(
        built.symbol("alpha", data + 0x118),
        7,
        "setvar_id of the child"
    );
    let (_, dma) = built
        .translate(built.tcb("alpha").vspace, 0x500_0000)
        .unwrap();
    assert_eq!(
        built.symbol("zeta", data + 0x3008),
        dma,
        "region_paddr, in a page of zeros"
    );
}

#[test]
fn maps_have_their_places_and_attributes() {
    let built = built();
    let alpha = built.tcb("alpha").vspace;
    let low = |ipa| {
        built
            .translate(alpha, ipa)
            .map(|(descriptor, pa)| (descriptor & (1 << 54 | 0x7ff), pa))
    };
    assert_eq!(
        low(0x400_0000),
        Some((1 << 54 | 0x4c3, 0x900_0000)),
        "device, read-write"
    );
    assert_eq!(
        low(0x600_2004),
        Some((0x47f, 0x7abc_f004)),
        "fixed, read and execute"
    );
    assert_eq!(
        low(0x800_0000).map(|found| found.0),
        Some(1 << 54 | 0x47d),
        "a block, read-only"
    );
    let guest = built.tcb("guest:vcpu2").vspace;
    let (descriptor, pa) = built.translate(guest, 0x8020_0000).unwrap();
    assert_eq!(
        (descriptor & 3, pa % 0x20_0000),
        (1, 0),
        "ram has large pages"
    );
    assert_eq!(
        low(0x4020_0000).map(|found| found.1),
        Some(pa),
        "shared by VMM and guest"
    );
    assert_eq!(
        built.translate(guest, 0x20_0000),
        None,
        "a guest has nothing of its VMM's"
    );
    let mapped = |ipa| built.translate(alpha, ipa).is_some();
    assert!(
        mapped(0xff_ffff_b000) && !mapped(0xff_ffff_a000),
        "stack of three pages"
    );
    assert!(!mapped(0xff_ffff_e000), "guard page");
}

#[test]
fn prefilled_regions_are_in_the_image() {
    let built = built();
    for (domain, ipa) in [("zeta", 0x300_0000), ("alpha", 0x800_0000)] {
        let (_, pa) = built.translate(built.tcb(domain).vspace, ipa).unwrap();
        let expected: Vec<u8> = (0..5000u32).map(|n| (n % 251) as u8).collect();
        assert_eq!(built.bytes(pa, 5000), expected);
        assert_eq!(built.bytes(pa + 5000, 3192), [0; 3192]);
    }
}

/// Every page that an address space reaches, with its physical page.
fn reachable(built: &Built) -> Vec<(u32, u64)> {
    let spaces = built.table::<VSpaceSpec>(|header| header.vspaces).len() as u32;
    let windows: [Range<u64>; 9] = [
        0x20_0000..0x20_8000,
        0x300_0000..0x300_3000,
        0x400_0000..0x400_2000,
        0x500_0000..0x500_5000,
        0x600_0000..0x600_4000,
        0x800_0000..0x821_0000,
        0x4000_0000..0x4041_0000,
        0x8000_0000..0x8041_0000,
        0xff_ffff_0000..0x100_0000_0000,
    ];
    let pages = windows
        .into_iter()
        .flat_map(|window| window.step_by(0x1000))
        .collect::<Vec<_>>();
    (0..spaces)
        .flat_map(|space| {
            pages
                .iter()
                .filter_map(move |ipa| Some((space, built.translate(space, *ipa)?.1)))
        })
        .collect()
}

#[test]
fn all_memory_of_domains_is_zeroed_or_content_and_nobody_reaches_the_kernel() {
    let built = built();
    let zero = built.table::<SpecRange>(|header| header.zero);
    let zeroed = |pa: u64| {
        zero.iter()
            .any(|range| range.start <= pa && pa < range.start + range.size)
    };
    let layout = &built.image.layout;
    let is_content = |pa: u64| {
        let programs = layout
            .domains
            .iter()
            .flat_map(|domain| &domain.pages)
            .any(|page| page.content && page.pa == pa);
        let regions = built
            .system
            .regions
            .iter()
            .zip(&layout.regions)
            .filter(|(region, _)| region.prefill.is_some());
        programs
            || regions
                .flat_map(|(_, extents)| extents)
                .any(|extent| (extent.pa..extent.pa + extent.size).contains(&pa))
    };
    for (space, pa) in reachable(&built) {
        assert!(
            !layout.spaces.iter().any(|space| space.tables.contains(&pa)),
            "tables are nobody's"
        );
        assert!(
            !layout.spec.contains(&pa) && !(LOAD..layout.kernel_end).contains(&pa),
            "the kernel is nobody's"
        );
        let device = pa < 0x6000_0000;
        assert_eq!(
            [zeroed(pa), is_content(pa), device]
                .iter()
                .filter(|is| **is)
                .count(),
            1,
            "{pa:#x} in space {space}"
        );
    }
}

#[test]
fn only_shared_regions_are_reached_by_two() {
    let built = built();
    let mut owners = HashMap::<u64, Vec<u32>>::new();
    for (space, pa) in reachable(&built) {
        owners.entry(pa).or_default().push(space);
    }
    let ram = &built.image.layout.regions[built.system.region("ram").unwrap()][0];
    for (pa, spaces) in owners {
        let shared = (ram.pa..ram.pa + ram.size).contains(&pa);
        assert_eq!(
            spaces.len(),
            if shared { 2 } else { 1 },
            "{pa:#x} is reached by {spaces:?}"
        );
    }
}

#[test]
fn the_report_names_regions_channels_and_capabilities() {
    let built = built();
    let text = tombolo_image::report(&built.system, &built.image, Config::Debug);
    for wanted in [
        "region ram",
        "alpha 3 calls, notifies zeta 4",
        "alpha 268: thread guest:vcpu2",
        "interrupt 33 (edge) -> id 5",
        "rw- uart (pages of 4 KiB, uncached)",
        "zeta 9 << 58: thread kid",
    ] {
        assert!(text.contains(wanted), "no `{wanted}` in\n{text}");
    }
}
