// SPDX-License-Identifier: BSD-2-Clause

//! A dump of two guests and the server, read and drawn.

use super::{Collector, Dump, DumpError, perfetto, text};
use serde_json::Value;
use tombolo_trace::line::Line;
use tombolo_trace::{Event, Record};

fn line(name: &str, time: u64, event: Event) -> String {
    Line::Record(name, Record { time, event }.words()).to_string()
}

fn lines() -> Vec<String> {
    let signal = Event::Signal {
        client: 0,
        connection: 0,
        targets: 2,
        notified: 2,
    };
    let doorbell = Event::Doorbell {
        connection: 0,
        targets: 2,
    };
    let exit = Event::Exit {
        vcpu: 0,
        kind: 2,
        detail: 0x1008,
    };
    vec![
        "guest0 > trace of something else".into(),
        "trace 1 1000000".into(),
        line("server", 120, signal),
        "trace server end".into(),
        line("vmm-guest0", 100, exit),
        line("vmm-guest0", 110, doorbell),
        line("vmm-guest0", 130, Event::Resume { vcpu: 0 }),
        line("vmm-guest0", 200, exit),
        "trace vmm-guest0 end".into(),
        line("vmm-guest1", 90, Event::Notified),
        line("vmm-guest1", 140, Event::Notified),
        "trace vmm-guest1 lost 3".into(),
        "trace vmm-guest1 5 99 0".into(),
        "trace vmm-guest1 end".into(),
        "trace end".into(),
    ]
}

fn dump() -> Dump {
    dump_of(&lines())
}

fn dump_of(lines: &[String]) -> Dump {
    let mut collector = Collector::default();
    let mut whole = None;
    for line in lines {
        whole = collector.line(line).expect("a good dump");
    }
    whole.expect("its last line came")
}

fn picture() -> Vec<Value> {
    picture_of(&dump(), 1)
}

fn picture_of(dump: &Dump, expected: usize) -> Vec<Value> {
    let clients = ["vmm-guest0".to_owned(), "vmm-guest1".to_owned()];
    let (json, arrows) = perfetto(dump, &clients).expect("it is written");
    assert_eq!(arrows, expected);
    let file: Value = serde_json::from_str(&json).expect("JSON");
    file["traceEvents"].as_array().expect("a list").clone()
}

#[test]
fn a_dump_is_whole_with_its_last_line() {
    let dump = dump();
    let names: Vec<_> = dump.tracks.iter().map(|track| &*track.name).collect();
    assert_eq!(names, ["server", "vmm-guest0", "vmm-guest1"]);
    let last = &dump.tracks[2];
    assert_eq!((last.records.len(), last.lost, last.unknown), (2, 3, 1));
}

#[test]
fn another_version_is_refused() {
    let mut collector = Collector::default();
    assert_eq!(
        collector.line("trace 2 1000000"),
        Err(DumpError::Version(2))
    );
    assert_eq!(collector.line("trace 1 0"), Err(DumpError::Frequency));
}

#[test]
fn an_end_without_a_start_is_no_dump() {
    assert_eq!(Collector::default().line("trace end"), Ok(None));
}

#[test]
fn text_is_in_order_of_time_and_says_what_is_missing() {
    let text = text(&dump());
    let places = [
        "notified by the server",
        "exits: shared memory",
        "notify of",
        "signals 0x2",
    ]
    .map(|part| text.find(part).expect(part));
    assert!(places.is_sorted(), "{text}");
    assert!(text.contains("vmm-guest1: 3 records overwritten"), "{text}");
}

#[test]
fn an_arrow_leads_from_the_doorbell_through_the_server_to_who_was_notified() {
    let point = |ph: &str, pid, ts| (ph.to_owned(), Some(pid), Some(ts));
    assert_eq!(
        points(&picture()),
        [
            point("s", 1, 20.0),
            point("t", 0, 30.0),
            point("f", 2, 50.0)
        ]
    );
}

