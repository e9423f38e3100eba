// SPDX-License-Identifier: BSD-2-Clause

//! The parts of a drill: two bystanders, and the culprits.

mod culprit;
mod giver;
mod manager;
mod plant;
mod taker;

pub use culprit::culprit;
pub use giver::giver;
pub use taker::taker;

use crate::failure;
use crate::machine::spin;
use crate::run::Failure;
use bare_guests::drills::{Row, Transfer};
use core::sync::atomic::AtomicU32;

/// Goes round the loop on which somebody may have planted something.
fn pass_the_planted() {
    spin(16);
}

/// The bystanders' half of the region; culprits copy into the other.
fn transfer(data: &[AtomicU32]) -> Result<Transfer<'_>, Failure> {
    let half = data.len() / 2;
    Transfer::new(&data[..half]).ok_or_else(|| failure!("no room for a block: tombolo.size"))
}

fn row(data: &[AtomicU32], number: u32) -> Result<Row<'_>, Failure> {
    Row::new(data, number).ok_or_else(|| failure!("no row for culprit {number}"))
}
