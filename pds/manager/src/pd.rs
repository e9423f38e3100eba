// SPDX-License-Identifier: BSD-2-Clause

//! The domain itself: configuration, the event loop's handler.

use core::fmt::{Arguments, Write};
use heapless::Vec;
use manager::{Action, Fault, Guests, Seen};
use sel4_microkit::{
    Channel, ChannelSet, Child, Handler, Infallible, MessageInfo, protection_domain, with_msg_regs,
};
use tombolo_config::{Output, manager::ManagerConfig};
use tombolo_pages::{
    guest_status::{GuestOrder, GuestStatus, Order},
    ring::{OUTPUT_BYTES, OutputRing, Producer},
};
use tombolo_start::{StartError, channel, configuration, shared};

/// Words of the longest fault message that is decoded.
const FAULT_WORDS: usize = 16;

/// The manager's own log.
struct Log {
    ring: Producer<'static, OUTPUT_BYTES>,
    console: Channel,
}

impl Log {
    fn new(output: Output) -> Result<Self, StartError> {
        let ring: &OutputRing = shared("the log", output.ring)?;
        Ok(Self {
            ring: Producer::new(ring),
            console: channel(output.channel)?,
        })
    }

    fn line(&mut self, text: Arguments<'_>) {
        // The ring's writer counts what does not fit and never fails.
        let _ = self.ring.write_fmt(text);
        self.ring.write(b"\n");
        self.console.notify();
    }
}

/// Where a guest's VMM is reached.
struct Vmm {
    status: &'static GuestStatus,
    order: &'static GuestOrder,
    channel: Channel,
}

impl Vmm {
    fn give(&self, order: Order) {
        self.order.give(order);
        self.channel.notify();
    }
}

struct Manager {
    guests: Guests,
    vmms: Vec<Vmm, 60>,
    log: Log,
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
        let vmms = config
            .guests
            .iter()
            .map(|guest| {
                Ok(Vmm {
                    status: shared("a status page", guest.status)?,
                    order: shared("an order page", guest.order)?,
                    channel: channel(guest.channel)?,
                })
            })
            .collect::<Result<_, StartError>>()?;
        let mut manager = Self {
            guests: Guests::new(&config.guests),
            vmms,
            log: Log::new(config.output)?,
        };
        manager.look();
        Ok(manager)
    }

    fn look(&mut self) {
        let seen = self.vmms.iter().map(|vmm| Seen {
            state: vmm.status.state(),
            attaches: vmm.status.attaches(),
        });
        let (vmms, log) = (&self.vmms, &mut self.log);
        self.guests.look(seen, |action| perform(action, vmms, log));
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

fn perform(action: Action, vmms: &[Vmm], log: &mut Log) {
    match action {
        Action::Say(event) => log.line(format_args!("{event}")),
        Action::Order(number, order) => {
            if let Some(vmm) = vmms.get(number) {
                vmm.give(order);
            }
        }
    }
}

impl Handler for Manager {
    type Error = Infallible;

    fn notified(&mut self, _: ChannelSet) -> Result<(), Self::Error> {
        self.look();
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
