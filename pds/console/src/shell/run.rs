// SPDX-License-Identifier: BSD-2-Clause

//! Commands carried out, and the manager's answers to them.

use super::commands::{COMMANDS, Kind, Parsed, Verb, find, parse};
use super::log::Log;
use super::nearest::nearest;
use super::request::{Pending, Purpose};
use super::state::{Effect, Shell, Task};
use super::top::Top;
use super::trace::Trace;
use super::words::{Reason, done};
use super::{names::RegionName, tables};
use crate::output::{Screen, Sink};
use manager_api::{Command, GuestSummary, Refusal, RegionSummary, Request, Response, VERSION};
use tombolo_config::Name;

/// A manager that has answered within this is there.
const LATELY_MS: u64 = 5_000;

impl Shell<'_> {
    /// Carries out a line.
    pub(super) fn run<S: Sink>(
        &mut self,
        line: &str,
        screen: &mut Screen<'_, S>,
        now: u64,
    ) -> Option<Effect> {
        match parse(line)? {
            Ok(parsed) => self.carry_out(&parsed, screen, now),
            Err(error) => {
                screen.answer(format_args!("{error}"));
                None
            }
        }
    }

    fn carry_out<S: Sink>(
        &mut self,
        parsed: &Parsed<'_>,
        screen: &mut Screen<'_, S>,
        now: u64,
    ) -> Option<Effect> {
        let [first, second] = parsed.arguments;
        match parsed.command.verb {
            Verb::Help => self.help(first, screen),
            Verb::Console => return self.console(first?, second.is_some(), screen),
            Verb::Exit => return Some(Effect::Leave),
            Verb::Log => self.log(first, second, screen),
            Verb::Trace => self.trace(first, second, screen),
            Verb::Colour => screen.set_colours(first == Some("on")),
            Verb::Top => {
                self.task = Task::Top(Top::new(screen.shown(), now));
                screen.show(crate::output::Shown::Nobody);
            }
            verb => match question(verb, first, second) {
                Some((request, purpose)) => self.ask(request, purpose, now),
                None => {
                    let word = first.unwrap_or_default();
                    let kind = parsed
                        .command
                        .arguments
                        .first()
                        .map(|argument| argument.kind);
                    self.unknown(word, kind.unwrap_or(Kind::Guest), screen);
                }
            },
        }
        None
    }

    /// Asks the manager. An order takes its time; so that a manager that is gone is not
    /// waited for as long, one that was not heard of lately is greeted first.
    fn ask(&mut self, request: Request, purpose: Purpose, now: u64) {
        let lately = LATELY_MS.saturating_mul(self.ticks_per_ms);
        let heard = self
            .heard
            .is_some_and(|heard| now.saturating_sub(heard) < lately);
        let (request, purpose) = match purpose {
            Purpose::Order(guest, command) if !heard => {
                (Request::Version, Purpose::Greet(guest, command))
            }
            purpose => (request, purpose),
        };
        self.put(request, purpose, now);
        self.task = Task::Wait;
    }

    fn help<S: Sink>(&self, command: Option<&str>, screen: &mut Screen<'_, S>) {
        match command.map(|name| (name, find(name))) {
            None => tables::help(screen),
            Some((_, Some(command))) => tables::help_of(screen, command),
            Some((name, None)) => {
                let names = COMMANDS.iter().map(|command| command.name);
                match nearest(name, names) {
                    Some(near) => screen.answer(format_args!(
                        "there is no command `{name}`: did you mean `{near}`?"
                    )),
                    None => screen.answer(format_args!(
                        "there is no command `{name}`: `help` lists all"
                    )),
                }
            }
        }
    }

    fn console<S: Sink>(
        &self,
        name: &str,
        alone: bool,
        screen: &mut Screen<'_, S>,
    ) -> Option<Effect> {
        let number = self
            .names
            .consoles
            .iter()
            .position(|console| console == name);
        match number {
            Some(number) => Some(Effect::Console { number, alone }),
            None if self.names.guests.iter().any(|guest| guest == name) => {
                screen.answer(format_args!(
                    "{name} has no console: add `console` to its `devices` in the manifest"
                ));
                None
            }
            None => {
                self.unknown(name, Kind::Console, screen);
                None
            }
        }
    }

    fn log<S: Sink>(
        &mut self,
        name: Option<&str>,
        lines: Option<&str>,
        screen: &mut Screen<'_, S>,
    ) {
        let lines = lines.and_then(|lines| lines.parse().ok());
        let speaker = name.map(|name| screen.speaker(name));
        match (name, speaker) {
            (Some(name), Some(None)) => self.unknown(name, Kind::Speaker, screen),
            (_, speaker) => self.task = Task::Log(Log::of(speaker.flatten(), lines)),
        }
    }

    fn trace<S: Sink>(
        &mut self,
        name: Option<&str>,
        records: Option<&str>,
        screen: &mut Screen<'_, S>,
    ) {
        let records = records.and_then(|records| records.parse().ok());
        match (Trace::of(name, records, &self.names), name) {
            (Some(trace), _) => self.task = Task::Trace(trace),
            (None, name) => self.unknown(name.unwrap_or_default(), Kind::Trace, screen),
        }
    }

    /// Says that nothing has this name, and which one was probably meant.
    fn unknown<S: Sink>(&self, name: &str, kind: Kind, screen: &mut Screen<'_, S>) {
        let (what, list) = match kind {
            Kind::Region => ("live region", "`regions` lists all"),
            Kind::Client => ("client", "`region REGION` lists who is attached"),
            Kind::Console => ("guest with a console", "`Ctrl-] ?` lists all"),
            Kind::Trace => ("trace", "`trace` shows all"),
            Kind::Speaker => ("speaker", "`log` shows all"),
            _ => ("guest", "`list` shows all"),
        };
        match nearest(name, self.names.of(kind)) {
            Some(near) if near != name => screen.answer(format_args!(
                "there is no {what} `{name}`: did you mean `{near}`?"
            )),
            _ => screen.answer(format_args!("there is no {what} `{name}`: {list}")),
        }
    }

    /// Takes the manager's answer; `None`: it makes no sense.
    pub(crate) fn answered<S: Sink>(
        &mut self,
        response: Option<Response>,
        screen: &mut Screen<'_, S>,
        now: u64,
    ) {
        let Some(pending) = self.pending.take_if(|pending| pending.sent) else {
            return;
        };
        self.heard = Some(now);
        let purpose = &pending.purpose;
        match (purpose, response) {
            (Purpose::LearnGuests, Some(Response::Guests { total, guests })) => {
                self.learn_guests(&pending, &guests);
                self.more_guests(&pending, total, guests.len(), now);
            }
            (Purpose::LearnRegions, Some(Response::Regions { total, regions, .. })) => {
                self.learn_regions(&pending, &regions);
                self.more_regions(&pending, total, regions.len(), now);
            }
            (Purpose::LearnGuests | Purpose::LearnRegions, _) => {}
            (_, Some(Response::Refused(refusal))) => {
                self.end_top(screen);
                self.refused(&pending, refusal, screen);
                self.task = Task::Edit;
            }
            (Purpose::Top, Some(Response::Guests { total, guests })) => {
                self.top(&pending, total, &guests, screen, now);
            }
            (_, Some(response)) => self.command_answered(&pending, response, screen, now),
            (_, None) => self.nonsense(screen),
        }
    }

    fn command_answered<S: Sink>(
        &mut self,
        pending: &Pending,
        response: Response,
        screen: &mut Screen<'_, S>,
        now: u64,
    ) {
        // Unless there is more to ask for.
        self.task = Task::Edit;
        match (&pending.purpose, response) {
            (Purpose::List, Response::Guests { total, guests }) => {
                self.learn_guests(pending, &guests);
                if from(&pending.request) == 0 {
                    tables::guests_header(screen);
                }
                for guest in &guests {
                    tables::guest(screen, guest);
                }
                self.more_guests(pending, total, guests.len(), now);
            }
            (
                Purpose::Regions,
                Response::Regions {
                    total,
                    slots,
                    regions,
                },
            ) => {
                self.learn_regions(pending, &regions);
                match (from(&pending.request), total) {
                    (_, 0) => screen.answer(format_args!("no region is live: nobody is attached")),
                    (0, _) => tables::regions_header(screen),
                    _ => {}
                }
                for region in &regions {
                    tables::region_row(screen, region);
                }
                if !self.more_regions(pending, total, regions.len(), now) {
                    tables::slots(screen, &slots);
                }
            }
            (Purpose::Hosts, Response::Hosts { total, hosts }) => {
                match (from(&pending.request), total) {
                    (_, 0) => screen.answer(format_args!("this system has no hosts")),
                    (0, _) => tables::hosts_header(screen),
                    _ => {}
                }
                for host in &hosts {
                    tables::host(screen, host);
                }
                let next = next(from(&pending.request), hosts.len(), total);
                self.more(pending, next.map(|from| Request::Hosts { from }), now);
            }
            (Purpose::Info(_), Response::Guest(info)) => tables::info(screen, &info),
            (Purpose::Region, Response::Region(info)) => tables::region(screen, &info, &self.names),
            (Purpose::Greet(guest, command), Response::Version(_)) => {
                let (request, purpose) = order(guest.clone(), *command);
                self.put(request, purpose, now);
                self.task = Task::Wait;
            }
            (Purpose::Order(guest, command), Response::Done) => {
                screen.answer(format_args!("{guest}: {}", done(*command)));
            }
            (Purpose::Detach, Response::Done) => screen.answer(format_args!("detached")),
            (Purpose::Revoke, Response::Revoked { waits_for }) => {
                tables::revoked(screen, &waits_for, &self.names);
            }
            (Purpose::Version, Response::Version(version)) => {
                let console = env!("CARGO_PKG_VERSION");
                screen.answer(format_args!(
                    "console {console}, speaks interface {VERSION}"
                ));
                screen.answer(format_args!("manager's interface {version}"));
            }
            _ => self.nonsense(screen),
        }
    }

    fn nonsense<S: Sink>(&mut self, screen: &mut Screen<'_, S>) {
        self.end_top(screen);
        self.task = Task::Edit;
        screen.answer(format_args!(
            "the manager's answer makes no sense: are both of one build? `version` tells"
        ));
    }

    fn refused<S: Sink>(&self, pending: &Pending, refusal: Refusal, screen: &mut Screen<'_, S>) {
        let (guest, command) = match &pending.purpose {
            Purpose::Order(guest, command) => (Some(guest.as_str()), Some(*command)),
            Purpose::Info(guest) => (Some(guest.as_str()), None),
            _ => (None, None),
        };
        match (refusal, &pending.request) {
            (Refusal::DoesNotExist, Request::Guest { guest } | Request::Order { guest, .. }) => {
                self.unknown(guest, Kind::Guest, screen);
            }
            (Refusal::DoesNotExist, Request::Region { name } | Request::Revoke { name }) => {
                self.unknown(name, Kind::Region, screen);
            }
            (Refusal::DoesNotExist, Request::Detach { name, client }) => {
                screen.answer(format_args!(
                    "`{client}` is not attached to a live region `{name}`: see `region {name}`"
                ));
            }
            _ => screen.answer(format_args!(
                "refused: {}",
                Reason {
                    refusal,
                    guest,
                    command
                }
            )),
        }
    }

    fn top<S: Sink>(
        &mut self,
        pending: &Pending,
        total: u8,
        guests: &[GuestSummary],
        screen: &mut Screen<'_, S>,
        now: u64,
    ) {
        let Task::Top(top) = &mut self.task else {
            return;
        };
        let had = from(&pending.request);
        top.show(screen, usize::from(had), guests, self.ticks_per_ms);
        if next(had, guests.len(), total).is_none() {
            top.end(screen, now, self.ticks_per_ms);
        }
        self.more_guests(pending, total, guests.len(), now);
    }

    /// Asks for the guests that the last answer had no room for.
    fn more_guests(&mut self, pending: &Pending, total: u8, got: usize, now: u64) {
        let next = next(from(&pending.request), got, total);
        self.more(pending, next.map(|from| Request::Guests { from }), now);
    }

    /// The same for regions; false: there are no more.
    fn more_regions(&mut self, pending: &Pending, total: u8, got: usize, now: u64) -> bool {
        let next = next(from(&pending.request), got, total);
        self.more(pending, next.map(|from| Request::Regions { from }), now);
        next.is_some()
    }

    fn more(&mut self, pending: &Pending, request: Option<Request>, now: u64) {
        let Some(request) = request else { return };
        let purpose = pending.purpose.clone();
        if purpose.is_command() && purpose != Purpose::Top {
            self.task = Task::Wait;
        }
        self.put(request, purpose, now);
    }

    fn learn_guests(&mut self, pending: &Pending, guests: &[GuestSummary]) {
        let had = from(&pending.request);
        learn(
            &mut self.names.guests,
            had,
            guests.iter().map(|guest| &guest.name),
        );
    }

    fn learn_regions(&mut self, pending: &Pending, regions: &[RegionSummary]) {
        let had = from(&pending.request);
        learn(
            &mut self.names.regions,
            had,
            regions.iter().map(|region| &region.name),
        );
    }
}

