// SPDX-License-Identifier: BSD-2-Clause

//! What the manager sees of the world, and what it does to it.
//!
//! One trait, so that everything the manager decides runs on the host against a
//! model.

use crate::{Event, Figures};
use manager_api::{Response, Silence};
use shmem_server_api as server;
use tombolo_pages::guest_status::{GuestState, Order, Outcome};
use tombolo_trace::Event as Traced;

/// What a guest's status page says, as its VMM alleges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// State.
    pub state: GuestState,
    /// Attaches that succeeded.
    pub attaches: u32,
    /// Starts of the VMM, each counted when its vCPUs are suspended.
    pub boots: u32,
    /// Resets.
    pub resets: u32,
    /// Panics that its console showed.
    pub panics: u32,
    /// Number and outcome of the last order that was answered.
    pub answer: Option<(u32, Outcome)>,
}

impl Default for Seen {
    /// A page of zeros.
    fn default() -> Self {
        Self {
            state: GuestState::Unknown,
            attaches: 0,
            boots: 0,
            resets: 0,
            panics: 0,
            answer: None,
        }
    }
}

/// Whom an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Number of the asker.
    pub asker: usize,
    /// Number of its request.
    pub serial: u32,
}

/// The world around the manager. Guests are named by their numbers.
pub trait World {
    /// Milliseconds since some moment.
    fn now(&self) -> u64;
    /// What a guest's page says now.
    fn seen(&mut self, guest: usize) -> Seen;
    /// Figures of a guest.
    fn figures(&mut self, guest: usize) -> Figures;
    /// Of a guest's vCPUs that run, the one that has not trapped for longest; `None`:
    /// none runs.
    fn silence(&mut self, guest: usize) -> Option<Silence>;
    /// Gives an order to a guest's VMM, which takes it when it next runs; returns
    /// the order's number.
    fn order(&mut self, guest: usize, order: Order) -> u32;
    /// Suspends a VMM, whatever it does.
    fn halt(&mut self, guest: usize);
    /// Lets a VMM that is suspended begin anew where it says that it can. `false`: it
    /// has not said so, or the kernel refused.
    fn restart(&mut self, guest: usize) -> bool;
    /// Asks the server. `None`: no sense in the reply.
    fn server(&mut self, request: &server::Request) -> Option<server::Response>;
    /// Records what happens, for the trace.
    fn trace(&mut self, event: Traced);
    /// Writes a line.
    fn say(&mut self, event: &Event);
    /// Answers a request, unless its asker has given it up.
    fn answer(&mut self, ticket: Ticket, response: &Response);
}
