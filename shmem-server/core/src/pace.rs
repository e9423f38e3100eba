// SPDX-License-Identifier: BSD-2-Clause

//! How often each client may call.
//!
//! A guest's monitor holds its guest to its pace, and a well-behaved host itself
//! (`shmem-client`): who exceeds it waits, and nothing is lost. Neither is to be
//! trusted with the others' time, so the server refuses what comes at more than
//! [`SLACK`] times the pace: a call that it refuses interrupts nobody.
//!
//! Rules:
//!
//! * As at the client, each signal that reaches it earns a call.
//! * What gives something back is never refused: detaching, and the end of all
//!   connections.

use crate::{ClientId, ClientSet};
use heapless::Vec;
use shmem_server_api::{Bucket, Request};
use tombolo_config::server::{Client, MAX_CLIENTS};

/// How much more than its pace a client gets: a monitor that is restarted has a full
/// bucket again.
pub const SLACK: u32 = 4;

#[derive(Clone, Debug)]
struct Pace {
    bucket: Bucket,
    refused: u32,
}

/// All clients' buckets.
#[derive(Clone, Debug)]
pub struct Paces(Vec<Pace, MAX_CLIENTS>);

/// A call that came too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften {
    /// How many of this client's were refused so far.
    pub refused: u32,
}

impl Paces {
    /// As the configuration has them. `frequency`: counter ticks per second.
    pub fn new(clients: &[Client], frequency: u64, now: u64) -> Self {
        let pace = |client: &Client| {
            let (burst, rate) = (client.pace.burst, client.pace.per_second);
            Pace {
                bucket: Bucket::new(
                    burst.saturating_mul(SLACK),
                    rate.saturating_mul(SLACK),
                    frequency,
                    now,
                ),
                refused: 0,
            }
        };
        Self(clients.iter().take(MAX_CLIENTS).map(pace).collect())
    }

    /// A client signals.
    ///
    /// Errors: it has called too often.
    pub fn signal(&mut self, client: ClientId, now: u64) -> Result<(), TooOften> {
        let Some(pace) = self.0.get_mut(client.index()) else {
            return Ok(());
        };
        if pace.bucket.take(now).is_ok() {
            return Ok(());
        }
        pace.refused = pace.refused.saturating_add(1);
        Err(TooOften {
            refused: pace.refused,
        })
    }

    /// A client asks.
    ///
    /// Errors: as [`Self::signal`].
    pub fn request(
        &mut self,
        client: ClientId,
        request: &Request,
        now: u64,
    ) -> Result<(), TooOften> {
        match request {
            Request::Detach { .. } | Request::Reset | Request::Gone { .. } => Ok(()),
            _ => self.signal(client, now),
        }
    }

    /// These were signalled by somebody else.
    pub fn heard(&mut self, clients: ClientSet) {
        for client in clients.iter() {
            if let Some(pace) = self.0.get_mut(client.index()) {
                pace.bucket.give(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Paces, SLACK, TooOften};
    use crate::{ClientId, ClientSet};
    use shmem_server_api::{Departure, RegionName, Request};
    use tombolo_config::guest::Pace;
    use tombolo_config::server::{Client, Quota};

    const A: ClientId = ClientId(0);
    const B: ClientId = ClientId(1);

    /// Two clients with two calls a second; a tick is a millisecond.
    fn paces() -> Paces {
        let client = |channel| Client {
            name: "client".try_into().unwrap(),
            channel,
            board: 0,
            rules: heapless::Vec::new(),
            quota: Quota::default(),
            pace: Pace {
                burst: 2,
                per_second: 2,
            },
        };
        Paces::new(&[client(0), client(1)], 1000, 0)
    }

    #[test]
    fn who_calls_at_more_than_its_pace_with_slack_is_refused_and_nobody_else() {
        let mut paces = paces();
        let most = 2 * SLACK;
        assert!((0..most).all(|_| paces.signal(A, 0).is_ok()));
        for refused in 1..=3 {
            assert_eq!(paces.signal(A, 0), Err(TooOften { refused }));
        }
        assert_eq!(paces.signal(B, 0), Ok(()));
        let after = 1000 / u64::from(most);
        assert_eq!(paces.signal(A, after), Ok(()), "time refills it");
        assert_eq!(paces.signal(A, after), Err(TooOften { refused: 4 }));
        assert_eq!(paces.signal(ClientId(9), 0), Ok(()), "no such client");
    }

    #[test]
    fn a_signal_heard_earns_a_call() {
        let mut paces = paces();
        while paces.signal(A, 0).is_ok() {}
        let mut heard = ClientSet::default();
        heard.insert(A);
        paces.heard(heard);
        assert_eq!(paces.signal(A, 0), Ok(()));
        assert!(paces.signal(A, 0).is_err());
    }

    #[test]
    fn what_gives_something_back_is_never_refused() {
        let mut paces = paces();
        while paces.signal(A, 0).is_ok() {}
        let gone = Request::Gone {
            departure: Departure::Left,
        };
        for request in [Request::Detach { connection: 0 }, Request::Reset, gone] {
            assert_eq!(paces.request(A, &request, 0), Ok(()), "{request:?}");
        }
        let attach = Request::Attach {
            name: RegionName::new("moo").unwrap(),
            pages: 1,
        };
        for request in [attach, Request::Usage, Request::List { nth: 0 }] {
            assert!(paces.request(A, &request, 0).is_err(), "{request:?}");
        }
    }
}
