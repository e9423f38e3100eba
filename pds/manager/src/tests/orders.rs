// SPDX-License-Identifier: BSD-2-Clause

//! Orders of askers.

use super::model::{Model, look, running};
use crate::{Guests, Ticket};
use manager_api::{Command, Refusal, Response};
use tombolo_pages::guest_status::{GuestState, Outcome};

const TICKET: Ticket = Ticket {
    asker: 0,
    serial: 7,
};

fn order(guests: &mut Guests, world: &mut Model, command: Command) -> Result<(), Refusal> {
    let asker = "console".try_into().unwrap();
    guests.order(0, command, (&asker, TICKET), world)
}

#[test]
fn an_order_is_answered_when_its_vmm_has_answered() {
    for (outcome, answer) in [
        (Outcome::Done, Response::Done),
        (Outcome::Refused, Response::Refused(Refusal::WrongState)),
        (Outcome::Failed, Response::Refused(Refusal::Failed)),
    ] {
        let (mut guests, mut world) = running(1);
        assert_eq!(order(&mut guests, &mut world, Command::Pause), Ok(()));
        assert_eq!(world.take(), ["console: pause guest0", "0: Pause"]);
        look(&mut guests, &mut world);
        assert_eq!(world.answers, [], "not yet");
        assert_eq!(
            order(&mut guests, &mut world, Command::Stop),
            Err(Refusal::Busy)
        );
        world.obeys(0, GuestState::Paused, outcome);
        look(&mut guests, &mut world);
        assert_eq!(world.answers, [(TICKET, answer)]);
        look(&mut guests, &mut world);
        assert_eq!(world.answers.len(), 1, "once");
    }
}

#[test]
fn an_order_that_nobody_carries_out_times_out() {
    let (mut guests, mut world) = running(1);
    order(&mut guests, &mut world, Command::Reset).unwrap();
    world.now = guests.wake_at().expect("it waits");
    world.take();
    assert_eq!(
        look(&mut guests, &mut world),
        ["did not reset guest0: no answer in time"]
    );
    let timed_out = Response::Refused(Refusal::TimedOut);
    assert_eq!(world.answers, [(TICKET, timed_out)]);
    // The late answer is nobody's.
    world.obeys(0, GuestState::Running, Outcome::Done);
    look(&mut guests, &mut world);
    assert_eq!(world.answers.len(), 1);
    assert_eq!(order(&mut guests, &mut world, Command::Pause), Ok(()));
}

#[test]
fn a_stop_that_was_ordered_is_told_as_one() {
    let (mut guests, mut world) = running(1);
    order(&mut guests, &mut world, Command::Stop).unwrap();
    world.obeys(0, GuestState::Off, Outcome::Done);
    let said = look(&mut guests, &mut world);
    assert!(said.contains(&"guest0 is stopped".into()), "{said:?}");
    order(&mut guests, &mut world, Command::Start).unwrap();
    world.obeys(0, GuestState::Running, Outcome::Done);
    look(&mut guests, &mut world);
    world.pages[0].state = GuestState::Off;
    let said = look(&mut guests, &mut world);
    assert!(
        said.contains(&"guest0 turned itself off".into()),
        "{said:?}"
    );
}

#[test]
fn a_restart_by_order_is_done_when_the_guest_runs_and_does_not_count() {
    let (mut guests, mut world) = running(1);
    for _ in 0..10 {
        order(&mut guests, &mut world, Command::Restart).unwrap();
        assert_eq!(
            world.take(),
            [
                "console: restart the VMM of guest0",
                "0: halted",
                "0: Hold",
                "0: restarted"
            ]
        );
        assert_eq!(
            order(&mut guests, &mut world, Command::Pause),
            Err(Refusal::WrongState)
        );
        world.pages[0].boots += 1;
        look(&mut guests, &mut world);
        assert_eq!(world.answers, []);
        world.obeys(0, GuestState::Running, Outcome::Done);
        look(&mut guests, &mut world);
        assert_eq!(world.answers.pop(), Some((TICKET, Response::Done)));
        world.take();
    }
}

#[test]
fn a_fault_ends_the_order_that_was_under_way() {
    let (mut guests, mut world) = running(1);
    order(&mut guests, &mut world, Command::Pause).unwrap();
    guests.fault(0, &mut world);
    let failed = Response::Refused(Refusal::Failed);
    assert_eq!(world.answers, [(TICKET, failed)]);
}

#[test]
fn a_given_up_guest_takes_a_restart_only_and_a_lost_one_nothing() {
    let (mut guests, mut world) = running(1);
    for _ in 0..4 {
        guests.fault(0, &mut world);
        world.now += 1000;
        look(&mut guests, &mut world);
        world.pages[0].boots += 1;
        look(&mut guests, &mut world);
    }
    for command in [Command::Start, Command::Stop, Command::Pause] {
        assert_eq!(
            order(&mut guests, &mut world, command),
            Err(Refusal::Lost),
            "{command:?}"
        );
    }
    assert_eq!(order(&mut guests, &mut world, Command::Restart), Ok(()));
    world.now += 5000;
    look(&mut guests, &mut world);
    let lost = Response::Refused(Refusal::Lost);
    assert_eq!(world.answers, [(TICKET, lost)]);
    assert_eq!(
        order(&mut guests, &mut world, Command::Restart),
        Err(Refusal::Lost)
    );
}
