// SPDX-License-Identifier: BSD-2-Clause

//! The assistant: does what a runner in another guest orders.

use super::desks::Desks;
use super::hand::Hand;
use crate::machine::Deadline;
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::remote::{Answer, Order};

/// Serves the runner until the guest is ended.
pub fn assistant(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let (name, number) = (machine.arguments.region, machine.arguments.number);
    let seconds = machine.arguments.timeout;
    let mut hand = Hand::new(machine)?;
    let desks = Desks::attach(&mut hand, name)?;
    let (desk, index) = (desks.desk(number as usize)?, desks.index()?);
    desk.start(index);
    desks.signal_all()?;
    let _ = hand.desks.push(desks);
    say!("assistant {number}: life {}", desk.life());
    loop {
        hand.look();
        let Some((order, what, runner)) = desk.order() else {
            let deadline = Deadline::in_ms(seconds.saturating_mul(1000));
            if !hand.doze(deadline) {
                return Err(failure!("no order for {seconds} s"));
            }
            continue;
        };
        let ends = matches!(
            what,
            Some(Order::Reset | Order::ResetInHandler | Order::Crash | Order::Off)
        );
        if ends {
            desk.done(order, Answer::Done(0));
            hand.answered(runner)?;
        }
        let answer = what.map_or(Answer::Impossible, |what| hand.perform(&what));
        desk.done(order, answer);
        hand.answered(runner)?;
    }
}
