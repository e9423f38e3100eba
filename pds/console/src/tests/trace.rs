// SPDX-License-Identifier: BSD-2-Clause

//! The shell's `trace`.

use super::desk::{Desk, MS, Rings};
use super::shell::guests;
use manager_api::Load;
use shmem_rings::{ReadOnly, Shared, Word};
use tombolo_trace::{Event, REGION_BYTES, Tracer, line::Line};

struct Memory(Vec<Word>);

impl Memory {
    fn new(states: core::ops::Range<u32>) -> Self {
        let memory = Self((0..REGION_BYTES / 8).map(|_| Word::new(0)).collect());
        let mut tracer = Tracer::new(Shared::new(&memory.0)).unwrap();
        for state in states {
            tracer.record(1000 + u64::from(state), Event::Life { state });
        }
        memory
    }
}

fn rows(line: &str) -> Vec<String> {
    let (rings, silent) = (Rings::new(), Memory::new(0..0));
    let (busy, nothing) = (
        Memory::new(0..30),
        [const { Word::new(0) }; REGION_BYTES as usize / 8],
    );
    let mut desk = Desk::in_shell(&rings);
    for (name, ring) in [
        ("server", &silent.0[..]),
        ("vmm-guest0", &busy.0),
        ("vmm-guest1", &nothing),
    ] {
        assert!(desk.console.add_trace(name, ReadOnly::new(ring)));
    }
    desk.type_line(line);
    for _ in 0..200 {
        desk.service();
    }
    desk.rows()
}

#[test]
fn the_last_records_of_one_are_shown_in_words() {
    let rows = rows("trace vmm-guest0 2");
    assert_eq!(rows[1..3], ["vmm-guest0:", "         1.028 ms  guest is ?"]);
    assert_eq!(rows[4..], ["tombolo> "]);
}

#[test]
fn all_are_shown_in_turn() {
    let rows = rows("trace");
    assert_eq!(rows[1..3], ["server:", "vmm-guest0:"]);
    assert_eq!(rows[8..], ["vmm-guest1: nothing recorded yet", "tombolo> "]);
}

/// What is shown though both rings grow by more than is shown in the meantime.
fn rows_beside_busy_writers(line: &str) -> Vec<String> {
    let (rings, memories) = (Rings::new(), [Memory::new(0..30), Memory::new(0..30)]);
    let mut desk = Desk::in_shell(&rings);
    for (name, memory) in ["server", "vmm-guest0"].iter().zip(&memories) {
        assert!(desk.console.add_trace(name, ReadOnly::new(&memory.0)));
    }
    let mut writers = memories
        .each_ref()
        .map(|memory| Tracer::new(Shared::new(&memory.0)).unwrap());
    desk.type_line(line);
    for _ in 0..400 {
        for writer in &mut writers {
            for state in 0..4 {
                writer.record(desk.now, Event::Life { state });
            }
        }
        desk.wait(MS);
    }
    desk.rows()
}

#[test]
fn a_trace_ends_though_its_writer_does_not() {
    let rows = rows_beside_busy_writers("trace vmm-guest0 20");
    assert_eq!((rows[1].as_str(), rows.len()), ("vmm-guest0:", 23));
    assert_eq!(rows[22], "tombolo> ");
    let rows = rows_beside_busy_writers("trace");
    assert_eq!([&rows[1], &rows[7]], ["server:", "vmm-guest0:"]);
    assert_eq!(rows[13..], ["tombolo> "]);
    let rows = rows_beside_busy_writers("trace dump");
    assert_eq!(rows[rows.len() - 2..], ["trace end", "tombolo> "]);
}

#[test]
fn a_dump_is_whole_and_can_be_read() {
    let rows = rows("trace dump");
    let lines: Vec<_> = rows.iter().filter_map(|row| Line::parse(row)).collect();
    let start = Line::Start {
        version: 1,
        frequency: 1_000_000,
    };
    assert_eq!(lines[..2], [start, Line::EndOf("server")]);
    let records = |line: &&Line<'_>| matches!(line, Line::Record("vmm-guest0", _));
    assert_eq!(lines.iter().filter(records).count(), 30);
    assert_eq!(lines[33..], [Line::EndOf("vmm-guest1"), Line::End]);
}

#[test]
fn a_dump_may_be_of_the_last_records_only() {
    let rows = rows("trace dump 3");
    let records = rows
        .iter()
        .filter(|row| row.starts_with("trace vmm-guest0 "));
    assert_eq!(records.count(), 4, "and its end");
    assert_eq!(rows[rows.len() - 2], "trace end");
}

#[test]
fn a_guest_has_its_name_beside_its_number() {
    let (rings, memory) = (Rings::new(), Memory::new(0..0));
    let mut writer = Tracer::new(Shared::new(&memory.0)).unwrap();
    for guest in [1, 7] {
        let serial = 3;
        let event = Event::Ordered {
            guest,
            order: 3,
            serial,
        };
        writer.record(5000, event);
    }
    let mut desk = Desk::in_shell(&rings);
    assert!(desk.console.add_trace("manager", ReadOnly::new(&memory.0)));
    desk.type_line("list");
    desk.request();
    desk.answer(Some(guests(2, &["guest0", "router"], Load::default())));
    desk.rows();
    desk.type_line("trace manager");
    desk.wait(MS);
    let rows = desk.rows();
    assert!(
        rows[2].ends_with("order 3 to guest 1: pause (router)"),
        "{rows:?}"
    );
    assert!(rows[3].ends_with("order 3 to guest 7: pause"), "{rows:?}");
}

#[test]
fn a_name_without_a_trace_is_told_with_the_nearest() {
    let rows = rows("trace vmm-guset0");
    let expected = "there is no trace `vmm-guset0`: did you mean `vmm-guest0`?";
    assert_eq!(rows[1], expected);
}
