// SPDX-License-Identifier: BSD-2-Clause

//! What the server keeps of each client: its connections, and what it waits for.

use crate::{ClientId, Handle, Refusal, SlotId};
use heapless::Vec;
use shmem_server_api::{Board, BoardWord, MAX_CONNECTIONS, RegionName, Totals};
use tombolo_config::server::MAX_CLIENTS;

/// One connection, as its client's table has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Where its region is.
    pub slot: SlotId,
    /// Its index there.
    pub index: u8,
}

/// An attach that was told to wait. A client has one at most: its next attach
/// replaces it.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The region wanted.
    pub name: RegionName,
    /// Its pool.
    pub pool: u8,
    /// Pages wanted.
    pub pages: u32,
}

/// One client.
#[derive(Debug)]
pub struct Client<'b> {
    /// Shared with that client alone.
    board: &'b Board,
    /// By handle.
    connections: [Option<Connection>; MAX_CONNECTIONS],
    /// What to wake it for.
    pub waiting: Option<Waiting>,
    /// Why its last attach was refused, if it was.
    pub refused: Option<Refusal>,
    /// Signals of connections that have ended.
    pub past: Totals,
}

impl<'b> Client<'b> {
    /// Without connections; its board is emptied.
    pub fn new(board: &'b Board) -> Self {
        board.words.iter().for_each(BoardWord::end);
        Self {
            board,
            connections: [None; MAX_CONNECTIONS],
            waiting: None,
            refused: None,
            past: Totals::default(),
        }
    }

    /// The connection, if the alleged handle is one.
    pub fn connection(&self, handle: Handle) -> Option<Connection> {
        *self.connections.get(handle.index())?
    }

    /// All connections, in order of handles.
    pub fn connections(&self) -> impl Iterator<Item = (Handle, Connection)> {
        (0..)
            .map(Handle)
            .zip(&self.connections)
            .filter_map(|(h, c)| Some((h, (*c)?)))
    }

    /// The lowest free handle.
    pub fn free_handle(&self) -> Option<Handle> {
        (0..)
            .map(Handle)
            .zip(&self.connections)
            .find(|(_, c)| c.is_none())
            .map(|(h, _)| h)
    }

    /// Enters a connection.
    pub fn connect(&mut self, handle: Handle, connection: Connection) {
        if let Some(entry) = self.connections.get_mut(handle.index()) {
            *entry = Some(connection);
        }
    }

    /// Takes a connection out.
    pub fn disconnect(&mut self, handle: Handle) -> Option<Connection> {
        self.connections.get_mut(handle.index())?.take()
    }

    /// Every word that has no connection says so, read or not.
    pub fn empty_words(&self) {
        let words = self.board.words.iter().zip(&self.connections);
        words
            .filter(|(_, connection)| connection.is_none())
            .for_each(|(word, _)| word.end());
    }

    /// The board's word of a handle.
    pub fn word(&self, handle: Handle) -> Option<&'b BoardWord> {
        self.board.words.get(handle.index())
    }
}

/// All clients, by number.
#[derive(Debug)]
pub struct Clients<'b>(Vec<Client<'b>, MAX_CLIENTS>);

impl<'b> Clients<'b> {
    /// One per board, in order.
    pub fn new(boards: impl IntoIterator<Item = &'b Board>) -> Self {
        Self(
            boards
                .into_iter()
                .take(MAX_CLIENTS)
                .map(Client::new)
                .collect(),
        )
    }

    /// A client.
    pub fn get(&self, client: ClientId) -> Option<&Client<'b>> {
        self.0.get(client.index())
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, client: ClientId) -> Option<&mut Client<'b>> {
        self.0.get_mut(client.index())
    }

    /// The board's word of a client's connection.
    pub fn word(&self, client: ClientId, handle: Handle) -> Option<&'b BoardWord> {
        self.get(client)?.word(handle)
    }

    /// Number of clients.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Ends the waits that `wanted` picks; returns whose they were.
    pub fn wake(&mut self, wanted: impl Fn(&Waiting) -> bool) -> impl Iterator<Item = ClientId> {
        (0..)
            .map(ClientId)
            .zip(&mut self.0)
            .filter_map(move |(id, client)| {
                client
                    .waiting
                    .take_if(|waiting| wanted(waiting))
                    .map(|_| id)
            })
    }
}
