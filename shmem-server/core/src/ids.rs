// SPDX-License-Identifier: BSD-2-Clause

//! Numbers with a meaning, so that none is taken for another.

/// A client, by its number in the server's configuration. Made from the
/// caller's channel, never from a message, except from the manager's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(pub u8);

/// A connection of a client: 0..[`shmem_server_api::MAX_CONNECTIONS`] once the
/// server has found it in its table; before that, alleged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub u8);

/// A slot, by its number in the server's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotId(pub u16);

impl ClientId {
    /// Position in tables.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Handle {
    /// Position in the client's table and on its board.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl SlotId {
    /// Position in tables.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Who calls, as the channel's badge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A client: a guest's VMM or a host protection domain.
    Client(ClientId),
    /// The manager, which may drop clients and attaches nothing.
    Manager,
}
