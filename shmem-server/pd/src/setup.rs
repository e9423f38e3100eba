// SPDX-License-Identifier: BSD-2-Clause

//! From the configuration blob to a handler.

use crate::handler::{Callers, Handler, Scrubber};
use crate::log::Log;
use crate::shared;
use core::fmt;
use heapless::Vec;
use sel4_microkit::Channel;
use shmem_server_api::Board;
use shmem_server_core::{Caller, ClientId, Server, SetupError};
use tombolo_config::server::{MAX_CLIENTS, ServerConfig};
use tombolo_config::{BlobError, ChannelId, decode};
use tombolo_pages::ring::{OutputRing, Producer};
use tombolo_trace::Tracer;

/// Why the server cannot start. Each says what to do.
pub enum Error {
    /// No blob.
    NoConfiguration,
    /// It cannot be read.
    Blob(BlobError),
    /// An address in it is none.
    Address(&'static str, u64),
    /// A channel in it is none, or is used twice.
    Channel(ChannelId),
    /// The core does not take it.
    Setup(SetupError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConfiguration => f.write_str(
                "it was given no configuration: map its blob with setvar_vaddr=\"config_address\" \
                 and setvar_prefill_size=\"config_size\"",
            ),
            Self::Blob(error) => write!(f, "{error}"),
            Self::Address(what, address) => write!(
                f,
                "the configuration's address of {what} is {address:#x}: generate the system anew"
            ),
            Self::Channel(id) => write!(
                f,
                "the configuration's channel {id} is above 61 or used twice: \
                 generate the system anew"
            ),
            Self::Setup(error) => write!(f, "{error}"),
        }
    }
}

/// Reads the configuration and makes the server. What goes wrong once the log is
/// there is said there too.
pub fn server() -> Result<Handler, Error> {
    let config = configuration()?;
    let ring = config.output.ring;
    let ring = shared::layout::<OutputRing>(ring).ok_or(Error::Address("the log", ring))?;
    let mut log = Log::new(Producer::new(ring), channel(config.output.channel)?);
    match parts(&config) {
        Ok(parts) => start(config, parts, log),
        Err(error) => {
            log.line(format_args!("cannot start: {error}"));
            Err(error)
        }
    }
}

/// Each of these two keeps its large values on a frame of its own, which is gone
/// before the other's is made.
#[inline(never)]
fn configuration() -> Result<ServerConfig, Error> {
    let blob = shared::configuration().ok_or(Error::NoConfiguration)?;
    decode(blob).map_err(Error::Blob)
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

fn parts(config: &ServerConfig) -> Result<Parts, Error> {
    let page = shared::layout(config.scrub_page)
        .ok_or(Error::Address("the scrubber's page", config.scrub_page))?;
    let scrubber = Scrubber::new(page, channel(config.scrubber)?);
    let mut callers = Callers::default();
    callers
        .add(config.manager, Caller::Manager)
        .ok_or(Error::Channel(config.manager))?;
    let mut boards = Vec::new();
    for (number, client) in (0..).zip(&config.clients) {
        let caller = Caller::Client(ClientId(number));
        callers
            .add(client.channel, caller)
            .ok_or(Error::Channel(client.channel))?;
        let board = shared::layout(client.board).ok_or(Error::Address("a board", client.board))?;
        // As many entries as the configuration can have clients.
        boards
            .push(board)
            .map_err(|_| Error::Address("a board", client.board))?;
    }
    let tracer = tombolo_start::tracer(config.trace)
        .map_err(|_| Error::Address("the trace", config.trace))?;
    Ok(Parts {
        tracer,
        boards,
        callers,
        scrubber,
    })
}

fn channel(id: ChannelId) -> Result<Channel, Error> {
    if id > 61 {
        Err(Error::Channel(id))
    } else {
        Ok(Channel::new(usize::from(id)))
    }
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
