// SPDX-License-Identifier: BSD-2-Clause

//! What only the manager may ask, asked by a host of every client that there could be;
//! and more than any client may ask.

use sel4_microkit::Channel;
use shmem_client::{Transport, microkit::Calls};
use shmem_server_api::{RegionName, Request, Response, Status};

/// More than the server can have.
const CLIENTS: u8 = 64;

/// Asks for everything; returns how often. Each must be refused.
pub fn usurp(server: Channel, region: &RegionName) -> Result<u32, &'static str> {
    let mut asked = 0;
    for client in 0..CLIENTS {
        for request in forbidden(client, region) {
            asked += 1;
            match Calls::new(server).request(&request) {
                Some(Response::Failed(Status::NoPermission)) => {}
                _ => return Err("what only the manager may ask was not refused"),
            }
        }
    }
    Ok(asked)
}

/// Calls at once: more than four times the pace.
const CALLS: u32 = 2000;

/// Asks for something innocent, much too often; returns how often it was refused.
pub fn insist(server: Channel) -> Result<u32, &'static str> {
    let mut refused = 0;
    for _ in 0..CALLS {
        match Calls::new(server).request(&Request::Usage) {
            Some(Response::Usage(_)) => {}
            Some(Response::Failed(Status::UnknownFailure)) => refused += 1,
            _ => return Err("an answer that no such request has"),
        }
    }
    if refused == 0 {
        return Err("calls at any pace were served");
    }
    Ok(refused)
}

fn forbidden(client: u8, region: &RegionName) -> [Request; 7] {
    [
        Request::DropClient { client },
        Request::Quarantine { client },
        Request::Stopped { client },
        Request::ClientReport { client },
        Request::Evict {
            client,
            name: region.clone(),
        },
        Request::Revoke {
            name: region.clone(),
        },
        Request::Slot {
            from: u16::from(client),
        },
    ]
}
