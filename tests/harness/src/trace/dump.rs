// SPDX-License-Identifier: BSD-2-Clause

//! The dump, line by line.

use tombolo_trace::line::Line;
use tombolo_trace::{Record, VERSION};

/// Why a dump cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DumpError {
    /// Another version's.
    #[error(
        "the dump has version {0}, this program takes {VERSION}: build both from one source tree"
    )]
    Version(u32),
    /// Frequency 0.
    #[error("the dump says that the counter stands still")]
    Frequency,
}

/// What one protection domain recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// Its name.
    pub name: String,
    /// In order of time.
    pub records: Vec<Record>,
    /// Records overwritten while they were read.
    pub lost: u64,
    /// Records with numbers that this version does not know.
    pub unknown: u64,
}

/// A whole dump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// Counter ticks per second.
    pub frequency: u64,
    /// By protection domain, in the dump's order.
    pub tracks: Vec<Track>,
    /// Time of the first record; `None`: there is none.
    start: Option<u64>,
}

impl Dump {
    /// Microseconds from the first record to `time`, one of another record.
    pub fn microseconds(&self, time: u64) -> f64 {
        // Rounding does not matter for a picture.
        (time - self.start.unwrap_or(0)) as f64 * 1e6 / self.frequency as f64
    }

    fn record(&mut self, name: &str, record: Record) {
        let start = self.start.unwrap_or(record.time);
        self.start = Some(start.min(record.time));
        self.track(name).records.push(record);
    }

    fn track(&mut self, name: &str) -> &mut Track {
        let known = self.tracks.iter().position(|track| track.name == name);
        let at = known.unwrap_or_else(|| {
            self.tracks.push(Track {
                name: name.to_owned(),
                ..Track::default()
            });
            self.tracks.len() - 1
        });
        &mut self.tracks[at]
    }
}

/// Takes lines until the dump is whole.
#[derive(Debug, Default)]
pub struct Collector(Dump);

impl Collector {
    /// Takes a raw line of the console; what is no line of a dump is passed over.
    /// Returns the dump with its last line.
    ///
    /// # Errors
    ///
    /// [`DumpError`].
    pub fn line(&mut self, raw: &str) -> Result<Option<Dump>, DumpError> {
        match Line::parse(raw.trim()) {
            None => {}
            Some(Line::Start { version, frequency }) => {
                if version != VERSION {
                    return Err(DumpError::Version(version));
                }
                if frequency == 0 {
                    return Err(DumpError::Frequency);
                }
                self.0 = Dump {
                    frequency,
                    ..Dump::default()
                };
            }
            Some(Line::Record(name, words)) => match Record::from_words(words) {
                Some(record) => self.0.record(name, record),
                None => self.0.track(name).unknown += 1,
            },
            Some(Line::Lost(name, count)) => self.0.track(name).lost += count,
            Some(Line::EndOf(name)) => {
                self.0.track(name);
            }
            Some(Line::End) if self.0.frequency == 0 => {}
            Some(Line::End) => return Ok(Some(std::mem::take(&mut self.0))),
        }
        Ok(None)
    }
}
