// SPDX-License-Identifier: BSD-2-Clause

//! The comparer finds every kind of difference.
//!
//! An ideal kernel is played here: it gives to each page and slot what the matrix of
//! the demo says. Its lines are equal to that matrix; then either side is changed in
//! one place, and that place must be named.

use std::fmt::Write;
use std::path::Path;
use tombolo::authority::{Authority, Blobs};
use tombolo_matrix::compare::{SLOTS, compare};
use tombolo_matrix::lines;
use tombolo_matrix::matrix::{Kind, Mapping, Matrix};
use tombolo_matrix::plan::{PAGE, Range, ranges};
use tombolo_matrix::prepare::prepare;

/// A small system with what matters: parent and child, channels both ways, a guest.
const SYSTEM: &str = r#"<system>
    <memory_region name="uart" size="0x1000" phys_addr="0x9000000" />
    <memory_region name="ram" size="0x200000" page_size="0x200000" />
    <memory_region name="ring" size="0x3000" page_size="0x1000" />
    <memory_region name="slot" size="0x400000" page_size="0x200000" />
    <protection_domain name="server" priority="200">
        <program_image path="server.elf" />
        <map mr="uart" vaddr="0x10000000" perms="rw" cached="false" />
        <map mr="ring" vaddr="0x10002000" perms="rw" />
        <irq irq="33" id="5" />
    </protection_domain>
    <protection_domain name="manager" priority="170">
        <program_image path="manager.elf" />
        <protection_domain name="vmm" priority="150" id="3">
            <program_image path="vmm.elf" />
            <map mr="ring" vaddr="0x10040000" perms="r" />
            <map mr="ram" vaddr="0x10200000" perms="rw" />
            <virtual_machine name="guest" priority="10">
                <vcpu id="0" />
                <map mr="ram" vaddr="0x40000000" perms="rwx" />
                <map mr="slot" vaddr="0x100200000" perms="rw" />
            </virtual_machine>
        </protection_domain>
    </protection_domain>
    <channel><end pd="vmm" id="2" pp="true" /><end pd="server" id="7" /></channel>
</system>
"#;

fn matrix() -> Matrix {
    let options = tombolo_image::Options {
        board: &tombolo_image::board::QEMU_VIRT_AARCH64,
        search_paths: Vec::new(),
        read_files: false,
    };
    let system = tombolo_image::load_text(Path::new("test.system"), SYSTEM, &options)
        .unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    let authority = Authority::of(&system, &Blobs::default());
    let json = serde_json::to_string(&authority).unwrap();
    serde_json::from_str(&json).unwrap()
}

/// What the judge prints on a kernel that keeps to `matrix`.
fn ideal(matrix: &Matrix) -> String {
    let mut log = String::from("vmm-guest0   | not the judge's\n");
    let mut say = |text: String| writeln!(log, "matrix       > {text}\r").unwrap();
    for subject in &matrix.subjects {
        let who = &subject.name;
        for range in ranges(matrix, subject.kind) {
            for page in range.pages() {
                let map = matrix.at(who, page);
                let access = map.map_or("none", |map| &map.access);
                let Range { step, .. } = range;
                let end = page + step;
                say(format!("page {who} {page:#x} {end:#x} {step:#x} {access}"));
            }
        }
    }
    for map in matrix.mappings.iter().filter(|map| !map.device) {
        let last = |other: &&Mapping| other.region == map.region && other.access.contains('w');
        let writer = matrix.mappings.iter().rfind(last);
        let (whose, there) = writer.map_or(("nobody", 0), |map| (&map.who, map.address));
        say(format!(
            "mark {} {:#x} {whose} {there:#x}",
            map.who, map.address
        ));
    }
    for subject in &matrix.subjects {
        let who = &subject.name;
        let own: Vec<_> = matrix
            .capabilities
            .iter()
            .filter(|c| c.who == *who)
            .collect();
        for capability in &own {
            let mut text = format!("slot {who} {:#x} {}", capability.slot, capability.kind);
            if let Some(whom) = &capability.whom {
                write!(text, " {whom}").unwrap();
            }
            if let Some(badge) = capability.badge {
                write!(text, " {badge:#x}").unwrap();
            }
            say(text);
        }
        if subject.kind == Kind::ProtectionDomain {
            let empty = SLOTS - own.len() as u64;
            say(format!("slots {who} 0x6 {SLOTS} tried {empty} empty"));
        }
    }
    say("CHECK matrix: pass".into());
    log
}

fn differences(matrix: &Matrix, log: &str) -> Vec<String> {
    compare(matrix, &lines::parse(log).unwrap()).differences
}

#[test]
fn an_ideal_kernel_is_equal_to_the_matrix() {
    let matrix = matrix();
    let outcome = compare(&matrix, &lines::parse(&ideal(&matrix)).unwrap());
    assert_eq!(outcome.differences, Vec::<String>::new());
    assert_eq!((outcome.slots, outcome.marks), (3 * SLOTS, 5));
    assert!(outcome.pages > 4 * 4000, "{}", outcome.pages);
    let kinds: Vec<_> = matrix
        .capabilities
        .iter()
        .map(|c| c.kind.as_str())
        .collect();
    let expected = [
        "notification",
        "interrupt",
        "tcb",
        "notification",
        "endpoint",
        "tcb",
        "vcpu",
    ];
    assert_eq!(kinds, expected);
}

