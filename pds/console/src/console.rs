// SPDX-License-Identifier: BSD-2-Clause

//! The whole console but for the UART, the channels and the mailbox's page.

use crate::input::{Action, Keyboards, Keys};
use crate::output::{
    Loss, Pace, Port, Queue, Screen, Settings, Shown, Sink, Speaker, Told, earliest,
};
use crate::shell::{Effect, Shell};
use manager_api::{Request, Response};
use shmem_rings::ReadOnly;
use tombolo_config::console::StreamKind;
use tombolo_pages::ring::{INPUT_BYTES, Producer};

/// Rounds of one call of [`Console::service`]: then others on this CPU have theirs.
const ROUNDS: usize = 8;

/// The console.
#[derive(Debug)]
pub struct Console<'a> {
    screen: Screen<'a, Queue>,
    pace: Pace,
    keys: Keys,
    keyboards: Keyboards<'a>,
    shell: Shell<'a>,
    /// The keys go to the shell.
    in_shell: bool,
    /// Keys that the UART received with an error or had no room for.
    lost_keys: Loss,
    /// Somebody has typed: there is a terminal, so names are coloured.
    is_typed_to: bool,
    ticks_per_ms: u64,
}

impl<'a> Console<'a> {
    /// A console without speakers.
    pub fn new(settings: Settings) -> Self {
        Self {
            screen: Screen::new(settings, Queue::default()),
            pace: Pace::new(settings.ticks_per_ms),
            keys: Keys::default(),
            keyboards: Keyboards::new(settings.ticks_per_ms),
            shell: Shell::new(settings.ticks_per_ms),
            in_shell: false,
            lost_keys: Loss::default(),
            ticks_per_ms: settings.ticks_per_ms,
            is_typed_to: false,
        }
    }

    /// Adds a speaker. False: there are 124 already.
    pub fn add_speaker(&mut self, speaker: Speaker<'a>) -> bool {
        if speaker.kind == StreamKind::Log {
            self.shell.add_log(&speaker.name);
        }
        self.screen.add_speaker(speaker)
    }

    /// Lets the guest of this name take keys; the first one gets them. Keyboards are
    /// numbered in the order of these calls. False: no guest's console has that name,
    /// or there are too many.
    pub fn add_keyboard(&mut self, name: &str, ring: Producer<'a, INPUT_BYTES>) -> bool {
        let Some(speaker) = self.screen.guest(name) else {
            return false;
        };
        let added = self.keyboards.add(speaker, ring);
        if added {
            self.shell.add_console(name);
        }
        added
    }

    /// Adds a protection domain's trace ring. False: there are 64 already.
    pub fn add_trace(&mut self, name: &str, ring: ReadOnly<'a>) -> bool {
        self.shell.add_trace(name, ring)
    }

    /// All are added: says which keys there are.
    pub fn start(&mut self, now: u64) {
        if self.keyboards.count() == 0 {
            self.enter_shell(now);
        } else {
            self.help();
        }
    }

    /// A line of the console's own.
    pub fn say(&mut self, text: core::fmt::Arguments<'_>) {
        self.screen.say(text);
    }

    /// Whether to take a byte from the UART now. Error: not before this time, or not
    /// before [`Self::service`] has made room.
    pub fn takes_a_key(&mut self, now: u64) -> Result<(), Option<u64>> {
        if !self.screen.sink().takes_own() {
            return Err(None);
        }
        let taken = if self.in_shell {
            self.shell.takes_a_key(now)
        } else {
            self.keyboards.take(now)
        };
        taken.map_err(Some)
    }

    /// Takes a typed byte. Returns the number of the keyboard whose guest is to be
    /// notified.
    pub fn typed(&mut self, byte: u8, now: u64) -> Option<usize> {
        if !core::mem::replace(&mut self.is_typed_to, true) {
            self.screen.set_colours(true);
        }
        match self.keys.take(byte) {
            Action::Wait => {}
            Action::Send(byte) if self.in_shell => {
                let effect = self.shell.typed(byte, &mut self.screen, now);
                self.take_effect(effect);
            }
            Action::Send(byte) => {
                self.screen.typed_to(self.keyboards.speaker()?, now);
                return self.keyboards.send(byte);
            }
            Action::Select(number) => self.select(number),
            Action::Next => {
                let next = (self.keyboards.selected() + 1) % self.keyboards.count().max(1);
                self.select(next);
            }
            Action::Shell => self.enter_shell(now),
            Action::Alone => self.toggle_alone(),
            Action::Help => self.help(),
        }
        None
    }

    /// Notes keys that the UART received with an error or had no room for.
    pub fn note_lost_keys(&mut self, lost: u32) {
        self.lost_keys.add(lost);
    }

    fn enter_shell(&mut self, now: u64) {
        if !core::mem::replace(&mut self.in_shell, true) {
            self.screen
                .say(format_args!("the manager's shell: `help` lists commands"));
            self.screen.set_in_shell(true);
            self.shell.enter(now);
        }
    }

