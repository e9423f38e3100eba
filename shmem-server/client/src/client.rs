// SPDX-License-Identifier: BSD-2-Clause

//! The client: what it can ask of the server.

use crate::{Connection, Error, Slot, Status, Targets, Transport};
use heapless::Vec;
use shmem_server_api::{
    Attached, Board, BoardWord, Bucket, MAX_CONNECTIONS, RegionName, Request, Response,
    Status as Code,
};

/// Most slots that are mapped into one protection domain.
pub const MAX_SLOTS: usize = 32;

/// What an attach came to.
#[derive(Clone, Debug)]
pub enum Attach<'m> {
    /// Attached.
    Done(Connection<'m>),
    /// The only slots that would do are being cleaned. The server notifies our
    /// channel when to ask again, with [`Client::attach_again`].
    Wait(Waiting),
}

/// An attach that waits. The server remembers one for each client: another attach
/// replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    name: RegionName,
    pages: u32,
}

/// What is known of a connection handle.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    /// Counts the handle's connections.
    serial: u32,
    /// Slot and birth of the region that it is connected to now, and the index.
    region: Option<(u16, u32, u8)>,
    /// Who is muted once a signal of theirs was read.
    pub(crate) one_shot: u16,
}

/// A client of the server.
#[derive(Debug)]
pub struct Client<'m, T> {
    transport: T,
    board: &'m Board,
    slots: Vec<Slot<'m>, MAX_SLOTS>,
    entries: [Entry; MAX_CONNECTIONS],
    bucket: Option<Bucket>,
}

impl<'m, T: Transport> Client<'m, T> {
    /// A client with its board and the slots that are mapped here. What an earlier
    /// life of this protection domain left attached goes first. More than
    /// [`MAX_SLOTS`] slots are not taken: their regions are [`Error::NotMapped`].
    ///
    /// Errors: [`Error::Refused`], [`Error::Protocol`].
    pub fn new(
        transport: T,
        board: &'m Board,
        slots: impl IntoIterator<Item = Slot<'m>>,
    ) -> Result<Self, Error> {
        let mut client = Self {
            transport,
            board,
            slots: slots.into_iter().take(MAX_SLOTS).collect(),
            entries: [Entry::default(); MAX_CONNECTIONS],
            bucket: None,
        };
        client.reset()?;
        Ok(client)
    }

    /// Held to a pace from now on: a call without a token is [`Error::TooOften`], and
    /// each signal of a peer that [`Self::status`] reads earns one. Ending connections
    /// takes none. Without a pace the server refuses what comes too fast.
    #[must_use]
    pub fn paced(self, bucket: Bucket) -> Self {
        Self {
            bucket: Some(bucket),
            ..self
        }
    }

