// SPDX-License-Identifier: BSD-2-Clause

//! What the watcher concludes from each read of `status`.
//!
//! `status`: bits 15:0 who signalled me since the last read, bits 31:16 who is
//! attached. The watcher has seen that the region works as it should if its own
//! bit was attached in every read, and if the one signal it ever got came from
//! the sender, after the transfer.

use crate::protocol::{Data, FINAL, PEERS};
use core::fmt;

/// Fewest bytes that count as a transfer.
const LEAST_BYTES: u64 = 20 << 20;

/// A set of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers(pub u16);

impl Peers {
    /// Whether connection `idx` is in it.
    pub fn contains(self, idx: u8) -> bool {
        idx < PEERS && self.0 & 1 << idx != 0
    }
}

impl fmt::Display for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        let mut first = true;
        for idx in (0..PEERS).filter(|idx| self.contains(*idx)) {
            write!(f, "{}{idx}", if first { "" } else { ", " })?;
            first = false;
        }
        f.write_str("}")
    }
}

/// What a read told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The attached set before and now, if it changed.
    pub changed: Option<(Peers, Peers)>,
    /// The sender signalled, as it should.
    pub signalled: bool,
    /// The sender is no longer attached.
    pub sender_left: bool,
}

/// What must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unexpected {
    /// The watcher's own bit is not set.
    NotAttached(Peers),
    /// Signals at the wrong time.
    WrongStage {
        /// Who signalled.
        pending: Peers,
        /// The stage then.
        stage: u32,
    },
    /// Signals by others than the sender.
    Stranger {
        /// Who signalled.
        pending: Peers,
    },
    /// A second signal.
    Again {
        /// Who signalled.
        pending: Peers,
    },
    /// Signalled before enough was transferred.
    NoTransfer {
        /// Bytes.
        length: u64,
    },
    /// The transfer had begun when the watcher came.
    TooLate {
        /// The stage then.
        stage: u32,
    },
    /// The sender left without a signal.
    SenderLeft,
}

/// The watcher's memory.
#[derive(Debug)]
pub struct Watcher<'a> {
    data: Data<'a>,
    own: u8,
    active: Peers,
    /// The sender's connection, once it signalled.
    sender: Option<u8>,
    /// The sender was seen in the roll call.
    seen_sender: Option<u8>,
}

impl<'a> Watcher<'a> {
    /// A watcher that just attached as connection `own`.
    pub fn new(data: Data<'a>, own: u8) -> Result<Self, Unexpected> {
        let stage = data.stage();
        if stage != 0 {
            return Err(Unexpected::TooLate { stage });
        }
        Ok(Self {
            data,
            own,
            active: Peers::default(),
            sender: None,
            seen_sender: None,
        })
    }

    /// Judges a value of `status`.
    pub fn observe(&mut self, status: u32) -> Result<News, Unexpected> {
        // Lossless: 16 bits each.
        let (pending, active) = (Peers(status as u16), Peers((status >> 16) as u16));
        if !active.contains(self.own) {
            return Err(Unexpected::NotAttached(active));
        }
        let before = core::mem::replace(&mut self.active, active);
        let signalled = pending.0 != 0;
        if signalled {
            self.check_signal(pending)?;
        }
        Ok(News {
            changed: (before != active).then_some((before, active)),
            signalled,
            sender_left: self.sender_left()?,
        })
    }

    fn check_signal(&mut self, pending: Peers) -> Result<(), Unexpected> {
        if self.sender.is_some() {
            return Err(Unexpected::Again { pending });
        }
        let stage = self.data.stage();
        if stage != FINAL {
            return Err(Unexpected::WrongStage { pending, stage });
        }
        let sender = (0..PEERS).find(|idx| pending.0 == 1 << idx && self.data.is(*idx, "sender"));
        if sender.is_none() {
            return Err(Unexpected::Stranger { pending });
        }
        let length = self.data.length();
        if length < LEAST_BYTES {
            return Err(Unexpected::NoTransfer { length });
        }
        self.sender = sender;
        Ok(())
    }

