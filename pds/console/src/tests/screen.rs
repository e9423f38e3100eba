// SPDX-License-Identifier: BSD-2-Clause

//! Speakers on real rings, and what the screen shows of them.

use crate::{Drained, Screen, Settings, Shown, Speaker};
use proptest::prelude::{Just, Strategy, prop_oneof, proptest};
use proptest::{collection::vec, prop_assert, prop_assert_eq};
use tombolo_config::console::StreamKind;
use tombolo_pages::ring::{Consumer, OUTPUT_BYTES, OutputRing, Producer};

const MS: u64 = 1000;
const SECOND: u64 = 1000 * MS;
const NOTHING: Drained = Drained {
    more: false,
    due: None,
};

/// Speakers `pd` (a log), `guest0` and `guest1`.
const SPEAKERS: [(&str, StreamKind); 3] = [
    ("pd", StreamKind::Log),
    ("guest0", StreamKind::Guest),
    ("guest1", StreamKind::Guest),
];

fn rings() -> Vec<OutputRing> {
    SPEAKERS.iter().map(|_| OutputRing::new()).collect()
}

fn screen(rings: &[OutputRing]) -> Screen<'_, Vec<u8>> {
    let mut screen = Screen::new(Settings { ticks_per_ms: MS }, Vec::new());
    for ((name, kind), ring) in SPEAKERS.iter().zip(rings) {
        assert!(screen.add_speaker(Speaker::new(name, *kind, Consumer::new(ring))));
    }
    screen
}

fn write(ring: &OutputRing, text: &str) {
    assert_eq!(Producer::new(ring).write(text.as_bytes()), text.len());
}

/// What was shown since the last call.
fn shown(screen: &mut Screen<'_, Vec<u8>>) -> String {
    String::from_utf8(std::mem::take(screen.sink())).unwrap()
}

#[test]
fn each_line_says_who_spoke() {
    let rings = rings();
    let mut screen = screen(&rings);
    write(&rings[0], "ready\n");
    write(&rings[1], "Linux version 6\r\nlogin\r\n");
    assert_eq!(screen.drain(0), NOTHING);
    assert_eq!(
        shown(&mut screen),
        "pd           | ready\r\nguest0       > Linux version 6\r\nguest0       > login\r\n"
    );
}

#[test]
fn a_prompt_is_shown_after_a_while_and_continued() {
    let rings = rings();
    let mut screen = screen(&rings);
    write(&rings[1], "~ # ");
    let due = screen.drain(MS).due.expect("a time to look again");
    assert_eq!(shown(&mut screen), "");
    assert_eq!(screen.drain(due), NOTHING);
    assert_eq!(shown(&mut screen), "guest0       > ~ # ");
    write(&rings[1], "ls\nbin\n");
    screen.drain(due + MS);
    assert_eq!(shown(&mut screen), "ls\r\nguest0       > bin\r\n");
}

#[test]
fn an_unfinished_line_that_grows_is_held_back() {
    let rings = rings();
    let mut screen = screen(&rings);
    write(&rings[1], "a");
    let first = screen.drain(0).due.unwrap();
    write(&rings[1], "b");
    let second = screen.drain(first).due.unwrap();
    assert!(second > first);
    assert_eq!(shown(&mut screen), "");
}

#[test]
fn a_broken_off_line_comes_again_whole() {
    let rings = rings();
    let mut screen = screen(&rings);
    write(&rings[1], "CHECK sen");
    let due = screen.drain(0).due.unwrap();
    screen.drain(due);
    write(&rings[0], "tick\n");
    let again = screen.drain(due + MS).due.expect("the prompt comes back");
    assert_eq!(
        shown(&mut screen),
        "guest0       > CHECK sen\r\npd           | tick\r\n"
    );
    screen.drain(again);
    assert_eq!(shown(&mut screen), "guest0       > CHECK sen");
    write(&rings[0], "tock\n");
    write(&rings[1], "der: pass\n");
    screen.drain(again + MS);
    assert_eq!(
        shown(&mut screen),
        "\r\npd           | tock\r\nguest0       > CHECK sender: pass\r\n"
    );
}

