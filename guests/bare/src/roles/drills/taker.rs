// SPDX-License-Identifier: BSD-2-Clause

//! The taker: checks every block that the giver writes.

use super::super::connection::attach;
use super::super::factory;
use super::{pass_the_planted, transfer};
use crate::machine::{Deadline, Woken, debug};
use crate::run::{Failure, Machine};
use crate::{failure, say};

/// Plays the taker, until the giver says that it is over.
pub fn taker(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut factory = factory(machine)?;
    let mut region = attach(machine, &mut factory)?;
    // Whoever plants something for others is to be noticed here.
    debug::unmask();
    let transfer = transfer(region.data())?;
    transfer.i_take(region.idx());
    region.signal(transfer.giver());
    let seconds = machine.arguments.timeout;
    let mut deadline = Deadline::in_ms(seconds * 1000);
    while !transfer.is_over() {
        region.status();
        pass_the_planted();
        match transfer.take() {
            Some(Ok(_)) => {
                region.signal(transfer.giver());
                deadline = Deadline::in_ms(seconds * 1000);
                continue;
            }
            Some(Err(wrong)) => return Err(failure!("a wrong block: {wrong:x?}")),
            None => {}
        }
        match machine.interrupts.wait(deadline) {
            Woken::Device => machine.interrupts.end_device(),
            Woken::Timeout => return Err(failure!("no block within {seconds} s")),
        }
    }
    say!("taker: {} blocks, all right", transfer.taken());
    Ok(())
}
