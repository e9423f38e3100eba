// SPDX-License-Identifier: BSD-2-Clause

//! The shell, typed to by a person and answered by a manager.

use super::desk::{Desk, MS, Rings, SECOND};
use crate::Speaker;
use manager_api::{
    Command, GuestInfo, GuestSummary, HostState, HostSummary, Load, Member, OnSilence, Refusal,
    RegionInfo, RegionSummary, Request, Response, SignalCounters, Silence, SlotCounts, State,
    VERSION, Vcpu, VcpuState, VmmState, Watchdog,
};
use tombolo_config::console::StreamKind;
use tombolo_pages::ring::Consumer;

fn guest(name: &str, load: Load) -> GuestSummary {
    GuestSummary {
        name: name.try_into().unwrap(),
        state: State::Running,
        silent: false,
        vmm: VmmState::Up,
        vcpus: 1,
        memory_pages: 4096,
        load,
    }
}

pub fn guests(total: u8, names: &[&str], load: Load) -> Response {
    Response::Guests {
        total,
        guests: names.iter().map(|name| guest(name, load)).collect(),
    }
}

fn region() -> RegionSummary {
    RegionSummary {
        name: "moo".try_into().unwrap(),
        pages: 32768,
        generation: 3,
        slot: 0,
        clients: 2,
        pending: 0b10,
        created_by_policy: false,
        revoked: false,
    }
}

#[test]
fn list_asks_for_all_parts_and_shows_a_row_for_each_guest() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_line("list");
    assert_eq!(desk.request(), Some(Request::Guests { from: 0 }));
    assert_eq!(desk.request(), None, "once");
    desk.answer(Some(guests(3, &["guest0", "guest1"], Load::default())));
    assert_eq!(desk.request(), Some(Request::Guests { from: 2 }));
    desk.answer(Some(guests(3, &["mute"], Load::default())));
    let rows = desk.rows();
    assert_eq!(rows[0], "list");
    assert!(rows[1].starts_with("GUEST                    STATE     VMM "));
    assert!(rows[2].starts_with("guest0                   running   up "));
    assert!(rows[4].starts_with("mute"));
    assert_eq!(rows[5], "tombolo> ");
    desk.type_line("console mute");
    assert!(desk.rows()[1].contains("mute has no console: add `console` to its `devices`"));
}

#[test]
fn the_longest_row_of_a_list_is_no_longer_than_a_screen() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_line("list");
    desk.request();
    let load = Load {
        guest_us: 123_456_789_012,
        vmm_us: 9_876_543_210,
        exits: 1,
    };
    desk.answer(Some(guests(1, &["a-name-of-twenty-4-bytes"], load)));
    assert_eq!(
        desk.rows()[2],
        "a-name-of-twenty-4-bytes running   up             1    16 MB 123456.78 s 9876.54 s"
    );
}

#[test]
fn orders_are_carried_out_or_refused_in_words() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    for (word, command, done) in [
        ("pause", Command::Pause, "guest0: paused"),
        ("resume", Command::Resume, "guest0: resumed"),
        ("reset", Command::Reset, "guest0: reset"),
        ("stop", Command::Stop, "guest0: stopped"),
        ("start", Command::Start, "guest0: started"),
        ("restart", Command::Restart, "guest0: restarted"),
    ] {
        desk.type_line(&format!("{word} guest0"));
        let guest = "guest0".try_into().unwrap();
        assert_eq!(desk.request(), Some(Request::Order { guest, command }));
        desk.answer(Some(Response::Done));
        assert_eq!(desk.rows()[1], done);
    }
    desk.type_line("resume guest0");
    desk.request();
    desk.answer(Some(Response::Refused(Refusal::WrongState)));
    assert_eq!(
        desk.rows()[1],
        "refused: it must be paused: see `info guest0`"
    );
    desk.type_line("pause guest2");
    desk.request();
    desk.answer(Some(Response::Refused(Refusal::DoesNotExist)));
    assert_eq!(
        desk.rows()[1],
        "there is no guest `guest2`: did you mean `guest0`?"
    );
    desk.type_line(&format!("pause {}", "x".repeat(40)));
    assert_eq!(desk.request(), None);
    assert!(desk.rows()[1].contains("there is no guest `xxxx"));
}

