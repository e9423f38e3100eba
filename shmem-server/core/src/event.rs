// SPDX-License-Identifier: BSD-2-Clause

//! What happened, for the log: data here, words only when it is shown.

use crate::{ClientId, ClientSet, Refusal, SlotId};
use core::fmt;
use shmem_server_api::{Attached, Departure, RegionName};
use tombolo_config::server::ServerConfig;

/// How an attach went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The region was born.
    Created,
    /// It existed.
    Joined,
    /// So did this client's connection.
    Again,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing worth a line (find, unread, attach again).
    Quiet,
    /// A connection was made.
    Attached {
        /// Whose.
        client: ClientId,
        /// Created or joined.
        how: How,
        /// What the client was told.
        attached: Attached,
    },
    /// An attach was refused.
    Refused {
        /// Whose.
        client: ClientId,
        /// The name asked for; unchecked, shown only if legal.
        name: RegionName,
        /// Why.
        refusal: Refusal,
    },
    /// An attach waits for the scrubber.
    Waits {
        /// Whose.
        client: ClientId,
        /// The name asked for.
        name: RegionName,
    },
    /// A connection ended.
    Detached {
        /// Whose.
        client: ClientId,
        /// Of which region.
        name: RegionName,
        /// Its index there.
        index: u8,
        /// Whether the region ended with it.
        last: bool,
    },
    /// All connections of a client ended.
    Dropped {
        /// Whose.
        client: ClientId,
        /// How many there were.
        connections: u8,
        /// Regions that ended with them.
        ended: u8,
        /// Why, as the peers see it.
        departure: Departure,
        /// By the manager (else by the client itself).
        by_manager: bool,
        /// Its guest cannot be stopped: slots are quarantined.
        given_up: bool,
    },
    /// The manager ended a connection.
    Evicted {
        /// Whose.
        client: ClientId,
        /// Of which region.
        name: RegionName,
        /// Its index there.
        index: u8,
        /// Whether the region ended with it.
        last: bool,
    },
    /// The manager ended a region.
    Revoked {
        /// Which.
        name: RegionName,
        /// The slot that held it.
        slot: SlotId,
        /// Whose connections ended.
        clients: ClientSet,
        /// Who is to be stopped before its slot is cleaned.
        waits_for: ClientSet,
    },
    /// Calls came too fast and were refused ([`crate::pace`]).
    TooOften {
        /// Whose.
        client: ClientId,
        /// How many so far.
        refused: u32,
    },
    /// Another request failed.
    Failed {
        /// Whose; `None`: the manager's.
        client: Option<ClientId>,
        /// Why.
        refusal: Refusal,
    },
}

impl Event {
    /// Whose doing it is; `None`: the manager's, or nobody's.
    pub fn client(&self) -> Option<ClientId> {
        match *self {
            Self::Attached { client, .. }
            | Self::Refused { client, .. }
            | Self::Waits { client, .. }
            | Self::Detached { client, .. }
            | Self::TooOften { client, .. }
            | Self::Dropped { client, .. } => Some(client),
            Self::Failed { client, .. } => client,
            Self::Evicted { .. } | Self::Revoked { .. } | Self::Quiet => None,
        }
    }

    /// In words, with the configuration's names; nothing for [`Event::Quiet`].
    pub fn display<'a>(&'a self, config: &'a ServerConfig) -> impl fmt::Display + 'a {
        Display {
            event: self,
            config,
        }
    }
}

struct Display<'a> {
    event: &'a Event,
    config: &'a ServerConfig,
}

impl Display<'_> {
    fn who(&self, client: ClientId) -> &str {
        self.config
            .clients
            .get(client.index())
            .map_or("?", |client| client.name.as_str())
    }
}

impl fmt::Display for Display<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            Event::Quiet => Ok(()),
            Event::Attached {
                client,
                how,
                attached,
            } => {
                let how = match how {
                    How::Created => "created",
                    How::Joined => "joined",
                    How::Again => "attached before",
                };
                let Attached {
                    name,
                    pages,
                    index,
                    generation,
                    ..
                } = attached;
                write!(
                    f,
                    "{} attached {}: {how}, {pages} pages, index {index}, generation {generation}",
                    self.who(*client),
                    shown(name)
                )
            }
            Event::Refused {
                client,
                name,
                refusal,
            } => {
                write!(
                    f,
                    "{} refused {}: {refusal}",
                    self.who(*client),
                    shown(name)
                )
            }
            Event::Waits { client, name } => {
                write!(
                    f,
                    "{} waits for {}: slots are being cleaned",
                    self.who(*client),
                    shown(name)
                )
            }
            Event::Detached {
                client,
                name,
                index,
                last,
            } => {
                let end = if *last { ", the region ends" } else { "" };
                write!(
                    f,
                    "{} detached {}: index {index}{end}",
                    self.who(*client),
                    shown(name)
                )
            }
            Event::TooOften { client, refused } => {
                let who = self.who(*client);
                write!(f, "{who} calls too often: {refused} calls refused so far")
            }
            Event::Dropped {
                client,
                connections,
                ended,
                departure,
                by_manager,
                given_up,
            } => {
                let by = match (by_manager, departure) {
                    (true, _) => "by the manager",
                    (false, Departure::Left) => "by its end",
                    (false, Departure::Reset) => "by reset",
                    (false, Departure::Crashed) => "by its failure",
                };
                write!(
                    f,
                    "{} dropped {by}: {connections} connections, ",
                    self.who(*client)
                )?;
                write!(f, "{ended} regions end")?;
                f.write_str(if *given_up {
                    ", cannot be stopped: quarantined"
                } else {
                    ""
                })
            }
            Event::Evicted {
                client, name, last, ..
            } => {
                let end = if *last { ", the region ends" } else { "" };
                let (who, name) = (self.who(*client), shown(name));
                write!(f, "{who} detached from {name} by the manager{end}")
            }
            Event::Revoked {
                name,
                clients,
                waits_for,
                ..
            } => {
                let (name, connections) = (shown(name), clients.count());
                write!(f, "{name} revoked: {connections} connections end")?;
                for (nth, client) in waits_for.iter().enumerate() {
                    let before = if nth == 0 {
                        ", its slot waits until stopped: "
                    } else {
                        ", "
                    };
                    write!(f, "{before}{}", self.who(client))?;
                }
                Ok(())
            }
            Event::Failed { client, refusal } => {
                let who = client.map_or("manager", |client| self.who(client));
                write!(f, "{who} failed: {refusal}")
            }
        }
    }
}

/// A name as it may go into a log: an illegal one could hold control characters.
fn shown(name: &RegionName) -> &str {
    if name.check().is_ok() {
        name.as_str()
    } else {
        "(illegal name)"
    }
}