    /// Creates the region `name` with `pages` pages, or joins it at its true size,
    /// whatever was asked for. Attached to that name already: the same connection.
    ///
    /// Errors: [`Error::Refused`], [`Error::NotMapped`], [`Error::TooOften`],
    /// [`Error::Protocol`]. None
    /// leaves a connection behind.
    pub fn attach(&mut self, name: &str, pages: u32) -> Result<Attach<'m>, Error> {
        let name = RegionName::new(name).map_err(Error::Refused)?;
        self.attach_again(&Waiting { name, pages })
    }

    /// Asks again, after a notification of our channel: it may have been for
    /// something else, and then this waits on.
    ///
    /// Errors: as [`Self::attach`].
    pub fn attach_again(&mut self, waiting: &Waiting) -> Result<Attach<'m>, Error> {
        let request = Request::Attach {
            name: waiting.name.clone(),
            pages: waiting.pages,
        };
        match self.ask(&request)? {
            Response::Attached(attached) => self.connected(attached).map(Attach::Done),
            Response::Wait => Ok(Attach::Wait(waiting.clone())),
            _ => Err(Error::Protocol),
        }
    }

    /// Reads and clears the connection's status, as a load of the register does.
    /// No call to the server. What the peers stored before they signalled is visible
    /// after it.
    ///
    /// Errors: [`Error::Ended`], also if the manager dropped us: then our own bit
    /// is not among the attached.
    pub fn status(&mut self, connection: &Connection<'m>) -> Result<Status, Error> {
        let word = self.word(connection)?;
        let status = Status(word.take().status);
        let one_shot = self.entry_mut(connection).map_or(0, |entry| entry.one_shot);
        word.mute(status.pending() & one_shot);
        if let Some(bucket) = &mut self.bucket {
            let of_peers = status.pending() & !(1 << (connection.index() & 15));
            bucket.give(of_peers.count_ones());
        }
        if status.active() & 1 << (connection.index() & 15) == 0 {
            self.forget(connection);
            return Err(Error::Ended);
        }
        Ok(status)
    }

    /// Whether the status has changed since it was last read: a guest's line would
    /// be high. False for a connection that has ended.
    pub fn is_raised(&self, connection: &Connection<'m>) -> bool {
        self.word(connection).is_ok_and(BoardWord::line)
    }

    /// Signals `targets`; absent ones are ignored. What was stored before is
    /// visible to whoever then reads its status.
    ///
    /// Errors: [`Error::Ended`], [`Error::Refused`], [`Error::TooOften`],
    /// [`Error::Protocol`].
    pub fn poke(&mut self, connection: &Connection<'m>, targets: Targets) -> Result<(), Error> {
        self.word(connection)?;
        self.take()?;
        let reply = self
            .transport
            .signal(connection.attached.connection, targets.0);
        match code(reply).ok_or(Error::Protocol)? {
            Code::Ok => Ok(()),
            refusal => Err(self.refused(connection, refusal)),
        }
    }

    /// Which peers of the set `peers` have not yet read the last signal that this
    /// connection sent them.
    ///
    /// Errors: [`Error::Ended`], [`Error::Refused`], [`Error::TooOften`],
    /// [`Error::Protocol`].
    pub fn verify(&mut self, connection: &Connection<'m>, peers: u16) -> Result<u16, Error> {
        self.word(connection)?;
        let request = Request::Unread {
            connection: connection.attached.connection,
        };
        match self.ask(&request) {
            Ok(Response::Unread(unread)) => Ok(unread & peers),
            Ok(_) => Err(Error::Protocol),
            Err(Error::Refused(refusal)) => Err(self.refused(connection, refusal)),
            Err(error) => Err(error),
        }
    }

    /// Ends the connection, and with it every clone of it. The peers are
    /// interrupted.
    ///
    /// Errors: [`Error::Ended`], [`Error::Refused`], [`Error::Protocol`].
    pub fn detach(&mut self, connection: Connection<'m>) -> Result<(), Error> {
        self.word(&connection)?;
        self.forget(&connection);
        self.end(connection.attached.connection)
    }

    /// Ends every connection.
    ///
    /// Errors: [`Error::Refused`], [`Error::Protocol`].
    pub fn reset(&mut self) -> Result<(), Error> {
        for entry in &mut self.entries {
            entry.region = None;
        }
        match self.ask_at_once(&Request::Reset)? {
            Response::Done => Ok(()),
            _ => Err(Error::Protocol),
        }
    }

    /// Asks the server, if the pace allows it.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Response, Error> {
        self.take()?;
        self.ask_at_once(request)
    }

    fn take(&mut self) -> Result<(), Error> {
        let now = self.transport.now();
        let taken = self.bucket.as_mut().map_or(Ok(()), |b| b.take(now));
        taken.map_err(|until| Error::TooOften { until })
    }

    fn ask_at_once(&mut self, request: &Request) -> Result<Response, Error> {
        match self.transport.request(request).ok_or(Error::Protocol)? {
            Response::Failed(status) => Err(Error::Refused(status)),
            response => Ok(response),
        }
    }

    fn end(&mut self, handle: u8) -> Result<(), Error> {
        match self.ask_at_once(&Request::Detach { connection: handle })? {
            Response::Done => Ok(()),
            _ => Err(Error::Protocol),
        }
    }

    /// Enters what the server attached.
    fn connected(&mut self, attached: Attached) -> Result<Connection<'m>, Error> {
        let (slot, pages) = (attached.slot, attached.pages);
        let mapped = self.slots.iter().find(|mapped| mapped.number == slot);
        let Some(data) = mapped.and_then(|mapped| mapped.data.first(pages)) else {
            // It is of no use; a second failure could say no more.
            let _ = self.end(attached.connection);
            return Err(Error::NotMapped { slot, pages });
        };
        let entry = self
            .entries
            .get_mut(usize::from(attached.connection))
            .ok_or(Error::Protocol)?;
        let region = Some((slot, attached.generation, attached.index));
        if entry.region != region {
            entry.serial = entry.serial.wrapping_add(1);
            entry.region = region;
            entry.one_shot = 0;
        }
        Ok(Connection {
            data,
            serial: entry.serial,
            attached,
        })
    }

    /// The word of a live connection.
    pub(crate) fn word(&self, connection: &Connection<'m>) -> Result<&'m BoardWord, Error> {
        let handle = usize::from(connection.attached.connection);
        let entry = self.entries.get(handle).ok_or(Error::Ended)?;
        if entry.region.is_none() || entry.serial != connection.serial {
            return Err(Error::Ended);
        }
        self.board.words.get(handle).ok_or(Error::Ended)
    }

    /// The server no longer knows a connection: it was dropped behind our back.
    pub(crate) fn refused(&mut self, connection: &Connection<'m>, refusal: Code) -> Error {
        if refusal == Code::DoesNotExist {
            self.forget(connection);
            return Error::Ended;
        }
        Error::Refused(refusal)
    }

    fn forget(&mut self, connection: &Connection<'m>) {
        if let Some(entry) = self.entry_mut(connection) {
            entry.region = None;
        }
    }

    /// What is known of a connection's handle.
    pub(crate) fn entry_mut(&mut self, connection: &Connection<'m>) -> Option<&mut Entry> {
        let handle = usize::from(connection.attached.connection);
        self.entries.get_mut(handle)
    }
}

/// A status code from a reply's label.
fn code(label: u64) -> Option<Code> {
    [
        Code::Ok,
        Code::UnknownFailure,
        Code::NoMem,
        Code::ClientMax,
        Code::IllegalName,
        Code::NoPermission,
        Code::DoesNotExist,
    ]
    .into_iter()
    .find(|code| u64::from(code.code()) == label)
}
