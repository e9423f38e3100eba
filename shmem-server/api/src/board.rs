// SPDX-License-Identifier: BSD-2-Clause

//! The board: one page per client, shared by the server and that client alone.
//!
//! Why: a guest's read of `status` must cost no protected call, and a signal no
//! more than one. Per connection handle there is one word: pending 15:0, active
//! 31:16, changed 32, muted 63:48. The server sets bits; the client clears
//! pending and changed in one step when its guest reads `status`, and says in
//! muted whose signals are to wait silently.
//!
//! Rules:
//!
//! * A word is raised while it has changed, or pending of a peer that is not
//!   muted. The guest's line is high while any of its words is raised. The client
//!   works that out anew on each notification, each status read, each change of
//!   the muted set and each maintenance event.
//! * The server notifies iff its step has raised a word that was not raised:
//!   then the line was low and nothing else will raise it.
//! * Only the client changes muted between the server's `start` and `end`; a
//!   muted peer's signal is kept and read like any other.
//! * Every change is a read-modify-write, a plain store never: nothing that the
//!   other side does at the same time is undone halfway.
//! * Every operation is a fixed number of single-step updates: no loop that a
//!   client could keep from ending by scribbling on its board.
//! * The server keeps the active set privately and rewrites it; it reads back
//!   only pending and changed, which tell it what that client has read. A client
//!   that scribbles hurts itself.
//!
//! `tests/orders` runs these operations against each other in every order.

#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};

#[cfg(shuttle)]
use shuttle::sync::atomic::{AtomicU64, Ordering};

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU64, Ordering};

use crate::MAX_CONNECTIONS;

const PENDING: u64 = 0x0000_ffff;
const ACTIVE: u64 = 0xffff_0000;
const CHANGED: u64 = 1 << 32;
const MUTED_SHIFT: u32 = 48;
const MUTED: u64 = 0xffff << MUTED_SHIFT;

/// Whether a word keeps the line high.
const fn raised(word: u64) -> bool {
    let heard = word & PENDING & !(word >> MUTED_SHIFT);
    heard != 0 || word & CHANGED != 0
}

/// One connection's word.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct BoardWord(AtomicU64);

/// What a client's read of a word gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Value of the guest's `status` register: pending 15:0, active 31:16.
    pub status: u32,
}

/// What a signal came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Signalled {
    /// Whether to notify the client's channel.
    pub notify: bool,
    /// The client, as it alleges, had not read the sender's last one: both are
    /// one bit.
    pub coalesced: bool,
}

/// What the server learns when it changes the active set of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct ActiveChange {
    /// Whether to notify the client's channel.
    pub notify: bool,
    /// Whether the client had read every earlier change.
    pub caught_up: bool,
}

impl BoardWord {
    /// Server, at attach: the word afresh, the line low. `active` has the new
    /// connection's own bit too; the client reads it with its first status.
    pub fn start(&self, active: u16) {
        self.0.swap(u64::from(active) << 16, Ordering::AcqRel);
    }

    /// Server, when the connection has ended: nothing is active, pending or
    /// changed. A client that finds its own index inactive knows it was dropped.
    pub fn end(&self) {
        self.0.swap(0, Ordering::AcqRel);
    }

    /// Server, when it ended the connection against the client's will: nothing is
    /// active or pending, and the line is high until the client has read that.
    /// Returns whether to notify the client's channel.
    #[must_use]
    pub fn evict(&self) -> bool {
        !raised(self.0.swap(CHANGED, Ordering::AcqRel))
    }

    /// Server: index `from` (0..15) signals. Returns whether to notify the
    /// client's channel.
    #[must_use]
    pub fn signal(&self, from: u8) -> bool {
        self.signalled(from).notify
    }

    /// Server: as [`Self::signal`], telling more.
    pub fn signalled(&self, from: u8) -> Signalled {
        let bit = 1 << (from & 15);
        // AcqRel: Release publishes what the sender wrote before its signal;
        // pairs with `take`.
        let before = self.0.fetch_or(bit, Ordering::AcqRel);
        Signalled {
            notify: !raised(before) && raised(before | bit),
            coalesced: before & bit != 0,
        }
    }

    /// Server: the set of attached connections is now `active`; pending bits of
    /// the indices in `forget` go away.
    ///
    /// Two steps, each atomic. What a client can take between them is the old
    /// set without those that left: true at that moment, and `changed` makes it
    /// look again. The answer comes from the second step, because a client that
    /// takes in between lowers its line, and only a notification raises it.
    pub fn set_active(&self, active: u16, forget: u16) -> ActiveChange {
        let active = u64::from(active) << 16;
        let keep = (PENDING & !u64::from(forget)) | active | CHANGED | MUTED;
        self.0.fetch_and(keep, Ordering::AcqRel);
        let before = self.0.fetch_or(active | CHANGED, Ordering::AcqRel);
        ActiveChange {
            notify: !raised(before),
            caught_up: before & CHANGED == 0,
        }
    }

    /// Server: the pending bits, as the client alleges.
    pub fn pending(&self) -> u16 {
        // Lossless: masked to 16 bits.
        (self.0.load(Ordering::Acquire) & PENDING) as u16
    }

