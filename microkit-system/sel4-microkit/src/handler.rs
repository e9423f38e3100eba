// SPDX-License-Identifier: BSD-2-Clause

//! What a protection domain does with events, and the loop that brings them.

#[cfg(feature = "alloc")]
use alloc::boxed::Box;
use core::fmt;

use crate::{
    Channel, ChannelSet, Child, DeferredAction, MessageInfo,
    channel::MAX_CHANNELS,
    defer::PreparedAction,
    ipc::{self, Event},
    pd_is_passive,
    symbols::pd_irqs,
};

pub use core::convert::Infallible;

/// A protection domain's entry points. An `Err` ends the protection domain.
pub trait Handler {
    /// Why the protection domain ends.
    type Error: fmt::Display;

    /// Channels were notified or interrupts arrived. The default panics.
    fn notified(&mut self, channels: ChannelSet) -> Result<(), Self::Error> {
        panic!(
            "unexpected notification from channels {}",
            channels.display()
        )
    }

    /// The other end of `channel` calls and waits for the returned message. The default panics.
    fn protected(
        &mut self,
        channel: Channel,
        msg_info: MessageInfo,
    ) -> Result<MessageInfo, Self::Error> {
        panic!("unexpected protected call from channel {channel:?}: {msg_info:?}")
    }

    /// `child` faulted. `Some` answers, which restarts it (the manual says what
    /// each fault does with the answer); `None` leaves it stopped. The default panics.
    fn fault(
        &mut self,
        child: Child,
        msg_info: MessageInfo,
    ) -> Result<Option<MessageInfo>, Self::Error> {
        panic!("unexpected fault of child {child:?}: {msg_info:?}")
    }

    /// An action to be done together with the next wait. The default has none.
    fn take_deferred_action(&mut self) -> Option<DeferredAction> {
        None
    }

    /// Runs the event loop.
    #[doc(hidden)]
    fn run(&mut self) -> Result<Never, Self::Error> {
        // Asked for at the first wait, so that `init` and the acknowledgements
        // below still run on this protection domain's own time.
        let mut action = pd_is_passive().then(ipc::forfeit_sched_context);
        let mut answer = None;
        acknowledge_all_interrupts();
        loop {
            match wait(answer.take(), action.take()) {
                Event::Notified(channels) => self.notified(channels)?,
                Event::Protected(channel, info) => answer = Some(self.protected(channel, info)?),
                Event::Fault(child, info) => answer = self.fault(child, info)?,
            }
            action = self.take_deferred_action().map(DeferredAction::prepare);
        }
    }
}

/// Interrupts are enabled before their protection domain runs; one that came
/// in between is masked until it is acknowledged.
fn acknowledge_all_interrupts() {
    let irqs = pd_irqs();
    for index in (0..MAX_CHANNELS).filter(|index| irqs & (1 << index) != 0) {
        if let Err(error) = Channel::new(index).irq_ack() {
            panic!("interrupt of channel {index}: {error}");
        }
    }
}

/// Answers, performs the action, waits: in as few system calls as there are.
#[inline]
fn wait(answer: Option<MessageInfo>, action: Option<PreparedAction>) -> Event {
    match (answer, action) {
        (Some(answer), action) => {
            if let Some(action) = action {
                ipc::send(action);
            }
            ipc::reply_recv(answer)
        }
        (None, Some(action)) => ipc::nb_send_recv(action),
        (None, None) => ipc::recv(),
    }
}

/// Has no value.
#[doc(hidden)]
#[derive(Debug)]
pub enum Never {}

impl Handler for Never {
    type Error = Infallible;
}

/// A handler that expects nothing.
#[derive(Debug)]
pub struct NullHandler(());

impl NullHandler {
    /// The only value.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(())
    }
}

impl Handler for NullHandler {
    type Error = Infallible;
}

#[cfg(feature = "alloc")]
impl<T: Handler + ?Sized> Handler for Box<T> {
    type Error = T::Error;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Self::Error> {
        (**self).notified(channels)
    }

    fn protected(
        &mut self,
        channel: Channel,
        msg_info: MessageInfo,
    ) -> Result<MessageInfo, Self::Error> {
        (**self).protected(channel, msg_info)
    }

    fn fault(
        &mut self,
        child: Child,
        msg_info: MessageInfo,
    ) -> Result<Option<MessageInfo>, Self::Error> {
        (**self).fault(child, msg_info)
    }

    fn take_deferred_action(&mut self) -> Option<DeferredAction> {
        (**self).take_deferred_action()
    }

    fn run(&mut self) -> Result<Never, Self::Error> {
        (**self).run()
    }
}
