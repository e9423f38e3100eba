// SPDX-License-Identifier: BSD-2-Clause

//! Requests out, answers in.

use core::fmt::Write;
use manager_api::client::{Answer, Client};
use manager_api::{Command, Refusal, Request, Response};
use sel4_microkit::{Channel, ChannelSet, Infallible, protection_domain};
use tombolo_config::host::HostConfig;
use tombolo_pages::ring::{OUTPUT_BYTES, OutputRing, Producer};
use tombolo_start::{StartError, channel, configuration, shared};

struct Clerk {
    client: Client<'static>,
    manager: Channel,
    log: Producer<'static, OUTPUT_BYTES>,
    console: Channel,
    /// What is under way: its place in [`STEPS`], and its number.
    step: usize,
    serial: Option<u32>,
}

/// A request, and whether an answer is right.
struct Step {
    ask: fn() -> Option<Request>,
    right: fn(&Response) -> bool,
}

const STEPS: [Step; 6] = [
    Step {
        ask: || Some(Request::Version),
        right: |answer| *answer == Response::Version(manager_api::VERSION),
    },
    Step {
        ask: || Some(Request::Guests { from: 0 }),
        right: |answer| matches!(answer, Response::Guests { total: 4, .. }),
    },
    Step {
        ask: || {
            Some(Request::Guest {
                guest: "nobody".try_into().ok()?,
            })
        },
        right: |answer| *answer == Response::Refused(Refusal::DoesNotExist),
    },
    Step {
        ask: || {
            Some(Request::Order {
                guest: "citizen".try_into().ok()?,
                command: Command::Stop,
            })
        },
        right: is_forbidden,
    },
    Step {
        ask: || {
            Some(Request::Detach {
                name: "moo".try_into().ok()?,
                client: "citizen".try_into().ok()?,
            })
        },
        right: is_forbidden,
    },
    Step {
        ask: || {
            Some(Request::Revoke {
                name: "moo".try_into().ok()?,
            })
        },
        right: is_forbidden,
    },
];

fn is_forbidden(answer: &Response) -> bool {
    *answer == Response::Refused(Refusal::NoPermission)
}

/// Answers live on the stack.
#[protection_domain(stack_size = 0x10000)]
fn init() -> Clerk {
    match Clerk::new() {
        Ok(clerk) => clerk,
        Err(error) => panic!("clerk cannot start: {error}"),
    }
}

impl Clerk {
    fn new() -> Result<Self, StartError> {
        let config: HostConfig = configuration()?;
        // Without an appointment there is no mailbox: address 0 is told as none.
        let manager = config.manager.unwrap_or_default();
        let log: &OutputRing = shared("the log", config.output.ring)?;
        let mut clerk = Self {
            client: Client::new(shared("the manager's mailbox", manager.mailbox)?),
            manager: channel(manager.channel)?,
            log: Producer::new(log),
            console: channel(config.output.channel)?,
            step: 0,
            serial: None,
        };
        clerk.ask();
        Ok(clerk)
    }

    fn ask(&mut self) {
        self.serial = match STEPS.get(self.step) {
            Some(step) => (step.ask)().and_then(|request| self.client.ask(&request)),
            None => {
                self.say(format_args!("CHECK clerk: pass"));
                None
            }
        };
        if self.serial.is_some() {
            self.manager.notify();
        }
    }

    fn say(&mut self, text: core::fmt::Arguments<'_>) {
        // The ring counts what does not fit and never fails.
        let _ = writeln!(self.log, "{text}");
        self.console.notify();
    }
}

impl sel4_microkit::Handler for Clerk {
    type Error = Infallible;

    fn notified(&mut self, _: ChannelSet) -> Result<(), Infallible> {
        let Some(serial) = self.serial else {
            return Ok(());
        };
        let (number, step) = (self.step, STEPS.get(self.step));
        match self.client.answer(serial) {
            Answer::NotYet => {}
            Answer::Is(response) if step.is_some_and(|step| (step.right)(&response)) => {
                self.step += 1;
                self.ask();
            }
            wrong => {
                self.serial = None;
                self.say(format_args!("CHECK clerk: fail step {number}: {wrong:?}"));
            }
        }
        Ok(())
    }
}
