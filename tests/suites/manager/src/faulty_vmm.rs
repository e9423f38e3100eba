// SPDX-License-Identifier: BSD-2-Clause

//! A VMM like any other, but that it faults itself when its guest stores to one
//! address: where no device is, [`OFFENCE`]. And as soon as it is started anew, after
//! [`LIVES`]: then it cannot be brought back.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod fault;

#[cfg(target_os = "none")]
mod pd {
    use super::fault::fault;
    use guest_vmm_pd::Handler;
    use sel4_microkit::{ChannelSet, Child, Infallible, MessageInfo, get_mr, protection_domain};
    use tombolo_config::guest::GuestConfig;
    use tombolo_pages::guest_status::GuestStatus;
    use tombolo_start::{StartError, configuration, shared};

    /// Where its guest is not to store.
    const OFFENCE: u64 = 0x0c00_0000;
    /// Starts: the first, two after faults, the one that gave it up, one by order.
    const LIVES: u32 = 5;
    /// seL4's label of a fault on memory, whose second word is the address.
    const VM_FAULT: u64 = 6;

    struct Faulty(Handler);

    #[protection_domain(stack_size = 0x20000, heap_size = 0x20000)]
    fn init() -> Faulty {
        match starts() {
            Ok(LIVES..) => fault(),
            Ok(_) => {}
            Err(error) => panic!("no status page: {error}"),
        }
        match guest_vmm_pd::handler() {
            Ok(handler) => Faulty(handler),
            Err(error) => panic!("guest-vmm cannot start: {error}"),
        }
    }

    /// Starts so far, this one apart. The page outlives them all.
    fn starts() -> Result<u32, StartError> {
        let config: GuestConfig = configuration()?;
        let status: &GuestStatus = shared("the status page", config.status)?;
        Ok(status.boots())
    }

    impl sel4_microkit::Handler for Faulty {
        type Error = Infallible;

        fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
            self.0.notified(channels)
        }

        fn fault(
            &mut self,
            child: Child,
            message: MessageInfo,
        ) -> Result<Option<MessageInfo>, Infallible> {
            if message.label() == VM_FAULT && message.count() > 1 && get_mr(1) == OFFENCE {
                fault();
            }
            self.0.fault(child, message)
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("this is a protection domain: build it for aarch64-unknown-none");
}
