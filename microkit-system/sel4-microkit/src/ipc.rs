// SPDX-License-Identifier: BSD-2-Clause

//! The protection domain's one input, and what arrives there.
//!
//! The badge tells what arrived: bit 63 set for a call, bit 62 for a child's
//! fault, else one bit for each notified channel. The kernel sets badges, so
//! peers cannot choose them.

use sel4::{Badge, Cap, cap, cap_type};

use crate::{Channel, ChannelSet, Child, MessageInfo, defer::PreparedAction};

const INPUT: cap::Endpoint = Cap::from_bits(1);
const REPLY: cap::Reply = Cap::from_bits(4);
const MONITOR: cap::Endpoint = Cap::from_bits(5);

const IS_CALL: Badge = 1 << 63;
const IS_FAULT: Badge = 1 << 62;

/// What arrived.
#[derive(Debug, Clone)]
pub enum Event {
    /// Channels were notified.
    Notified(ChannelSet),
    /// The other end of a channel called.
    Protected(Channel, MessageInfo),
    /// A child faulted.
    Fault(Child, MessageInfo),
}

impl Event {
    #[inline]
    fn new((info, badge): (sel4::MessageInfo, Badge)) -> Self {
        let id = (badge & !(IS_CALL | IS_FAULT)) as usize;
        if badge & IS_CALL != 0 {
            Self::Protected(Channel::new(id), MessageInfo::from_inner(info))
        } else if badge & IS_FAULT != 0 {
            Self::Fault(Child::new(id), MessageInfo::from_inner(info))
        } else {
            Self::Notified(ChannelSet::from_badge(badge))
        }
    }
}

/// Answers whoever called or faulted last.
pub fn reply(msg_info: MessageInfo) {
    REPLY.send(msg_info.into_inner());
}

/// Waits for the next event.
#[inline]
pub fn recv() -> Event {
    Event::new(INPUT.recv(REPLY))
}

/// Answers, then waits for the next event.
#[inline]
pub fn reply_recv(msg_info: MessageInfo) -> Event {
    Event::new(INPUT.reply_recv(msg_info.into_inner(), REPLY))
}

/// Performs `action` without waiting, then waits for the next event.
#[inline]
pub(crate) fn nb_send_recv(action: PreparedAction) -> Event {
    let input = INPUT.cast::<cap_type::Unspecified>();
    Event::new(action.target.nb_send_recv(action.info, input, REPLY))
}

/// Performs `action`.
#[inline]
pub(crate) fn send(action: PreparedAction) {
    action.target.send(action.info);
}

/// Tells the monitor to take this protection domain's processor time away.
pub(crate) fn forfeit_sched_context() -> PreparedAction {
    PreparedAction {
        target: MONITOR.cast(),
        info: sel4::MessageInfoBuilder::default().build(),
    }
}

#[cfg(test)]
mod tests {
    use super::Event;
    use crate::{Channel, Child};

    fn event(badge: u64) -> Event {
        Event::new((sel4::MessageInfo::new(6, 0, 0, 4), badge))
    }

    #[test]
    fn bit_63_is_a_call() {
        let Event::Protected(channel, info) = event(1 << 63 | 61) else {
            panic!("not a call");
        };
        assert_eq!((channel, info.count()), (Channel::new(61), 4));
    }

    #[test]
    fn bit_62_is_a_fault() {
        let Event::Fault(child, info) = event(1 << 62 | 7) else {
            panic!("not a fault");
        };
        assert_eq!((child, info.label()), (Child::new(7), 6));
    }

    #[test]
    fn anything_else_is_a_notification() {
        let Event::Notified(channels) = event(0b101) else {
            panic!("not a notification");
        };
        assert_eq!(channels.display().to_string(), "{0, 2}");
    }
}
