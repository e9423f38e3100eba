// SPDX-License-Identifier: BSD-2-Clause

//! The smallest server: answers a call with as many words as it had.

#![no_std]
#![no_main]

use sel4_microkit::{Channel, Handler, Infallible, MessageInfo, protection_domain};

#[protection_domain]
fn init() -> impl Handler {
    Server
}

struct Server;

impl Handler for Server {
    type Error = Infallible;

    fn protected(&mut self, _: Channel, call: MessageInfo) -> Result<MessageInfo, Infallible> {
        Ok(MessageInfo::new(call.label(), call.count()))
    }
}
