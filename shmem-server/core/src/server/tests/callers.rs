// SPDX-License-Identifier: BSD-2-Clause

//! Who may ask for what: a request is served for its own kind of caller only.

use super::{Fixture, boards, config};
use crate::{Caller, ClientId, Effects};
use shmem_server_api::message::MAX_BYTES;
use shmem_server_api::{Departure, RegionName, Request, Response, Status, decode, encode};
use std::{format, vec, vec::Vec};

/// Every request, each about something that there is.
fn requests() -> Vec<Request> {
    let name = RegionName::new("moo").unwrap();
    let client = 1;
    vec![
        Request::Attach {
            name: name.clone(),
            pages: 1,
        },
        Request::Detach { connection: 0 },
        Request::Find { nth: 0 },
        Request::Unread { connection: 0 },
        Request::Reset,
        Request::DropClient { client },
        Request::Quarantine { client },
        Request::Inspect { connection: 0 },
        Request::List { nth: 0 },
        Request::Usage,
        Request::Gone {
            departure: Departure::Left,
        },
        Request::Slot { from: 0 },
        Request::ClientReport { client },
        Request::Evict {
            client,
            name: name.clone(),
        },
        Request::Revoke { name },
        Request::Stopped { client },
    ]
}

/// Whether a request is the manager's; whoever adds one decides here.
fn is_managers(request: &Request) -> bool {
    match request {
        Request::Attach { .. }
        | Request::Detach { .. }
        | Request::Find { .. }
        | Request::Unread { .. }
        | Request::Reset
        | Request::Inspect { .. }
        | Request::List { .. }
        | Request::Usage
        | Request::Gone { .. } => false,
        Request::DropClient { .. }
        | Request::Quarantine { .. }
        | Request::Slot { .. }
        | Request::ClientReport { .. }
        | Request::Evict { .. }
        | Request::Revoke { .. }
        | Request::Stopped { .. } => true,
    }
}

/// The answer to a request of `caller`, and whether it changed anything: tables,
/// boards, or what is asked of the world.
fn asked(caller: Caller, request: &Request) -> (Response, bool) {
    let boards = boards(3);
    let mut f = Fixture::new(config(3, &[8], &[]), &boards);
    for client in [0, 1] {
        f.attached(client, "moo", 8);
    }
    let before = format!("{:?}", f.server);
    let outcome = f.server.serve(caller, request.clone());
    let changed = format!("{:?}", f.server) != before || outcome.effects != Effects::default();
    (outcome.response, changed)
}

#[test]
fn what_is_for_another_caller_is_refused_and_changes_nothing() {
    let refused = (Response::Failed(Status::NoPermission), false);
    let (client, manager) = (Caller::Client(ClientId(0)), Caller::Manager);
    for request in requests() {
        let (own, other) = if is_managers(&request) {
            (manager, client)
        } else {
            (client, manager)
        };
        assert_eq!(asked(other, &request), refused, "{request:?} of {other:?}");
        let (served, _) = asked(own, &request);
        assert!(!matches!(served, Response::Failed(_)), "{request:?}");
    }
}

#[test]
fn every_request_is_tried() {
    // The first byte of a message is the number of its variant.
    let number = |request: &Request| {
        let mut bytes = [0; MAX_BYTES];
        encode(request, &mut bytes).unwrap()[0]
    };
    let numbers: Vec<u8> = requests().iter().map(number).collect();
    // With one of these behind it, each variant is a request: numbers, a name `a`, a
    // client and a name.
    let bodies: [&[u8]; 5] = [&[], &[0], &[1, b'a'], &[1, b'a', 1], &[0, 1, b'a']];
    let is_request = |&number: &u8| {
        let message = |body: &&[u8]| [&[number], *body].concat();
        let mut messages = bodies.iter().map(message);
        messages.any(|bytes| decode::<Request>(&bytes).is_some())
    };
    let all = (0..0x80).filter(is_request);
    assert_eq!(all.collect::<Vec<_>>(), numbers);
}

#[test]
fn what_the_manager_may_do_changes_something() {
    for request in requests().iter().filter(|request| is_managers(request)) {
        let looks = matches!(
            request,
            Request::Slot { .. } | Request::ClientReport { .. } | Request::Stopped { .. }
        );
        assert_eq!(asked(Caller::Manager, request).1, !looks, "{request:?}");
    }
}
