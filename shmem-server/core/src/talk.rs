// SPDX-License-Identifier: BSD-2-Clause

//! How many log lines each client may cause.
//!
//! A client that attaches and detaches in a loop would fill the console and keep
//! it busy for all. So each has a bucket of [`BURST`] lines that refills at
//! [`PER_SECOND`]; what is left out is counted, and the number is told with that
//! client's next line. The scrubber's and the manager's lines share one bucket: they
//! too follow from what clients do.

use crate::ClientId;
use heapless::Vec;
use shmem_server_api::Bucket;
use tombolo_config::server::MAX_CLIENTS;

/// Lines that a client may cause at once.
pub const BURST: u32 = 24;
/// Lines per second after that.
pub const PER_SECOND: u32 = 4;

#[derive(Clone, Debug)]
struct Talker {
    bucket: Bucket,
    left_out: u32,
}

/// All clients' buckets, and one for the rest.
#[derive(Clone, Debug)]
pub struct Talk {
    clients: Vec<Talker, MAX_CLIENTS>,
    rest: Talker,
}

impl Talk {
    /// For `clients` clients. `frequency`: counter ticks per second.
    pub fn new(clients: usize, frequency: u64, now: u64) -> Self {
        let talker = |n: u32| Talker {
            bucket: Bucket::new(BURST * n, PER_SECOND * n, frequency, now),
            left_out: 0,
        };
        Self {
            clients: (0..clients.min(MAX_CLIENTS)).map(|_| talker(1)).collect(),
            rest: talker(2),
        }
    }

    /// Whether a line that `client` caused may be written at counter value `now`;
    /// then, how many were left out before it.
    pub fn may_say(&mut self, client: Option<ClientId>, now: u64) -> Option<u32> {
        let own = client.and_then(|client| self.clients.get_mut(client.index()));
        let talker = own.unwrap_or(&mut self.rest);
        if talker.bucket.take(now).is_ok() {
            return Some(core::mem::take(&mut talker.left_out));
        }
        talker.left_out = talker.left_out.saturating_add(1);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_client_leaves_the_others_their_lines() {
        let mut talk = Talk::new(2, 1000, 0);
        let mut said = |client, now| talk.may_say(Some(ClientId(client)), now);
        let lines = (0..1000).filter(|_| said(0, 5).is_some()).count();
        assert_eq!(lines, BURST as usize);
        assert_eq!(said(1, 5), Some(0));
        assert_eq!(
            said(0, 5 + 250),
            Some(1000 - BURST),
            "and says what is missing"
        );
        assert_eq!(said(0, 5 + 250), None);
        // A number that no client has shares the last bucket.
        assert_eq!(said(200, 0), Some(0));
    }
}