#[test]
fn regions_are_shown_detached_and_revoked() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    let log = Consumer::new(&rings.output[0]);
    let host = Speaker::new("host0", StreamKind::Log, log);
    assert!(desk.console.add_speaker(host));
    desk.type_line("regions");
    assert_eq!(desk.request(), Some(Request::Regions { from: 0 }));
    desk.answer(Some(Response::Regions {
        total: 1,
        slots: SlotCounts {
            live: 1,
            revoked: 2,
            cleaning: 3,
            quarantined: 4,
        },
        regions: [region()].into_iter().collect(),
    }));
    let rows = desk.rows();
    assert!(rows[2].starts_with("moo                                 128 MB"));
    assert_eq!(
        rows[3],
        "slots in use: 1 live, 2 revoked, 3 being cleaned, 4 quarantined for good"
    );
    desk.type_line("region moo");
    desk.request();
    let member = Member {
        client: "guest1".try_into().unwrap(),
        index: 1,
        read_only: true,
        pending_from: 0b101,
    };
    desk.answer(Some(Response::Region(RegionInfo {
        summary: region(),
        members: [member].into_iter().collect(),
        waits_for: heapless::Vec::new(),
    })));
    let rows = desk.rows();
    assert_eq!(rows[1], "moo: 128 MB, generation 3, slot 0");
    assert!(rows[3].contains("guest1") && rows[3].ends_with("reads      0 2 "));
    desk.type_line("detach moo guest1");
    assert!(matches!(desk.request(), Some(Request::Detach { .. })));
    desk.answer(Some(Response::Refused(Refusal::DoesNotExist)));
    assert!(desk.rows()[1].contains("`guest1` is not attached to a live region `moo`"));
    desk.type_line("revoke mo");
    desk.request();
    desk.answer(Some(Response::Refused(Refusal::DoesNotExist)));
    assert!(desk.rows()[1].contains("no live region `mo`: did you mean `moo`?"));
    desk.type_line("revoke moo");
    desk.request();
    desk.answer(Some(Response::Revoked {
        waits_for: ["guest1", "host0"]
            .map(|name| name.try_into().unwrap())
            .into_iter()
            .collect(),
    }));
    let rows = desk.rows();
    assert!(rows[1].contains("quarantined") && rows[2] == "  guest1");
    assert_eq!(rows[3], "  host0: a host, which nobody can order to stop");
}

fn info() -> GuestInfo {
    let load = Load {
        guest_us: 12_340_000,
        vmm_us: 560_000,
        exits: 91,
    };
    let vcpu = |state, used_us| Vcpu { state, used_us };
    GuestInfo {
        summary: GuestSummary {
            vcpus: 2,
            ..guest("guest0", load)
        },
        resets: 1,
        restarts: 2,
        panics: 3,
        silent_ms: Some(4),
        silence: Some(Silence { vcpu: 1, ms: 5000 }),
        silences: 6,
        watchdog: Some(Watchdog {
            silence_ms: 4000,
            on_silence: OnSilence::Reset,
        }),
        exits: [10, 11, 12, 13, 14, 15, 16],
        signals: SignalCounters {
            sent: 21,
            received: 22,
            coalesced: 23,
            refused: 24,
        },
        connections: 5,
        vcpus: [
            vcpu(VcpuState::Running, 12_000_000),
            vcpu(VcpuState::Parked, 340_000),
        ]
        .into_iter()
        .collect(),
    }
}

