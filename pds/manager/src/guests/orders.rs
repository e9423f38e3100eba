// SPDX-License-Identifier: BSD-2-Clause

//! What somebody orders, until it is done or cannot be.

use super::Guests;
use super::guest::{UnderWay, Vmm};
use crate::{Event, Ticket, World};
use manager_api::{Command, Refusal, Response};
use tombolo_config::Name;
use tombolo_pages::guest_status::{Order, Outcome};

impl Guests {
    /// `asker` orders something. The answer to `ticket` comes when it is done.
    ///
    /// Errors, at once: [`Refusal::Busy`], [`Refusal::Lost`],
    /// [`Refusal::WrongState`] while its VMM begins anew.
    pub fn order(
        &mut self,
        number: usize,
        command: Command,
        (asker, ticket): (&Name, Ticket),
        world: &mut impl World,
    ) -> Result<(), Refusal> {
        let guest = self.guests.get_mut(number).ok_or(Refusal::DoesNotExist)?;
        match (guest.vmm, command) {
            (Vmm::Up { .. }, _) | (Vmm::GivenUp, Command::Restart) => {}
            (Vmm::GivenUp | Vmm::Lost, _) => return Err(Refusal::Lost),
            (Vmm::Waiting { .. } | Vmm::Booting { .. }, _) => return Err(Refusal::WrongState),
        }
        if guest.under_way.is_some() {
            return Err(Refusal::Busy);
        }
        world.say(&Event::Ordered {
            asker: asker.clone(),
            command,
            guest: guest.name.clone(),
        });
        let serial = order_of(command).map(|order| world.order(number, order));
        let now = world.now();
        guest.under_way = Some(UnderWay {
            command,
            serial,
            until: now.saturating_add(command.limit_ms()),
            ticket,
        });
        match command {
            Command::Start => (guest.started, guest.stopped) = (true, false),
            Command::Stop => guest.stopped = true,
            Command::Restart => {
                world.halt(number);
                self.prepare(number, world);
                let guest = &mut self.guests[number];
                (guest.resume, guest.stopped, guest.recent) = (true, false, 0);
                guest.vmm = Vmm::Waiting {
                    at: now,
                    last: false,
                };
                self.look(world);
            }
            Command::Pause | Command::Resume | Command::Reset => {}
        }
        Ok(())
    }

    /// Answers an order that its VMM has answered.
    pub(super) fn settle_order(
        &mut self,
        number: usize,
        answer: Option<(u32, Outcome)>,
        world: &mut impl World,
    ) {
        let under_way = self.guests[number].under_way;
        let (Some(order), Some((serial, outcome))) = (under_way, answer) else {
            return;
        };
        if order.serial != Some(serial) {
            return;
        }
        match outcome {
            Outcome::Done => {
                self.guests[number].under_way = None;
                world.answer(order.ticket, &Response::Done);
            }
            Outcome::Refused => self.fail_order(number, Refusal::WrongState, world),
            Outcome::Failed => self.fail_order(number, Refusal::Failed, world),
        }
    }

    pub(super) fn time_out_order(&mut self, number: usize, world: &mut impl World) {
        let under_way = self.guests[number].under_way;
        if under_way.is_some_and(|order| order.until <= world.now()) {
            self.fail_order(number, Refusal::TimedOut, world);
        }
    }

    /// An order comes to nothing, if one is under way.
    pub(super) fn fail_order(&mut self, number: usize, refusal: Refusal, world: &mut impl World) {
        let guest = &mut self.guests[number];
        let Some(order) = guest.under_way.take() else {
            return;
        };
        world.say(&Event::NotDone {
            command: order.command,
            guest: guest.name.clone(),
            refusal,
        });
        world.answer(order.ticket, &Response::Refused(refusal));
    }
}

/// What the VMM is told; a restart is not its own doing.
fn order_of(command: Command) -> Option<Order> {
    Some(match command {
        Command::Start => Order::Start,
        Command::Stop => Order::Stop,
        Command::Pause => Order::Pause,
        Command::Resume => Order::Resume,
        Command::Reset => Order::Reset,
        Command::Restart => return None,
    })
}
