// SPDX-License-Identifier: BSD-2-Clause

//! Asking, with the device's doorbell and interrupt.

use super::super::management;
use super::PATIENCE_MS;
use crate::failure;
use crate::machine::{Deadline, Management, Woken};
use crate::run::{Failure, Machine};
use manager_api::client::{Answer, Client};
use manager_api::{Command, GuestInfo, Refusal, Request, Response};

/// The device, and the asker's side of its mailbox.
pub struct Desk {
    device: Management,
    client: Client<'static>,
    interrupts: u32,
}

impl Desk {
    /// Finds the device and lets it interrupt.
    pub fn new(machine: &mut Machine<'_>) -> Result<Self, Failure> {
        let device = management(machine)?;
        let registers = machine.devices.manager.map(|(registers, _)| registers);
        let spi = registers.and_then(|registers| registers.spi);
        if !spi.is_some_and(|spi| machine.interrupts.enable_device(spi)) {
            return Err(failure!("the GIC does not let the manager interrupt"));
        }
        let client = Client::new(device.mailbox());
        Ok(Self {
            device,
            client,
            interrupts: 0,
        })
    }

    /// Asks, and waits for the answer's interrupt.
    pub fn ask(
        &mut self,
        machine: &mut Machine<'_>,
        request: &Request,
    ) -> Result<Response, Failure> {
        let serial = self
            .client
            .ask(request)
            .ok_or_else(|| failure!("the request is too long"))?;
        self.device.ring();
        let deadline = Deadline::in_ms(PATIENCE_MS);
        loop {
            match machine.interrupts.wait(deadline) {
                Woken::Timeout => return Err(failure!("no answer to {request:?}")),
                Woken::Device if !self.device.has_answer() => {
                    machine.interrupts.end_device();
                }
                Woken::Device => {
                    self.interrupted(machine);
                    match self.client.answer(serial) {
                        Answer::NotYet => {}
                        Answer::Malformed => return Err(failure!("a malformed answer")),
                        Answer::Is(response) => return Ok(response),
                    }
                }
            }
        }
    }

    /// The device interrupted.
    pub fn interrupted(&mut self, machine: &mut Machine<'_>) {
        self.device.acknowledge();
        self.interrupts += 1;
        machine.interrupts.end_device();
    }

    /// Says how often it was interrupted.
    pub fn end(&self) {
        crate::say!("overseer: {} answers came by interrupt", self.interrupts);
    }
}

impl super::Overseer<'_, '_> {
    /// Orders; it must be done.
    pub fn order(&mut self, guest: &str, command: Command) -> Result<(), Failure> {
        match self.try_order(guest, command)? {
            Response::Done => Ok(()),
            other => Err(failure!("{command:?} {guest}: {other:?}")),
        }
    }

    /// Orders; it must be refused, and so.
    pub fn refused(
        &mut self,
        guest: &str,
        command: Command,
        refusal: Refusal,
    ) -> Result<(), Failure> {
        match self.try_order(guest, command)? {
            Response::Refused(why) if why == refusal => Ok(()),
            other => Err(failure!("{command:?} {guest}: {other:?}, not {refusal:?}")),
        }
    }

    fn try_order(&mut self, guest: &str, command: Command) -> Result<Response, Failure> {
        let guest = guest.try_into().map_err(|_| failure!("a long name"))?;
        self.ask(&Request::Order { guest, command })
    }

    /// All about a guest.
    pub fn info(&mut self, guest: &str) -> Result<GuestInfo, Failure> {
        let name = guest.try_into().map_err(|_| failure!("a long name"))?;
        match self.ask(&Request::Guest { guest: name })? {
            Response::Guest(info) => Ok(info),
            other => Err(failure!("info {guest}: {other:?}")),
        }
    }
}