#[test]
fn while_somebody_types_the_echo_is_shown_at_once() {
    let rings = rings();
    let mut screen = screen(&rings);
    screen.typed_to(1, SECOND);
    write(&rings[1], "l");
    write(&rings[2], "prompt");
    assert!(screen.drain(SECOND).due.is_some(), "guest1 waits");
    assert_eq!(shown(&mut screen), "guest0       > l");
    screen.typed_to(1, SECOND + MS);
    write(&rings[1], "s");
    screen.drain(SECOND + MS);
    assert_eq!(shown(&mut screen), "s");
}

#[test]
fn a_burst_of_lines_does_not_repeat_what_is_typed() {
    let rings = rings();
    let mut screen = screen(&rings);
    screen.typed_to(1, SECOND);
    write(&rings[1], "l");
    screen.drain(SECOND);
    for _ in 0..3 {
        write(&rings[0], "tick\n");
        screen.drain(SECOND + MS);
    }
    assert_eq!(shown(&mut screen).matches("guest0").count(), 1);
    screen.drain(2 * SECOND);
    assert_eq!(shown(&mut screen), "guest0       > l");
}

#[test]
fn what_was_dropped_is_said_once() {
    let rings = rings();
    let mut screen = screen(&rings);
    let mut flood = vec![b'x'; OUTPUT_BYTES + 7];
    flood[9] = b'\n';
    Producer::new(&rings[1]).write(&flood);
    while screen.drain(0).more {}
    assert!(shown(&mut screen).contains("console      | guest0 dropped 7 bytes, 7 in all\r\n"));
    screen.drain(0);
    assert_eq!(shown(&mut screen), "");
}

#[test]
fn a_flooder_takes_turns() {
    let rings = rings();
    let mut screen = screen(&rings);
    Producer::new(&rings[0]).write(&[b'\n'; OUTPUT_BYTES]);
    write(&rings[1], "hello\n");
    assert!(screen.drain(5).more, "there is more, others first");
    let text = shown(&mut screen);
    let before = text.split("guest0").next().unwrap();
    assert!(before.lines().count() <= 1025, "one turn at the most");
    assert!(
        text.lines().count() <= 8 * 1024 + 1,
        "eight turns at the most"
    );
}

#[test]
fn losses_of_a_flooder_are_told_once_a_second() {
    let rings = rings();
    let mut screen = screen(&rings);
    let mut told = String::new();
    for tenth in 0..30 {
        Producer::new(&rings[1]).write(&[b'\n'; OUTPUT_BYTES + 10]);
        while screen.drain(tenth * SECOND / 10).more {}
        told += &shown(&mut screen);
    }
    let due = screen.drain(3 * SECOND - 1).due.expect("more to tell");
    screen.drain(due);
    told += &shown(&mut screen);
    let lost: Vec<u32> = told
        .lines()
        .filter_map(|line| line.strip_prefix("console      | guest0 dropped "))
        .map(|line| line.split(' ').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(lost.len(), 4, "{lost:?}");
    assert_eq!(lost.iter().sum::<u32>(), 300, "none is forgotten");
}

#[test]
fn one_alone_is_shown_and_the_others_can_be_recalled() {
    let rings = rings();
    let mut screen = screen(&rings);
    screen.show(Shown::Only(2));
    write(&rings[0], "quiet\n");
    write(&rings[1], "half a");
    write(&rings[2], "loud\n");
    screen.drain(SECOND);
    assert_eq!(shown(&mut screen), "guest1       > loud\r\n");
    screen.show(Shown::All);
    write(&rings[1], " line\n");
    screen.drain(2 * SECOND);
    assert_eq!(shown(&mut screen), "guest0       > half a line\r\n");
    let (from, end) = screen.last_lines(0, 5).unwrap();
    assert_eq!(screen.show_again(0, from), Some(end));
    assert_eq!(shown(&mut screen), "  quiet\r\n");
}

#[test]
fn the_last_lines_are_those_wanted_also_after_the_ring_wrapped() {
    let rings = rings();
    let mut screen = screen(&rings);
    for n in 0..5000 {
        write(&rings[1], &format!("line {n}\r\n"));
        screen.drain(0);
    }
    shown(&mut screen);
    let recalled = |screen: &mut Screen<'_, Vec<u8>>, lines| {
        let (mut from, end) = screen.last_lines(1, lines).unwrap();
        while from != end {
            from = screen.show_again(1, from).unwrap();
        }
        shown(screen)
    };
    assert_eq!(recalled(&mut screen, 2), "  line 4998\r\n  line 4999\r\n");
    assert_eq!(recalled(&mut screen, 0), "");
    let all = recalled(&mut screen, usize::MAX);
    assert!(all.len() > OUTPUT_BYTES && all.ends_with("  line 4999\r\n"));
    assert_eq!(screen.last_lines(9, 1), None);
    let (from, end) = screen.last_lines(2, 5).unwrap();
    assert_eq!(from, end, "it has said nothing");
}