    /// Server: whether the client, as it alleges, has read every change.
    pub fn caught_up(&self) -> bool {
        self.0.load(Ordering::Acquire) & CHANGED == 0
    }

    /// Client, when its guest reads `status`: clears pending and changed.
    pub fn take(&self) -> Taken {
        // AcqRel: Acquire shows the guest what senders wrote before `signal`;
        // Release tells the server what has been read.
        let before = self.0.fetch_and(ACTIVE | MUTED, Ordering::AcqRel);
        // Lossless: masked to 32 bits.
        Taken {
            status: (before & (PENDING | ACTIVE)) as u32,
        }
    }

    /// Client: whether the guest's line is to be high for this connection.
    pub fn line(&self) -> bool {
        raised(self.0.load(Ordering::Acquire))
    }

    /// Client: from now on exactly the peers in `muted` signal silently. Then the
    /// line is to be worked out anew.
    ///
    /// Two steps: between them both the old set and the new one are silent, and
    /// what came meanwhile is found by looking at the line afterwards.
    pub fn mute_only(&self, muted: u16) {
        self.mute(muted);
        self.unmute(!muted);
    }

    /// Client: these peers signal silently too.
    pub fn mute(&self, peers: u16) {
        let bits = u64::from(peers) << MUTED_SHIFT;
        self.0.fetch_or(bits, Ordering::AcqRel);
    }

    /// Client: these peers raise the line again. Then the line is to be worked
    /// out anew: what they signalled meanwhile raises it now.
    pub fn unmute(&self, peers: u16) {
        let bits = u64::from(peers) << MUTED_SHIFT;
        self.0.fetch_and(!bits, Ordering::AcqRel);
    }

    /// Client: the muted set.
    pub fn muted(&self) -> u16 {
        // Lossless: the upper 16 bits.
        (self.0.load(Ordering::Acquire) >> MUTED_SHIFT) as u16
    }

    /// Client, without clearing anything: what [`Self::take`] would give.
    pub fn peek(&self) -> Taken {
        Taken {
            status: (self.0.load(Ordering::Acquire) & (PENDING | ACTIVE)) as u32,
        }
    }
}

/// The page: a word per connection handle; the rest of the page is unused.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Board {
    /// By connection handle.
    pub words: [BoardWord; MAX_CONNECTIONS],
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_signal_notifies_only_on_a_low_line() {
        let word = BoardWord::default();
        word.start(0b111);
        assert!(!word.line(), "a fresh word raises nothing");
        assert!(word.signal(1));
        assert!(!word.signal(2), "the line is high already");
        assert!(!word.signal(1), "several signals are one bit");
        assert_eq!(word.take().status, 0b111 << 16 | 0b110);
        assert!(!word.line());
        assert!(word.signal(1));
    }

    #[test]
    fn a_change_raises_the_line_and_keeps_pending() {
        let word = BoardWord::default();
        word.start(0b111);
        assert!(word.signal(2));
        let change = word.set_active(0b011, 0);
        assert_eq!(
            change,
            ActiveChange {
                notify: false,
                caught_up: true
            }
        );
        assert_eq!(
            word.set_active(0b001, 0b100),
            ActiveChange {
                notify: false,
                caught_up: false
            }
        );
        assert_eq!(word.pending(), 0, "a reused index takes its signal along");
        assert_eq!(word.take().status, 0b001 << 16);
        assert!(word.caught_up());
    }

    #[test]
    fn the_active_set_survives_a_scribbling_client() {
        let word = BoardWord::default();
        word.0.store(u64::MAX, Ordering::Relaxed);
        let _ = word.set_active(0b101, 0xffff);
        assert_eq!(word.take().status, 0b101 << 16);
        word.0.store(u64::MAX, Ordering::Relaxed);
        word.end();
        assert_eq!(word.take().status, 0);
    }

    #[test]
    fn a_muted_peer_is_kept_and_heard_when_it_is_unmuted() {
        let word = BoardWord::default();
        word.start(0b111);
        word.mute_only(0b010);
        let first = word.signalled(1);
        assert!(!first.notify && !first.coalesced && !word.line());
        assert!(word.signalled(1).coalesced);
        assert!(word.signal(2), "another one raises the line");
        assert_eq!(word.take().status, 0b111 << 16 | 0b110, "both are read");
        assert_eq!(word.muted(), 0b010, "a read does not unmute");
        assert!(!word.signal(1) && !word.line());
        word.unmute(0b010);
        assert!(word.line(), "what came meanwhile raises the line");
        word.mute_only(0b110);
        let change = word.set_active(0b011, 0);
        assert!(change.notify && word.line(), "a change is never muted");
        assert_eq!(word.muted(), 0b110, "nor does it unmute");
        word.start(0b1);
        assert_eq!(word.muted(), 0, "a new connection hears everyone");
    }

    #[test]
    fn a_board_fits_a_page() {
        assert!(size_of::<Board>() <= 4096);
        assert_eq!(size_of::<BoardWord>(), 8);
    }
}