/// A wrong expectation, in each of its parts.
#[test]
fn a_matrix_that_says_something_else_is_found() {
    let right = matrix();
    let log = ideal(&right);
    let changed = |change: &dyn Fn(&mut Matrix)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        differences(&wrong, &log)
    };
    let ring = |matrix: &Matrix| {
        let mut maps = matrix.mappings.iter();
        maps.position(|map| map.who == "vmm" && map.region == "ring")
            .unwrap()
    };
    let found = changed(&|wrong| {
        let index = ring(wrong);
        wrong.mappings[index].access = "rw".into();
    });
    let text = "vmm: page 0x10040000 (`ring`): the matrix says rw, the probe found r";
    assert!(found.contains(&text.to_owned()), "{found:#?}");

    let found = changed(&|wrong| drop(wrong.mappings.remove(ring(wrong))));
    let text = "vmm: page 0x10040000: the matrix says none, the probe found r";
    assert!(found.contains(&text.to_owned()), "{found:#?}");

    // The same rights at the same place, but to other memory.
    let found = changed(&|wrong| {
        let index = ring(wrong);
        wrong.mappings[index].region = "ram".into();
    });
    let text = "vmm: page 0x10040000 (`ram`): the last who stores there is guest, \
                the mark is that of server, from 0x10002000";
    assert!(found.contains(&text.to_owned()), "{found:#?}");

    let found = changed(&|wrong| drop(wrong.capabilities.remove(0)));
    let text = "server: slot 0x11: the matrix says nothing, \
                the probe found notification of vmm, badge 0x4";
    assert_eq!(found, [text]);

    let found = changed(&|wrong| wrong.capabilities[4].whom = Some("manager".into()));
    let text = "vmm: slot 0x4c: the matrix says endpoint of manager, badge 0x8000000000000007, \
                the probe found endpoint of server, badge 0x8000000000000007";
    assert_eq!(found, [text]);

    let found = changed(&|wrong| wrong.capabilities[2].slot += 1);
    assert_eq!(found.len(), 2, "{found:#?}");
}

/// What was not tried is no success.
#[test]
fn a_probe_that_was_not_made_is_found() {
    let matrix = matrix();
    let log = ideal(&matrix);
    let without = |what: &str| {
        let kept: Vec<&str> = log.lines().filter(|line| !line.contains(what)).collect();
        assert_eq!(kept.len() + 1, log.lines().count(), "{what}");
        differences(&matrix, &kept.join("\n"))
    };
    let found = without("> page guest 0x1005ff000 ");
    assert_eq!(found, ["guest: page 0x1005ff000 (`slot`): not tried"]);
    let found = without("> page manager 0x10041000 ");
    assert_eq!(found, ["manager: page 0x10041000: not tried"]);
    let found = without("> mark vmm 0x10040000");
    assert_eq!(
        found,
        ["vmm: page 0x10040000 (`ring`): no mark was looked for"]
    );
    let found = without("> slots manager ");
    assert_eq!(
        found,
        ["manager: 0 slots tried, 0 of them empty and 1 not: 569 are there"]
    );
    assert_eq!(without("> CHECK"), ["the judge did not finish"]);
    assert!(!differences(&matrix, "").is_empty());
    assert!(lines::parse("matrix       > page guest here there").is_err());
}

/// More than the matrix says, found by a probe.
#[test]
fn authority_that_nobody_granted_is_found() {
    let matrix = matrix();
    let log = ideal(&matrix);
    let page = "page manager 0x10002000 0x10003000 0x1000 ";
    let found = differences(
        &matrix,
        &log.replace(&format!("{page}none"), &format!("{page}r")),
    );
    let text = "manager: page 0x10002000: the matrix says none, the probe found r";
    assert_eq!(found, [text]);
    let line = "matrix       > slots manager";
    let extra = format!("matrix       > slot manager 0x10 notification server 0x1\n{line}");
    let found = differences(&matrix, &log.replace(line, &extra));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("the matrix says nothing"), "{found:#?}");
    let found = differences(&matrix, &log.replace("slots vmm", "slots vnn"));
    assert!(
        found.contains(&"vnn: not in the matrix".to_owned()),
        "{found:#?}"
    );
}

#[test]
fn the_plan_covers_what_it_says() {
    let matrix = matrix();
    for kind in [Kind::ProtectionDomain, Kind::VirtualMachine] {
        let pages: Vec<u64> = ranges(&matrix, kind)
            .iter()
            .flat_map(|r| r.pages())
            .collect();
        let mut sorted = pages.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(pages.len(), sorted.len(), "a page twice");
        for map in matrix.mappings_in(kind) {
            for page in [map.address - PAGE, map.address, map.end() - PAGE, map.end()] {
                assert!(sorted.binary_search(&page).is_ok(), "{kind:?} {page:#x}");
            }
        }
        // Devices at their physical addresses.
        assert!(sorted.binary_search(&0x900_0000).is_ok());
        assert!(sorted.binary_search(&0x1_ffe0_0000).is_ok());
    }
}

/// The system of probes differs in programs and the judge, and is a system still.
#[test]
fn the_probes_stand_where_the_programs_stood() {
    let matrix = matrix();
    let probes = prepare(SYSTEM, &matrix).unwrap();
    assert_eq!(probes.plan.len(), 0x1_0000);
    let options = tombolo_image::Options {
        board: &tombolo_image::board::QEMU_VIRT_AARCH64,
        search_paths: Vec::new(),
        read_files: false,
    };
    let system = tombolo_image::load_text(Path::new("matrix.system"), &probes.system, &options)
        .unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    let after = Authority::of(&system, &Blobs::default());
    let after: Matrix = serde_json::from_str(&serde_json::to_string(&after).unwrap()).unwrap();
    let others = |who: &str| !who.starts_with("matrix_");
    let mut maps = after.mappings;
    maps.retain(|map| others(&map.who));
    assert_eq!(maps, matrix.mappings);
    let mut capabilities = after.capabilities;
    capabilities.retain(|capability| others(&capability.who));
    assert_eq!(capabilities, matrix.capabilities);
    assert_eq!(probes.system.matches("matrix-probe.elf").count(), 4);
}
