// SPDX-License-Identifier: BSD-2-Clause

//! Calls in, effects out.

use crate::log::Log;
use crate::messages;
use sel4_microkit::{Channel, ChannelSet, Infallible, MessageInfo};
use shmem_server_api::{Call, Request, Response, Status};
use shmem_server_core::pace::{Paces, TooOften};
use shmem_server_core::server::signal::Signals;
use shmem_server_core::{
    Caller, ClientId, ClientSet, Effects, Event, Handle, Server, SlotId, trace,
};
use tombolo_pages::scrub::{MAX_SLOTS, Requests, ScrubPage};
use tombolo_start::counter;
use tombolo_trace::Tracer;

/// Who is at the other end of each channel.
pub struct Callers([Option<Caller>; 62]);

impl Default for Callers {
    fn default() -> Self {
        Self([None; 62])
    }
}

impl Callers {
    /// Enters a caller. `None`: no such channel, or it has one already.
    pub fn add(&mut self, channel: u8, caller: Caller) -> Option<()> {
        let entry = self.0.get_mut(usize::from(channel))?;
        entry.is_none().then(|| *entry = Some(caller))
    }

    fn get(&self, channel: Channel) -> Option<Caller> {
        *self.0.get(channel.index())?
    }
}

/// The way to the scrubber.
pub struct Scrubber {
    requests: Requests<'static>,
    channel: Channel,
}

impl Scrubber {
    /// Nothing asked yet.
    pub fn new(page: &'static ScrubPage, channel: Channel) -> Self {
        Self {
            requests: Requests::new(page),
            channel,
        }
    }

    fn ask(&mut self, slot: SlotId) {
        if self.requests.ask(slot.index()) {
            self.channel.notify();
        }
    }
}

/// The event loop's handler.
pub struct Handler {
    server: Server<'static>,
    callers: Callers,
    scrubber: Scrubber,
    log: Log,
    tracer: Tracer<'static>,
    paces: Paces,
    /// Messages that were none of ours, and notifications of no meaning.
    nonsense: u32,
}

impl Handler {
    /// Ready to serve.
    pub fn new(
        server: Server<'static>,
        callers: Callers,
        scrubber: Scrubber,
        (log, tracer): (Log, Tracer<'static>),
    ) -> Self {
        let clients = &server.config().clients;
        let paces = Paces::new(clients, counter::frequency(), counter::now());
        Self {
            server,
            callers,
            scrubber,
            log,
            tracer,
            paces,
            nonsense: 0,
        }
    }

    /// The hot path: words in, notifications out, no formatting.
    fn signal(&mut self, caller: Caller, connection: u64, targets: u32) -> Status {
        let (Caller::Client(client), Ok(handle)) = (caller, u8::try_from(connection)) else {
            return Status::DoesNotExist;
        };
        let now = counter::now();
        if let Err(too_often) = self.paces.signal(client, now) {
            return self.too_often(client, too_often);
        }
        match self.server.signals(client, Handle(handle), targets) {
            Ok(Signals { notify, heard }) => {
                let signal = trace::signal(client, handle, targets, notify);
                self.tracer.record(now, signal);
                self.paces.heard(heard);
                self.notify(notify);
                Status::Ok
            }
            Err(refusal) => refusal.status(),
        }
    }

    fn request(&mut self, caller: Caller, request: Request) -> MessageInfo {
        if let Caller::Client(client) = caller
            && let Err(too_often) = self.paces.request(client, &request, counter::now())
        {
            let status = self.too_often(client, too_often);
            return messages::respond(&Response::Failed(status));
        }
        let outcome = self.server.serve(caller, request);
        if let Some(event) = outcome.event.traced() {
            self.record(event);
        }
        self.carry_out(outcome.effects);
        if outcome.event != Event::Quiet {
            let line = outcome.event.display(self.server.config());
            self.log.line_of(outcome.event.client(), line);
        }
        messages::respond(&outcome.response)
    }

    fn record(&mut self, event: tombolo_trace::Event) {
        self.tracer.record(counter::now(), event);
    }

    fn carry_out(&mut self, effects: Effects) {
        for slot in effects.clean.iter() {
            self.record(trace::cleaning(slot, false));
            self.scrubber.ask(slot);
        }
        self.notify(effects.notify);
    }

    fn notify(&self, clients: ClientSet) {
        for ClientId(client) in clients.iter() {
            if let Some(client) = self.server.config().clients.get(usize::from(client)) {
                // Below 62: the caller table took it (`setup`).
                Channel::new(usize::from(client.channel)).notify();
            }
        }
    }

    fn scrubbed(&mut self) {
        let mut effects = Effects::default();
        for number in 0..MAX_SLOTS as u16 {
            let slot = SlotId(number);
            if self.server.slots().is_dirty(slot)
                && self.scrubber.requests.is_done(slot.index())
                && self.server.cleaned(slot, &mut effects)
            {
                self.record(trace::cleaning(slot, true));
                self.log
                    .line_of(None, format_args!("slot {number} is clean"));
            }
        }
        self.carry_out(effects);
    }

    /// Tells at 1, 2, 4, 8 ... as [`Self::nonsense`].
    fn too_often(&mut self, client: ClientId, TooOften { refused }: TooOften) -> Status {
        if refused.is_power_of_two() {
            let event = Event::TooOften { client, refused };
            let line = event.display(self.server.config());
            self.log.line(format_args!("{line}"));
        }
        Status::UnknownFailure
    }

    /// Counts; tells at 1, 2, 4, 8 ... so that nobody floods the log.
    fn nonsense(&mut self, what: &str, channel: Channel) {
        self.nonsense = self.nonsense.saturating_add(1);
        if self.nonsense.is_power_of_two() {
            let (channel, count) = (channel.index(), self.nonsense);
            self.log.line(format_args!(
                "ignored {what} on channel {channel} ({count} in all)"
            ));
        }
    }
}

impl sel4_microkit::Handler for Handler {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Self::Error> {
        for channel in channels.iter() {
            if channel == self.scrubber.channel {
                self.scrubbed();
            } else {
                self.nonsense("a notification", channel);
            }
        }
        Ok(())
    }

    fn protected(
        &mut self,
        channel: Channel,
        info: MessageInfo,
    ) -> Result<MessageInfo, Self::Error> {
        let call = self.callers.get(channel).zip(messages::call(&info));
        Ok(match call {
            Some((caller, Call::Request(request))) => self.request(caller, request),
            Some((
                caller,
                Call::Signal {
                    connection,
                    targets,
                },
            )) => {
                let status = self.signal(caller, connection, targets);
                MessageInfo::new(u64::from(status.code()), 0)
            }
            None => {
                self.nonsense("a message", channel);
                messages::malformed()
            }
        })
    }
}
