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
    forbid: &'a [Expect],
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
            forbid: &batch.forbid,
            timeout: Duration::from_secs(batch.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S)),
        }
    }

    /// How long the run may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Takes one raw line.
    pub fn line(&mut self, raw: &str) -> Verdict {
        let mut expected = false;
        for (expect, seen) in &mut self.expect {
            let said = is_said(raw, &expect.speaker, &expect.line);
            (*seen, expected) = (*seen || said, expected || said);
        }
        let forbids = |forbid: &&Expect| is_said(raw, &forbid.speaker, &forbid.line);
        if let Some(Expect { speaker, line }) = self.forbid.iter().find(forbids) {
            return Verdict::Fail(format!("{speaker} said `{line}`, which is forbidden"));
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
        if !expected && let Some(failure) = failed_by_itself(&line) {
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

/// A check that no manifest names has failed: nothing good can come any more.
fn failed_by_itself(line: &Line<'_>) -> Option<String> {
    let (check, outcome) = line.text.strip_prefix("CHECK ")?.split_once(": ")?;
    let reason = outcome.strip_prefix("fail")?;
    (reason.is_empty() || reason.starts_with([' ', ':'])).then(|| {
        let speaker = line.speaker;
        format!("{speaker}: check `{check}`, which the manifest does not name: {outcome}")
    })
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
            forbid: vec![Expect {
                speaker: "guest1".into(),
                line: "too early".into(),
            }],
            typing: vec![],
        }
    }

    fn outcome(raw: &str) -> Verdict {
        Judge::new(&batch()).line(raw)
    }

    #[test]
    fn a_check_that_nobody_named_fails_the_run_at_once() {
        let Verdict::Fail(reason) = outcome("guest2 > CHECK drill-spin: fail no block") else {
            panic!("it goes on");
        };
        assert_eq!(
            reason,
            "guest2: check `drill-spin`, which the manifest does not name: fail no block"
        );
        for raw in [
            "babbler | CHECK nonsense: fail",
            "guest0 > CHECK x: fail: y",
        ] {
            assert!(matches!(outcome(raw), Verdict::Fail(_)), "{raw}");
        }
        for raw in [
            "guest2 > CHECK drill-spin: pass",
            "guest2 > CHECK drill: failures are counted",
            "guest2 > guest0 > CHECK sender: fail",
            "guest2 > what does CHECK x: fail mean?",
        ] {
            assert_eq!(outcome(raw), Verdict::Undecided, "{raw}");
        }
    }

    #[test]
    fn a_failure_that_is_expected_is_none() {
        let mut batch = batch();
        batch.expect[0] = Expect {
            speaker: "guest2".into(),
            line: "CHECK culprit: fail panicked".into(),
        };
        let mut judge = Judge::new(&batch);
        let verdict = judge.line("guest2 > CHECK culprit: fail panicked at x");
        assert_eq!(verdict, Verdict::Undecided);
        assert_eq!(judge.missing().len(), 2, "and it was seen");
    }

    #[test]
    fn a_forbidden_line_ends_the_run() {
        let verdict = outcome("guest1 > attached too early");
        let Verdict::Fail(reason) = verdict else {
            panic!("it goes on");
        };
        assert_eq!(reason, "guest1 said `too early`, which is forbidden");
        assert_eq!(outcome("guest0 > too early"), Verdict::Undecided);
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
