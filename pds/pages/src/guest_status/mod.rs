// SPDX-License-Identifier: BSD-2-Clause

//! What a VMM tells the manager about its guest, and what the manager wants of it.
//!
//! Two pages per guest: [`GuestStatus`] is written by the VMM and read by the
//! manager, [`GuestOrder`] the other way round. Each side notifies the other
//! after a change and re-reads the whole page on a notification.
//!
//! Rules: the status is what the VMM alleges of its own guest; a lying VMM can
//! start the guests that wait for its own and nothing else. A word that is no
//! state is [`GuestState::Unknown`], a word that is no order is [`Order::Hold`].
//! Counters are for people to look at; nothing is decided by them. A VMM that lies about
//! how long its vCPUs run has its own guest taken for silent, or not.

mod order;
mod state;
mod status;
mod vcpu;

pub use order::{Given, GuestOrder, Order, Outcome};
pub use state::GuestState;
pub use status::{Exit, GuestStatus, VCPUS};
pub use vcpu::VcpuState;
