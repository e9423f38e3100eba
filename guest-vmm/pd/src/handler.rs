// SPDX-License-Identifier: BSD-2-Clause

//! Microkit's events to the machine's.

use crate::platform::Kernel;
use core::fmt;
use guest_vmm::exits::FAULT_WORDS;
use guest_vmm::machine::{Answer, Machine};
use guest_vmm::vcpu::VcpuId;
use sel4_microkit::{ChannelSet, Child, Infallible, MessageInfo, with_msg_regs};

/// The event loop's handler.
pub struct Handler {
    machine: Machine<'static, Kernel>,
}

impl Handler {
    /// A line in the log: for a VMM with something added.
    pub fn say(&mut self, text: fmt::Arguments<'_>) {
        self.machine.say(text);
    }

    /// For a machine that is ready.
    pub fn new(machine: Machine<'static, Kernel>) -> Self {
        Self { machine }
    }
}

impl sel4_microkit::Handler for Handler {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        for channel in channels.iter() {
            // Lossless: channel numbers are below 62.
            self.machine.notified(channel.index() as u8);
        }
        Ok(())
    }

    /// A vCPU's fault; a VMM has no other children.
    fn fault(
        &mut self,
        child: Child,
        message: MessageInfo,
    ) -> Result<Option<MessageInfo>, Infallible> {
        let Some(vcpu) = VcpuId::new(child.index()) else {
            return Ok(None);
        };
        let mut words = [0; FAULT_WORDS];
        let length = message.count();
        with_msg_regs(|registers| {
            for (to, from) in words.iter_mut().zip(registers).take(length) {
                *to = *from;
            }
        });
        let answer = self.machine.fault(vcpu, message.label(), length, &words);
        Ok((answer == Answer::Reply).then(MessageInfo::default))
    }
}
