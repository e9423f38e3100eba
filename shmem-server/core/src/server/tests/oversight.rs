// SPDX-License-Identifier: BSD-2-Clause

//! The manager's hand.

use super::{Fixture, boards, config, text};
use crate::server::attach::Attach;
use crate::{ClientId, Effects, Refusal, SlotId};
use shmem_server_api::{RegionName, SlotUse, Totals};
use tombolo_config::server::{Access, Create};

fn name(text: &str) -> RegionName {
    RegionName::new(text).unwrap()
}

fn revoke(f: &mut Fixture<'_>, region: &str) -> Result<(u32, u64), Refusal> {
    f.effects = Effects::default();
    let done = f.server.revoke(&name(region), &mut f.effects)?;
    Ok((done.clients.count(), done.waits_for.bits()))
}

fn stopped(f: &mut Fixture<'_>, client: u8) {
    f.effects = Effects::default();
    f.server
        .stopped(ClientId(client), &mut f.effects)
        .expect("a client");
}

#[test]
fn who_is_evicted_is_interrupted_and_reads_a_status_without_itself() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[8], &[]), &boards);
    f.attached(0, "moo", 8);
    f.attached(1, "moo", 8);
    f.read(0, 0);
    f.read(1, 0);
    f.effects = Effects::default();
    let last = f.server.evict(ClientId(1), &name("moo"), &mut f.effects);
    assert_eq!(last.map(|done| (done.index, done.last)), Ok((1, false)));
    assert_eq!(f.notified(), [0, 1]);
    assert!(boards[1].words[0].line());
    assert_eq!(f.read(1, 0), 0, "nobody is there, itself not either");
    assert!(!boards[1].words[0].line(), "read once");
    assert_eq!(f.read(0, 0), 1 << 16);
    assert_eq!(f.attached(1, "moo", 8).pages, 8, "it may attach again");
    let mut effects = Effects::default();
    for (client, region, why) in [
        (2, "moo", Refusal::NoConnection),
        (0, "moo2", Refusal::NoRegion),
        (9, "moo", Refusal::NoClient),
    ] {
        let refused = f
            .server
            .evict(ClientId(client), &name(region), &mut effects);
        assert_eq!(refused, Err(why));
    }
}

#[test]
fn a_revoked_slot_waits_until_all_who_could_write_are_stopped() {
    let boards = boards(5);
    let mut config = config(5, &[8], &[]);
    config.pools[0].members[2].access = Access::ReadOnly;
    let mut f = Fixture::new(config, &boards);
    for client in 0..3 {
        f.attached(client, "moo", 8);
    }
    for client in 0..3 {
        f.read(client, 0);
    }
    assert_eq!(revoke(&mut f, "moo"), Ok((3, 0b011)), "2 can only read");
    assert_eq!(f.notified(), [0, 1, 2]);
    assert!(f.effects.clean.is_empty());
    assert!(boards.iter().take(3).all(|board| board.words[0].line()));
    assert_eq!(f.attach(3, "moo", 8), Err(Refusal::AllInUse));
    stopped(&mut f, 0);
    stopped(&mut f, 3);
    assert!(f.effects.clean.is_empty(), "1 goes on");
    assert!(!f.cleaned(0));
    stopped(&mut f, 1);
    assert!(f.effects.clean.contains(SlotId(0)));
    assert_eq!(f.attach(3, "moo", 8), Ok(Attach::Wait));
    assert!(f.cleaned(0));
    assert_eq!(f.attached(3, "moo", 8).generation, 2);
    assert_eq!(revoke(&mut f, "moo2"), Err(Refusal::NoRegion));
}

#[test]
fn a_region_that_only_readers_have_is_cleaned_at_once() {
    let boards = boards(4);
    let mut config = config(4, &[8], &[]);
    config.pools[0].members[0].access = Access::ReadOnly;
    let mut f = Fixture::new(config, &boards);
    f.attached(0, "moo", 8);
    assert_eq!(revoke(&mut f, "moo"), Ok((1, 0)));
    assert!(f.effects.clean.contains(SlotId(0)));
}

#[test]
fn policys_region_is_born_again_when_its_slot_is_clean() {
    let boards = boards(4);
    let mut config = config(4, &[8], &[]);
    let create = Create {
        name: text("moo"),
        pages: 8,
    };
    config.create.push(create).unwrap();
    let mut f = Fixture::new(config, &boards);
    f.attached(0, "moo", 1);
    assert_eq!(revoke(&mut f, "moo"), Ok((1, 1)));
    assert_eq!(f.attach(1, "moo2", 1), Err(Refusal::AllInUse));
    stopped(&mut f, 0);
    assert!(f.cleaned(0));
    assert_eq!(f.attach(1, "moo2", 1), Err(Refusal::AllInUse));
    let again = f.attached(1, "moo", 1);
    assert_eq!((again.pages, again.generation), (8, 2));
}

#[test]
fn a_report_names_what_every_slot_is_used_for() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[8, 8, 8], &[]), &boards);
    assert_eq!(f.server.report(0), Err(Refusal::NoRegion));
    for region in ["moo0", "moo1", "moo2"] {
        f.attached(0, region, 8);
    }
    f.attached(1, "moo1", 8);
    let _ = f.signal(1, 0, 0b01);
    f.detach(0, 0);
    revoke(&mut f, "moo2").unwrap();
    assert_eq!(f.server.report(0).unwrap().used, SlotUse::Dirty);
    let SlotUse::Live { name, peers, .. } = f.server.report(1).unwrap().used else {
        panic!("a region");
    };
    assert_eq!((name.as_str(), peers.len()), ("moo1", 2));
    assert_eq!((peers[0].pending, peers[1].pending), (0b10, 0));
    let SlotUse::Revoked { waits_for, .. } = f.server.report(2).unwrap().used else {
        panic!("revoked");
    };
    assert_eq!(waits_for, 0b1);
    assert_eq!(f.server.report(3), Err(Refusal::NoRegion));
    assert_eq!(f.server.report(u16::MAX), Err(Refusal::NoRegion));
}

#[test]
fn totals_outlive_the_connections_they_were_made_by() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[8], &[]), &boards);
    f.attached(0, "moo", 8);
    f.attached(1, "moo", 8);
    for _ in 0..2 {
        let _ = f.signal(0, 0, 0b10);
    }
    f.detach(0, 0);
    f.attached(0, "moo", 8);
    let _ = f.signal(0, 0, 0b10);
    let report = |client| f.server.client_report(ClientId(client)).unwrap();
    let sender = Totals {
        sent: 3,
        received: 0,
        // The second; the third came from an index that was given anew.
        coalesced: 1,
        refused: 0,
    };
    assert_eq!((report(0).totals, report(0).connections), (sender, 1));
    assert_eq!(report(1).totals.received, 3);
    assert_eq!(f.server.client_report(ClientId(9)), Err(Refusal::NoClient));
}
