// SPDX-License-Identifier: BSD-2-Clause

//! Who types what a manifest's `[[batch.type]]` says, when it says so.
//!
//! Each step: wait for a line or a prompt, type key by key, then wait for the
//! lines that must come of it. The next step looks only at what comes after that.

use crate::line::is_said;
use std::time::{Duration, Instant};
use tombolo::keys::{self, Key, KeyError};
use tombolo::manifest::{After, Expect, Typing};

/// Time before a key, of a fast typist.
const PACE_MS: u64 = 30;

#[derive(Debug)]
struct Step<'a> {
    after: Option<&'a After>,
    text: &'a str,
    keys: Vec<Key>,
    pace: Duration,
    expect: &'a [Expect],
}

/// How far the current step is.
#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// Its condition was not seen yet.
    Waiting,
    /// The key of this number is to be typed at this time.
    Typing(usize, Instant),
    /// Everything is typed; which of the expected lines were seen.
    Expecting(Vec<bool>),
}

/// The typist.
#[derive(Debug)]
pub struct Typist<'a> {
    steps: Vec<Step<'a>>,
    current: usize,
    phase: Phase,
}

impl<'a> Typist<'a> {
    /// Takes the steps; at `now` the run starts.
    pub fn new(steps: &'a [Typing], now: Instant) -> Result<Self, KeyError> {
        let steps = steps
            .iter()
            .map(|step| {
                Ok(Step {
                    after: step.after.as_ref().map(|after| after.get_ref()),
                    text: step.keys.get_ref(),
                    keys: vec![keys::parse(step.keys.get_ref())?; step.times.unwrap_or(1)].concat(),
                    pace: Duration::from_millis(step.pace_ms.unwrap_or(PACE_MS)),
                    expect: &step.expect,
                })
            })
            .collect::<Result<_, _>>()?;
        let mut typist = Self {
            steps,
            current: 0,
            phase: Phase::Waiting,
        };
        typist.wait(now);
        Ok(typist)
    }

    /// Takes a finished line.
    pub fn line(&mut self, raw: &str, now: Instant) {
        let Some(step) = self.steps.get(self.current) else {
            return;
        };
        match &mut self.phase {
            Phase::Waiting => {
                let after = step.after.and_then(|after| {
                    let (speaker, line) = (after.speaker.as_ref()?, after.line.as_ref()?);
                    Some(is_said(raw, speaker, line))
                });
                if after == Some(true) {
                    self.start(now);
                }
            }
            Phase::Typing(..) => {}
            Phase::Expecting(seen) => {
                for (expect, seen) in step.expect.iter().zip(seen) {
                    *seen |= is_said(raw, &expect.speaker, &expect.line);
                }
                self.end_if_seen(now);
            }
        }
    }

    /// Looks at the unfinished line, after new output.
    pub fn unfinished(&mut self, row: &str, now: Instant) {
        let step = self.steps.get(self.current);
        let prompt = step
            .and_then(|step| step.after)
            .and_then(|after| after.prompt.as_deref());
        if self.phase == Phase::Waiting && prompt == Some(row) {
            self.start(now);
        }
    }

    /// When the next key is to be typed.
    pub fn due(&self) -> Option<Instant> {
        match self.phase {
            Phase::Typing(_, due) if self.current < self.steps.len() => Some(due),
            _ => None,
        }
    }

    /// The key to type now, if one is due.
    pub fn key(&mut self, now: Instant) -> Option<Key> {
        let step = self.steps.get(self.current)?;
        let Phase::Typing(number, due) = self.phase else {
            return None;
        };
        if now < due {
            return None;
        }
        let key = step.keys.get(number).cloned();
        if number + 1 < step.keys.len() {
            self.phase = Phase::Typing(number + 1, now + step.pace);
        } else {
            self.phase = Phase::Expecting(vec![false; step.expect.len()]);
            self.end_if_seen(now);
        }
        key
    }

    /// What the current step waits for; `None`: all is typed and seen.
    pub fn missing(&self) -> Option<String> {
        let step = self.steps.get(self.current)?;
        let wait = match &self.phase {
            Phase::Waiting => match step.after {
                Some(After {
                    prompt: Some(prompt),
                    ..
                }) => format!("was not typed: no prompt `{prompt}`"),
                Some(after) => format!(
                    "was not typed: {} did not say `{}`",
                    after.speaker.as_deref().unwrap_or_default(),
                    after.line.as_deref().unwrap_or_default()
                ),
                None => "was not typed".into(),
            },
            Phase::Typing(number, _) => format!("was typed up to key {number}"),
            Phase::Expecting(seen) => {
                let unseen = step.expect.iter().zip(seen).filter(|(_, seen)| !**seen);
                let unseen: Vec<String> = unseen
                    .map(|(expect, _)| format!("{} did not say `{}`", expect.speaker, expect.line))
                    .collect();
                format!("was typed, and then {}", unseen.join(", "))
            }
        };
        let (number, all) = (self.current + 1, self.steps.len());
        Some(format!("step {number} of {all}, `{}`, {wait}", step.text))
    }

