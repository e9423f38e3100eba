// SPDX-License-Identifier: BSD-2-Clause

//! The client against the server's own rules: every call is decided by
//! `shmem_server_core`, over the bytes that would travel.

mod connections;
mod history;
mod looking;
mod moderation;
mod pace;
mod world;
