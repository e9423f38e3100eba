// SPDX-License-Identifier: BSD-2-Clause

//! What is modelled: two words of a board, the channel's sticky bit, data in the region.
//!
//! The model of a client is what `guest-vmm` does: a notification or a status read makes
//! it work out the line anew, and a guest reads each `status` while its line is high (or
//! whenever it likes: polling). A kernel notification is a sticky bit that the client
//! consumes before it looks at its board.

use crate::checker::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::checker::{Arc, check, thread};
use shmem_server_api::BoardWord;

/// Attached when a model starts: the peers 0 and 1.
pub const ACTIVE: u16 = 0b011;

#[derive(Default)]
pub struct System {
    pub word: BoardWord,
    /// Of another region.
    pub other: BoardWord,
    pub notification: AtomicBool,
    pub data: AtomicU32,
}

impl System {
    pub fn notify(&self, wanted: bool) {
        if wanted {
            // A read-modify-write, as the kernel ORs the badge into the word.
            self.notification.fetch_or(true, Ordering::SeqCst);
        }
    }

    pub fn signal(&self, from: u8) {
        self.notify(self.word.signal(from));
    }

    pub fn set_active(&self, active: u16, forget: u16) -> bool {
        let change = self.word.set_active(active, forget);
        self.notify(change.notify);
        change.caught_up
    }

    pub fn line(&self) -> bool {
        self.word.line() || self.other.line()
    }
}

/// What a VMM knows: its line and what its guest has read.
#[derive(Default)]
pub struct Client {
    pub line: bool,
    pub pending: u16,
    pub reads: u32,
    pub active: u16,
    /// Of the other word.
    pub other: u16,
    /// Peers that are muted as soon as a signal of theirs was read.
    pub one_shot: u16,
}

impl Client {
    /// One turn of the event loop: a notification if there is one, then the
    /// guest, which reads if its line is high.
    pub fn turn(&mut self, system: &System) {
        if system.notification.swap(false, Ordering::SeqCst) {
            self.line = system.line();
        }
        if self.line {
            self.read(system);
        }
    }

    /// As a handler of a shared line does: every `status`.
    pub fn read(&mut self, system: &System) {
        let status = self.take(system);
        self.pending |= status as u16;
        self.active = (status >> 16) as u16;
        self.reads += (status as u16).count_ones();
        self.other |= system.other.take().status as u16;
        self.line = system.line();
    }

    /// A load of one `status`, as the device serves it.
    pub fn take(&mut self, system: &System) -> u32 {
        let status = system.word.take().status;
        let heard = status as u16 & self.one_shot;
        if heard != 0 {
            system.word.mute(heard);
        }
        status
    }

    /// After a change of the muted set.
    pub fn look(&mut self, system: &System) {
        self.line = system.line();
    }

    /// The VMM is restarted: it knows nothing and first looks at its board.
    pub fn restart(&mut self, system: &System) {
        (self.line, self.one_shot) = (false, 0);
        self.look(system);
    }

    /// Until nothing happens any more. Fails if something raised was left behind.
    fn drain(&mut self, system: &System) {
        for _ in 0..4 {
            self.turn(system);
        }
        assert!(!system.line(), "raised, but no line and no notification");
    }
}

/// Server and client at once, in every order; then the client until all is quiet.
pub fn run(
    server: impl Fn(&System) + Send + Sync + 'static,
    client: impl Fn(&mut Client, &System) + Send + Sync + 'static,
    afterwards: impl Fn(&Client, &System) + Send + Sync + 'static,
) {
    // The closure is no part of the model: an ordinary reference count.
    let server = std::sync::Arc::new(server);
    check(move || {
        let system = Arc::new(System::default());
        system.word.start(ACTIVE);
        let (other, act) = (system.clone(), server.clone());
        let serving = thread::spawn(move || act(&other));
        let mut state = Client {
            active: ACTIVE,
            ..Client::default()
        };
        client(&mut state, &system);
        serving.join().expect("the server's thread ends");
        state.drain(&system);
        afterwards(&state, &system);
    });
}
