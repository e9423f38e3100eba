// SPDX-License-Identifier: BSD-2-Clause

//! Who gets what answer.

use super::model::hosts;
use super::model::{Model, look, many, running};
use crate::{Asker, Desk, Figures, Guests, Ticket};
use manager_api::{
    Command, Load, PART, Refusal, Request, Response, State, VERSION, Vcpu, VcpuState,
};
use shmem_server_api::{ClientReport, Response as Answer, Totals};
use tombolo_config::Name;
use tombolo_config::manager::Rights;
use tombolo_pages::guest_status::{self, GuestState};

const TICKET: Ticket = Ticket {
    asker: 0,
    serial: 1,
};

/// Serves a request; `None`: later.
pub fn ask(
    request: &Request,
    rights: Rights,
    guests: &mut Guests,
    world: &mut Model,
) -> Option<Response> {
    let clients: Vec<Name> = (0..4)
        .map(|n| format!("guest{n}").as_str().try_into().unwrap())
        .collect();
    let name: Name = "host".try_into().unwrap();
    let asker = Asker {
        name: &name,
        rights,
    };
    let hosts = hosts(14);
    let mut desk = Desk {
        guests,
        hosts: &hosts,
        clients: &clients,
    };
    desk.serve(request, &asker, TICKET, world)
}

#[test]
fn a_long_list_comes_in_parts_and_each_guest_once() {
    let (mut guests, mut world) = (many(30), Model::new(30));
    let (mut names, mut from) = (Vec::new(), 0);
    loop {
        let request = Request::Guests { from };
        let answer = ask(&request, Rights::ALL, &mut guests, &mut world);
        let Some(Response::Guests { total, guests }) = answer else {
            panic!("a list");
        };
        assert_eq!(total, 30);
        assert!(guests.len() <= PART);
        names.extend(guests.iter().map(|guest| guest.name.to_string()));
        from += u8::try_from(guests.len()).unwrap();
        if guests.is_empty() {
            break;
        }
    }
    let all: Vec<_> = (0..30).map(|n| format!("guest{n}")).collect();
    assert_eq!(names, all);
}

#[test]
fn a_guest_is_what_its_vmm_and_the_server_say_of_it() {
    let (mut guests, mut world) = running(2);
    world.pages[1].state = GuestState::Paused;
    look(&mut guests, &mut world);
    let load = Load {
        guest_us: 1,
        vmm_us: 2,
        exits: 3,
    };
    let figures = Figures {
        load,
        resets: 4,
        panics: 5,
        silent_ms: Some(6),
        exits: [11, 12, 13, 14, 15, 16, 17],
        vcpus: [(guest_status::VcpuState::Parked, 7); 8],
    };
    world.figures[1] = figures;
    let totals = Totals {
        sent: 21,
        received: 22,
        coalesced: 23,
        refused: 24,
    };
    world.server.push_back(Answer::ClientReport(ClientReport {
        connections: 8,
        totals,
    }));
    let name = "guest1".try_into().unwrap();
    let request = Request::Guest { guest: name };
    let answer = ask(&request, Rights::ALL, &mut guests, &mut world);
    let Some(Response::Guest(info)) = answer else {
        panic!("a guest");
    };
    let summary = &info.summary;
    assert_eq!((summary.state, summary.load), (State::Paused, load));
    assert_eq!((summary.vcpus, summary.memory_pages), (1, 16384));
    assert_eq!((info.resets, info.panics, info.silent_ms), (4, 5, Some(6)));
    assert_eq!((info.exits, info.connections), (figures.exits, 8));
    let signals = &info.signals;
    assert_eq!((signals.sent, signals.received), (21, 22));
    assert_eq!((signals.coalesced, signals.refused), (23, 24));
    let vcpu = Vcpu {
        state: VcpuState::Parked,
        used_us: 7,
    };
    assert_eq!(info.vcpus[..], [vcpu], "as many as it has");
    let nobody = Request::Guest {
        guest: "guest7".try_into().unwrap(),
    };
    assert_eq!(
        ask(&nobody, Rights::ALL, &mut guests, &mut world),
        Some(Response::Refused(Refusal::DoesNotExist))
    );
}

#[test]
fn hosts_are_listed_in_parts_with_what_the_server_says_of_them() {
    let (mut guests, mut world) = running(1);
    world.server.push_back(Answer::ClientReport(ClientReport {
        connections: 2,
        ..ClientReport::default()
    }));
    let mut part = |from| {
        let request = Request::Hosts { from };
        match ask(&request, Rights::ALL, &mut guests, &mut world) {
            Some(Response::Hosts { total, hosts }) => {
                let hosts = hosts.iter().map(|h| (h.name.to_string(), h.connections));
                (total, hosts.collect::<Vec<_>>())
            }
            other => panic!("{other:?}"),
        }
    };
    let (total, first) = part(0);
    assert_eq!((total, first.len()), (14, PART));
    assert_eq!(first[0], ("host0".into(), 2));
    assert_eq!(first[1], ("host1".into(), 0), "no report, no client");
    assert_eq!(part(12).1.last().unwrap().0, "host13");
    assert!(part(14).1.is_empty());
}

#[test]
fn who_lacks_the_right_learns_nothing_but_the_version() {
    let (mut guests, mut world) = running(1);
    let none = Rights::default();
    assert_eq!(
        ask(&Request::Version, none, &mut guests, &mut world),
        Some(Response::Version(VERSION))
    );
    for name in ["guest0", "guest7"] {
        let guest = || name.try_into().unwrap();
        let region = || name.try_into().unwrap();
        let requests = [
            Request::Guests { from: 0 },
            Request::Guest { guest: guest() },
            Request::Order {
                guest: guest(),
                command: Command::Stop,
            },
            Request::Hosts { from: 0 },
            Request::Regions { from: 0 },
            Request::Region { name: region() },
            Request::Detach {
                name: region(),
                client: guest(),
            },
            Request::Revoke { name: region() },
        ];
        for request in requests {
            assert_eq!(
                ask(&request, none, &mut guests, &mut world),
                Some(Response::Refused(Refusal::NoPermission)),
                "{request:?}"
            );
            assert_eq!(world.take(), ["host asked for what it may not have"]);
        }
    }
}

#[test]
fn control_is_of_the_guests_that_were_named() {
    let (mut guests, mut world) = running(2);
    let rights = Rights {
        control: 0b10,
        ..Rights::default()
    };
    let order = |guest: &str| Request::Order {
        guest: guest.try_into().unwrap(),
        command: Command::Pause,
    };
    assert_eq!(
        ask(&order("guest0"), rights, &mut guests, &mut world),
        Some(Response::Refused(Refusal::NoPermission))
    );
    assert_eq!(ask(&order("guest1"), rights, &mut guests, &mut world), None);
    assert_eq!(
        ask(&order("guest9"), Rights::ALL, &mut guests, &mut world),
        Some(Response::Refused(Refusal::DoesNotExist))
    );
}
