// SPDX-License-Identifier: BSD-2-Clause

//! Steps that go to the server as messages.

use crate::step::Step;
use crate::system::{NAMES, name_of};
use shmem_server_api::{RegionName, Request};
use shmem_server_core::{Caller, ClientId};

pub fn message(step: &Step) -> (Caller, Request) {
    let from = |client: u8, request| (Caller::Client(ClientId(client)), request);
    match *step {
        Step::Attach {
            client,
            name,
            pages,
        } => {
            let name = RegionName::new(NAMES[name]).expect("legal");
            from(client, Request::Attach { name, pages })
        }
        Step::Detach { client, handle } => from(client, Request::Detach { connection: handle }),
        Step::Unread { client, handle } => from(client, Request::Unread { connection: handle }),
        Step::Find { client, nth } => from(client, Request::Find { nth }),
        Step::Inspect { client, handle } => from(client, Request::Inspect { connection: handle }),
        Step::List { client, nth } => from(client, Request::List { nth }),
        Step::Usage { client } => from(client, Request::Usage),
        Step::Gone { client, departure } => from(client, Request::Gone { departure }),
        Step::Reset { client } => from(client, Request::Reset),
        Step::Drop { client } => (Caller::Manager, Request::DropClient { client }),
        Step::Quarantine { client } => (Caller::Manager, Request::Quarantine { client }),
        Step::Evict { client, name } => {
            let name = region_name(name);
            (Caller::Manager, Request::Evict { client, name })
        }
        Step::Revoke { name } => {
            let name = region_name(name);
            (Caller::Manager, Request::Revoke { name })
        }
        Step::Stopped { client } => (Caller::Manager, Request::Stopped { client }),
        Step::Slot { from } => (Caller::Manager, Request::Slot { from }),
        Step::ClientReport { client } => (Caller::Manager, Request::ClientReport { client }),
        _ => unreachable!("no message: {step:?}"),
    }
}

fn region_name(name: usize) -> RegionName {
    RegionName::new(name_of(name)).expect("legal")
}
