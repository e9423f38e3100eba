// SPDX-License-Identifier: BSD-2-Clause

//! Bytes that are no message, and messages with any content.

use crate::system::{CLIENTS, config};
use proptest::prelude::{any, prop_assert, proptest};
use shmem_server_api::Board;
use shmem_server_core::{Caller, ClientId, Server};

/// Variants of `Request`, and two more.
const VARIANTS: u8 = 18;

proptest! {
    #[test]
    fn any_bytes_are_answered(
        messages in proptest::collection::vec(
            (0..CLIENTS + 2, proptest::collection::vec(any::<u8>(), 0..60)), 1..40,
        )
    ) {
        let boards: Vec<Board> = (0..CLIENTS).map(|_| Board::default()).collect();
        let mut server = Server::new(config(), &boards).unwrap();
        for (caller, bytes) in messages {
            let caller =
                if caller > CLIENTS { Caller::Manager } else { Caller::Client(ClientId(caller)) };
            if let Some(outcome) = server.serve_bytes(caller, &bytes) {
                let line = outcome.event.display(server.config()).to_string();
                prop_assert!(line.bytes().all(|b| (0x20..0x7f).contains(&b)), "{line:?}");
            }
        }
    }

    #[test]
    fn any_variant_with_any_content_is_answered(
        variant in 0..VARIANTS, content in proptest::collection::vec(any::<u8>(), 0..50),
    ) {
        let boards: Vec<Board> = (0..CLIENTS).map(|_| Board::default()).collect();
        let mut server = Server::new(config(), &boards).unwrap();
        let bytes: Vec<u8> = [variant].into_iter().chain(content).collect();
        for caller in [Caller::Manager, Caller::Client(ClientId(3))] {
            let _ = server.serve_bytes(caller, &bytes);
        }
    }
}
