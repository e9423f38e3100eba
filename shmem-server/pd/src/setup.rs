// SPDX-License-Identifier: BSD-2-Clause

//! From the configuration blob to a handler.

use crate::handler::{Callers, Handler, Scrubber};
use crate::log::Log;
use core::fmt;
use heapless::Vec;
use shmem_server_api::Board;
use shmem_server_core::{Caller, ClientId, Server, SetupError};
use tombolo_config::server::{MAX_CLIENTS, ServerConfig};
use tombolo_pages::ring::{OutputRing, Producer};
use tombolo_start::{StartError, channel, configuration, shared};
use tombolo_trace::Tracer;

/// Why the server cannot start. Each says what to do.
pub enum Error {
    /// Its configuration, or what that names, is not there.
    Start(StartError),
    /// The core does not take it.
    Setup(SetupError),
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "{error}"),
            Self::Setup(error) => write!(f, "{error}"),
        }
    }
}

/// Reads the configuration and makes the server. What goes wrong once the log is
/// there is said there too.
pub fn server() -> Result<Handler, Error> {
    let config = own_configuration()?;
    let ring: &OutputRing = shared("the log", config.output.ring)?;
    let mut log = Log::new(Producer::new(ring), channel(config.output.channel)?);
    match parts(&config) {
        Ok(parts) => start(config, parts, log),
        Err(error) => {
            log.line(format_args!("cannot start: {error}"));
            Err(error.into())
        }
    }
}

/// Each of these two keeps its large values on a frame of its own, which is gone
/// before the other's is made.
#[inline(never)]
fn own_configuration() -> Result<ServerConfig, StartError> {
    configuration()
}

#[inline(never)]
fn start(config: ServerConfig, parts: Parts, mut log: Log) -> Result<Handler, Error> {
    match Server::new(config, parts.boards) {
        Ok(server) => {
            greet(&server, &mut log);
            log.serve(server.config().clients.len());
            Ok(Handler::new(
                server,
                parts.callers,
                parts.scrubber,
                (log, parts.tracer),
            ))
        }
        Err(error) => {
            log.line(format_args!("cannot start: {error}"));
            Err(Error::Setup(error))
        }
    }
}

/// What the handler needs besides the core.
struct Parts {
    boards: Vec<&'static Board, MAX_CLIENTS>,
    callers: Callers,
    scrubber: Scrubber,
    tracer: Tracer<'static>,
}

fn parts(config: &ServerConfig) -> Result<Parts, StartError> {
    let page = shared("the scrubber's page", config.scrub_page)?;
    let scrubber = Scrubber::new(page, channel(config.scrubber)?);
    let mut callers = Callers::default();
    let mut add = |id, caller| callers.add(id, caller).ok_or(StartError::Channel(id));
    add(config.manager, Caller::Manager)?;
    let mut boards = Vec::new();
    for (number, client) in (0..).zip(&config.clients) {
        add(client.channel, Caller::Client(ClientId(number)))?;
        // As many entries as the configuration can have clients.
        boards
            .push(shared("a board", client.board)?)
            .map_err(|_| StartError::Address("a board", client.board))?;
    }
    let tracer = tombolo_start::tracer(config.trace)?;
    Ok(Parts {
        tracer,
        boards,
        callers,
        scrubber,
    })
}

fn greet(server: &Server<'_>, log: &mut Log) {
    let config = server.config();
    log.line(format_args!(
        "ready: {} clients, {} pools, {} slots, {} regions made",
        config.clients.len(),
        config.pools.len(),
        config.slots.len(),
        config.create.len()
    ));
}
