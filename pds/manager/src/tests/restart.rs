// SPDX-License-Identifier: BSD-2-Clause

//! VMMs that fault.

use super::model::{Model, look, many, running};
use crate::Guests;
use manager_api::VmmState;
use tombolo_pages::guest_status::GuestState::{Held, Off, Running};

/// The restarted VMM suspends its vCPUs; what follows.
fn boots(guests: &mut Guests, world: &mut Model, guest: usize) -> Vec<String> {
    world.pages[guest].boots += 1;
    world.pages[guest].state = Held;
    look(guests, world)
}

fn vmm(guests: &Guests, guest: usize) -> VmmState {
    guests.get(guest).expect("a guest").vmm
}

#[test]
fn a_vmm_that_faults_is_restarted_and_its_slots_are_freed_only_then() {
    let (mut guests, mut world) = running(2);
    assert_eq!(guests.by_child(11), Some(1));
    assert_eq!(guests.by_child(3), None);
    guests.fault(1, &mut world);
    assert_eq!(
        world.take(),
        [
            "1: Hold",
            "restarting the VMM of guest1, 1 of 3",
            "1: restarted"
        ]
    );
    assert_eq!(vmm(&guests, 1), VmmState::Restarting);
    world.pages[1].attaches = 9;
    assert_eq!(look(&mut guests, &mut world), [""; 0], "it is not heard");
    assert_eq!(
        boots(&mut guests, &mut world, 1),
        [
            "the VMM of guest1 is back; its vCPUs are stopped",
            "server: DropClient { client: 1 }",
            "1: Start",
            "starting guest1",
        ]
    );
    world.pages[1].state = Running;
    assert_eq!(
        look(&mut guests, &mut world),
        ["guest1 has attached a region", "guest1 is running"]
    );
    assert_eq!(vmm(&guests, 1), VmmState::Up);
    assert_eq!(guests.get(1).expect("a guest").restarts, 1);
    guests.fault(99, &mut world);
    assert_eq!(world.take(), [""; 0], "no such guest");
}

#[test]
fn restarts_back_off_and_end_at_the_limit() {
    let (mut guests, mut world) = running(1);
    for (nth, delay) in [(1, 0), (2, 100), (3, 200)] {
        guests.fault(0, &mut world);
        let said = world.take();
        let wait = match delay {
            0 => String::new(),
            delay => format!(", in {delay} ms"),
        };
        assert_eq!(
            said[1],
            format!("restarting the VMM of guest0, {nth} of 3{wait}")
        );
        if delay > 0 {
            assert_eq!(said.len(), 2, "not yet");
            assert_eq!(guests.wake_at(), Some(world.now + delay));
            world.now += delay - 1;
            assert_eq!(look(&mut guests, &mut world), [""; 0]);
            world.now += 1;
            assert_eq!(look(&mut guests, &mut world), ["0: restarted"]);
        }
        boots(&mut guests, &mut world, 0);
        world.pages[0].state = Running;
        look(&mut guests, &mut world);
    }
    guests.fault(0, &mut world);
    let said = world.take();
    assert!(said[1].contains("too often"), "{said:?}");
    assert_eq!(said[2], "0: restarted");
    let said = boots(&mut guests, &mut world, 0);
    assert_eq!(said[1], "server: DropClient { client: 0 }");
    assert!(said[2].starts_with("guest0 is given up"));
    assert!(!said.iter().any(|line| line == "0: Start"));
    assert_eq!(vmm(&guests, 0), VmmState::GivenUp);
    assert_eq!(
        said[3],
        "all guests are off or lost; 1 did not end by themselves"
    );
    guests.fault(0, &mut world);
    assert!(
        world
            .take()
            .contains(&"server: Quarantine { client: 0 }".into())
    );
    assert_eq!(vmm(&guests, 0), VmmState::Lost);
}

#[test]
fn a_vmm_that_stays_up_begins_to_count_anew() {
    let (mut guests, mut world) = running(1);
    for _ in 0..10 {
        guests.fault(0, &mut world);
        let said = world.take();
        assert_eq!(said[1], "restarting the VMM of guest0, 1 of 3");
        boots(&mut guests, &mut world, 0);
        world.pages[0].state = Running;
        look(&mut guests, &mut world);
        world.now += 60_000;
    }
}

#[test]
fn a_vmm_that_faults_while_it_begins_counts_and_its_guest_is_not_forgotten() {
    let (mut guests, mut world) = running(1);
    guests.fault(0, &mut world);
    guests.fault(0, &mut world);
    world.now += 100;
    look(&mut guests, &mut world);
    let said = boots(&mut guests, &mut world, 0);
    assert!(said.contains(&"0: Start".into()), "{said:?}");
}

#[test]
fn a_vmm_that_gives_no_sign_is_lost_with_its_slots() {
    let (mut guests, mut world) = running(2);
    guests.fault(0, &mut world);
    world.take();
    world.now += 5000;
    let said = look(&mut guests, &mut world);
    assert_eq!(
        said[..3],
        ["0: halted", "0: Stop", "server: Quarantine { client: 0 }"]
    );
    assert!(said[3].starts_with("guest0 is lost"));
    world.pages[0].boots = 7;
    world.pages[0].state = Off;
    assert_eq!(look(&mut guests, &mut world), [""; 0], "never heard again");
    guests.fault(0, &mut world);
    assert_eq!(world.take(), ["0: halted"]);
}

#[test]
fn a_vmm_that_cannot_be_restarted_is_lost() {
    let (mut guests, mut world) = running(1);
    world.restartable = false;
    guests.fault(0, &mut world);
    assert!(
        world
            .take()
            .contains(&"server: Quarantine { client: 0 }".into())
    );
}

#[test]
fn a_guest_that_was_off_stays_off() {
    let (mut guests, mut world) = running(1);
    world.pages[0].state = Off;
    look(&mut guests, &mut world);
    guests.fault(0, &mut world);
    world.take();
    let said = boots(&mut guests, &mut world, 0);
    assert_eq!(said.last().unwrap(), "0: Stop");
}

#[test]
fn a_guest_that_waits_to_be_started_goes_on_waiting() {
    let (mut guests, mut world) = (many(1), Model::new(1));
    // Its VMM faults before the first look.
    guests.fault(0, &mut world);
    let said = world.take();
    assert!(!said.contains(&"0: Start".into()), "{said:?}");
    let said = boots(&mut guests, &mut world, 0);
    assert_eq!(said.iter().filter(|line| *line == "0: Start").count(), 1);
}
