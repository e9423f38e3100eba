// SPDX-License-Identifier: BSD-2-Clause

//! Muting, one-shot, peeking.

use super::world::{World, attached};
use shmem_client::{Error, Status, Targets};

#[test]
fn a_muted_peer_waits_silently_and_is_heard_afterwards() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    a.status(&ca).unwrap();
    server.take_notified();
    assert_eq!(a.mute_only(&ca, 0b10), Ok(false));
    assert_eq!(a.muted(&ca), Ok(0b10));
    b.poke(&cb, Targets::one(0)).unwrap();
    assert!(server.take_notified().is_empty() && !a.is_raised(&ca));
    assert_eq!(a.peek(&ca), Ok(Status(0b11 << 16 | 0b10)), "it is kept");
    assert_eq!(
        a.unmute(&ca, 0b10),
        Ok(true),
        "no notification comes for it"
    );
    assert_eq!(a.status(&ca).unwrap().pending(), 0b10);
    assert_eq!(a.muted(&ca), Ok(0));
    let ended = ca.clone();
    a.detach(ca).unwrap();
    assert_eq!(a.mute_only(&ended, 0), Err(Error::Ended));
    assert_eq!(a.unmute(&ended, 0), Err(Error::Ended));
    assert_eq!(a.one_shot(&ended, 0), Err(Error::Ended));
    assert_eq!(a.muted(&ended), Err(Error::Ended));
}

#[test]
fn a_one_shot_peer_notifies_once_until_it_is_unmuted() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let mut c = world.client(&server, 2, 3);
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    let cc = attached(&mut c, "x", 1);
    a.status(&ca).unwrap();
    server.take_notified();
    a.one_shot(&ca, 0b010).unwrap();
    b.poke(&cb, Targets::one(0)).unwrap();
    assert_eq!(server.take_notified(), [0], "the first is heard");
    assert_eq!(a.peek(&ca).unwrap().pending(), 0b010);
    assert_eq!(a.muted(&ca), Ok(0), "a peek mutes nobody");
    assert_eq!(a.status(&ca).unwrap().pending(), 0b010);
    assert_eq!(a.muted(&ca), Ok(0b010));
    b.poke(&cb, Targets::one(0)).unwrap();
    assert!(server.take_notified().is_empty());
    c.poke(&cc, Targets::one(0)).unwrap();
    assert_eq!(server.take_notified(), [0], "the other peer is no one-shot");
    assert_eq!(a.status(&ca).unwrap().pending(), 0b110);
    assert_eq!(a.unmute(&ca, 0b010), Ok(false));
    b.poke(&cb, Targets::one(0)).unwrap();
    assert_eq!(server.take_notified(), [0]);
    // Attached to another region, it starts anew.
    a.status(&ca).unwrap();
    a.detach(ca).unwrap();
    let other = attached(&mut a, "y", 1);
    let cy = attached(&mut b, "y", 1);
    a.status(&other).unwrap();
    b.poke(&cy, Targets::one(0)).unwrap();
    a.status(&other).unwrap();
    assert_eq!(a.muted(&other), Ok(0));
}