#[test]
fn info_tells_all_about_a_guest() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_line("info guest0");
    desk.request();
    desk.answer(Some(Response::Guest(info())));
    assert_eq!(
        desk.rows()[1..],
        [
            "guest0",
            "  state          running, its VMM up",
            "  size           2 vCPUs, 16 MB",
            "  processor      12.34 s at the most, its VMM 0.56 s",
            "    vcpu 0                 running, 12.00 s at the most",
            "    vcpu 1                 waiting, 0.34 s at the most",
            "  last exit      4 ms ago",
            "  silence        vcpu 1 has run for 5000 ms without an exit",
            "  watchdog       4000 ms, then it is reset; 6 times so far",
            "  life           1 resets, 2 restarts of its VMM, 3 kernel panics",
            "  signals        21 sent (23 coalesced, 24 refused), 22 received",
            "  connections    5",
            "  exits          91",
            "    waits (WFI)            10",
            "    device accesses        11",
            "    shared-memory device   12",
            "    firmware calls         13",
            "    timer                  14",
            "    interrupts ended       15",
            "    other                  16",
            "tombolo> ",
        ]
    );
    desk.type_line("info guest0");
    desk.request();
    desk.answer(Some(Response::Guest(GuestInfo {
        summary: GuestSummary {
            silent: true,
            ..info().summary
        },
        silent_ms: None,
        silence: None,
        watchdog: None,
        ..info()
    })));
    let text = desk.shown();
    for part in [
        "  state          silent, its VMM up",
        "  silence        none: no vCPU runs",
        "  watchdog       none",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("last exit      none: it has never run"));
}

#[test]
fn a_manager_that_does_not_answer_is_given_up_by_time_or_by_the_person() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_line("list");
    desk.request();
    desk.wait(SECOND);
    assert_eq!(desk.rows().len(), 1, "it waits");
    desk.wait(2 * SECOND);
    assert_eq!(
        desk.rows(),
        [
            "the manager does not answer: `log manager` shows its last words",
            "if it faulted, guests go on without it until the machine is started anew",
            "tombolo> "
        ]
    );
    desk.type_line("pause guest0");
    desk.request();
    desk.type_bytes(b"\x03");
    assert!(desk.rows()[1].starts_with("^C: not waited for any longer"));
    desk.answer(Some(Response::Done));
    assert!(desk.rows().is_empty(), "a late answer is nothing");
}

/// Whether the shell says within so many seconds that there is no answer.
fn is_given_up(desk: &mut Desk<'_>, seconds: u64) -> bool {
    desk.request().expect("a request");
    desk.wait(seconds * SECOND);
    desk.shown().contains("the manager does not answer")
}

#[test]
fn a_manager_that_was_not_heard_of_lately_is_greeted_before_an_order() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.wait(10 * SECOND);
    desk.type_line("start guest0");
    assert_eq!(desk.request(), Some(Request::Version));
    desk.answer(Some(Response::Version(VERSION)));
    let (guest, command) = ("guest0".try_into().unwrap(), Command::Start);
    assert_eq!(desk.request(), Some(Request::Order { guest, command }));
    desk.wait(60 * SECOND);
    desk.answer(Some(Response::Done));
    assert!(desk.shown().contains("guest0: started"));
    desk.type_line("list");
    assert!(is_given_up(&mut desk, 3));
    for order in ["start", "pause", "restart"] {
        desk.type_line(&format!("{order} guest0"));
        assert!(is_given_up(&mut desk, 3), "{order}: there was no answer");
    }
}

#[test]
fn without_a_manager_the_shell_stays_of_use() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    rings.say(0, "ready\n");
    desk.type_line("top");
    desk.service();
    assert!(is_given_up(&mut desk, 3));
    desk.type_line("log server");
    desk.wait(MS);
    assert!(desk.shown().contains("  ready"));
    desk.type_line("help pause");
    assert!(desk.shown().contains("suspend a guest's vCPUs"));
    desk.type_bytes(b"console gu\t1\r");
    assert!(desk.shown().contains("keys go to guest1"));
    desk.type_bytes(b"y");
    assert_eq!(desk.got(1), b"y");
}

