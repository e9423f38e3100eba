// SPDX-License-Identifier: BSD-2-Clause

//! Messages in, messages out: one call from bytes to answer.
//!
//! | request | client | manager |
//! |---|---|---|
//! | Attach, Detach, Find, Unread, Reset, Inspect, List, Usage, Gone | served, about itself | NO_PERMISSION |
//! | DropClient, Quarantine, Slot, ClientReport, Evict, Revoke, Stopped | NO_PERMISSION | served |

use crate::event::{Event, How};
use crate::server::attach::Attach;
use crate::server::oversight::Revocation;
use crate::{Caller, ClientId, Effects, Handle, Refusal, Server};
use shmem_server_api::{Departure, Request, Response, decode};

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// For the caller.
    pub response: Response,
    /// To be carried out before the caller gets it.
    pub effects: Effects,
    /// For the log.
    pub event: Event,
}

/// Answer and log line of something that worked.
type Served = Result<(Response, Event), Refusal>;

impl Server<'_> {
    /// Serves the bytes of a message; `None` if they are no request.
    pub fn serve_bytes(&mut self, caller: Caller, bytes: &[u8]) -> Option<Outcome> {
        decode(bytes).map(|request| self.serve(caller, request))
    }

    /// Serves a request.
    pub fn serve(&mut self, caller: Caller, request: Request) -> Outcome {
        let mut effects = Effects::default();
        let asked = wanted_name(&request);
        let served = match caller {
            Caller::Client(client) => {
                let served = self.serve_client(client, request, &mut effects);
                if asked.is_some() {
                    self.remember(client, served.as_ref().err().copied());
                }
                served
            }
            Caller::Manager => self.serve_manager(request, &mut effects),
        };
        let (response, event) = served.unwrap_or_else(|refusal| {
            (
                Response::Failed(refusal.status()),
                refused(caller, asked, refusal),
            )
        });
        Outcome {
            response,
            effects,
            event,
        }
    }

    fn serve_client(
        &mut self,
        client: ClientId,
        request: Request,
        effects: &mut Effects,
    ) -> Served {
        match request {
            Request::Attach { name, pages } => {
                Ok(match self.attach(client, &name, pages, effects)? {
                    Attach::Wait => (Response::Wait, Event::Waits { client, name }),
                    Attach::Done(How::Again, attached) => {
                        (Response::Attached(attached), Event::Quiet)
                    }
                    Attach::Done(how, attached) => (
                        Response::Attached(attached.clone()),
                        Event::Attached {
                            client,
                            how,
                            attached,
                        },
                    ),
                })
            }
            Request::Detach { connection } => {
                let done = self.detach(client, Handle(connection), effects)?;
                let (name, index, last) = (done.name, done.index, done.last);
                Ok((
                    Response::Done,
                    Event::Detached {
                        client,
                        name,
                        index,
                        last,
                    },
                ))
            }
            Request::Find { nth } => match self.find(client, nth) {
                Ok(attached) => Ok((Response::Attached(attached), Event::Quiet)),
                // The way to learn how many there are: no line in the log.
                Err(refusal) => Ok((Response::Failed(refusal.status()), Event::Quiet)),
            },
            Request::Unread { connection } => {
                let set = self.unread(client, Handle(connection))?;
                Ok((Response::Unread(set), Event::Quiet))
            }
            Request::Inspect { connection } => {
                let inspection = self.inspect(client, Handle(connection))?;
                Ok((Response::Inspected(inspection), Event::Quiet))
            }
            Request::List { nth } => match self.list(client, nth) {
                Ok(listed) => Ok((Response::Listed(listed), Event::Quiet)),
                // As with Find.
                Err(refusal) => Ok((Response::Failed(refusal.status()), Event::Quiet)),
            },
            Request::Usage => Ok((Response::Usage(self.usage(client)?), Event::Quiet)),
            Request::Reset => self.serve_drop(client, Departure::Reset, Cause::Own, effects),
            Request::Gone { departure } => self.serve_drop(client, departure, Cause::Own, effects),
            Request::DropClient { .. }
            | Request::Quarantine { .. }
            | Request::Slot { .. }
            | Request::ClientReport { .. }
            | Request::Evict { .. }
            | Request::Revoke { .. }
            | Request::Stopped { .. } => Err(Refusal::NotForCaller),
        }
    }

    fn serve_manager(&mut self, request: Request, effects: &mut Effects) -> Served {
        match request {
            Request::DropClient { client } => {
                let client = ClientId(client);
                let served =
                    self.serve_drop(client, Departure::Crashed, Cause::Manager, effects)?;
                self.stopped(client, effects)?;
                Ok(served)
            }
            Request::Quarantine { client } => {
                let client = ClientId(client);
                self.serve_drop(client, Departure::Crashed, Cause::GivenUp, effects)
            }
            Request::Slot { from } => match self.report(from) {
                Ok(report) => Ok((Response::Slot(report), Event::Quiet)),
                // The way to learn that there are no more: no line in the log.
                Err(refusal) => Ok((Response::Failed(refusal.status()), Event::Quiet)),
            },
            Request::ClientReport { client } => {
                let report = self.client_report(ClientId(client))?;
                Ok((Response::ClientReport(report), Event::Quiet))
            }
            Request::Evict { client, name } => {
                let client = ClientId(client);
                let done = self.evict(client, &name, effects)?;
                let event = Event::Evicted {
                    client,
                    name,
                    index: done.index,
                    last: done.last,
                };
                Ok((Response::Done, event))
            }
            Request::Revoke { name } => {
                let Revocation {
                    slot,
                    clients,
                    waits_for,
                } = self.revoke(&name, effects)?;
                let answer = Response::Revoked {
                    waits_for: waits_for.bits(),
                };
                let event = Event::Revoked {
                    name,
                    slot,
                    clients,
                    waits_for,
                };
                Ok((answer, event))
            }
            Request::Stopped { client } => {
                self.stopped(ClientId(client), effects)?;
                Ok((Response::Done, Event::Quiet))
            }
            Request::Attach { .. }
            | Request::Detach { .. }
            | Request::Find { .. }
            | Request::Unread { .. }
            | Request::Inspect { .. }
            | Request::List { .. }
            | Request::Usage
            | Request::Gone { .. }
            | Request::Reset => Err(Refusal::NotForCaller),
        }
    }

    fn serve_drop(
        &mut self,
        client: ClientId,
        departure: Departure,
        cause: Cause,
        effects: &mut Effects,
    ) -> Served {
        let by_manager = cause != Cause::Own;
        let given_up = cause == Cause::GivenUp;
        let done = self.drop_client(client, departure, given_up, effects)?;
        if by_manager && done.connections > 0 {
            // It did not ask: it is to look at its board.
            effects.notify.insert(client);
        }
        let (connections, ended) = (done.connections, done.ended);
        let event = Event::Dropped {
            client,
            connections,
            ended,
            departure,
            by_manager,
            given_up,
        };
        // A guest's first reset is its start: nothing to say.
        let quiet = connections == 0 && !given_up;
        Ok((Response::Done, if quiet { Event::Quiet } else { event }))
    }
}

/// Who wants a client's connections ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It itself.
    Own,
    /// The manager.
    Manager,
    /// The manager, of a guest that cannot be stopped.
    GivenUp,
}

fn wanted_name(request: &Request) -> Option<shmem_server_api::RegionName> {
    match request {
        Request::Attach { name, .. } => Some(name.clone()),
        _ => None,
    }
}

fn refused(caller: Caller, asked: Option<shmem_server_api::RegionName>, refusal: Refusal) -> Event {
    match (caller, asked) {
        (Caller::Client(client), Some(name)) => Event::Refused {
            client,
            name,
            refusal,
        },
        (Caller::Client(client), None) => Event::Failed {
            client: Some(client),
            refusal,
        },
        (Caller::Manager, _) => Event::Failed {
            client: None,
            refusal,
        },
    }
}
