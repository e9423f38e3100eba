// SPDX-License-Identifier: BSD-2-Clause

//! The domain itself: configuration, the event loop's handler.

use core::fmt::{Arguments, Write};
use core::ptr::with_exposed_provenance;
use heapless::Vec;
use manager::{Action, Fault, Guests, Seen};
use sel4_microkit::{
    Channel, ChannelSet, Child, Handler, Infallible, MessageInfo, protection_domain, var,
    with_msg_regs,
};
use tombolo_config::{Output, manager::ManagerConfig};
use tombolo_pages::{
    guest_status::{GuestOrder, GuestStatus, Order},
    ring::{OUTPUT_BYTES, OutputRing, Producer},
};

/// Words of the longest fault message that is decoded.
const FAULT_WORDS: usize = 16;

/// The manager's own log.
struct Log {
    ring: Producer<'static, OUTPUT_BYTES>,
    console: Channel,
}

impl Log {
    fn new(output: Output) -> Self {
        let ring: &OutputRing = page(output.ring);
        Self {
            ring: Producer::new(ring),
            console: Channel::new(usize::from(output.channel)),
        }
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
    let config: ManagerConfig = tombolo_config::decode(blob()).expect("manager's configuration");
    let vmms = config
        .guests
        .iter()
        .map(|guest| Vmm {
            status: page(guest.status),
            order: page(guest.order),
            channel: Channel::new(usize::from(guest.channel)),
        })
        .collect();
    let mut manager = Manager {
        guests: Guests::new(&config.guests),
        vmms,
        log: Log::new(config.output),
    };
    manager.look();
    manager
}

impl Manager {
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

/// The configuration blob; empty, and so refused, if the tool patched nothing.
fn blob() -> &'static [u8] {
    let (address, size) = (
        *var!(config_address: usize = 0),
        *var!(config_size: usize = 0),
    );
    if address == 0 {
        return &[];
    }
    // SAFETY: the tool patched both symbols: `size` bytes at `address` are mapped
    // read-only into this domain for its whole life.
    unsafe { core::slice::from_raw_parts(with_exposed_provenance(address), size) }
}

/// A shared page that the configuration names.
fn page<T>(address: u64) -> &'static T {
    let pointer = with_exposed_provenance(address as usize);
    // SAFETY: the generator maps a memory region of that layout, page-aligned,
    // at the address it put into the blob, for this domain's whole life. The
    // layouts of `tombolo_pages` are atomics only, so any content is a value and
    // other writers are no data race.
    unsafe { &*pointer }
}
