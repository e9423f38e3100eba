// SPDX-License-Identifier: BSD-2-Clause

//! The request that is under way, and what its answer is for.

use manager_api::{Command, Request};
use tombolo_config::Name;

/// How long the manager may take, beyond what it grants a guest's VMM for an order.
const PATIENCE_MS: u64 = 2_000;

/// What an answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Names, for completion; nobody waits.
    LearnGuests,
    LearnRegions,
    List,
    Info(Name),
    Top,
    /// Whether anybody is there, who then gets this order.
    Greet(Name, Command),
    Order(Name, Command),
    Hosts,
    Regions,
    Region,
    Detach,
    Revoke,
    Version,
}

impl Purpose {
    /// Whether the prompt waits for it.
    pub(super) fn is_command(&self) -> bool {
        !matches!(self, Self::LearnGuests | Self::LearnRegions)
    }
}

/// A request.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) request: Request,
    pub(super) purpose: Purpose,
    /// When to give up.
    pub(super) until: u64,
    /// It is in the mailbox.
    pub(super) sent: bool,
}

impl Pending {
    pub(super) fn new(request: Request, purpose: Purpose, now: u64, ticks_per_ms: u64) -> Self {
        let order = match &request {
            Request::Order { command, .. } => command.limit_ms(),
            _ => 0,
        };
        let patience = (PATIENCE_MS + order).saturating_mul(ticks_per_ms);
        Self {
            request,
            purpose,
            until: now.saturating_add(patience),
            sent: false,
        }
    }
}
