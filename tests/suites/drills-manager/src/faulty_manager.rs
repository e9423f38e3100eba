// SPDX-License-Identifier: BSD-2-Clause

//! A manager like any other, but that it faults itself when somebody asks it to: by a
//! request of which no manager makes sense, [`OFFENCE`].

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
#[path = "../../manager/src/fault.rs"]
mod fault;

#[cfg(target_os = "none")]
mod pd {
    use super::fault::fault;
    use heapless::Vec;
    use manager::Handler;
    use sel4_microkit::{ChannelSet, Child, Infallible, MessageInfo, protection_domain};
    use tombolo_config::manager::ManagerConfig;
    use tombolo_pages::mailbox::{MESSAGE_BYTES, Mailbox};
    use tombolo_start::{StartError, configuration, shared};

    /// What is not to be asked.
    const OFFENCE: &[u8] = b"fault";

    struct Faulty {
        manager: Handler,
        mailboxes: Vec<&'static Mailbox, 16>,
    }

    /// As much stack as the manager's own.
    #[protection_domain(stack_size = 0x40000)]
    fn init() -> Faulty {
        match Faulty::new() {
            Ok(faulty) => faulty,
            Err(error) => panic!("manager cannot start: {error}"),
        }
    }

    impl Faulty {
        fn new() -> Result<Self, StartError> {
            let config: ManagerConfig = configuration()?;
            let askers = config.askers.iter();
            let mailboxes = askers.map(|asker| shared("a mailbox", asker.mailbox));
            Ok(Self {
                manager: manager::handler()?,
                mailboxes: mailboxes.collect::<Result<_, _>>()?,
            })
        }

        fn is_offended(&self) -> bool {
            let mut bytes = [0; MESSAGE_BYTES];
            self.mailboxes.iter().any(|mailbox| {
                mailbox.pending().is_some() && mailbox.request(&mut bytes) == Some(OFFENCE)
            })
        }
    }

    impl sel4_microkit::Handler for Faulty {
        type Error = Infallible;

        fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
            if self.is_offended() {
                fault();
            }
            self.manager.notified(channels)
        }

        fn fault(
            &mut self,
            child: Child,
            message: MessageInfo,
        ) -> Result<Option<MessageInfo>, Infallible> {
            self.manager.fault(child, message)
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("this is a protection domain: build it for aarch64-unknown-none");
}
