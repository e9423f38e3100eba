// SPDX-License-Identifier: BSD-2-Clause

//! The start policy and the end.

use super::model::{Model, guest, look, many};
use crate::{Guests, Seen, World};
use proptest::collection::vec;
use proptest::prelude::proptest;
use proptest::prop_assert;
use tombolo_config::manager::{Milestone, Restart, Start};
use tombolo_pages::guest_status::GuestState::{self, Failed, Held, Off, Paused, Running, Unknown};
use tombolo_pages::guest_status::Order;

fn after(guest: u8, milestone: Milestone) -> Start {
    Start::After { guest, milestone }
}

/// Guests 0 (at once), 1 (after 0 attached) and 2 (after 1 is off).
fn three() -> (Guests, Model) {
    let guests = Guests::new(
        &[
            guest(0, Start::Immediately),
            guest(1, after(0, Milestone::Attached)),
            guest(2, after(1, Milestone::Off)),
        ],
        Restart::default(),
    );
    (guests, Model::new(3))
}

fn states(world: &mut Model, states: [GuestState; 3]) {
    for (page, state) in world.pages.iter_mut().zip(states) {
        page.state = state;
    }
}

#[test]
fn guests_start_in_the_order_of_the_policy() {
    let (mut guests, mut world) = three();
    assert_eq!(
        look(&mut guests, &mut world),
        [
            "0: Start",
            "starting guest0",
            "guest1 held until guest0 has attached",
            "guest2 held until guest1 is off",
        ]
    );
    states(&mut world, [Held; 3]);
    assert_eq!(look(&mut guests, &mut world), [""; 0]);
    states(&mut world, [Running, Held, Held]);
    assert_eq!(look(&mut guests, &mut world), ["guest0 is running"]);
    world.pages[0].attaches = 1;
    assert_eq!(
        look(&mut guests, &mut world),
        [
            "guest0 has attached a region",
            "1: Start",
            "starting guest1"
        ]
    );
    states(&mut world, [Running, Running, Held]);
    look(&mut guests, &mut world);
    states(&mut world, [Off, Running, Held]);
    assert_eq!(
        look(&mut guests, &mut world),
        ["server: Stopped { client: 0 }", "guest0 turned itself off"]
    );
    states(&mut world, [Off, Off, Held]);
    assert_eq!(
        look(&mut guests, &mut world)[1..],
        ["guest1 turned itself off", "2: Start", "starting guest2"]
    );
    states(&mut world, [Off, Off, Off]);
    assert_eq!(
        look(&mut guests, &mut world)[1..],
        ["guest2 turned itself off", "all guests are off"]
    );
    assert_eq!(
        look(&mut guests, &mut world),
        [""; 0],
        "nothing is said twice"
    );
}

#[test]
fn who_waits_for_a_failed_guest_is_told_so() {
    let (mut guests, mut world) = three();
    look(&mut guests, &mut world);
    states(&mut world, [Failed, Held, Held]);
    assert_eq!(
        look(&mut guests, &mut world)[1..],
        [
            "guest0 failed: its VMM says why in its log",
            "guest1 stays held: guest0 ended before it has attached",
        ]
    );
}

#[test]
fn the_end_counts_who_did_not_end_by_itself() {
    let (mut guests, mut world) = (many(2), Model::new(2));
    look(&mut guests, &mut world);
    world.restartable = false;
    guests.fault(0, &mut world);
    world.pages[1].state = Off;
    let said = look(&mut guests, &mut world);
    assert_eq!(
        said.last().unwrap(),
        "all guests are off or lost; 1 did not end by themselves"
    );
}

#[test]
fn a_guest_that_is_started_again_makes_a_new_end() {
    let (mut guests, mut world) = (many(1), Model::new(1));
    look(&mut guests, &mut world);
    for state in [Off, Running, Off] {
        world.pages[0].state = state;
        let said = look(&mut guests, &mut world);
        let end = said.iter().any(|line| line == "all guests are off");
        assert_eq!(end, state == Off, "{said:?}");
    }
}

#[test]
fn news_are_told_and_the_server_hears_of_each_stop() {
    let (mut guests, mut world) = (many(1), Model::new(1));
    look(&mut guests, &mut world);
    world.pages[0] = Seen {
        state: Running,
        panics: 1,
        ..Seen::default()
    };
    assert_eq!(
        look(&mut guests, &mut world),
        ["guest0 panicked: its console says so", "guest0 is running"]
    );
    // Reset between two looks.
    world.pages[0].resets = 1;
    assert_eq!(
        look(&mut guests, &mut world),
        ["server: Stopped { client: 0 }"]
    );
    world.pages[0].state = Paused;
    assert_eq!(look(&mut guests, &mut world), ["guest0 is paused"]);
}

struct Count {
    model: Model,
    starts: [u32; 3],
}

impl World for Count {
    fn now(&self) -> u64 {
        self.model.now
    }
    fn seen(&mut self, guest: usize) -> Seen {
        self.model.seen(guest)
    }
    fn figures(&mut self, guest: usize) -> crate::Figures {
        self.model.figures(guest)
    }
    fn silence(&mut self, guest: usize) -> Option<manager_api::Silence> {
        self.model.silence(guest)
    }
    fn trace(&mut self, event: tombolo_trace::Event) {
        self.model.trace(event);
    }
    fn order(&mut self, guest: usize, order: Order) -> u32 {
        self.starts[guest] += u32::from(order == Order::Start);
        self.model.order(guest, order)
    }
    fn halt(&mut self, guest: usize) {
        self.model.halt(guest);
    }
    fn restart(&mut self, guest: usize) -> bool {
        self.model.restart(guest)
    }
    fn server(
        &mut self,
        request: &shmem_server_api::Request,
    ) -> Option<shmem_server_api::Response> {
        self.model.server(request)
    }
    fn say(&mut self, event: &crate::Event) {
        self.model.say(event);
    }
    fn answer(&mut self, ticket: crate::Ticket, response: &manager_api::Response) {
        self.model.answer(ticket, response);
    }
}

proptest! {
    #[test]
    fn whatever_the_pages_say_a_guest_is_started_once_and_once_for_each_restart(
        history in vec(vec((0u32..8, 0u32..3, 0u32..4), 3), 0..40),
        faults in vec(0usize..4, 0..12),
        step in 0u64..3000,
    ) {
        let (mut guests, model) = three();
        let mut world = Count { model, starts: [0; 3] };
        for (at, pages) in history.iter().enumerate() {
            let states = [Unknown, Held, Running, Off, Failed, Paused, Unknown, Running];
            for (page, (state, attaches, boots)) in world.model.pages.iter_mut().zip(pages) {
                page.state = states[*state as usize];
                page.attaches = *attaches;
                page.boots = *boots;
            }
            world.model.now += step;
            guests.look(&mut world);
            if let Some(faulty) = faults.get(at) {
                guests.fault(*faulty, &mut world);
            }
            if let Some(wake_at) = guests.wake_at() {
                prop_assert!(wake_at > world.model.now, "what is due was done");
            }
        }
        for (number, starts) in world.starts.iter().enumerate() {
            let restarts = guests.get(number).map_or(0, |known| known.restarts);
            prop_assert!(*starts <= 1 + restarts);
        }
    }
}
