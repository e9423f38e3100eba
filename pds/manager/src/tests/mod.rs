// SPDX-License-Identifier: BSD-2-Clause

//! The start policy, the faults and what is said about them.

mod desk;

use crate::{Action, Fault, Forged, Guests, Seen};
use proptest::prelude::{any, proptest};
use proptest::{collection::vec, prop_assert, prop_assert_eq};
use tombolo_config::manager::{Guest, Milestone, Start};
use tombolo_pages::guest_status::{GuestState, Order};

fn guest(number: u8, start: Start) -> Guest {
    Guest {
        name: format!("guest{number}").as_str().try_into().unwrap(),
        child: 10 + number,
        channel: number,
        client: None,
        status: 0,
        order: 0,
        start,
        vcpus: 1,
        memory_pages: 16384,
    }
}

fn after(guest: u8, milestone: Milestone) -> Start {
    Start::After { guest, milestone }
}

/// Guests 0 (at once), 1 (after 0 attached) and 2 (after 1 is off).
fn three() -> Guests {
    Guests::new(&[
        guest(0, Start::Immediately),
        guest(1, after(0, Milestone::Attached)),
        guest(2, after(1, Milestone::Off)),
    ])
}

fn seen(state: GuestState, attaches: u32) -> Seen {
    Seen { state, attaches }
}

/// Orders and lines that follow, as text.
fn look(guests: &mut Guests, pages: &[Seen]) -> Vec<String> {
    let mut said = Vec::new();
    guests.look(pages.iter().copied(), |action| said.push(text(action)));
    said
}

fn text(action: Action) -> String {
    match action {
        Action::Say(event) => event.to_string(),
        Action::Order(number, order) => format!("{number}: {order:?}"),
    }
}

use GuestState::{Failed, Held, Off, Running, Unknown};

#[test]
fn guests_start_in_the_order_of_the_policy() {
    let mut guests = three();
    assert_eq!(
        look(&mut guests, &[seen(Unknown, 0); 3]),
        [
            "0: Start",
            "starting guest0",
            "guest1 held until guest0 has attached",
            "guest2 held until guest1 is off",
        ]
    );
    assert_eq!(look(&mut guests, &[seen(Held, 0); 3]), [""; 0]);
    let mut pages = [seen(Running, 0), seen(Held, 0), seen(Held, 0)];
    assert_eq!(look(&mut guests, &pages), ["guest0 is running"]);
    pages[0].attaches = 1;
    assert_eq!(
        look(&mut guests, &pages),
        [
            "guest0 has attached a region",
            "1: Start",
            "starting guest1"
        ]
    );
    pages[1] = seen(Running, 1);
    look(&mut guests, &pages);
    pages[0] = seen(Off, 2);
    assert_eq!(look(&mut guests, &pages), ["guest0 turned itself off"]);
    pages[1] = seen(Off, 1);
    assert_eq!(
        look(&mut guests, &pages),
        ["guest1 turned itself off", "2: Start", "starting guest2"]
    );
    pages[2] = seen(Off, 0);
    assert_eq!(
        look(&mut guests, &pages),
        ["guest2 turned itself off", "all guests are off"]
    );
    assert_eq!(look(&mut guests, &pages), [""; 0], "nothing is said twice");
}

#[test]
fn who_waits_for_a_failed_guest_is_told_so() {
    let mut guests = three();
    look(&mut guests, &[seen(Held, 0); 3]);
    let said = look(
        &mut guests,
        &[seen(Failed, 0), seen(Held, 0), seen(Held, 0)],
    );
    assert_eq!(
        said,
        [
            "guest0 failed: its VMM says why in its log",
            "guest1 stays held: guest0 ended before it has attached",
        ]
    );
}

#[test]
fn a_lost_guest_is_stopped_once_and_not_listened_to() {
    let mut guests = three();
    look(&mut guests, &[seen(Held, 0); 3]);
    assert_eq!(guests.by_child(10), Some(0));
    assert_eq!(guests.by_child(3), None);
    let mut said = Vec::new();
    guests.lose(0, |action| said.push(text(action)));
    assert_eq!(said[0], "0: Stop");
    assert!(said[1].starts_with("guest0 is lost"));
    assert_eq!(
        said[2],
        "guest1 stays held: guest0 ended before it has attached"
    );
    guests.lose(0, |_| panic!("said once"));
    guests.lose(99, |_| panic!("no such guest"));
    assert_eq!(
        look(
            &mut guests,
            &[seen(Running, 9), seen(Held, 0), seen(Held, 0)]
        ),
        [""; 0],
        "a stopped VMM's page starts nobody"
    );
}

#[test]
fn the_end_counts_who_did_not_end_by_itself() {
    let mut guests = Guests::new(&[guest(0, Start::Immediately), guest(1, Start::Immediately)]);
    look(&mut guests, &[seen(Running, 0); 2]);
    let mut said = Vec::new();
    guests.lose(0, |_| {});
    guests.look([seen(Running, 0), seen(Off, 0)], |action| {
        said.push(text(action));
    });
    assert_eq!(
        said.last().unwrap(),
        "all guests are off or lost; 1 did not end by themselves"
    );
}

#[test]
fn real_faults_are_decoded() {
    let fault = Fault::decode(6, &[0x20_1000, 0, 0, 0x93cb_8046]).unwrap();
    assert_eq!(fault.to_string(), "store to address 0x0, esr 0x93cb8046");
    assert_eq!(fault.pc(), Some(0x20_1000));
    let panic = Fault::decode(8, &[0xf200_0001]).unwrap();
    assert_eq!(
        (panic.to_string().as_str(), panic.pc()),
        ("panicked (BRK #1)", None)
    );
    let mut words = [0; 13];
    (words[8], words[12]) = (0x1234, u64::MAX - 11);
    let syscall = Fault::decode(2, &words).unwrap();
    assert_eq!(syscall.to_string(), "no system call -12");
    assert_eq!(syscall.pc(), Some(0x1234));
}

#[test]
fn forged_messages_are_told_apart() {
    for (label, length) in [
        (0, 0),
        (6, 3),
        (6, 5),
        (8, 0),
        (2, 12),
        (1, 3),
        (1, 8),
        (77, 4),
    ] {
        let words = vec![1; length];
        assert_eq!(Fault::decode(label, &words), Err(Forged { label, length }));
    }
}

proptest! {
    #[test]
    fn no_message_panics(label in any::<u64>(), small in 0u64..12, words in vec(any::<u64>(), 0..20)) {
        for label in [label, small] {
            match Fault::decode(label, &words) {
                Ok(fault) => prop_assert!(!fault.to_string().is_empty()),
                Err(forged) => prop_assert_eq!(forged.length, words.len()),
            }
        }
    }

    #[test]
    fn whatever_the_pages_say_each_guest_is_started_at_most_once(
        history in vec(vec((0u32..6, 0u32..3), 3), 0..30),
        losses in vec(0usize..4, 0..4),
    ) {
        let mut guests = three();
        let mut starts = [0; 3];
        let mut count = |action| if let Action::Order(number, Order::Start) = action {
            starts[number] += 1;
        };
        for (at, pages) in history.iter().enumerate() {
            let states = [Unknown, Held, Running, Off, Failed, Unknown];
            let pages = pages.iter().map(|(state, attaches)| seen(states[*state as usize], *attaches));
            guests.look(pages, &mut count);
            if let Some(lost) = losses.get(at) {
                guests.lose(*lost, &mut count);
            }
        }
        prop_assert!(starts.iter().all(|count| *count <= 1));
    }
}
