// SPDX-License-Identifier: BSD-2-Clause

//! Bare-metal guests: what they know and decide, without the machine.
//!
//! One arm64 `Image`; the command line says which part it plays.
//!
//! * `tombolo.role=watcher`: attaches the region, answers the roll call, and
//!   proves that it was attached all the time and was signalled once, at the end.
//! * `tombolo.role=outsider`: is refused the region, and shows that a load from
//!   `tombolo.probe`, the others' memory, faults and nothing else happens.
//!
//! * `tombolo.role=registers`: exercises every register of the shared-memory device,
//!   with the help of `tombolo.role=peer` in another guest.
//! * `tombolo.role=features`, `lifecycle`, `crowd`, `regions`, `storm`: judges what the assistants (`tombolo.role=assistant`) in
//!   other guests do at its orders; see [`remote`].
//! * `tombolo.role=churn`: does at random what a member may, and is reset at random;
//!   see [`churn`].
//! * `tombolo.role=giver` and `taker`: transfer blocks while the guests of
//!   `tombolo.role=culprit` commit what `tombolo.script` says; see [`drills`].
//! * `tombolo.role=copies`: copies names as the libraries do.
//! * `tombolo.role=meter`: measures its share of the processor, beside an idle Linux
//!   guest and beside `tombolo.role=spinner`.
//! * `tombolo.role=planter`: plants a breakpoint and a watchpoint where others run;
//!   `tombolo.role=victim`, the others: nothing happens to it.
//! * `tombolo.role=latency`: measures how long a signal takes to `tombolo.role=echo`
//!   in another guest, and back.
//! * `tombolo.role=ghstest`: speaks with others of the sample pair, as
//!   `tombolo.script` says (crate `ghstest`).
//! * `tombolo.role=overseer`: asks the manager for everything that it may be asked, and
//!   looks whether it happens to the guests of `tombolo.role=citizen`; see [`town`].
//! * `tombolo.role=parrot`: says again what is typed to it; its lines may be orders.
//! * `tombolo.role=processors`: is reset by each of its processors, of which there are
//!   `tombolo.number`, from inside an interrupt's handler.
//! * `tombolo.role=neighbour`: shares a region with others of its role, of which there
//!   are `tombolo.number`, and hears from each of them.
//!
//! Further options: `tombolo.region=NAME` (default `moo`), `tombolo.size=16M`,
//! `tombolo.timeout=SECONDS` (default 120, for each wait), `tombolo.number=N` (which
//! assistant this is; how many the runner has).
//!
//! Rules: the peers and the hypervisor are what is tested, so nothing they say is
//! believed without a check; every wait is bounded; the last line is
//! `CHECK <role>: pass` or `CHECK <role>: fail <reason>`.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod arguments;
pub mod churn;
pub mod devices;
pub mod drills;
pub mod heard;
pub mod mailbox;
pub mod neighbours;
pub mod protocol;
pub mod remote;
pub mod share;
pub mod tables;
pub mod town;
pub mod watcher;
