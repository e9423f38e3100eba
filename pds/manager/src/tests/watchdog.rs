// SPDX-License-Identifier: BSD-2-Clause

//! Guests that are silent.

use super::model::{Model, guest, look, running};
use crate::{Guests, Ticket};
use manager_api::{Command, Silence};
use tombolo_config::manager::{OnSilence, Restart, Start, Watchdog};
use tombolo_pages::guest_status::{GuestState, Outcome};
use tombolo_trace::Event as Traced;

/// A running guest whose watchdog allows 400 ms.
fn watched(on_silence: OnSilence) -> (Guests, Model) {
    let mut config = guest(0, Start::Immediately);
    config.watchdog = Some(Watchdog {
        silence_ms: 400,
        on_silence,
    });
    let (mut guests, mut world) = (Guests::new(&[config], Restart::default()), Model::new(1));
    world.pages[0].state = GuestState::Running;
    look(&mut guests, &mut world);
    (guests, world)
}

fn silent_for(world: &mut Model, ms: u64) {
    world.silence[0] = Some(Silence { vcpu: 2, ms });
}

const BARK: &str = "guest0 is silent: its vCPU 2 runs, and has made no exit for 400 ms";

#[test]
fn silence_is_told_once_shown_counted_and_its_end_is_told() {
    let (mut guests, mut world) = watched(OnSilence::Report);
    silent_for(&mut world, 399);
    assert_eq!(look(&mut guests, &mut world), [""; 0]);
    silent_for(&mut world, 400);
    assert_eq!(look(&mut guests, &mut world), [BARK]);
    let (guest, vcpu, ms) = (0, 2, 400);
    assert_eq!(world.traced, [Traced::Silent { guest, vcpu, ms }]);
    silent_for(&mut world, 500);
    assert_eq!(look(&mut guests, &mut world), [""; 0]);
    let known = guests.get(0).expect("it is there");
    assert_eq!((known.silent, known.silences), (true, 1));
    silent_for(&mut world, 3);
    assert_eq!(
        look(&mut guests, &mut world),
        ["guest0 is not silent any more"]
    );
    let known = guests.get(0).expect("it is there");
    assert_eq!((known.silent, known.silences), (false, 1));
    assert_eq!(world.traced[1], Traced::Heard { guest });
}

#[test]
fn who_does_not_run_is_not_silent() {
    let (mut guests, mut world) = watched(OnSilence::Stop);
    // Parked, without a timer: for ever.
    world.silence[0] = None;
    world.now += 1_000_000;
    assert_eq!(look(&mut guests, &mut world), [""; 0]);
    for state in [
        GuestState::Paused,
        GuestState::Resetting,
        GuestState::Off,
        GuestState::Failed,
    ] {
        world.pages[0].state = state;
        silent_for(&mut world, 1_000_000);
        let said = look(&mut guests, &mut world);
        assert!(!said.iter().any(|line| line.contains("silent")), "{said:?}");
        assert_eq!(guests.wake_at(), None, "{state:?}");
    }
}

#[test]
fn it_is_looked_at_four_times_in_the_time_allowed_and_not_too_late() {
    let (mut guests, mut world) = watched(OnSilence::Report);
    let wait = |guests: &Guests, world: &Model| guests.wake_at().expect("soon") - world.now;
    assert_eq!(wait(&guests, &world), 100, "nobody says when it begins");
    silent_for(&mut world, 350);
    look(&mut guests, &mut world);
    assert_eq!(wait(&guests, &world), 50);
    silent_for(&mut world, 400);
    look(&mut guests, &mut world);
    assert_eq!(wait(&guests, &world), 100, "for its end");
}

#[test]
fn what_the_manifest_wants_is_ordered_once() {
    for (on_silence, order) in [
        (OnSilence::Pause, "Pause"),
        (OnSilence::Reset, "Reset"),
        (OnSilence::Stop, "Stop"),
    ] {
        let (mut guests, mut world) = watched(on_silence);
        silent_for(&mut world, 400);
        let said = look(&mut guests, &mut world);
        let then = order.to_lowercase();
        assert!(said[0].starts_with(&format!("{BARK}; it is {then}")));
        assert_eq!(said[1..], [format!("0: {order}")]);
        silent_for(&mut world, 500);
        assert_eq!(look(&mut guests, &mut world), [""; 0]);
    }
}

#[test]
fn a_guest_that_is_silent_again_after_its_reset_is_reset_again() {
    let (mut guests, mut world) = watched(OnSilence::Reset);
    for times in 1..4 {
        silent_for(&mut world, 400);
        let said = look(&mut guests, &mut world);
        assert!(said.contains(&"0: Reset".to_owned()), "{said:?}");
        world.obeys(0, GuestState::Resetting, Outcome::Done);
        look(&mut guests, &mut world);
        world.pages[0].state = GuestState::Running;
        silent_for(&mut world, 1);
        look(&mut guests, &mut world);
        assert_eq!(guests.get(0).expect("it is there").silences, times);
    }
}

#[test]
fn somebodys_order_goes_first() {
    let (mut guests, mut world) = watched(OnSilence::Reset);
    let asker = "console".try_into().expect("short");
    let ticket = Ticket {
        asker: 0,
        serial: 1,
    };
    guests
        .order(0, Command::Pause, (&asker, ticket), &mut world)
        .expect("it runs");
    world.take();
    silent_for(&mut world, 400);
    assert_eq!(look(&mut guests, &mut world).len(), 1, "it is only told");
    world.obeys(0, GuestState::Running, Outcome::Refused);
    let said = look(&mut guests, &mut world);
    assert_eq!(said.last().map(String::as_str), Some("0: Reset"));
}

#[test]
fn without_a_watchdog_nobody_looks() {
    let (mut guests, mut world) = running(1);
    silent_for(&mut world, u64::MAX);
    assert_eq!(look(&mut guests, &mut world), [""; 0]);
    assert_eq!(guests.wake_at(), None);
}
