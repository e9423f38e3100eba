// SPDX-License-Identifier: BSD-2-Clause

//! Moderation: whose signals are to wait silently. All of it is on the board, without
//! a call to the server.
//!
//! A muted peer's signal sets its bit in the status and is kept, but wakes nobody. A
//! join or departure always does. A new connection starts with nobody muted.

use crate::{Client, Connection, Error, Status, Transport};

impl<'m, T: Transport> Client<'m, T> {
    /// Who is muted: a set of indices.
    ///
    /// Errors: [`Error::Ended`].
    pub fn muted(&self, connection: &Connection<'m>) -> Result<u16, Error> {
        Ok(self.word(connection)?.muted())
    }

    /// From now on exactly `peers` are muted. Returns whether the status is raised
    /// now: what one that is heard again signalled meanwhile brings no notification.
    ///
    /// Errors: [`Error::Ended`].
    pub fn mute_only(&mut self, connection: &Connection<'m>, peers: u16) -> Result<bool, Error> {
        let word = self.word(connection)?;
        word.mute_only(peers);
        Ok(word.line())
    }

    /// `peers` are not muted any more. Returns as [`Self::mute_only`].
    ///
    /// Errors: [`Error::Ended`].
    pub fn unmute(&mut self, connection: &Connection<'m>, peers: u16) -> Result<bool, Error> {
        let word = self.word(connection)?;
        word.unmute(peers);
        Ok(word.line())
    }

    /// From now on exactly `peers` are muted as soon as [`Self::status`] has read a
    /// signal of theirs, until [`Self::unmute`]: one notification at a time.
    ///
    /// Errors: [`Error::Ended`].
    pub fn one_shot(&mut self, connection: &Connection<'m>, peers: u16) -> Result<(), Error> {
        self.word(connection)?;
        if let Some(entry) = self.entry_mut(connection) {
            entry.one_shot = peers;
        }
        Ok(())
    }

    /// What [`Self::status`] would give, clearing and muting nothing.
    ///
    /// Errors: [`Error::Ended`], also if the manager dropped us.
    pub fn peek(&self, connection: &Connection<'m>) -> Result<Status, Error> {
        let status = Status(self.word(connection)?.peek().status);
        if status.active() & 1 << (connection.index() & 15) == 0 {
            return Err(Error::Ended);
        }
        Ok(status)
    }
}
