// SPDX-License-Identifier: BSD-2-Clause

//! Regions, with the real rules of the server behind them.

use super::desk::ask;
use super::model::{Model, running};
use manager_api::{Refusal, RegionInfo, Request, Response, SlotCounts};
use shmem_server_api::{
    PeerReport, RegionName, Request as Ask, Response as Answer, SlotReport, SlotUse, Status,
};
use tombolo_config::manager::Rights;

fn live(slot: u16, name: &str, clients: &[u8]) -> Answer {
    let peer = |(index, &client): (u8, &u8)| PeerReport {
        client,
        index,
        read_only: client == 3,
        pending: u16::from(index == 1) << 2,
    };
    Answer::Slot(SlotReport {
        slot,
        used: SlotUse::Live {
            name: RegionName::new(name).unwrap(),
            pages: 8,
            generation: 5,
            permanent: false,
            peers: (0..).zip(clients).map(peer).collect(),
        },
    })
}

fn revoked(slot: u16, name: &str, waits_for: u64) -> Answer {
    Answer::Slot(SlotReport {
        slot,
        used: SlotUse::Revoked {
            name: RegionName::new(name).unwrap(),
            pages: 8,
            generation: 5,
            waits_for,
        },
    })
}

fn dirty(slot: u16) -> Answer {
    Answer::Slot(SlotReport {
        slot,
        used: SlotUse::Dirty,
    })
}

fn with(world: &mut Model, slots: impl IntoIterator<Item = Answer>) {
    world.server.clear();
    world.server.extend(slots);
    world.server.push_back(Answer::Failed(Status::DoesNotExist));
}

fn region(world: &mut Model, name: &str) -> Result<RegionInfo, Refusal> {
    let (mut guests, _) = running(1);
    let name = name.try_into().unwrap();
    match ask(&Request::Region { name }, Rights::ALL, &mut guests, world) {
        Some(Response::Region(info)) => Ok(info),
        Some(Response::Refused(refusal)) => Err(refusal),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_shows_what_lives_and_what_was_revoked() {
    let (mut guests, mut world) = running(1);
    let all = [
        live(0, "moo", &[0, 1]),
        dirty(1),
        revoked(2, "zoo", 0b10),
        live(5, "boo", &[2]),
        dirty(6),
        dirty(7),
        Answer::Slot(SlotReport {
            slot: 8,
            used: SlotUse::Quarantined,
        }),
    ];
    with(&mut world, all.clone());
    let answer = ask(
        &Request::Regions { from: 0 },
        Rights::ALL,
        &mut guests,
        &mut world,
    );
    let Some(Response::Regions {
        total,
        slots,
        regions,
    }) = answer
    else {
        panic!("a list");
    };
    assert_eq!(
        slots,
        SlotCounts {
            live: 2,
            revoked: 1,
            cleaning: 3,
            quarantined: 1
        }
    );
    let seen: Vec<_> = regions
        .iter()
        .map(|region| {
            (
                region.name.as_str(),
                region.slot,
                region.clients,
                region.revoked,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("moo", 0, 2, false),
            ("zoo", 2, 0, true),
            ("boo", 5, 1, false)
        ]
    );
    assert_eq!((total, regions[0].pending), (3, 0b10));
    with(&mut world, all);
    let answer = ask(
        &Request::Regions { from: 2 },
        Rights::ALL,
        &mut guests,
        &mut world,
    );
    let Some(Response::Regions {
        total: 3, regions, ..
    }) = answer
    else {
        panic!("{answer:?}");
    };
    assert_eq!(regions[0].name.as_str(), "boo");
}

#[test]
fn a_region_shows_its_members_or_whom_it_waits_for() {
    let (_, mut world) = running(1);
    with(&mut world, [live(0, "moo", &[1, 3])]);
    let info = region(&mut world, "moo").unwrap();
    let member = &info.members[1];
    assert_eq!(
        (
            member.client.as_str(),
            member.index,
            member.read_only,
            member.pending_from
        ),
        ("guest3", 1, true, 0b100)
    );
    with(&mut world, [revoked(0, "moo", 0b1001)]);
    let info = region(&mut world, "moo").unwrap();
    assert!(info.members.is_empty());
    assert!(info.waits_for.iter().eq(["guest0", "guest3"]));
    with(&mut world, [live(0, "moo", &[])]);
    assert_eq!(region(&mut world, "zoo"), Err(Refusal::DoesNotExist));
}

#[test]
fn a_live_region_is_shown_before_those_of_its_name_that_were_revoked() {
    let (_, mut world) = running(1);
    let all = [revoked(0, "moo", 0b1), revoked(1, "moo", 0b10)];
    with(&mut world, all.clone());
    assert_eq!(region(&mut world, "moo").unwrap().summary.slot, 0);
    with(&mut world, all.into_iter().chain([live(2, "moo", &[3])]));
    let info = region(&mut world, "moo").unwrap();
    assert_eq!((info.summary.slot, info.summary.revoked), (2, false));
    assert_eq!(info.members[0].client.as_str(), "guest3");
}

#[test]
fn a_server_that_talks_nonsense_ends_the_list() {
    let (mut guests, mut world) = running(1);
    // Going round in a circle, and answers to other questions.
    world
        .server
        .extend([live(3, "a", &[]), live(3, "a", &[]), Answer::Done]);
    let answer = ask(
        &Request::Regions { from: 0 },
        Rights::ALL,
        &mut guests,
        &mut world,
    );
    let Some(Response::Regions { total, .. }) = answer else {
        panic!("{answer:?}");
    };
    assert!(total <= 2);
}

#[test]
fn ends_are_asked_of_the_server() {
    let (mut guests, mut world) = running(1);
    world.server.push_back(Answer::Done);
    let detach = |client: &str| Request::Detach {
        name: "moo".try_into().unwrap(),
        client: client.try_into().unwrap(),
    };
    let mut served = |request: &Request, world: &mut Model| {
        ask(request, Rights::ALL, &mut guests, world).expect("at once")
    };
    assert_eq!(served(&detach("guest2"), &mut world), Response::Done);
    let evict = Ask::Evict {
        client: 2,
        name: RegionName::new("moo").unwrap(),
    };
    assert_eq!(world.take(), [format!("server: {evict:?}")]);
    let no = Response::Refused(Refusal::DoesNotExist);
    assert_eq!(served(&detach("nobody"), &mut world), no);
    world.server.push_back(Answer::Failed(Status::DoesNotExist));
    assert_eq!(served(&detach("guest2"), &mut world), no);
    world.server.push_back(Answer::Revoked { waits_for: 0b110 });
    let revoke = Request::Revoke {
        name: "moo".try_into().unwrap(),
    };
    let Response::Revoked { waits_for } = served(&revoke, &mut world) else {
        panic!("revoked");
    };
    assert!(waits_for.iter().eq(["guest1", "guest2"]));
    assert_eq!(
        served(&revoke, &mut world),
        Response::Refused(Refusal::Failed),
        "no answer"
    );
}
