// SPDX-License-Identifier: BSD-2-Clause

//! `trace`: what protection domains did last, in words or as a dump for
//! `./build.sh trace`, a record a step, so that it waits for the serial line as
//! everybody does.

use super::names::Names;
use crate::output::{Screen, Sink};
use heapless::Vec;
use shmem_rings::ReadOnly;
use tombolo_config::Name;
use tombolo_trace::{Found, Reader, Record, VERSION, line::Line, reader};

/// Records of each, if all are asked for.
const EACH: u64 = 5;
/// Records of one.
const ONE: u64 = 20;
/// The word for a dump.
pub(super) const DUMP: &str = "dump";

/// The trace rings that the console may read.
#[derive(Debug, Default)]
pub(super) struct Traces<'a>(Vec<(Name, ReadOnly<'a>), 64>);

impl<'a> Traces<'a> {
    /// Adds one. False: there are 64 already.
    pub(super) fn add(&mut self, name: &str, ring: ReadOnly<'a>) -> bool {
        let name = Name::try_from(name).unwrap_or_default();
        self.0.push((name, ring)).is_ok()
    }

    fn get(&self, number: usize) -> Option<(&str, ReadOnly<'a>)> {
        let (name, ring) = self.0.get(number)?;
        Some((name, *ring))
    }
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// So many records of each, in words.
    Words(u64),
    /// Everything, or so many records of each, for a program.
    Dump(u64),
}

/// How far it is.
#[derive(Debug)]
pub(super) struct Trace<'a> {
    wanted: Wanted,
    number: usize,
    /// Only the one that it begins with.
    only: bool,
    reader: Option<Reader<'a>>,
    started: bool,
}

impl<'a> Trace<'a> {
    /// `trace [WHO|dump] [COUNT]`. `None`: nobody of that name has a trace.
    pub(super) fn of(name: Option<&str>, records: Option<u64>, names: &Names) -> Option<Self> {
        let (wanted, number) = match name {
            Some(DUMP) => (Wanted::Dump(records.unwrap_or(u64::MAX)), None),
            None => (Wanted::Words(records.unwrap_or(EACH)), None),
            Some(name) => {
                let number = names.traces.iter().position(|trace| trace == name)?;
                (Wanted::Words(records.unwrap_or(ONE)), Some(number))
            }
        };
        Some(Self {
            wanted,
            number: number.unwrap_or(0),
            only: number.is_some(),
            reader: None,
            started: false,
        })
    }

    /// Shows a record; false: that was all.
    pub(super) fn step<S: Sink>(
        &mut self,
        (traces, names): (&Traces<'a>, &Names),
        screen: &mut Screen<'_, S>,
        ticks_per_ms: u64,
    ) -> bool {
        let dumps = matches!(self.wanted, Wanted::Dump(_));
        if dumps && !core::mem::replace(&mut self.started, true) {
            let start = Line::Start {
                version: VERSION,
                frequency: ticks_per_ms.saturating_mul(1000),
            };
            screen.answer(format_args!("{start}"));
        }
        let Some((name, ring)) = traces.get(self.number) else {
            if dumps {
                screen.answer(format_args!("{}", Line::End));
            }
            return false;
        };
        let Some(reader) = &mut self.reader else {
            return self.begin(name, ring, screen);
        };
        let found = reader.take();
        match (self.wanted, found) {
            (Wanted::Dump(_), found) => screen.answer(format_args!("{}", dumped(name, found))),
            (Wanted::Words(_), Found::Words(words)) => match Record::from_words(words) {
                Some(Record { time, event }) => {
                    let us = time.saturating_mul(1000) / ticks_per_ms.max(1);
                    let (ms, us) = (us / 1000, us % 1000);
                    let guest = event.guest().and_then(|n| names.guests.get(usize::from(n)));
                    match guest {
                        Some(name) => {
                            screen.answer(format_args!("  {ms:>8}.{us:03} ms  {event} ({name})"));
                        }
                        None => screen.answer(format_args!("  {ms:>8}.{us:03} ms  {event}")),
                    }
                }
                None => screen.answer(format_args!("  a record of another version")),
            },
            (Wanted::Words(_), Found::Lost(count)) => {
                screen.answer(format_args!("  {count} records overwritten meanwhile"));
            }
            (Wanted::Words(_), Found::End) => {}
        }
        if found == Found::End {
            self.go_on();
            return !self.only;
        }
        true
    }

    /// Goes to the ring of the current number. True: go on.
    fn begin<S: Sink>(
        &mut self,
        name: &str,
        ring: ReadOnly<'a>,
        screen: &mut Screen<'_, S>,
    ) -> bool {
        let Ok(mut reader) = reader(ring) else {
            match self.wanted {
                Wanted::Dump(_) => screen.answer(format_args!("{}", Line::EndOf(name))),
                Wanted::Words(_) => screen.answer(format_args!("{name}: nothing recorded yet")),
            }
            self.go_on();
            return !self.only;
        };
        match self.wanted {
            Wanted::Dump(records) => reader.keep(records),
            Wanted::Words(records) => {
                reader.keep(records);
                screen.answer(format_args!("{name}:"));
            }
        }
        self.reader = Some(reader);
        true
    }

    fn go_on(&mut self) {
        self.reader = None;
        self.number += 1;
    }
}

fn dumped(name: &str, found: Found) -> Line<'_> {
    match found {
        Found::Words(words) => Line::Record(name, words),
        Found::Lost(count) => Line::Lost(name, count),
        Found::End => Line::EndOf(name),
    }
}
