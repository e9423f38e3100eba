// SPDX-License-Identifier: BSD-2-Clause

//! A client that holds itself to a pace.

use super::world::{World, attached};
use shmem_client::{Error, Targets};
use shmem_server_api::Bucket;

#[test]
fn who_calls_too_often_is_told_until_when_and_the_server_is_not_asked() {
    let world = World::new();
    let server = world.server();
    let mut b = world.client(&server, 1, 3);
    // Four calls, then two a second; a tick is a millisecond.
    let a = world.client(&server, 0, 3);
    let mut a = a.paced(Bucket::new(4, 2, 1000, 0));
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    b.status(&cb).unwrap();
    server.take_notified();
    for _ in 0..3 {
        a.poke(&ca, Targets::OTHERS).unwrap();
        b.status(&cb).unwrap();
    }
    server.take_notified();
    let too_often = Error::TooOften { until: 500 };
    assert_eq!(a.poke(&ca, Targets::OTHERS), Err(too_often));
    assert_eq!(a.verify(&ca, 1), Err(too_often));
    assert_eq!(a.inspect(&ca).err(), Some(too_often));
    assert_eq!(a.list(0).err(), Some(too_often));
    assert_eq!(a.usage().err(), Some(too_often));
    assert_eq!(a.attach("y", 1).err(), Some(too_often));
    assert!(server.take_notified().is_empty(), "it reached nobody");
    assert!(a.status(&ca).is_ok(), "the board costs nothing");

    server.now.set(500);
    assert_eq!(a.poke(&ca, Targets::OTHERS), Ok(()));
    assert!(a.poke(&ca, Targets::OTHERS).is_err());
    assert_eq!(a.detach(ca), Ok(()), "what ends is never held up");
}

#[test]
fn a_peers_signal_earns_a_call_and_ones_own_does_not() {
    let world = World::new();
    let server = world.server();
    let mut b = world.client(&server, 1, 3);
    let a = world.client(&server, 0, 3);
    let mut a = a.paced(Bucket::new(2, 1, 1000, 0));
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    a.poke(&ca, Targets::EVERYONE).unwrap();
    assert_eq!(a.status(&ca).unwrap().pending(), 0b01);
    assert!(a.poke(&ca, Targets::OTHERS).is_err(), "it heard itself");
    for _ in 0..20 {
        b.poke(&cb, Targets::OTHERS).unwrap();
        a.status(&ca).unwrap();
        assert_eq!(a.poke(&ca, Targets::OTHERS), Ok(()));
    }
    assert!(a.poke(&ca, Targets::OTHERS).is_err());
}
