// SPDX-License-Identifier: BSD-2-Clause

//! Shared regions for host protection domains.
//!
//! A host is a client of the server as a guest's monitor is, but it needs no
//! registers: it makes the calls itself. This crate offers what the host library
//! of the original does (guest-shm-abi, "Host side of the original"):
//!
//! | original | here |
//! |---|---|
//! | create a handle | [`Client::new`] |
//! | attach | [`Client::attach`]; after [`Attach::Wait`], [`Client::attach_again`] |
//! | size, data, name, own index | [`Connection::pages`], [`Connection::data`], [`Connection::name`], [`Connection::index`] |
//! | poke | [`Client::poke`] with [`Targets`] |
//! | status | [`Client::status`] |
//! | verify | [`Client::verify`] |
//! | detach | [`Client::detach`] |
//!
//! and what guests have in the feature registers:
//!
//! | feature | here |
//! |---|---|
//! | generation, serial, records, counters, unread, whom one may signal | [`Client::inspect`], [`news`] |
//! | list of regions | [`Client::list`] |
//! | usage, quotas, reasons | [`Client::usage`], [`Reason`] |
//! | muting, one-shot, peek | [`Client::mute_only`], [`Client::unmute`], [`Client::one_shot`], [`Client::peek`] |
//!
//! Rules:
//!
//! * The server is trusted, the peers are not: of a region's data this crate hands
//!   out atomic words only, and reads none of them itself.
//! * A [`Connection`] that has ended is refused, also when its handle serves
//!   another region by then: [`Error::Ended`], never a signal to strangers.
//! * Nothing blocks: who has to wait is notified on its channel to the server, and
//!   asks again.
//!

//! `docs/hosts.md` is the page for who writes a host.

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

/// The page's code is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/hosts.md")]
struct Page;

mod client;
mod connection;
mod data;
mod error;
mod look;
#[cfg(feature = "microkit")]
#[allow(unsafe_code)]
pub mod microkit;
mod moderation;
mod news;
mod reason;
mod transport;

pub use client::{Attach, Client, MAX_SLOTS, Waiting};
pub use connection::{Connection, Status, Targets};
pub use data::{Data, Slot};
pub use error::Error;
pub use news::{Event, News, What, news};
pub use reason::Reason;
pub use shmem_server_api::{Inspection, Listed, Usage};
pub use transport::Transport;
