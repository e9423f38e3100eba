// SPDX-License-Identifier: BSD-2-Clause

//! Hosts: protection domains beside the guests, stopped when they fault.
//!
//! | host | event | then |
//! |---|---|---|
//! | up | fault | stopped; the server drops its connections, its peers see it crash |
//! | stopped | | it stays so until the system restarts |
//!
//! A host is one thread. When it has faulted it is stopped already, so nothing of it
//! has to wait, as a guest's slots wait for its vCPUs: its quota, its indices and its
//! slots are free at once, and so is a revoked slot that waited for it.

use crate::{Event, World};
use heapless::Vec;
use manager_api::HostState;
use shmem_server_api::Request;
use tombolo_config::{Name, manager};

/// Most hosts.
const MAX_HOSTS: usize = 60;

/// A host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: Name,
    /// Its number at the server.
    pub client: Option<u8>,
    /// Its state.
    pub state: HostState,
    child: usize,
}

/// All hosts.
#[derive(Debug)]
pub struct Hosts(Vec<Host, MAX_HOSTS>);

impl Hosts {
    /// The hosts of the configuration, all up.
    pub fn new(hosts: &[manager::Host]) -> Self {
        let up = |host: &manager::Host| Host {
            name: host.name.clone(),
            client: host.client,
            state: HostState::Up,
            child: usize::from(host.child),
        };
        Self(hosts.iter().take(MAX_HOSTS).map(up).collect())
    }

    /// The number of the host that is that child.
    pub fn by_child(&self, child: usize) -> Option<usize> {
        self.0.iter().position(|host| host.child == child)
    }

    /// A host.
    pub fn get(&self, number: usize) -> Option<&Host> {
        self.0.get(number)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// A host faulted, and was suspended.
    pub fn fault(&mut self, number: usize, world: &mut impl World) {
        let Some(host) = self.0.get_mut(number) else {
            return;
        };
        host.state = HostState::Stopped;
        if let Some(client) = host.client {
            // A server that does not take it says so in its log.
            let _ = world.server(&Request::DropClient { client });
        }
        world.say(&Event::HostStopped {
            host: host.name.clone(),
        });
    }
}