#[test]
fn an_order_is_waited_for_longer_than_the_manager_waits_for_the_vmm() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    for (word, command) in [
        ("pause", Command::Pause),
        ("stop", Command::Stop),
        ("start", Command::Start),
        ("reset", Command::Reset),
        ("restart", Command::Restart),
    ] {
        desk.type_line(&format!("{word} guest0"));
        desk.request();
        desk.wait(command.limit_ms() * MS + SECOND);
        assert_eq!(desk.rows().len(), 1, "{word}: it waits");
        desk.answer(Some(Response::Refused(Refusal::TimedOut)));
        let said = desk.rows().concat();
        assert!(said.contains("its VMM did not answer in time"), "{said}");
    }
    desk.type_line("start guest0");
    desk.request();
    desk.wait(Command::Start.limit_ms() * MS + 11 * SECOND);
    assert!(desk.rows()[1].contains("the manager does not answer"));
}

#[test]
fn an_answer_that_makes_no_sense_ends_the_command() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    for answer in [None, Some(Response::Done)] {
        desk.type_line("list");
        desk.request();
        desk.answer(answer);
        assert!(desk.rows()[1].contains("the manager's answer makes no sense"));
    }
}

#[test]
fn keys_typed_while_a_command_runs_are_taken_afterwards() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_line("version");
    assert_eq!(desk.request(), Some(Request::Version));
    desk.type_line("list");
    assert_eq!(desk.request(), None);
    desk.answer(Some(Response::Version(VERSION)));
    assert_eq!(desk.request(), Some(Request::Guests { from: 0 }));
}

#[test]
fn lines_are_recalled_and_completed() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_bytes(b"hel\tver\t\r");
    let rows = desk.rows();
    assert!(rows.contains(&"version".to_owned()), "{rows:?}");
    desk.type_bytes(b"\x1b[A\x1b[D\r");
    let rows = desk.rows();
    assert!(rows[0].ends_with("help version"), "{rows:?}");
    desk.type_bytes(b"pause guest\t");
    let rows = desk.rows();
    assert!(rows.contains(&"guest0  guest1  ".to_owned()), "{rows:?}");
    assert_eq!(rows.last().unwrap(), "tombolo> pause guest");
    desk.type_bytes(b"\x03x\t");
    assert!(desk.shown().ends_with('\x07'), "nothing begins so");
}

#[test]
fn regions_are_learned_for_completion() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_bytes(b"region \t");
    assert_eq!(desk.request(), Some(Request::Regions { from: 0 }));
    desk.answer(Some(Response::Regions {
        total: 1,
        slots: SlotCounts::default(),
        regions: [region()].into_iter().collect(),
    }));
    desk.type_bytes(b"\t\r");
    let name = "moo".try_into().unwrap();
    assert_eq!(desk.request(), Some(Request::Region { name }));
}

#[test]
fn another_line_takes_the_prompts_place_and_gives_it_back() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_bytes(b"li");
    rings.say(0, "ready\n");
    desk.service();
    assert_eq!(
        desk.shown(),
        "li\r\x1b[Kserver       | ready\r\n\rtombolo> li\x1b[K"
    );
}

#[test]
fn a_guests_prompt_does_not_come_back_after_each_key() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    rings.say(2, "~ # ");
    desk.wait(SECOND);
    for key in b"list" {
        desk.type_bytes(&[*key]);
        desk.wait(SECOND);
    }
    assert_eq!(desk.shown().matches("~ # ").count(), 1);
    // It does when it grows, and when the shell is left.
    rings.say(2, "ls");
    desk.wait(SECOND);
    assert_eq!(desk.shown().matches("~ # ls").count(), 1);
    desk.type_bytes(b"\x03\x04");
    desk.wait(SECOND);
    assert!(desk.shown().ends_with("guest0       > ~ # ls"));
}

