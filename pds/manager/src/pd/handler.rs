// SPDX-License-Identifier: BSD-2-Clause

//! Configuration, and the event loop's handler.

use super::asker::{Asked, Asker};
use super::log::Log;
use super::vmm::Vmm;
use super::world::{self, Real};
use crate::{Asker as From, Desk, Fault, Forged, Guests, Hosts, Ticket, World};
use core::fmt;
use heapless::Vec;
use manager_api::{Refusal, Request, Response};
use sel4_microkit::{ChannelSet, Child, Infallible, MessageInfo, with_msg_regs};
use tombolo_config::Name;
use tombolo_config::manager::ManagerConfig;
use tombolo_config::server::MAX_CLIENTS;
use tombolo_pages::deadline::DeadlinePage;
use tombolo_start::{StartError, channel, configuration, counter, shared, tracer};
use tombolo_trace::Event as Traced;

/// Words of the longest fault message that is decoded.
const FAULT_WORDS: usize = 16;

/// The manager.
pub struct Handler {
    guests: Guests,
    hosts: Hosts,
    clients: Vec<Name, MAX_CLIENTS>,
    deadline: &'static DeadlinePage,
    world: Real,
}

/// The manager, as its configuration blob has it. It wants the stack that `main` gives it.
pub fn handler() -> Result<Handler, StartError> {
    Handler::new()
}

impl Handler {
    fn new() -> Result<Self, StartError> {
        let config: ManagerConfig = configuration()?;
        let vmms = config.guests.iter().map(Vmm::new);
        let askers = config.askers.iter().map(Asker::new);
        let mut manager = Self {
            guests: Guests::new(&config.guests, config.restart),
            hosts: Hosts::new(&config.hosts),
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
            let who = From {
                name: &name,
                rights,
            };
            let response = match &request {
                Some(request) => {
                    let mut desk = Desk {
                        guests: &mut self.guests,
                        hosts: &self.hosts,
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

    /// Stops a child that faulted and tells what is known about it.
    fn stop(&mut self, child: Child, info: &MessageInfo) {
        let who = self.who(child);
        let fault = decode(info);
        // The registers are the kernel's word, the message only alleged.
        let pc = child
            .tcb()
            .tcb_read_registers(true, 1)
            .map(|registers| *registers.pc());
        let pc = pc.ok().or(fault.ok().and_then(|fault| fault.pc()));
        let pc = pc.unwrap_or_default();
        let name = Named(&self.guests, &self.hosts, who);
        let log = &mut self.world.log;
        match fault {
            Ok(fault) => log.line(format_args!("{name} faulted at pc {pc:#x}: {fault}")),
            Err(forged) => log.line(format_args!("{name}, at pc {pc:#x}, {forged}")),
        }
        if child.tcb().tcb_suspend().is_err() {
            log.line(format_args!(
                "cannot suspend {name}: it stays blocked on its fault"
            ));
        }
        // Truncation: labels of faults are below 10.
        let label = info.label() as u32;
        match who {
            Who::Vmm(number) => {
                let guest = world::number(number);
                self.world.trace(Traced::Fault { guest, label, pc });
                self.guests.fault(number, &mut self.world);
            }
            Who::Host(number) => {
                let host = world::number(number);
                self.world.trace(Traced::HostFault { host, label, pc });
                self.hosts.fault(number, &mut self.world);
            }
            Who::Nobody => {}
        }
    }

    fn who(&self, child: Child) -> Who {
        let vmm = self.guests.by_child(child.index()).map(Who::Vmm);
        let host = || self.hosts.by_child(child.index()).map(Who::Host);
        vmm.or_else(host).unwrap_or(Who::Nobody)
    }
}

/// Which child.
#[derive(Clone, Copy)]
enum Who {
    /// The VMM of the guest of that number.
    Vmm(usize),
    /// The host of that number.
    Host(usize),
    /// None of the configuration's.
    Nobody,
}

/// A child, as the log has it.
struct Named<'a>(&'a Guests, &'a Hosts, Who);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guest = |number| self.0.get(number).map(|known| known.name);
        match self.2 {
            Who::Vmm(number) => write!(f, "VMM of {}", guest(number).unwrap_or(&Name::new())),
            Who::Host(number) => {
                let name = self.1.get(number).map(|host| &host.name);
                write!(f, "{}", name.unwrap_or(&Name::new()))
            }
            Who::Nobody => f.write_str("an unknown child"),
        }
    }
}

/// Reads the fault message; nothing in it is trusted, least of all its length.
fn decode(info: &MessageInfo) -> Result<Fault, Forged> {
    let length = info.count();
    let mut words = [0; FAULT_WORDS];
    with_msg_regs(|registers| {
        for (word, register) in words.iter_mut().zip(registers) {
            *word = *register;
        }
    });
    let forged = Forged {
        label: info.label(),
        length,
    };
    let words = words.get(..length).ok_or(forged)?;
    Fault::decode(info.label(), words)
}

impl sel4_microkit::Handler for Handler {
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