    fn leave_shell(&mut self) {
        if core::mem::take(&mut self.in_shell) {
            self.screen.set_in_shell(false);
            self.shell.leave(&mut self.screen);
        }
    }

    fn take_effect(&mut self, effect: Option<Effect>) {
        match effect {
            None => {}
            Some(Effect::Leave) => {
                if self.keyboards.count() == 0 {
                    self.screen
                        .say(format_args!("no guest has a console to go to"));
                } else {
                    self.select(self.keyboards.selected());
                }
            }
            Some(Effect::Console { number, alone }) => {
                self.select(number);
                let speaker = self.keyboards.speaker().filter(|_| alone);
                self.screen.show(speaker.map_or(Shown::All, Shown::Only));
            }
        }
    }

    fn select(&mut self, number: usize) {
        if !self.keyboards.select(number) {
            let count = self.keyboards.count();
            self.screen
                .say(format_args!("no guest {number}: {count} guests take input"));
            return;
        }
        self.leave_shell();
        if let Some(speaker) = self.keyboards.speaker() {
            if matches!(self.screen.shown(), Shown::Only(other) if other != speaker) {
                self.screen.show(Shown::All);
            }
            let name = tombolo_config::Name::try_from(self.screen.name(speaker));
            let name = name.unwrap_or_default();
            self.screen.say(format_args!("keys go to {name}"));
        }
    }

    fn toggle_alone(&mut self) {
        let (shown, text) = match (self.screen.shown(), self.keyboards.speaker()) {
            (Shown::All, Some(speaker)) => (Shown::Only(speaker), "the selected guest alone"),
            _ => (Shown::All, "everybody"),
        };
        self.screen.show(shown);
        self.screen.say(format_args!("from here on: {text}"));
    }

    /// Says which keys the console has and who the guests are.
    fn help(&mut self) {
        self.screen.say(format_args!(
            "Ctrl-] then: s the manager's shell, a digit selects a guest, n the next one, \
             a it alone, Ctrl-] sends Ctrl-], ? shows this"
        ));
        let selected = self.keyboards.selected();
        for (number, speaker) in self.keyboards.speakers().enumerate() {
            let name = tombolo_config::Name::try_from(self.screen.name(speaker));
            let name = name.unwrap_or_default();
            let mark = if number == selected {
                " (selected)"
            } else {
                ""
            };
            self.screen.say(format_args!("  {number}: {name}{mark}"));
        }
    }

    /// A request for the manager's mailbox, once.
    pub fn request(&mut self) -> Option<&Request> {
        self.shell.request()
    }

    /// Takes the manager's answer; `None`: it makes no sense.
    pub fn answered(&mut self, response: Option<Response>, now: u64) {
        self.shell.answered(response, &mut self.screen, now);
    }

    /// Shows what there is to show, as far as the UART takes it without waiting.
    /// Returns when to call again even if nobody notifies.
    pub fn service(&mut self, port: &mut impl Port, now: u64) -> Option<u64> {
        let mut due = None;
        for _ in 0..ROUNDS {
            let drained = self.screen.drain(now);
            self.tell_lost(now);
            let more = self.service_shell(now);
            let paced = self.screen.sink().pump(port, &mut self.pace, now);
            due = earliest(paced, earliest(drained.due, self.due(now)));
            if !(drained.more || more) || !self.screen.sink().takes_a_line() {
                return due;
            }
        }
        earliest(due, Some(now))
    }

    fn service_shell(&mut self, now: u64) -> bool {
        if !self.in_shell {
            return false;
        }
        let (effect, more) = self.shell.service(&mut self.screen, now);
        self.take_effect(effect);
        more
    }

    /// Says what was lost on the way from the keyboard, and of the console's own.
    fn tell_lost(&mut self, now: u64) {
        if !self.screen.sink().takes_own() {
            return;
        }
        if let Some((speaker, Told { lost, all })) = self.keyboards.tell_lost(now) {
            let name = tombolo_config::Name::try_from(self.screen.name(speaker));
            let name = name.unwrap_or_default();
            self.screen.say(format_args!(
                "{name} does not read its keys: {lost} were dropped, {all} in all"
            ));
        }
        if let Some(Told { lost, all }) = self.shell.tell_lost(now) {
            self.screen.say(format_args!(
                "the shell was busy: {lost} keys were dropped, {all} in all"
            ));
        }
        if let Some(Told { lost, all }) = self.lost_keys.tell(now, self.ticks_per_ms) {
            self.screen.say(format_args!(
                "the UART lost {lost} keys, {all} in all: connect RTS and CTS, or type slower"
            ));
        }
        let lost = self.screen.sink().take_lost();
        if lost > 0 {
            self.screen
                .say(format_args!("{lost} bytes of the console's own were lost"));
        }
    }

    fn due(&self, now: u64) -> Option<u64> {
        let shell = self.in_shell.then(|| self.shell.due()).flatten();
        // What is due and finds no room comes when there is room.
        let lost = earliest(self.keyboards.due(), self.lost_keys.due());
        let lost = earliest(lost, self.shell.loss_due());
        let lost = lost.filter(|due| *due > now);
        earliest(lost, shell)
    }
}
