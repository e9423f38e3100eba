// SPDX-License-Identifier: BSD-2-Clause

//! A server on the ordinary run-time: passive in one protection domain, active in another.

#![no_std]
#![no_main]

use sel4_microkit::{
    Channel, ChannelSet, Handler, Infallible, MessageInfo, pd_is_passive, protection_domain,
    set_mr, with_msg_regs, with_msg_regs_mut,
};

#[path = "methods.rs"]
mod methods;

#[protection_domain]
fn init() -> impl Handler {
    Server { notified: 0 }
}

/// Counts the notifications it got.
struct Server {
    notified: u64,
}

impl Handler for Server {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        self.notified += channels.iter().map(|_| 1).sum::<u64>();
        Ok(())
    }

    fn protected(
        &mut self,
        channel: Channel,
        call: MessageInfo,
    ) -> Result<MessageInfo, Infallible> {
        Ok(match call.label() {
            methods::ADD => {
                let sum = with_msg_regs(|words| words.iter().take(call.count()).sum());
                set_mr(0, sum);
                MessageInfo::new(methods::OK, 1)
            }
            methods::NOTIFY => {
                channel.notify();
                MessageInfo::new(methods::OK, 0)
            }
            methods::STATE => {
                set_mr(0, u64::from(pd_is_passive()));
                set_mr(1, self.notified);
                MessageInfo::new(methods::OK, 2)
            }
            methods::FILL => {
                with_msg_regs_mut(|words| {
                    words
                        .iter_mut()
                        .zip(0..)
                        .for_each(|(word, n)| *word = 3 * n)
                });
                MessageInfo::new(methods::FILLED, 120)
            }
            methods::SPIN => {
                let end = methods::counter() + with_msg_regs(|words| words[0]);
                while methods::counter() < end {}
                MessageInfo::new(methods::OK, 0)
            }
            _ => MessageInfo::new(methods::UNKNOWN, 0),
        })
    }
}
