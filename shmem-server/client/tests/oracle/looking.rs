// SPDX-License-Identifier: BSD-2-Clause

//! Inspect, list, usage, and what follows from them.

use super::world::{READER, World, attached};
use shmem_client::{Error, Event, Reason, Targets, news};

#[test]
fn peers_come_and_go_with_a_reason() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let mut c = world.client(&server, 2, 3);
    let ca = attached(&mut a, "x", 4);
    let first = a.inspect(&ca).unwrap();
    assert_eq!((first.pages, first.generation), (4, ca.generation()));
    assert_eq!((first.name.as_str(), first.serial), ("x", 1));
    let cb = attached(&mut b, "x", 4);
    let _cc = attached(&mut c, "x", 4);
    b.detach(cb).unwrap();
    server.drop_client(2);
    let second = a.inspect(&ca).unwrap();
    let told = news(&second, first.serial);
    let told: Vec<String> = told.events.iter().map(Event::to_string).collect();
    assert_eq!(told, ["connection 1 left", "connection 2 crashed"]);
    assert_eq!(second.serial, first.serial + 4);
    assert_eq!(news(&second, first.serial).missed, 2, "how they joined");
    a.detach(ca.clone()).unwrap();
    assert_eq!(a.inspect(&ca), Err(Error::Ended));
}

#[test]
fn whom_one_may_signal_is_seen_and_what_is_withheld_is_counted() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut c) = (world.client(&server, 0, 3), world.client(&server, 2, 3));
    let mut reader = world.client(&server, READER, 3);
    let (ca, cc) = (attached(&mut a, "x", 1), attached(&mut c, "x", 1));
    let cr = attached(&mut reader, "x", 1);
    for (client, connection) in [(&mut a, &ca), (&mut c, &cc)] {
        client.status(connection).unwrap();
    }
    reader.poke(&cr, Targets::OTHERS).unwrap();
    let seen = reader.inspect(&cr).unwrap();
    assert_eq!((seen.may_signal, seen.unread), (0b101, 0b001));
    assert_eq!((seen.counters.sent, seen.counters.refused), (1, 1));
    assert_eq!(c.status(&cc).unwrap().pending(), 0);
    assert_eq!(a.status(&ca).unwrap().pending(), 0b100);
    assert_eq!(a.inspect(&ca).unwrap().counters.received, 1);
    assert_eq!(reader.inspect(&cr).unwrap().unread, 0);
}

#[test]
fn regions_are_listed_with_ones_own_index() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    assert_eq!(a.list(0), Ok(None));
    let _x = attached(&mut a, "x", 2);
    let _y = attached(&mut b, "y", 3);
    let listed = |nth, client: &mut super::world::TestClient<'_, '_>| {
        let listed = client.list(nth).unwrap();
        listed.map(|region| (region.name.as_str().to_owned(), region.pages, region.index))
    };
    assert_eq!(listed(0, &mut a), Some(("x".into(), 2, Some(0))));
    assert_eq!(listed(1, &mut a), Some(("y".into(), 3, None)));
    assert_eq!(listed(0, &mut b), Some(("x".into(), 2, None)));
    assert_eq!(listed(2, &mut a), None);
}

#[test]
fn usage_tells_why_an_attach_was_refused() {
    let world = World::new();
    let server = world.server();
    let mut reader = world.client(&server, READER, 3);
    let _x = attached(&mut reader, "x", 1);
    let usage = reader.usage().unwrap();
    assert_eq!((usage.connections, usage.max_connections), (1, 2));
    assert_eq!((usage.regions, usage.pages, usage.reason), (1, 1, 0));
    let mut reason = |name: &str, pages| {
        assert!(reader.attach(name, pages).is_err());
        Reason(reader.usage().unwrap().reason).to_string()
    };
    assert_eq!(reason("large", 17), "no slot is that large");
    assert_eq!(reason("none", 0), "size 0, and no such region");
    let _y = attached(&mut reader, "y", 1);
    let refused = reader.attach("z", 1);
    assert!(refused.is_err());
    let reason = Reason(reader.usage().unwrap().reason);
    assert_eq!(reason.to_string(), "its quota of connections");
}

/// What people read of a reason is what the server's own log says.
#[test]
fn every_reason_of_the_server_has_words() {
    for number in 1..=17 {
        assert!(
            !Reason(number).to_string().starts_with("reason"),
            "{number}"
        );
    }
    assert_eq!(Reason(99).to_string(), "reason 99");
}
