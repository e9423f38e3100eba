// SPDX-License-Identifier: BSD-2-Clause

//! Looking: at a connection and its region, at the regions there are, at oneself.

use crate::{Client, Connection, Error, Transport};
use shmem_server_api::{Inspection, Listed, Request, Response, Status as Code, Usage};

impl<'m, T: Transport> Client<'m, T> {
    /// Everything about a connection and its region: generation, joins and departures
    /// with their reasons ([`crate::news`]), who has not read our last signal, whom we
    /// may signal, counters.
    ///
    /// Errors: [`Error::Ended`], [`Error::Refused`], [`Error::TooOften`],
    /// [`Error::Protocol`].
    pub fn inspect(&mut self, connection: &Connection<'m>) -> Result<Inspection, Error> {
        self.word(connection)?;
        let request = Request::Inspect {
            connection: connection.attached.connection,
        };
        match self.ask(&request) {
            Ok(Response::Inspected(inspection)) => Ok(inspection),
            Ok(_) => Err(Error::Protocol),
            Err(Error::Refused(refusal)) => Err(self.refused(connection, refusal)),
            Err(error) => Err(error),
        }
    }

    /// The `nth` live region, from 0, that this client may attach, attached or not;
    /// `None`: there are not as many. Regions come and go between two calls.
    ///
    /// Errors: [`Error::Refused`], [`Error::TooOften`], [`Error::Protocol`].
    pub fn list(&mut self, nth: u32) -> Result<Option<Listed>, Error> {
        match self.ask(&Request::List { nth }) {
            Ok(Response::Listed(listed)) => Ok(Some(listed)),
            Ok(_) => Err(Error::Protocol),
            Err(Error::Refused(Code::DoesNotExist)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What this client uses and may use, and why its last attach was refused
    /// ([`crate::Reason`]).
    ///
    /// Errors: [`Error::Refused`], [`Error::TooOften`], [`Error::Protocol`].
    pub fn usage(&mut self) -> Result<Usage, Error> {
        match self.ask(&Request::Usage)? {
            Response::Usage(usage) => Ok(usage),
            _ => Err(Error::Protocol),
        }
    }
}