    fn start(&mut self, now: Instant) {
        let pace = self
            .steps
            .get(self.current)
            .map_or(Duration::ZERO, |step| step.pace);
        self.phase = Phase::Typing(0, now + pace);
    }

    /// The next step waits, unless there is nothing to wait for.
    fn wait(&mut self, now: Instant) {
        self.phase = Phase::Waiting;
        if self
            .steps
            .get(self.current)
            .is_some_and(|step| step.after.is_none())
        {
            self.start(now);
        }
    }

    fn end_if_seen(&mut self, now: Instant) {
        if matches!(&self.phase, Phase::Expecting(seen) if seen.iter().all(|seen| *seen)) {
            self.current += 1;
            self.wait(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Typist;
    use std::time::{Duration, Instant};
    use tombolo::manifest::{Batch, Typing};

    fn steps(text: &str) -> Vec<Typing> {
        toml::from_str::<Batch>(text).unwrap().typing
    }

    /// Types everything that is due until then.
    fn typed(typist: &mut Typist<'_>, now: Instant) -> String {
        let keys = std::iter::from_fn(|| typist.key(now));
        String::from_utf8(keys.flatten().collect()).unwrap()
    }

    const SCRIPT: &str = r#"
        [[type]]
        after = { speaker = "guest0", line = "ready" }
        keys = "<Ctrl-]>s"
        pace_ms = 0
        [[type]]
        after = { prompt = "tombolo> " }
        keys = "list<Enter>"
        pace_ms = 0
        expect = [{ speaker = "shell", line = "running" }, { speaker = "shell", line = "off" }]
        [[type]]
        after = { prompt = "tombolo> " }
        keys = "x"
        pace_ms = 10
    "#;

    #[test]
    fn each_step_waits_for_its_own_condition() {
        let now = Instant::now();
        let steps = steps(SCRIPT);
        let mut typist = Typist::new(&steps, now).unwrap();
        typist.unfinished("tombolo> ", now);
        typist.line("guest1 > ready", now);
        typist.line("server | guest0 is ready", now);
        assert_eq!(typed(&mut typist, now), "", "nobody said it yet");
        typist.line("guest0       > I am ready", now);
        assert_eq!(typed(&mut typist, now), "\x1ds");
        typist.unfinished("tombolo> l", now);
        assert_eq!(typed(&mut typist, now), "");
        typist.unfinished("tombolo> ", now);
        assert_eq!(typed(&mut typist, now), "list\r");
    }

    #[test]
    fn keys_without_a_pace_are_one_burst_however_often() {
        let now = Instant::now();
        let steps = steps("[[type]]\nkeys = \"ab<Enter>\"\ntimes = 3\npace_ms = 0");
        let mut typist = Typist::new(&steps, now).unwrap();
        assert_eq!(typed(&mut typist, now), "ab\rab\rab\r");
        assert_eq!(typist.missing(), None);
    }

    #[test]
    fn a_step_is_over_when_its_lines_were_seen_after_its_last_key() {
        let now = Instant::now();
        let steps = &steps(SCRIPT)[1..];
        let mut typist = Typist::new(steps, now).unwrap();
        typist.line("guest0 running", now);
        typist.unfinished("tombolo> ", now);
        typed(&mut typist, now);
        typist.line("guest0 off", now);
        typist.unfinished("tombolo> ", now);
        assert_eq!(typed(&mut typist, now), "", "`running` was before the keys");
        assert!(typist.missing().unwrap().contains("did not say `running`"));
        typist.line("guest1 > running", now);
        typist.line("guest1   running", now);
        assert_eq!(typist.due(), None, "the next waits for its prompt");
        typist.unfinished("tombolo> ", now);
        assert_eq!(typist.due(), Some(now + Duration::from_millis(10)));
        assert_eq!(typed(&mut typist, now), "");
        assert_eq!(typed(&mut typist, now + Duration::from_millis(10)), "x");
        assert_eq!(typist.missing(), None);
    }

    #[test]
    fn without_steps_nothing_is_missing() {
        let typist = Typist::new(&[], Instant::now()).unwrap();
        assert_eq!((typist.missing(), typist.due()), (None, None));
    }
}
