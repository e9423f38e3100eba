// SPDX-License-Identifier: BSD-2-Clause

//! The domain itself: configuration, the event loop's handler.

mod asker;
mod log;
mod raw;
mod vmm;
mod world;

use asker::{Asked, Asker};
use heapless::Vec;
use log::Log;
use manager::{Asker as Who, Desk, Fault, Guests, Ticket, World};
use manager_api::{Refusal, Request, Response};
use sel4_microkit::{
    ChannelSet, Child, Handler, Infallible, MessageInfo, protection_domain, with_msg_regs,
};
use tombolo_config::Name;
use tombolo_config::manager::ManagerConfig;
use tombolo_config::server::MAX_CLIENTS;
use tombolo_pages::deadline::DeadlinePage;
use tombolo_start::{StartError, channel, configuration, counter, shared, tracer};
use tombolo_trace::Event as Traced;
use vmm::Vmm;
use world::Real;

/// Words of the longest fault message that is decoded.
const FAULT_WORDS: usize = 16;

struct Manager {
    guests: Guests,
    clients: Vec<Name, MAX_CLIENTS>,
    deadline: &'static DeadlinePage,
    world: Real,
}

/// Its tables live on the stack, and copies while they are made.
#[protection_domain(stack_size = 0x40000)]
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
            guests: Guests::new(&config.guests, config.restart),
            deadline: shared("the deadline page", config.deadline)?,
            world: Real {
                vmms: vmms.collect::<Result<_, _>>()?,
                askers: askers.collect::<Result<_, _>>()?,
                server: channel(config.server)?,
                log: Log::new(config.output)?,
                tracer: tracer(config.trace)?,
            },
            clients: config.clients,
        };
        manager.look();
        Ok(manager)
    }

    /// Looks at everything that may have changed, and says when to look again.
    fn look(&mut self) {
        self.guests.look(&mut self.world);
        let served_at = self.serve();
        let frequency = counter::frequency();
        let wake_at = self.guests.wake_at().map(|milliseconds| {
            let ticks = u128::from(milliseconds) * u128::from(frequency) / 1000;
            // A millisecond more, so that it has passed for certain.
            u64::try_from(ticks).unwrap_or(u64::MAX) + frequency / 1000 + 1
        });
        match [served_at, wake_at].into_iter().flatten().min() {
            Some(at) => self.deadline.set(at),
            None => self.deadline.clear(),
        }
    }

    /// Serves what is asked. Returns when to serve the rest.
    fn serve(&mut self) -> Option<u64> {
        let mut later: Option<u64> = None;
        for number in 0..self.world.askers.len() {
            let asker = &mut self.world.askers[number];
            let (serial, request) = match asker.asked() {
                Asked::Request(serial, request) => (serial, request),
                Asked::Later(at) => {
                    later = Some(later.map_or(at, |other| other.min(at)));
                    continue;
                }
                Asked::Nothing => continue,
            };
            let ticket = Ticket {
                asker: number,
                serial,
            };
            let (name, rights) = (asker.name.clone(), asker.rights);
            self.world.trace(Traced::Asked {
                asker: world::number(number),
                request: request.as_ref().map_or(u32::MAX, Request::number),
            });
            let who = Who {
                name: &name,
                rights,
            };
            let response = match &request {
                Some(request) => {
                    let mut desk = Desk {
                        guests: &mut self.guests,
                        clients: &self.clients,
                    };
                    desk.serve(request, &who, ticket, &mut self.world)
                }
                None => Some(Response::Refused(Refusal::Malformed)),
            };
            if let Some(response) = response {
                self.world.answer(ticket, &response);
            }
        }
        later
    }

    /// Stops a VMM that faulted and tells what is known about it.
    fn stop(&mut self, child: Child, info: &MessageInfo) {
        let number = self.guests.by_child(child.index());
        let known = number.and_then(|number| self.guests.get(number));
        let name = known.map_or("an unknown child", |known| known.name.as_str());
        let fault = decode(info);
        // The registers are the kernel's word, the message only alleged.
        let pc = child
            .tcb()
            .tcb_read_registers(true, 1)
            .map(|registers| *registers.pc());
        let pc = pc.ok().or(fault.ok().and_then(|fault| fault.pc()));
        let pc = pc.unwrap_or_default();
        let log = &mut self.world.log;
        match fault {
            Ok(fault) => log.line(format_args!("VMM of {name} faulted at pc {pc:#x}: {fault}")),
            Err(forged) => log.line(format_args!("VMM of {name}, at pc {pc:#x}, {forged}")),
        }
        if child.tcb().tcb_suspend().is_err() {
            log.line(format_args!(
                "cannot suspend the VMM of {name}: it stays blocked on its fault"
            ));
        }
        if let Some(number) = number {
            self.world.trace(Traced::Fault {
                guest: world::number(number),
                // Truncation: labels of faults are below 10.
                label: info.label() as u32,
                pc,
            });
            self.guests.fault(number, &mut self.world);
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

impl Handler for Manager {
    type Error = Infallible;

    /// Whoever it was: all pages are looked at.
    fn notified(&mut self, _: ChannelSet) -> Result<(), Self::Error> {
        self.look();
        Ok(())
    }

    /// No reply: the child stays where it is, until it is restarted.
    fn fault(
        &mut self,
        child: Child,
        info: MessageInfo,
    ) -> Result<Option<MessageInfo>, Self::Error> {
        self.stop(child, &info);
        self.look();
        Ok(None)
    }
}
