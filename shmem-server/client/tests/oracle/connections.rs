// SPDX-License-Identifier: BSD-2-Clause

//! Attach, poke, verify, detach; refusals; the manager's hand.

use super::world::{READER, World, attached};
use shmem_client::{Attach, Client, Data, Error, Slot, Status, Targets, Transport};
use shmem_server_api::{Request, Response, Status as Code};

#[test]
fn who_attaches_first_creates_and_who_follows_gets_the_true_size() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let first = attached(&mut a, "testing", 16);
    let second = attached(&mut b, "testing", 3);
    assert_eq!((first.pages(), second.pages()), (16, 16));
    assert_eq!((first.index(), second.index()), (0, 1));
    assert_eq!(second.name().as_str(), "testing");
    assert_eq!(first.generation(), second.generation());
    assert_eq!(first.data().len(), 16 * 512);
    assert!(first.data().store(5, 42));
    assert_eq!(second.data().load(5), Some(42), "it is one memory");
    let again = attached(&mut b, "testing", 9);
    assert_eq!(again.index(), 1, "a second attach is the same connection");
    assert_eq!(
        b.status(&second),
        Ok(Status(0b11 << 16)),
        "and ends no clone"
    );
}

#[test]
fn a_poke_reaches_its_targets_and_nobody_else() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let mut c = world.client(&server, 2, 3);
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    let cc = attached(&mut c, "x", 1);
    for (client, connection) in [(&mut a, &ca), (&mut b, &cb), (&mut c, &cc)] {
        assert_eq!(client.status(connection).unwrap().active(), 0b111);
    }
    server.take_notified();

    a.poke(&ca, Targets::one(2)).unwrap();
    assert_eq!(server.take_notified(), [2]);
    assert!(c.is_raised(&cc) && !b.is_raised(&cb) && !a.is_raised(&ca));
    assert_eq!(c.status(&cc), Ok(Status(0b111 << 16 | 0b001)));
    assert_eq!(
        c.status(&cc),
        Ok(Status(0b111 << 16)),
        "the reading cleared it"
    );

    a.poke(&ca, Targets::OTHERS).unwrap();
    assert_eq!(server.take_notified(), [1, 2]);
    assert_eq!(a.status(&ca).unwrap().pending(), 0, "but me");
    a.poke(&ca, Targets::EVERYONE).unwrap();
    assert_eq!(
        server.take_notified(),
        [0],
        "the others' lines are high already"
    );
    assert_eq!(a.status(&ca).unwrap().pending(), 0b001, "me too");
    assert_eq!(
        b.status(&cb).unwrap().pending(),
        0b001,
        "two signals are one bit"
    );
    a.poke(&ca, Targets(0b1000)).unwrap();
    a.poke(&ca, Targets::one(16)).unwrap();
    assert!(server.take_notified().is_empty(), "absent ones are ignored");
}

#[test]
fn verify_says_who_has_not_looked_yet() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let mut c = world.client(&server, 2, 3);
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    let cc = attached(&mut c, "x", 1);
    assert_eq!(a.verify(&ca, 0xffff), Ok(0));
    a.poke(&ca, Targets::OTHERS).unwrap();
    assert_eq!(a.verify(&ca, 0xffff), Ok(0b110));
    assert_eq!(a.verify(&ca, 0b010), Ok(0b010), "of those I ask about");
    b.status(&cb).unwrap();
    assert_eq!(a.verify(&ca, 0xffff), Ok(0b100));
    c.status(&cc).unwrap();
    assert_eq!(a.verify(&ca, 0xffff), Ok(0));
}

#[test]
fn a_detach_is_seen_and_ends_every_clone() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    b.status(&cb).unwrap();
    server.take_notified();
    let clone = ca.clone();
    a.detach(ca).unwrap();
    assert_eq!(server.take_notified(), [1]);
    assert_eq!(b.status(&cb), Ok(Status(0b10 << 16)));
    assert_eq!(a.poke(&clone, Targets::OTHERS), Err(Error::Ended));
    assert_eq!(a.status(&clone), Err(Error::Ended));
    assert_eq!(a.verify(&clone, 1), Err(Error::Ended));
    assert!(!a.is_raised(&clone));

    // Its handle now serves another region: the old value must not reach it.
    let other = attached(&mut a, "y", 1);
    assert_eq!(a.poke(&clone, Targets::EVERYONE), Err(Error::Ended));
    assert_eq!(a.detach(clone), Err(Error::Ended));
    assert_eq!(a.status(&other), Ok(Status(1 << 16)));
}

#[test]
fn an_attach_waits_for_cleaning_and_is_resumed_by_a_notification() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let (one, two) = (attached(&mut a, "one", 16), attached(&mut a, "two", 16));
    a.detach(one).unwrap();
    a.detach(two).unwrap();
    let Attach::Wait(waiting) = b.attach("testing", 16).unwrap() else {
        panic!("no slot is clean");
    };
    server.take_notified();
    assert!(
        matches!(b.attach_again(&waiting), Ok(Attach::Wait(_))),
        "a notification for something else is no harm"
    );
    server.cleaned(1);
    assert_eq!(server.take_notified(), [1]);
    let Attach::Done(connection) = b.attach_again(&waiting).unwrap() else {
        panic!("slot 1 is clean");
    };
    assert_eq!(
        (connection.pages(), connection.name().as_str()),
        (16, "testing")
    );
}

