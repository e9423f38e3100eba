// SPDX-License-Identifier: BSD-2-Clause

//! What only the manager may ask, asked by a host of every client that there could be.

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
