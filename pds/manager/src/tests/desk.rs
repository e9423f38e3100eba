// SPDX-License-Identifier: BSD-2-Clause

//! Who gets what answer.

use super::{guest, look, seen};
use crate::{Figures, Guests, Sources, answer};
use manager_api::{Command, Load, PART, Refusal, Request, Response, State};
use tombolo_config::manager::{Rights, Start};
use tombolo_pages::guest_status::GuestState;

struct Numbers;

impl Sources for Numbers {
    fn figures(&mut self, guest: usize) -> Figures {
        Figures {
            load: Load {
                exits: guest as u64,
                ..Load::default()
            },
            ..Figures::default()
        }
    }
}

fn ask(request: &Request, rights: Rights, guests: &Guests) -> Response {
    answer(request, &rights, guests, &mut Numbers)
}

fn many(count: u8) -> Guests {
    let guests: Vec<_> = (0..count).map(|n| guest(n, Start::Immediately)).collect();
    Guests::new(&guests)
}

#[test]
fn a_long_list_comes_in_parts_and_each_guest_once() {
    let guests = many(30);
    let (mut names, mut from) = (Vec::new(), 0);
    loop {
        let Response::Guests { total, guests } =
            ask(&Request::Guests { from }, Rights::ALL, &guests)
        else {
            panic!("a list");
        };
        assert_eq!(total, 30);
        assert!(guests.len() <= PART);
        names.extend(guests.iter().map(|guest| guest.name.to_string()));
        from += guests.len() as u8;
        if guests.is_empty() {
            break;
        }
    }
    let all: Vec<_> = (0..30).map(|n| format!("guest{n}")).collect();
    assert_eq!(names, all);
}

#[test]
fn a_guest_is_what_its_vmm_says_of_it() {
    let mut guests = many(2);
    look(
        &mut guests,
        &[seen(GuestState::Running, 0), seen(GuestState::Paused, 0)],
    );
    let name = "guest1".try_into().unwrap();
    let Response::Guest(info) = ask(&Request::Guest { guest: name }, Rights::ALL, &guests) else {
        panic!("a guest");
    };
    assert_eq!(
        (info.summary.state, info.summary.load.exits),
        (State::Paused, 1)
    );
    let nobody = Request::Guest {
        guest: "guest7".try_into().unwrap(),
    };
    assert_eq!(
        ask(&nobody, Rights::ALL, &guests),
        Response::Refused(Refusal::DoesNotExist)
    );
}

#[test]
fn who_lacks_the_right_learns_nothing_but_the_version() {
    let guests = many(1);
    let none = Rights::default();
    assert_eq!(ask(&Request::Version, none, &guests), Response::Version(1));
    for name in ["guest0", "guest7"] {
        let guest = || name.try_into().unwrap();
        let requests = [
            Request::Guests { from: 0 },
            Request::Guest { guest: guest() },
            Request::Order {
                guest: guest(),
                command: Command::Stop,
            },
            Request::Regions { from: 0 },
        ];
        for request in requests {
            assert_eq!(
                ask(&request, none, &guests),
                Response::Refused(Refusal::NoPermission),
                "{request:?}"
            );
        }
    }
}
