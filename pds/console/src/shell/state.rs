// SPDX-License-Identifier: BSD-2-Clause

//! The shell's state: a line being edited, or a command under way.

use super::complete::{Completion, candidates, complete, place};
use super::editor::{Echo, Editor, LINE, Line};
use super::key::{Decoder, Key};
use super::log::Log;
use super::names::Names;
use super::recall::Recall;
use super::request::{Pending, Purpose};
use super::tables;
use super::top::Top;
use super::trace::{Trace, Traces};
use crate::input::Patience;
use crate::output::{Loss, Screen, Sink, Told, earliest};
use heapless::Deque;
use manager_api::Request;
use shmem_rings::ReadOnly;

/// Ctrl-C, also while a command is under way.
const INTERRUPT: u8 = 0x03;
const BELL: u8 = 0x07;

/// What concerns more than the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The keys go to the guest with this keyboard from now on, shown alone or not.
    Console {
        /// Number of the keyboard.
        number: usize,
        /// Show it alone.
        alone: bool,
    },
    /// The keys go back to the guest that had them.
    Leave,
}

/// What is under way.
#[expect(
    clippy::large_enum_variant,
    reason = "there is no allocator, and there is one of it"
)]
#[derive(Debug)]
pub(super) enum Task<'a> {
    /// A line is being edited.
    Edit,
    /// The manager was asked.
    Wait,
    Log(Log),
    Trace(Trace<'a>),
    Top(Top),
}