fn order(guest: Name, command: Command) -> (Request, Purpose) {
    let request = Request::Order {
        guest: guest.clone(),
        command,
    };
    (request, Purpose::Order(guest, command))
}

/// What a verb asks the manager. `None`: a name is longer than any can be.
fn question(verb: Verb, first: Option<&str>, second: Option<&str>) -> Option<(Request, Purpose)> {
    let guest = || Name::try_from(first?).ok();
    let region = || RegionName::try_from(first?).ok();
    Some(match verb {
        Verb::List => (Request::Guests { from: 0 }, Purpose::List),
        Verb::Info => {
            let guest = guest()?;
            (
                Request::Guest {
                    guest: guest.clone(),
                },
                Purpose::Info(guest),
            )
        }
        Verb::Order(command) => order(guest()?, command),
        Verb::Hosts => (Request::Hosts { from: 0 }, Purpose::Hosts),
        Verb::Regions => (Request::Regions { from: 0 }, Purpose::Regions),
        Verb::Region => (Request::Region { name: region()? }, Purpose::Region),
        Verb::Detach => {
            let client = Name::try_from(second?).ok()?;
            let name = region()?;
            (Request::Detach { name, client }, Purpose::Detach)
        }
        Verb::Revoke => (Request::Revoke { name: region()? }, Purpose::Revoke),
        Verb::Version => (Request::Version, Purpose::Version),
        _ => return None,
    })
}

/// Entries had before this request.
fn from(request: &Request) -> u8 {
    match request {
        Request::Guests { from } | Request::Hosts { from } | Request::Regions { from } => *from,
        _ => 0,
    }
}

/// What to ask for next; an answer without entries ends the list.
fn next(had: u8, got: usize, total: u8) -> Option<u8> {
    let next = had.checked_add(u8::try_from(got).ok()?)?;
    (got > 0 && next < total).then_some(next)
}

/// Keeps names of a part of a list; what does not fit cannot be completed.
fn learn<'n, const N: usize, const L: usize>(
    known: &mut heapless::Vec<heapless::String<L>, N>,
    had: u8,
    names: impl Iterator<Item = &'n heapless::String<L>>,
) {
    known.truncate(usize::from(had));
    for name in names {
        let _ = known.push(name.clone());
    }
}