#[test]
fn long_lines_are_wrapped_and_a_lying_ring_is_empty() {
    let rings = rings();
    let mut screen = screen(&rings);
    write(&rings[1], &("y".repeat(700) + "\n"));
    screen.drain(0);
    let text = shown(&mut screen);
    let lengths: Vec<usize> = text.lines().map(str::len).collect();
    assert_eq!(lengths, [15 + 512, 15 + 188]);
}

/// A step of the interleaving test.
#[derive(Clone, Debug)]
enum Step {
    Write(usize, usize),
    Drain(u64),
    Key,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3usize, 1..40usize).prop_map(|(who, length)| Step::Write(who, length)),
        2 => (0..60 * MS).prop_map(Step::Drain),
        1 => Just(Step::Key),
    ]
}

/// What each speaker says: numbered lines.
fn script(who: usize) -> String {
    (0..40).map(|n| format!("line {n} of {who}\n")).collect()
}

/// Plays the steps, then lets everybody finish; returns what was shown.
fn play(steps: &[Step]) -> String {
    let rings = rings();
    let mut screen = screen(&rings);
    let scripts: Vec<String> = (0..3).map(script).collect();
    let (mut said, mut now) = ([0; 3], 0);
    for step in steps {
        match *step {
            Step::Write(who, length) => {
                let rest = &scripts[who][said[who]..];
                let part = &rest[..length.min(rest.len())];
                write(&rings[who], part);
                said[who] += part.len();
            }
            Step::Drain(pause) => {
                now += pause;
                screen.drain(now);
            }
            Step::Key => {
                screen.typed_to(1, now);
            }
        }
    }
    for who in 0..3 {
        write(&rings[who], &scripts[who][said[who]..]);
    }
    screen.drain(now);
    shown(&mut screen)
}

proptest! {
    #[test]
    fn every_line_is_shown_whole_once_and_in_order(steps in vec(step(), 0..60)) {
        let text = play(&steps);
        for (who, (name, kind)) in SPEAKERS.iter().enumerate() {
            let sign = if *kind == StreamKind::Log { '|' } else { '>' };
            let prefix = format!("{name:12} {sign} ");
            let all: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(&*prefix)).collect();
            let script = script(who);
            let whole: Vec<&str> = script.lines().collect();
            let complete: Vec<&str> = all.iter().copied().filter(|line| whole.contains(line)).collect();
            // A line broken off at its very end is indistinguishable from a whole one.
            let mut once = complete.clone();
            once.dedup();
            prop_assert_eq!(once, whole.clone());
            for line in all {
                prop_assert!(whole.iter().any(|other| other.starts_with(line)), "{:?}", line);
            }
        }
        let foreign = text.lines().find(|line| !SPEAKERS.iter().any(|(name, _)| line.starts_with(name)));
        prop_assert_eq!(foreign, None);
    }
}
