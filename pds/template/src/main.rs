// SPDX-License-Identifier: BSD-2-Clause

//! A protection domain to copy.
//!
//! Why: the least that shows every part of one: start, notification, protected
//! call, and an error that ends it. `README.md` says how to copy it.
//!
//! Rules: notifies back on every channel that notified it. Answers a protected
//! call of [`METHOD_ADD`] with the sum of its words, and any other with
//! [`STATUS_UNKNOWN_METHOD`]; a caller can make it neither fail nor panic.

#![no_std]
#![no_main]

use sel4_microkit::{
    Channel, ChannelSet, Handler, Infallible, MessageInfo, MessageLabel, debug_println,
    protection_domain, set_mr, with_msg_regs,
};

/// Method: add the message's words, modulo 2⁶⁴. Answer: one word.
const METHOD_ADD: MessageLabel = 1;

/// Status of an answer: done.
const STATUS_OK: MessageLabel = 0;
/// Status of an answer: no such method; no words.
const STATUS_UNKNOWN_METHOD: MessageLabel = 1;

#[protection_domain]
fn init() -> impl Handler {
    debug_println!("template: started");
    Template {}
}

/// The protection domain's state: none.
struct Template {}

impl Handler for Template {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Self::Error> {
        debug_println!("template: notified by {}", channels.display());
        channels.iter().for_each(|channel| channel.notify());
        Ok(())
    }

    fn protected(
        &mut self,
        channel: Channel,
        msg_info: MessageInfo,
    ) -> Result<MessageInfo, Self::Error> {
        debug_println!("template: call on {}", channel.index());
        Ok(answer(&msg_info))
    }
}

/// The answer to a call whose words are in the message registers.
fn answer(call: &MessageInfo) -> MessageInfo {
    if call.label() != METHOD_ADD {
        return MessageInfo::new(STATUS_UNKNOWN_METHOD, 0);
    }
    let sum = with_msg_regs(|words| {
        let words = words.iter().take(call.count());
        words.fold(0, |sum: u64, word| sum.wrapping_add(*word))
    });
    set_mr(0, sum);
    MessageInfo::new(STATUS_OK, 1)
}