#[test]
fn log_recalls_each_speakers_last_lines() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    for n in 0..9 {
        rings.say(2, &format!("line {n}\n"));
    }
    rings.say(0, "\x1b[2Jready\n");
    desk.wait(MS);
    desk.shown();
    desk.type_line("log");
    desk.wait(MS);
    assert_eq!(
        desk.rows()[1..],
        [
            "server:",
            "  ready",
            "guest0:",
            "  line 4",
            "  line 5",
            "  line 6",
            "  line 7",
            "  line 8",
            "tombolo> "
        ]
    );
    desk.type_line("log guest0 2");
    desk.wait(MS);
    assert_eq!(desk.rows()[1..], ["  line 7", "  line 8", "tombolo> "]);
    desk.type_line("log guest1");
    desk.type_line("log gest1");
    desk.wait(MS);
    let text = desk.shown();
    assert!(text.contains("it has said nothing yet"));
    assert!(text.contains("no speaker `gest1`: did you mean `guest1`?"));
}

#[test]
fn top_refreshes_until_a_key_and_keeps_the_others_off_the_screen() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_line("top");
    desk.service();
    desk.request().expect("a look");
    desk.answer(Some(guests(1, &["guest0"], Load::default())));
    let first = desk.shown();
    assert!(first.contains("\x1b[2J\x1b[H") && first.contains("guest0"));
    rings.say(0, "meanwhile\n");
    desk.wait(SECOND + MS);
    assert_eq!(desk.request(), Some(Request::Guests { from: 0 }));
    let load = Load {
        guest_us: 250_500,
        vmm_us: 10_000,
        exits: 77,
    };
    desk.answer(Some(guests(1, &["guest0"], load)));
    let second = desk.shown();
    assert!(
        second.contains("25.1 %") && second.contains("1.0 %"),
        "{second}"
    );
    assert!(!second.contains("\x1b[2J") && !second.contains("meanwhile"));
    desk.type_bytes(b"q");
    assert_eq!(desk.rows(), ["tombolo> "]);
    desk.type_line("log server");
    desk.wait(MS);
    assert!(desk.shown().contains("  meanwhile"));
}

#[test]
fn the_shell_is_left_for_the_guest_that_had_the_keys() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_bytes(b"\x04x");
    assert_eq!(desk.got(0), b"x");
    assert!(desk.shown().contains("console      | keys go to guest0"));
    desk.type_bytes(b"\x1ds");
    desk.type_line("console guest1");
    desk.type_bytes(b"y");
    assert_eq!(desk.got(1), b"y");
    desk.type_bytes(b"\x1ds");
    desk.type_line("exit");
    desk.type_bytes(b"z");
    assert_eq!(desk.got(1), b"z");
}

#[test]
fn hosts_are_listed_with_their_state() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    let list = |total, hosts: &[HostSummary]| Response::Hosts {
        total,
        hosts: hosts.iter().cloned().collect(),
    };
    let host = |name: &str, state| HostSummary {
        name: name.try_into().unwrap(),
        state,
        connections: 0,
        signals: SignalCounters::default(),
    };
    desk.type_line("hosts");
    assert_eq!(desk.request(), Some(Request::Hosts { from: 0 }));
    desk.answer(Some(list(2, &[host("host0", HostState::Up)])));
    assert_eq!(desk.request(), Some(Request::Hosts { from: 1 }), "the rest");
    desk.answer(Some(list(2, &[host("host1", HostState::Stopped)])));
    let rows = desk.rows();
    assert!(rows[1].starts_with("HOST "), "{rows:?}");
    assert!(
        rows[2].starts_with("host0                    up  "),
        "{rows:?}"
    );
    assert!(
        rows[3].starts_with("host1                    stopped  "),
        "{rows:?}"
    );
    desk.type_line("hosts");
    desk.request();
    desk.answer(Some(list(0, &[])));
    assert_eq!(desk.rows()[1], "this system has no hosts");
}