#[test]
fn refusals_come_with_their_status() {
    let world = World::new();
    let server = world.server();
    let mut a = world.client(&server, 0, 3);
    let mut status = |name: &str, pages| match a.attach(name, pages) {
        Err(Error::Refused(status)) => status,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(status("a/b", 1), Code::IllegalName);
    assert_eq!(status("", 1), Code::IllegalName);
    assert_eq!(status("large", 17), Code::NoMem);
    assert_eq!(status("none", 0), Code::UnknownFailure);
}

#[test]
fn a_region_that_is_not_mapped_here_is_given_back() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 0));
    let region = attached(&mut a, "x", 1);
    let missing = Error::NotMapped { slot: 0, pages: 1 };
    assert_eq!(b.attach("x", 1).err(), Some(missing));
    let status = a.status(&region).unwrap();
    assert_eq!(status.active(), 0b1, "nothing stays attached: {status}");
}

#[test]
fn one_that_the_manager_dropped_learns_it_and_attaches_anew() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    b.status(&cb).unwrap();
    server.drop_client(0);
    assert_eq!(a.poke(&ca, Targets::OTHERS), Err(Error::Ended));
    assert_eq!(a.status(&ca), Err(Error::Ended));
    assert_eq!(b.status(&cb).unwrap().active(), 0b10);
    let again = attached(&mut a, "x", 1);
    assert_eq!(a.status(&ca), Err(Error::Ended), "the old one stays ended");
    assert_eq!(a.status(&again).unwrap().active(), 0b11);

    server.drop_client(0);
    assert_eq!(a.status(&again), Err(Error::Ended), "by the status alone");
}

#[test]
fn a_client_starts_with_nothing_attached() {
    let world = World::new();
    let server = world.server();
    let mut a = world.client(&server, 0, 3);
    let before = attached(&mut a, "x", 1);
    let mut restarted = world.client(&server, 0, 3);
    let after = attached(&mut restarted, "x", 1);
    assert_ne!(before.generation(), after.generation());
}

#[test]
fn an_answer_without_sense_is_an_error_and_no_panic() {
    struct Mad(u64);
    impl Transport for Mad {
        fn request(&mut self, request: &Request) -> Option<Response> {
            match request {
                Request::Reset => Some(Response::Done),
                Request::Attach { .. } if self.0 == 7 => {
                    Some(Response::Attached(shmem_server_api::Attached {
                        connection: 200,
                        index: 99,
                        slot: 0,
                        pages: 0,
                        generation: 0,
                        name: shmem_server_api::RegionName::new("x").unwrap(),
                    }))
                }
                _ => Some(Response::Unread(0)),
            }
        }
        fn signal(&mut self, _: u8, _: u32) -> u64 {
            self.0
        }
        fn now(&self) -> u64 {
            0
        }
    }
    let world = World::new();
    let slot = Slot {
        number: 0,
        data: Data::new(&world.memory[0]),
    };
    for label in [7, 99] {
        let mut client = Client::new(Mad(label), &world.boards[0], [slot]).unwrap();
        assert_eq!(client.attach("x", 1).err(), Some(Error::Protocol));
    }
}

/// A step of a random history, by one of the clients.

#[test]
fn one_that_is_evicted_is_notified_learns_it_and_attaches_anew() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    let other = attached(&mut a, "y", 1);
    b.status(&cb).unwrap();
    a.status(&ca).unwrap();
    server.take_notified();
    server.evict(0, "x");
    assert_eq!(server.take_notified(), [0, 1]);
    assert!(a.is_raised(&ca));
    assert_eq!(a.peek(&ca), Err(Error::Ended), "it looks, and knows");
    assert_eq!(a.status(&ca), Err(Error::Ended));
    assert_eq!(a.poke(&ca, Targets::EVERYONE), Err(Error::Ended));
    assert_eq!(b.status(&cb).unwrap().active(), 0b10);
    assert_eq!(
        a.status(&other).unwrap().active(),
        0b1,
        "its other region stays"
    );
    let again = attached(&mut a, "x", 1);
    assert_eq!(again.generation(), ca.generation(), "b holds the region");
    assert_eq!(a.status(&ca), Err(Error::Ended), "the old one stays ended");
    assert_eq!(a.status(&again).unwrap().active(), 0b11);
}

#[test]
fn a_read_only_member_loads_signals_and_never_stores() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut reader) = (
        world.client(&server, 0, 3),
        world.client(&server, READER, 3),
    );
    let (ca, cr) = (attached(&mut a, "x", 1), attached(&mut reader, "x", 1));
    assert!(ca.data().store(9, 7));
    assert!(cr.data().is_read_only() && cr.data().words().is_none());
    assert_eq!(cr.data().load(9), Some(7));
    assert!(!cr.data().store(9, 8), "no store that would fault");
    assert_eq!(ca.data().load(9), Some(7));
    a.status(&ca).unwrap();
    reader.poke(&cr, Targets::OTHERS).unwrap();
    assert_eq!(a.status(&ca).unwrap().pending(), 0b10);
}