#[test]
fn an_arrow_leads_from_a_revocation_to_everybody_whose_connection_ended() {
    let revoked = Event::Revoked {
        slot: 4,
        connections: 2,
        clients: 0b11,
    };
    let evicted = Event::Evicted {
        client: 1,
        index: 0,
    };
    let dump = dump_of(&[
        "trace 1 1000000".into(),
        line("server", 100, revoked),
        line("server", 200, evicted),
        "trace server end".into(),
        line("vmm-guest0", 110, Event::Notified),
        "trace vmm-guest0 end".into(),
        line("vmm-guest1", 120, Event::Notified),
        line("vmm-guest1", 220, Event::Notified),
        "trace vmm-guest1 end".into(),
        "trace end".into(),
    ]);
    let picture = picture_of(&dump, 3);
    let point = |ph: &str, pid, ts| (ph.to_owned(), Some(pid), Some(ts));
    assert_eq!(
        points(&picture),
        [
            point("s", 0, 0.0),
            point("f", 1, 10.0),
            point("s", 0, 0.0),
            point("f", 2, 20.0),
            point("s", 0, 100.0),
            point("f", 2, 120.0)
        ]
    );
    for name in ["revoke", "detach by the manager"] {
        assert!(picture.iter().any(|entry| entry["name"] == name), "{name}");
    }
}

/// Kind, process and time of each arrow's points.
fn points(picture: &[Value]) -> Vec<(String, Option<u64>, Option<f64>)> {
    picture
        .iter()
        .filter(|entry| ["s", "t", "f"].contains(&entry["ph"].as_str().unwrap_or("")))
        .map(|entry| {
            (
                entry["ph"].as_str().unwrap_or("").to_owned(),
                entry["pid"].as_u64(),
                entry["ts"].as_f64(),
            )
        })
        .collect()
}

#[test]
fn a_vcpu_has_a_lane_and_its_exits_are_the_monitors() {
    let events = picture();
    let slice = |name: &str| {
        let found = events
            .iter()
            .find(|entry| entry["name"] == name && entry["ph"] == "X");
        let entry = found.expect(name);
        (
            entry["tid"].as_u64(),
            entry["ts"].as_f64(),
            entry["dur"].as_f64(),
        )
    };
    assert_eq!(slice("shared memory"), (Some(0), Some(10.0), Some(30.0)));
    assert_eq!(slice("guest"), (Some(1), Some(40.0), Some(70.0)));
    assert!(events.iter().any(|entry| entry["args"]["name"] == "vcpu 0"));
}

/// The slices of a vCPU's lane and of its monitor's: lane, name, from, length.
fn slices(records: &[(u64, Event)]) -> Vec<(u64, String, f64, f64)> {
    let mut collector = Collector::default();
    let lines = records
        .iter()
        .map(|(time, event)| line("vmm-guest0", *time, *event));
    let mut dump = None;
    for line in ["trace 1 1000000".to_owned()]
        .into_iter()
        .chain(lines)
        .chain(["trace end".to_owned()])
    {
        dump = collector.line(&line).expect("a good dump");
    }
    let (json, _) = perfetto(&dump.expect("whole"), &[]).expect("it is written");
    let file: Value = serde_json::from_str(&json).expect("JSON");
    let events = file["traceEvents"].as_array().expect("a list");
    events
        .iter()
        .filter(|entry| entry["ph"] == "X")
        .map(|entry| {
            let number = |key: &str| entry[key].as_f64().expect(key);
            let lane = entry["tid"].as_u64().expect("a lane");
            let name = entry["name"].as_str().expect("a name").to_owned();
            (lane, name, number("ts"), number("dur"))
        })
        .collect()
}

#[test]
fn a_pause_is_no_running_and_a_cpu_that_is_off_is_no_exit() {
    let vcpu = 0;
    let exit = Event::Exit {
        vcpu,
        kind: 3,
        detail: 0,
    };
    let slices = slices(&[
        (100, Event::Resume { vcpu }),
        (110, Event::Suspend { vcpu, state: 3 }),
        (150, Event::Resume { vcpu }),
        (160, exit),
        (165, Event::Suspend { vcpu, state: 0 }),
        (200, Event::Resume { vcpu }),
    ]);
    let expected = [
        (1, "guest", 0.0, 10.0),
        (1, "suspended", 10.0, 40.0),
        (1, "guest", 50.0, 10.0),
        (0, "firmware", 60.0, 5.0),
        (1, "off", 65.0, 35.0),
    ]
    .map(|(lane, name, at, long)| (lane, name.to_owned(), at, long));
    assert_eq!(slices, expected);
}
