// SPDX-License-Identifier: BSD-2-Clause

//! Random histories of several guests, and what each of them can tell is wrong.
//!
//! The guests attach, write, read, signal and detach at random. In the suite `churn`
//! all but one are reset by their timer at random moments; in `kills` they are reset,
//! crash and turn themselves off, and a reaper kills them and puts them out. What they
//! do is written down in a ledger, a region that is there for ever: there the survivors
//! find out whether what they see can have come about.
//!
//! | invariant | who finds out |
//! |---|---|
//! | a signal is not invented | its receiver: the sender's book has none that began ([`Tally::invented`]) |
//! | a signal is not lost | its receiver: the sender's book has one that ended ([`Tally::lost`]) |
//! | an interrupt is not lost | who sleeps until one comes, while others come and go |
//! | who is put out is told, and nobody else | the one, and the reaper |
//! | an index has one holder | the next holder: the one before detached or died ([`Ledger::claim`]) |
//! | memory is clean | who joins a region first: it reads zeros |
//! | data is what a member of this generation wrote | every reader ([`Block::check`]) |
//! | generations only grow | who attaches ([`Ledger::generation`]) |

mod block;
mod ledger;
mod tally;

pub use block::{Block, Wrong};
pub use ledger::{GUESTS, Holder, Ledger, REGIONS};
pub use tally::Tally;
