// SPDX-License-Identifier: BSD-2-Clause

//! Checks with a sentence for a name, all of them done, each with its line.

use super::bench::Bench;
use crate::run::Failure;
use crate::{failure, say};
use core::fmt;

/// A check: what must be so, and how to see it.
pub type Check = (&'static str, fn(&mut Bench<'_, '_>) -> Result<(), Failure>);

/// How the checks went.
#[derive(Default)]
pub struct Tally {
    done: u32,
    failed: u32,
    first: Option<(&'static str, Failure)>,
}

impl Tally {
    /// Does checks in order.
    pub fn run(&mut self, bench: &mut Bench<'_, '_>, checks: &[Check]) {
        for (sentence, check) in checks {
            self.done += 1;
            match check(bench) {
                Ok(()) => say!("ok: {sentence}"),
                Err(reason) => {
                    say!("not ok: {sentence}: {reason}");
                    self.failed += 1;
                    self.first.get_or_insert((*sentence, reason));
                }
            }
        }
    }

    /// Err: how many failed, and the first.
    pub fn outcome(self) -> Result<(), Failure> {
        say!("{} checks, {} failed", self.done, self.failed);
        match self.first {
            None => Ok(()),
            Some((sentence, reason)) => Err(failure!(
                "{} of {}: {sentence}: {reason}",
                self.failed,
                self.done
            )),
        }
    }
}

/// Two numbers that must be the same.
pub fn equal(what: fmt::Arguments<'_>, is: u64, expected: u64) -> Result<(), Failure> {
    if is == expected {
        Ok(())
    } else {
        Err(failure!("{what} is {is:#x}, not {expected:#x}"))
    }
}
