// SPDX-License-Identifier: BSD-2-Clause

//! A guest that loads and stores anything anywhere on its register pages, while its
//! peers come, signal and go, and while the server may answer nonsense.
//!
//! The guest's machine is the monitor's own, on its host model; the server's rules are
//! the real ones. What must hold after every step:
//!
//! * an instruction without a syndrome does what its single accesses do, and changes
//!   no other register ([`instruction`]);
//! * no panic, and every access ends: with a value, an external abort, or after waits
//!   that time ends;
//! * the guest calls the server no more often than its bucket allows;
//! * `shmem` is 0 or the address of one of its own control pages.
//!
//! And as long as the server has told no nonsense:
//!
//! * a control page answers exactly if the server has a connection there, with its
//!   index; otherwise it is an external abort. One whose connection the manager ended
//!   goes on answering until the guest lets go of it;
//! * `status` is what the board's word says;
//! * the interrupt's line is high exactly if a word of the board is raised or an end
//!   is unread, once the server's notification has arrived;
//! * after an attach the factory page shows what the server answered.

mod guest;
mod instruction;
mod run;
mod server;
mod step;

use step::Focus;

/// Mostly the factory page.
pub fn factory_page(bytes: &[u8]) {
    run::run(bytes, Focus::Factory);
}

/// Mostly control pages, after an attach.
pub fn control_page(bytes: &[u8]) {
    run::run(bytes, Focus::Control);
}
