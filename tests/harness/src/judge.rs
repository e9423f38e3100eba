// SPDX-License-Identifier: BSD-2-Clause

//! Whether a run did what its manifest demands.

use crate::line::{Line, Voice, is_said};
use std::collections::BTreeSet;
use std::time::Duration;
use tombolo::manifest::{Batch, Expect};

/// Seconds a run may take if its manifest does not say.
const DEFAULT_TIMEOUT_S: u64 = 300;

/// A run's outcome so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not everything was seen yet.
    Undecided,
    /// Everything was seen.
    Pass,
    /// It went wrong, and why.
    Fail(String),
}

/// Watches the lines of one run.
#[derive(Debug)]
pub struct Judge<'a> {
    checks: Vec<(&'a str, &'a str)>,
    passed: BTreeSet<&'a str>,
    expect: Vec<(&'a Expect, bool)>,
    timeout: Duration,
}

impl<'a> Judge<'a> {
    /// A judge for the `[batch]` part of a manifest.
    pub fn new(batch: &'a Batch) -> Self {
        Self {
            checks: batch
                .checks
                .iter()
                .map(|(guest, check)| (&**guest, &**check))
                .collect(),
            passed: BTreeSet::new(),
            expect: batch.expect.iter().map(|expect| (expect, false)).collect(),
            timeout: Duration::from_secs(batch.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S)),
        }
    }

    /// How long the run may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Takes one raw line.
    pub fn line(&mut self, raw: &str) -> Verdict {
        for (expect, seen) in &mut self.expect {
            *seen |= is_said(raw, &expect.speaker, &expect.line);
        }
        let Some(line) = Line::parse(raw) else {
            return self.verdict();
        };
        if line.speaker == "kernel" && line.text == "halted" {
            return Verdict::Fail("the kernel halted: see its last lines".into());
        }
        if line.voice == Voice::Guest
            && let Some(failure) = self.check(&line)
        {
            return Verdict::Fail(failure);
        }
        self.verdict()
    }

    fn check(&mut self, line: &Line<'_>) -> Option<String> {
        let (guest, check) = *self
            .checks
            .iter()
            .find(|(guest, _)| *guest == line.speaker)?;
        let outcome = line.text.strip_prefix("CHECK ")?;
        let outcome = outcome.strip_prefix(check)?.strip_prefix(": ")?;
        if outcome == "pass" {
            self.passed.insert(guest);
            return None;
        }
        Some(format!("{guest}: check `{check}`: {outcome}"))
    }

    /// The outcome so far; a failure is told by [`Self::line`] alone.
    pub fn verdict(&self) -> Verdict {
        if self.missing().is_empty() {
            Verdict::Pass
        } else {
            Verdict::Undecided
        }
    }

    /// What was not seen yet, for people.
    pub fn missing(&self) -> Vec<String> {
        let checks = self
            .checks
            .iter()
            .filter(|(guest, _)| !self.passed.contains(guest))
            .map(|(guest, check)| format!("{guest} did not pass its check `{check}`"));
        let lines = self
            .expect
            .iter()
            .filter(|(_, seen)| !seen)
            .map(|(expect, _)| format!("{} did not say `{}`", expect.speaker, expect.line));
        checks.chain(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        Batch {
            timeout_s: Some(5),
            checks: [
                ("guest0".into(), "sender".into()),
                ("guest1".into(), "receiver".into()),
            ]
            .into(),
            expect: vec![Expect {
                speaker: "server".into(),
                line: "NO_PERMISSION".into(),
            }],
            typing: vec![],
        }
    }

    #[test]
    fn a_run_passes_only_when_everything_was_seen() {
        let batch = batch();
        let mut judge = Judge::new(&batch);
        assert_eq!(
            judge.line("guest0 > CHECK sender: pass"),
            Verdict::Undecided
        );
        assert_eq!(
            judge.line("guest1 > CHECK receiver: pass"),
            Verdict::Undecided
        );
        assert_eq!(judge.line("server | refused: NO_PERMISSION"), Verdict::Pass);
    }

    #[test]
    fn a_kernel_that_halts_ends_the_run() {
        let batch = batch();
        let mut judge = Judge::new(&batch);
        assert!(matches!(judge.line("kernel  | halted"), Verdict::Fail(_)));
        assert_eq!(
            Judge::new(&batch).line("guest0 > halted"),
            Verdict::Undecided
        );
    }

    #[test]
    fn nobody_passes_for_another() {
        let batch = batch();
        let mut judge = Judge::new(&batch);
        judge.line("guest0 > guest1 > CHECK receiver: pass");
        judge.line("guest0 > CHECK receiver: pass");
        judge.line("guest1 | CHECK receiver: pass");
        assert_eq!(judge.missing().len(), 3);
    }

    #[test]
    fn a_failed_check_fails_the_run_with_its_reason() {
        let batch = batch();
        let mut judge = Judge::new(&batch);
        let verdict = judge.line("guest1 > CHECK receiver: fail wrong digest");
        assert_eq!(
            verdict,
            Verdict::Fail("guest1: check `receiver`: fail wrong digest".into())
        );
    }
}
