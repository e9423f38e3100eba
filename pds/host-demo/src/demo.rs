// SPDX-License-Identifier: BSD-2-Clause

//! From event to lines and pokes; host-tested with the server's own rules.

use crate::clock::Clock;
use core::fmt::{self, Write};
use ghstest::{Memory, Next, PAGES, Peers, REGION, Script, Session};
use shmem_client::{
    Attach, Client, Connection, Data, Error, Reason, Targets, Transport, Waiting, news,
};

/// What the demo wants before it is called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Wish {
    /// A notification from the server.
    Notification,
    /// The same, or [`Demo::alarm`] after so many milliseconds.
    Alarm(u32),
    /// Nothing more: it has detached, or failed.
    Nothing,
}

/// A region's data, as the conversation wants it.
struct Buffers<'m>(Data<'m>);

impl Memory for Buffers<'_> {
    fn load(&self, at: usize) -> u64 {
        self.0.load(at).unwrap_or(0)
    }

    fn store(&self, at: usize, value: u64) {
        // Behind the end, or a reader only: then the peers see no line of ours.
        let _ = self.0.store(at, value);
    }
}

/// While it is attached.
struct Talk<'m> {
    connection: Connection<'m>,
    session: Session<Buffers<'m>>,
    /// Who was attached when the peers' records were last looked at, and what the
    /// region had counted then.
    active: u16,
    serial: u32,
}

/// The demo.
pub struct Demo<'m, T, W> {
    client: Client<'m, T>,
    out: W,
    script: Script,
    waiting: Option<Waiting>,
    talk: Option<Talk<'m>>,
    asleep: bool,
}

impl<'m, T: Transport, W: Write> Demo<'m, T, W> {
    /// A host that says what `script` says, and prints to `out`.
    pub fn new(client: Client<'m, T>, script: Script, out: W) -> Self {
        Self {
            client,
            out,
            script,
            waiting: None,
            talk: None,
            asleep: false,
        }
    }

    /// Attaches the region of the clock; `None`: it says why there is none.
    pub fn clock(&mut self) -> Option<Clock<'m>> {
        use ghstest::clock::{PAGES, REGION};
        let why = match self.client.attach(REGION, PAGES) {
            Ok(Attach::Done(region)) => match Clock::new(&region) {
                Some(clock) => return Some(clock),
                None => "it cannot be made there",
            },
            Ok(Attach::Wait(_)) => "its memory is still being cleaned",
            Err(error) => {
                self.say(format_args!("no clock: {error}"));
                return None;
            }
        };
        self.say(format_args!("no clock: {why}"));
        None
    }

    /// Attaches the region.
    pub fn start(&mut self) -> Wish {
        let attach = self.client.attach(REGION, PAGES);
        self.attached(attach)
    }

    /// The server has notified.
    pub fn notified(&mut self) -> Wish {
        match self.waiting.take() {
            Some(waiting) => {
                let attach = self.client.attach_again(&waiting);
                self.attached(attach)
            }
            None => self.go_on(),
        }
    }

    /// The time of [`Wish::Alarm`] is over.
    pub fn alarm(&mut self) -> Wish {
        if let Some(talk) = self.talk.as_mut().filter(|_| self.asleep) {
            talk.session.slept();
        }
        self.asleep = false;
        self.go_on()
    }

    fn attached(&mut self, attach: Result<Attach<'m>, Error>) -> Wish {
        match attach {
            Ok(Attach::Done(connection)) => {
                self.say(format_args!(
                    "\"{}\": {} pages, generation {}, own index {}",
                    connection.name().as_str(),
                    connection.pages(),
                    connection.generation(),
                    connection.index()
                ));
                let memory = Buffers(connection.data());
                let script = core::mem::take(&mut self.script);
                let session = Session::new(memory, connection.index(), script);
                let serial = match self.client.inspect(&connection) {
                    Ok(inspection) => inspection.serial,
                    Err(error) => return self.fail(error),
                };
                self.talk = Some(Talk {
                    active: 1 << connection.index(),
                    connection,
                    session,
                    serial,
                });
                self.go_on()
            }
            Ok(Attach::Wait(waiting)) => {
                self.say(format_args!("\"{REGION}\": waiting for clean memory"));
                self.waiting = Some(waiting);
                Wish::Notification
            }
            Err(error) => self.refused(error),
        }
    }

    /// Reads the status, and does what the script says until it waits.
    fn go_on(&mut self) -> Wish {
        let Some(talk) = &mut self.talk else {
            return Wish::Nothing;
        };
        match self.client.status(&talk.connection) {
            // `out` is a ring that counts what does not fit: it never fails.
            Ok(status) => {
                let _ = talk.session.status(status.0, &mut self.out);
                if let Err(error) = self.tell(status.active()) {
                    return self.fail(error);
                }
            }
            Err(error) => return self.fail(error),
        }
        let Some(talk) = &mut self.talk else {
            return Wish::Nothing;
        };
        loop {
            match talk.session.advance() {
                Next::Poke => {
                    if let Err(error) = self.client.poke(&talk.connection, Targets::OTHERS) {
                        return self.fail(error);
                    }
                }
                Next::Listen => return Wish::Notification,
                Next::Sleep(_) if self.asleep => return Wish::Notification,
                Next::Sleep(ms) => {
                    self.asleep = true;
                    return Wish::Alarm(ms);
                }
                Next::Quit => return self.quit(),
            }
        }
    }

    /// Says what has become of the peers, if `active` has changed.
    fn tell(&mut self, active: u16) -> Result<(), Error> {
        let Some(talk) = self.talk.as_mut().filter(|talk| talk.active != active) else {
            return Ok(());
        };
        let inspection = self.client.inspect(&talk.connection)?;
        let since = core::mem::replace(&mut talk.serial, inspection.serial);
        talk.active = active;
        for event in &news(&inspection, since).events {
            self.say(format_args!("news: {event}"));
        }
        Ok(())
    }

    fn quit(&mut self) -> Wish {
        let Some(talk) = self.talk.take() else {
            return Wish::Nothing;
        };
        let unread = self.client.verify(&talk.connection, 0xffff);
        match unread.and_then(|unread| {
            self.client.detach(talk.connection)?;
            Ok(Peers(unread))
        }) {
            Ok(unread) => {
                self.say(format_args!("detached; my last line is unread by {unread}"));
                self.say(format_args!("CHECK ghstest: pass"));
                Wish::Nothing
            }
            Err(error) => self.fail(error),
        }
    }

    /// The attach failed: the server knows more than its status says.
    fn refused(&mut self, error: Error) -> Wish {
        if let (Error::Refused(_), Ok(usage)) = (error, self.client.usage()) {
            self.say(format_args!("refused: {}", Reason(usage.reason)));
        }
        self.fail(error)
    }

    fn fail(&mut self, error: Error) -> Wish {
        self.talk = None;
        self.say(format_args!("CHECK ghstest: fail \"{REGION}\": {error}"));
        Wish::Nothing
    }

    fn say(&mut self, line: fmt::Arguments<'_>) {
        // As in `go_on`: it never fails.
        let _ = writeln!(self.out, "{line}");
    }
}