/// The shell.
#[derive(Debug)]
pub(crate) struct Shell<'a> {
    pub(super) ticks_per_ms: u64,
    decoder: Decoder,
    editor: Editor,
    recall: Recall,
    pub(super) names: Names,
    traces: Traces<'a>,
    pub(super) task: Task<'a>,
    pub(super) pending: Option<Pending>,
    /// When the manager answered; `None`: the last time it did not.
    pub(super) heard: Option<u64>,
    /// Keys typed while a command is under way. While it is full the sender waits.
    ahead: Deque<u8, 64>,
    patience: Patience,
    /// Keys that it had no room for even so.
    loss: Loss,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(ticks_per_ms: u64) -> Self {
        Self {
            ticks_per_ms,
            decoder: Decoder::default(),
            editor: Editor::default(),
            recall: Recall::default(),
            names: Names::default(),
            traces: Traces::default(),
            task: Task::Edit,
            pending: None,
            heard: None,
            ahead: Deque::new(),
            patience: Patience::new(ticks_per_ms),
            loss: Loss::default(),
        }
    }

    /// A guest that has a console, in order of keyboards.
    pub(crate) fn add_console(&mut self, name: &str) {
        // As many as keyboards; names are as long at the most.
        let _ = self
            .names
            .consoles
            .push(name.try_into().unwrap_or_default());
    }

    /// A protection domain that has a log.
    pub(crate) fn add_log(&mut self, name: &str) {
        let _ = self.names.logs.push(name.try_into().unwrap_or_default());
    }

    /// A protection domain that records what it does. False: there are too many.
    pub(crate) fn add_trace(&mut self, name: &str, ring: ReadOnly<'a>) -> bool {
        // The two tables have the same length.
        self.traces.add(name, ring)
            && self
                .names
                .traces
                .push(name.try_into().unwrap_or_default())
                .is_ok()
    }

    /// The keys come here from now on.
    pub(crate) fn enter(&mut self, now: u64) {
        self.learn(Request::Guests { from: 0 }, Purpose::LearnGuests, now);
    }

    /// Asks for names, if nothing else is asked.
    fn learn(&mut self, request: Request, purpose: Purpose, now: u64) {
        if self.pending.is_none() {
            self.put(request, purpose, now);
        }
    }

    /// Asks; what was asked before is given up.
    pub(super) fn put(&mut self, request: Request, purpose: Purpose, now: u64) {
        self.pending = Some(Pending::new(request, purpose, now, self.ticks_per_ms));
    }

    /// A request that is to be put into the mailbox, once.
    pub(crate) fn request(&mut self) -> Option<&Request> {
        let pending = self.pending.as_mut().filter(|pending| !pending.sent)?;
        pending.sent = true;
        Some(&pending.request)
    }

    /// Whether a key may be taken. Error: when to look again.
    pub(crate) fn takes_a_key(&mut self, now: u64) -> Result<(), u64> {
        self.patience.take(!self.ahead.is_full(), now)
    }

    /// Keys that were lost while a command was under way, to be told now.
    pub(crate) fn tell_lost(&mut self, now: u64) -> Option<Told> {
        self.loss.tell(now, self.ticks_per_ms)
    }

    /// When there will be losses to tell.
    pub(crate) fn loss_due(&self) -> Option<u64> {
        self.loss.due()
    }

    /// Takes a typed byte; behind what was typed before it.
    pub(crate) fn typed<S: Sink>(
        &mut self,
        byte: u8,
        screen: &mut Screen<'_, S>,
        now: u64,
    ) -> Option<Effect> {
        match &self.task {
            Task::Edit if self.ahead.is_empty() => return self.edit(byte, screen, now),
            Task::Edit if byte == INTERRUPT => {
                self.ahead.clear();
                return self.edit(byte, screen, now);
            }
            Task::Top(_) => self.end_top(screen),
            Task::Wait | Task::Log(_) | Task::Trace(_) if byte == INTERRUPT => {
                self.give_up(screen);
            }
            _ => {
                if self.ahead.push_back(byte).is_err() {
                    self.loss.add(1);
                }
            }
        }
        None
    }

    fn edit<S: Sink>(&mut self, byte: u8, screen: &mut Screen<'_, S>, now: u64) -> Option<Effect> {
        let key = self.decoder.take(byte)?;
        self.key(key, screen, now)
    }

    fn give_up<S: Sink>(&mut self, screen: &mut Screen<'_, S>) {
        self.ahead.clear();
        if self.pending.take().is_some() {
            screen.answer(format_args!(
                "^C: not waited for any longer; what was asked may still be done"
            ));
        } else {
            screen.answer(format_args!("^C"));
        }
        self.task = Task::Edit;
    }

    pub(super) fn end_top<S: Sink>(&mut self, screen: &mut Screen<'_, S>) {
        if let Task::Top(top) = &self.task {
            screen.show(top.shown());
            self.pending = None;
            self.task = Task::Edit;
        }
    }

    fn key<S: Sink>(&mut self, key: Key, screen: &mut Screen<'_, S>, now: u64) -> Option<Effect> {
        let echo = match key {
            Key::Enter => return self.enter_line(screen, now),
            Key::EndOfInput if self.editor.line().is_empty() => return Some(Effect::Leave),
            Key::Interrupt => {
                self.editor.move_to_end();
                self.show(Echo::Row, screen);
                screen.sink().put_all(b"^C");
                screen.end_edited();
                self.editor.set("");
                Echo::Row
            }
            Key::Clear => {
                screen.home(true);
                Echo::Row
            }
            Key::Tab => self.tab(screen, now),
            Key::Up => {
                let line = self.recall.earlier(self.editor.line());
                recalled(line, &mut self.editor)
            }
            Key::Down => recalled(self.recall.later(), &mut self.editor),
            other => self.editor.key(other),
        };
        self.show(echo, screen);
        None
    }

    fn show<S: Sink>(&mut self, echo: Echo, screen: &mut Screen<'_, S>) {
        let colours = screen.colours();
        let (sink, anew) = screen.edit();
        match echo {
            Echo::Append(character) if !anew => sink.put(character),
            Echo::Nothing if !anew => {}
            _ => self.editor.show(colours, sink),
        }
    }

    fn enter_line<S: Sink>(&mut self, screen: &mut Screen<'_, S>, now: u64) -> Option<Effect> {
        if !self.editor.is_at_end() || !screen.is_editing() {
            self.editor.move_to_end();
            self.show(Echo::Row, screen);
        }
        screen.end_edited();
        let mut line = Line::new();
        let _ = line.push_str(self.editor.line());
        self.recall.keep(&line);
        let left_out = self.editor.left_out();
        self.editor.set("");
        if left_out > 0 {
            screen.answer(format_args!(
                "not done: the line is longer than {LINE} characters, {left_out} were left out; \
                 Up recalls the rest"
            ));
            return None;
        }
        self.run(&line, screen, now)
    }

    /// Completes; regions are asked for meanwhile, so that the next Tab knows them.
    fn tab<S: Sink>(&mut self, screen: &mut Screen<'_, S>, now: u64) -> Echo {
        let mut line = Line::new();
        let _ = line.push_str(self.editor.before_cursor());
        let Some(place) = place(&line) else {
            screen.sink().put(BELL);
            return Echo::Nothing;
        };
        self.learn(Request::Regions { from: 0 }, Purpose::LearnRegions, now);
        match complete(place, &self.names) {
            Completion::Insert(text) => self.editor.insert(&text),
            Completion::Nothing => {
                screen.sink().put(BELL);
                Echo::Nothing
            }
            Completion::Several => {
                self.show(Echo::Row, screen);
                screen.end_edited();
                let mut row = heapless::String::<80>::new();
                for name in candidates(place, &self.names) {
                    if row.len() + name.len() + 2 > 79 {
                        screen.answer(format_args!("{row}"));
                        row.clear();
                    }
                    // Names are shorter than a row.
                    let _ = row.push_str(name).and_then(|()| row.push_str("  "));
                }
                screen.answer(format_args!("{row}"));
                Echo::Row
            }
        }
    }

    /// Goes on with what is under way; call again at the time returned. True: at
    /// once, when there is room.
    pub(crate) fn service<S: Sink>(
        &mut self,
        screen: &mut Screen<'_, S>,
        now: u64,
    ) -> (Option<Effect>, bool) {
        if let Some(pending) = self.pending.take_if(|pending| now >= pending.until) {
            self.heard = None;
            if pending.purpose.is_command() {
                self.end_top(screen);
                self.task = Task::Edit;
                tables::silence(screen);
            }
        }
        if !screen.sink().takes_own() {
            return (None, true);
        }
        match &mut self.task {
            Task::Edit => return self.play_ahead(screen, now),
            Task::Wait => {}
            Task::Log(log) => {
                if log.step(screen) {
                    return (None, true);
                }
                self.task = Task::Edit;
                return (None, true);
            }
            Task::Trace(trace) => {
                if !trace.step((&self.traces, &self.names), screen, self.ticks_per_ms) {
                    self.task = Task::Edit;
                }
                return (None, true);
            }
            // A key that was typed ahead ends it, too.
            Task::Top(_) if self.ahead.pop_front().is_some() => {
                self.end_top(screen);
                return (None, true);
            }
            Task::Top(top) => {
                if top.looks(now) {
                    let request = Request::Guests { from: 0 };
                    self.put(request, Purpose::Top, now);
                }
            }
        }
        (None, false)
    }

    /// Takes what was typed ahead, then shows the prompt.
    fn play_ahead<S: Sink>(
        &mut self,
        screen: &mut Screen<'_, S>,
        now: u64,
    ) -> (Option<Effect>, bool) {
        if let Some(byte) = self.ahead.pop_front() {
            return (self.edit(byte, screen, now), true);
        }
        if !screen.is_editing() {
            self.show(Echo::Row, screen);
        }
        (None, false)
    }

    /// When something is to be done though nobody types or answers.
    pub(crate) fn due(&self) -> Option<u64> {
        let top = match &self.task {
            Task::Top(top) => top.due(),
            _ => None,
        };
        earliest(top, self.pending.as_ref().map(|pending| pending.until))
    }

    /// Whether a command that takes the whole screen is under way.
    pub(crate) fn leave<S: Sink>(&mut self, screen: &mut Screen<'_, S>) {
        self.end_top(screen);
        screen.break_line();
    }
}

/// A recalled line in place of the edited one.
fn recalled(line: Option<&str>, editor: &mut Editor) -> Echo {
    let Some(line) = line else {
        return Echo::Nothing;
    };
    editor.set(line);
    Echo::Row
}
