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
//! Rules:
//!
//! * The server is trusted, the peers are not: of a region's data this crate hands
//!   out atomic words only, and reads none of them itself.
//! * A [`Connection`] that has ended is refused, also when its handle serves
//!   another region by then: [`Error::Ended`], never a signal to strangers.
//! * Nothing blocks: who has to wait is notified on its channel to the server, and
//!   asks again.

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

mod client;
mod connection;
mod data;
mod error;
#[cfg(feature = "microkit")]
#[allow(unsafe_code)]
pub mod microkit;
mod transport;

pub use client::{Attach, Client, MAX_SLOTS, Waiting};
pub use connection::{Connection, Status, Targets};
pub use data::{Data, Slot};
pub use error::Error;
pub use transport::Transport;
