// SPDX-License-Identifier: BSD-2-Clause

//! The two misdeeds.

#[path = "../../../drills/src/pd/nonsense.rs"]
mod nonsense;

use guest_vmm::exits::FAULT_WORDS;
use guest_vmm_pd::Handler;
use nonsense::{Nonsense, Tally};
use sel4_microkit::{
    Channel, ChannelSet, Child, Infallible, MessageInfo, protection_domain, with_msg_regs,
    with_msg_regs_mut,
};
use shmem_client::{Transport, microkit::Calls};
use shmem_server_api::{RegionName, Request, Response, Status};
use tombolo_config::guest::GuestConfig;
use tombolo_pages::guest_status::GuestStatus;
use tombolo_start::{StartError, channel, configuration, shared};

/// seL4's label of a fault on memory, whose second word is the address.
const VM_FAULT: u64 = 6;
/// A store there is nonsense to the server first. It is a register of the guest's UART
/// that does not exist, so that otherwise nothing comes of it.
const NONSENSE: u64 = 0x0900_0800;
/// A store there is the end.
const END: u64 = 0x0c00_0000;
/// Messages of nonsense, at each store and in all.
const AT_ONCE: u32 = 100;
const MESSAGES: u32 = 5_000;
/// Clients that it asks the server to harm: all of this suite's, itself included.
const CLIENTS: u8 = 4;

struct Unruly {
    handler: Handler,
    server: Channel,
    status: &'static GuestStatus,
    nonsense: Nonsense,
    tally: Tally,
}

#[protection_domain(stack_size = 0x20000, heap_size = 0x20000)]
fn init() -> Unruly {
    match Unruly::new() {
        Ok(unruly) => unruly,
        Err(error) => panic!("guest-vmm cannot start: {error}"),
    }
}

impl Unruly {
    fn new() -> Result<Self, StartError> {
        let config: GuestConfig = configuration()?;
        // Without shared memory it has no channel to the server: 62 is told as none.
        let server = config.shmem.as_ref().map_or(62, |shmem| shmem.server);
        Ok(Self {
            server: channel(server)?,
            status: shared("the status page", config.status)?,
            nonsense: Nonsense::default(),
            tally: Tally::default(),
            handler: guest_vmm_pd::handler()?,
        })
    }

    /// Talks nonsense; at the end says how it was answered.
    fn babble(&mut self) {
        for _ in 0..AT_ONCE {
            self.nonsense.say(self.server, &mut self.tally);
        }
        let tally = self.tally;
        // Each is a line in the server's log: once is enough.
        let first = tally.messages == AT_ONCE;
        let granted = if first { self.asks_as_the_manager() } else { 0 };
        if granted != 0 {
            self.handler.say(format_args!(
                "the server took it for the manager: {granted}"
            ));
        } else if tally.wrong != 0 {
            let wrong = tally.wrong;
            self.handler
                .say(format_args!("{wrong} answers that no such message has"));
        } else if tally.messages == MESSAGES {
            self.handler.say(format_args!(
                "{MESSAGES} messages of nonsense, answered as such: {} malformed, {} refused, \
                 {} served",
                tally.malformed, tally.refused, tally.served
            ));
        }
    }

    /// Asks what only the manager may ask. Returns how often it was not refused.
    fn asks_as_the_manager(&self) -> usize {
        let Ok(name) = RegionName::new("moo") else {
            return 1;
        };
        let of_a_client = |client| {
            let name = name.clone();
            [
                Request::DropClient { client },
                Request::Quarantine { client },
                Request::ClientReport { client },
                Request::Stopped { client },
                Request::Evict { client, name },
            ]
        };
        let of_all = [
            Request::Slot { from: 0 },
            Request::Revoke { name: name.clone() },
        ];
        let mut calls = Calls::new(self.server);
        (0..CLIENTS)
            .flat_map(of_a_client)
            .chain(of_all)
            .filter(|request| {
                calls.request(request) != Some(Response::Failed(Status::NoPermission))
            })
            .count()
    }
}

impl sel4_microkit::Handler for Unruly {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        self.handler.notified(channels)
    }

    fn fault(
        &mut self,
        child: Child,
        message: MessageInfo,
    ) -> Result<Option<MessageInfo>, Infallible> {
        let words: [u64; FAULT_WORDS] =
            with_msg_regs(|registers| core::array::from_fn(|at| registers[at]));
        if message.label() == VM_FAULT && message.count() > 1 {
            match words[1] {
                NONSENSE => self.babble(),
                END => {
                    self.status.set_restart_entry(fault as *const () as u64);
                    fault();
                }
                _ => {}
            }
        }
        // The server's answers are where the fault's words were.
        with_msg_regs_mut(|registers| registers[..FAULT_WORDS].copy_from_slice(&words));
        self.handler.fault(child, message)
    }
}

/// Loads from where nothing is mapped; the manager, too, begins it here.
extern "C" fn fault() -> ! {
    // SAFETY: it is not: that is the point. The load is this program's last act; nothing
    // after it relies on it, and it needs no stack.
    unsafe { core::arch::asm!("ldr xzr, [{}]", "b .", in(reg) 0x1000_u64, options(noreturn)) };
}
