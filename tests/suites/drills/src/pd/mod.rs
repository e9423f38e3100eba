// SPDX-License-Identifier: BSD-2-Clause

//! Nonsense out, answers in.

mod nonsense;
mod usurper;

use core::fmt::Write;
use nonsense::{Nonsense, Tally};
use sel4_microkit::{Channel, ChannelSet, Infallible, protection_domain};
use shmem_client::{Transport, microkit::Calls};
use shmem_server_api::{RegionName, Request, Response};
use tombolo_config::host::HostConfig;
use tombolo_pages::deadline::DeadlinePage;
use tombolo_pages::ring::{OUTPUT_BYTES, OutputRing, Producer};
use tombolo_start::{StartError, channel, configuration, counter, shared};

/// Messages in all, and at one time.
const MESSAGES: u32 = 20_000;
const AT_ONCE: u32 = 20;
/// Milliseconds of silence after that.
const QUIET_MS: u64 = 100;
/// The others' region, of which it is no member.
const SHARED: &str = "moo";

struct Babbler {
    nonsense: Nonsense,
    tally: Tally,
    server: Channel,
    deadline: &'static DeadlinePage,
    log: Producer<'static, OUTPUT_BYTES>,
    console: Channel,
    /// It has said all, and waits.
    quiet: bool,
    over: bool,
}

#[protection_domain(stack_size = 0x10000)]
fn init() -> Babbler {
    match Babbler::new() {
        Ok(babbler) => babbler,
        Err(error) => panic!("babbler cannot start: {error}"),
    }
}

impl Babbler {
    fn new() -> Result<Self, StartError> {
        let config: HostConfig = configuration()?;
        // Without shared memory it has no channel to the server: 62 is told as none.
        let server = config.shmem.as_ref().map_or(62, |shmem| shmem.server);
        let log: &OutputRing = shared("the log", config.output.ring)?;
        let babbler = Self {
            nonsense: Nonsense::default(),
            tally: Tally::default(),
            server: channel(server)?,
            deadline: shared("the deadline page", config.deadline)?,
            log: Producer::new(log),
            console: channel(config.output.channel)?,
            quiet: false,
            over: false,
        };
        babbler.pause();
        Ok(babbler)
    }

    /// Is woken a millisecond from now.
    fn pause(&self) {
        self.deadline
            .set(counter::now() + counter::frequency() / 1000);
    }

    /// Before anything else: later it has called too often to be told why it is
    /// refused.
    fn presume(&mut self) {
        if let Err(why) = self.try_to_presume() {
            self.over = true;
            self.say(format_args!("CHECK nonsense: fail {why}"));
        }
    }

    fn try_to_presume(&mut self) -> Result<(), &'static str> {
        let shared = RegionName::new(SHARED).map_err(|_| "a name that is not legal")?;
        let asked = usurper::usurp(self.server, &shared)?;
        self.say(format_args!("{asked} times refused the manager's rights"));
        let refused = usurper::insist(self.server)?;
        self.say(format_args!("{refused} calls refused: too many"));
        Ok(())
    }

    fn babble(&mut self) {
        if self.quiet {
            return self.judge();
        }
        if self.tally.messages == 0 {
            self.presume();
        }
        if self.over {
            return;
        }
        for _ in 0..AT_ONCE {
            self.nonsense.say(self.server, &mut self.tally);
        }
        if self.tally.messages < MESSAGES {
            return self.pause();
        }
        self.quiet = true;
        let until = counter::now() + counter::frequency() / 1000 * QUIET_MS;
        self.deadline.set(until);
    }

    fn judge(&mut self) {
        self.over = true;
        self.deadline.clear();
        match self.verdict() {
            Ok(()) => self.say(format_args!("CHECK nonsense: pass")),
            Err(why) => self.say(format_args!("CHECK nonsense: fail {why}")),
        }
    }

    fn verdict(&mut self) -> Result<(), &'static str> {
        let Tally {
            messages,
            malformed,
            refused,
            served,
            wrong,
        } = self.tally;
        self.say(format_args!(
            "{messages} messages: {malformed} malformed, {refused} refused, {served} served"
        ));
        if wrong != 0 {
            return Err("an answer that no message of its kind has");
        }
        if malformed == 0 || refused == 0 {
            return Err("not all kinds of nonsense were refused");
        }
        let name = RegionName::new("babble").map_err(|_| "a name that is not legal")?;
        let request = Request::Attach { name, pages: 1 };
        match Calls::new(self.server).request(&request) {
            Some(Response::Attached(_)) => Ok(()),
            _ => Err("a good request was not served afterwards"),
        }
    }

    fn say(&mut self, text: core::fmt::Arguments<'_>) {
        // The ring counts what does not fit and never fails.
        let _ = writeln!(self.log, "{text}");
        self.console.notify();
    }
}

impl sel4_microkit::Handler for Babbler {
    type Error = Infallible;

    fn notified(&mut self, _: ChannelSet) -> Result<(), Infallible> {
        if !self.over {
            self.babble();
        }
        Ok(())
    }
}
