// SPDX-License-Identifier: BSD-2-Clause

//! The board's words under every interleaving of server and client.
//!
//! Run, with `CHECKER` loom or shuttle (see `checker.rs` for what each is good for):
//! `RUSTFLAGS="--cfg CHECKER" cargo test -p shmem-server-api --test orders --release`
//!
//! Proved for the bounded histories below: no signal is lost or invented, the last
//! active set is seen, data written before a signal is visible after the read that
//! shows it, and when all is quiet nothing raised is left without a high line or a
//! notification on its way; with moderation by the receiver, and with a restart of
//! either side as an event.

#![cfg(any(loom, shuttle))]

mod checker;
mod evictions;
mod moderation;
mod restarts;
mod signals;
mod system;