    /// Whether the sender has left; that it leaves before its signal is wrong.
    fn sender_left(&mut self) -> Result<bool, Unexpected> {
        if let Some(sender) = self.sender {
            return Ok(!self.active.contains(sender));
        }
        let active = self.active;
        match self.seen_sender {
            Some(sender) if !active.contains(sender) => Err(Unexpected::SenderLeft),
            Some(_) => Ok(false),
            None => {
                self.seen_sender =
                    (0..PEERS).find(|idx| active.contains(*idx) && self.data.is(*idx, "sender"));
                Ok(false)
            }
        }
    }
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAttached(active) => {
                write!(f, "status says that I am not attached, only {active}")
            }
            Self::WrongStage { pending, stage } => {
                write!(f, "signalled by {pending} at stage {stage}, not {FINAL}")
            }
            Self::Stranger { pending } => write!(
                f,
                "signalled by {pending}, which is not just the sender of the roll call"
            ),
            Self::Again { pending } => write!(f, "signalled again, by {pending}"),
            Self::NoTransfer { length } => write!(
                f,
                "signalled after {length} bytes, fewer than {LEAST_BYTES}"
            ),
            Self::TooLate { stage } => write!(f, "attached at stage {stage}, too late to watch"),
            Self::SenderLeft => f.write_str("the sender left without signalling me"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LEAST_BYTES, News, Peers, Unexpected, Watcher};
    use crate::protocol::Data;
    use crate::protocol::tests::{memory, set_stage};
    use proptest::prelude::{any, proptest};
    use proptest::{collection::vec, prop_assert};

    /// Connections: sender 0, receiver 1, watcher 2.
    const ALL: u32 = 0b111 << 16;

    #[test]
    fn the_demo_as_it_should_be() {
        let memory = memory();
        let data = Data::new(&memory).unwrap();
        data.answer(0, "sender");
        let mut watcher = Watcher::new(data, 2).unwrap();
        let news = watcher.observe(ALL).unwrap();
        assert_eq!(news.changed, Some((Peers(0), Peers(0b111))));
        assert_eq!(watcher.observe(ALL), Ok(News::default()), "spurious reads");
        set_stage(&memory, 3, LEAST_BYTES);
        assert!(watcher.observe(ALL | 1).unwrap().signalled);
        let news = watcher.observe(0b110 << 16).unwrap();
        assert!(news.sender_left && !news.signalled);
        assert_eq!(news.changed, Some((Peers(0b111), Peers(0b110))));
    }

    #[test]
    fn each_mistake_is_named() {
        let memory = memory();
        let data = Data::new(&memory).unwrap();
        data.answer(0, "sender");
        let judge = |stage, length, status| {
            set_stage(&memory, 0, 0);
            let mut watcher = Watcher::new(data, 2).unwrap();
            watcher.observe(ALL).unwrap();
            set_stage(&memory, stage, length);
            watcher.observe(status).unwrap_err()
        };
        assert_eq!(
            judge(1, LEAST_BYTES, ALL | 1),
            Unexpected::WrongStage {
                pending: Peers(1),
                stage: 1
            }
        );
        for stranger in [0b010, 0b011, 0b100] {
            assert_eq!(
                judge(3, LEAST_BYTES, ALL | stranger),
                Unexpected::Stranger {
                    pending: Peers(stranger as u16)
                }
            );
        }
        assert_eq!(judge(3, 5, ALL | 1), Unexpected::NoTransfer { length: 5 });
        assert_eq!(
            judge(0, 0, 0b011 << 16),
            Unexpected::NotAttached(Peers(0b011))
        );
        assert_eq!(judge(0, 0, 0b110 << 16), Unexpected::SenderLeft);
        set_stage(&memory, 1, 0);
        assert!(matches!(
            Watcher::new(data, 2),
            Err(Unexpected::TooLate { stage: 1 })
        ));
    }

    #[test]
    fn one_signal_is_all() {
        let memory = memory();
        let data = Data::new(&memory).unwrap();
        data.answer(0, "sender");
        let mut watcher = Watcher::new(data, 2).unwrap();
        set_stage(&memory, 3, LEAST_BYTES);
        watcher.observe(ALL | 1).unwrap();
        assert_eq!(
            watcher.observe(ALL | 1),
            Err(Unexpected::Again { pending: Peers(1) })
        );
    }

    #[test]
    fn sets_are_readable() {
        assert_eq!(Peers(0b1011).to_string(), "{0, 1, 3}");
        assert_eq!(Peers(0).to_string(), "{}");
        assert!(!Peers(0xffff).contains(16));
    }

    proptest! {
        #[test]
        fn no_signal_passes_without_the_sender(statuses in vec(any::<u32>(), 0..8)) {
            let memory = memory();
            let data = Data::new(&memory).unwrap();
            let mut watcher = Watcher::new(data, 2).unwrap();
            set_stage(&memory, 3, LEAST_BYTES);
            for status in statuses {
                if let Ok(news) = watcher.observe(status) {
                    prop_assert!(!news.signalled, "nobody answered the roll call");
                }
            }
        }
    }
}
