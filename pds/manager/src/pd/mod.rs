// SPDX-License-Identifier: BSD-2-Clause

//! The domain itself: configuration, the event loop's handler.

mod asker;
mod log;
mod vmm;

use asker::Asker;
use heapless::Vec;
use log::Log;
use manager::{Action, Fault, Figures, Guests, Sources};
use manager_api::{Refusal, Response};
use sel4_microkit::{
    ChannelSet, Child, Handler, Infallible, MessageInfo, protection_domain, with_msg_regs,
};
use tombolo_config::manager::ManagerConfig;
use tombolo_start::{StartError, configuration};
use vmm::Vmm;

/// Words of the longest fault message that is decoded.
const FAULT_WORDS: usize = 16;

struct Manager {
    guests: Guests,
    vmms: Vmms,
    askers: Vec<Asker, 16>,
    log: Log,
}

/// By guest number.
struct Vmms(Vec<Vmm, 60>);

impl Sources for Vmms {
    fn figures(&mut self, guest: usize) -> Figures {
        self.0.get(guest).map(Vmm::figures).unwrap_or_default()
    }
}

#[protection_domain]
fn init() -> Manager {
    match Manager::new() {
        Ok(manager) => manager,
        Err(error) => panic!("manager cannot start: {error}"),
    }
}

impl Manager {
    fn new() -> Result<Self, StartError> {
        let config: ManagerConfig = configuration()?;
        let vmms = config.guests.iter().map(Vmm::new);
        let askers = config.askers.iter().map(Asker::new);
        let mut manager = Self {
            guests: Guests::new(&config.guests),
            vmms: Vmms(vmms.collect::<Result<_, _>>()?),
            askers: askers.collect::<Result<_, _>>()?,
            log: Log::new(config.output)?,
        };
        manager.look();
        Ok(manager)
    }

    fn look(&mut self) {
        let seen = self.vmms.0.iter().map(Vmm::seen);
        let (vmms, log) = (&self.vmms, &mut self.log);
        self.guests.look(seen, |action| perform(action, vmms, log));
    }

    fn serve(&mut self) {
        for asker in &self.askers {
            let Some(asked) = asker.asked() else { continue };
            let response = match &asked.request {
                Some(request) => {
                    manager::answer(request, &asker.rights, &self.guests, &mut self.vmms)
                }
                None => Response::Refused(Refusal::Malformed),
            };
            asker.answer(asked.serial, &response);
        }
    }

    /// Stops a VMM that faulted and tells what is known about it.
    fn stop(&mut self, child: Child, info: &MessageInfo) {
        let number = self.guests.by_child(child.index());
        let name = number.and_then(|number| self.guests.name(number));
        let name = name.unwrap_or("an unknown child");
        let fault = decode(info);
        // The registers are the kernel's word, the message only alleged.
        let pc = child
            .tcb()
            .tcb_read_registers(true, 1)
            .map(|registers| *registers.pc());
        let pc = pc.ok().or(fault.ok().and_then(|fault| fault.pc()));
        let pc = pc.unwrap_or_default();
        match fault {
            Ok(fault) => self
                .log
                .line(format_args!("VMM of {name} faulted at pc {pc:#x}: {fault}")),
            Err(forged) => self
                .log
                .line(format_args!("VMM of {name}, at pc {pc:#x}, {forged}")),
        }
        if child.tcb().tcb_suspend().is_err() {
            self.log.line(format_args!(
                "cannot suspend the VMM of {name}: it stays blocked on its fault"
            ));
        }
        if let Some(number) = number {
            let (vmms, log) = (&self.vmms, &mut self.log);
            self.guests
                .lose(number, |action| perform(action, vmms, log));
        }
    }
}

/// Reads the fault message; nothing in it is trusted, least of all its length.
fn decode(info: &MessageInfo) -> Result<Fault, manager::Forged> {
    let length = info.count();
    let mut words = [0; FAULT_WORDS];
    with_msg_regs(|registers| {
        for (word, register) in words.iter_mut().zip(registers) {
            *word = *register;
        }
    });
    let forged = manager::Forged {
        label: info.label(),
        length,
    };
    let words = words.get(..length).ok_or(forged)?;
    Fault::decode(info.label(), words)
}

fn perform(action: Action, vmms: &Vmms, log: &mut Log) {
    match action {
        Action::Say(event) => log.line(format_args!("{event}")),
        Action::Order(number, order) => {
            if let Some(vmm) = vmms.0.get(number) {
                vmm.give(order);
            }
        }
    }
}

impl Handler for Manager {
    type Error = Infallible;

    fn notified(&mut self, _: ChannelSet) -> Result<(), Self::Error> {
        self.look();
        self.serve();
        Ok(())
    }

    /// No reply: the child stays where it is.
    fn fault(
        &mut self,
        child: Child,
        info: MessageInfo,
    ) -> Result<Option<MessageInfo>, Self::Error> {
        self.stop(child, &info);
        Ok(None)
    }
}
