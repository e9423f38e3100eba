// SPDX-License-Identifier: BSD-2-Clause

//! The way to the server.

use shmem_server_api::{Request, Response};

/// Makes calls to the server: by messages in a protection domain, to the rules
/// themselves in tests.
pub trait Transport {
    /// Makes a [`shmem_server_api::label::REQUEST`]. `None`: the reply made no sense.
    fn request(&mut self, request: &Request) -> Option<Response>;

    /// Makes a [`shmem_server_api::label::SIGNAL`] from connection handle
    /// `connection` to the set `targets`; returns the reply's label, a status code.
    fn signal(&mut self, connection: u8, targets: u32) -> u64;

    /// The counter by which the client's pace goes ([`crate::Client::paced`]).
    fn now(&self) -> u64;
}
