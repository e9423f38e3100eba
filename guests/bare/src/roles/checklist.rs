// SPDX-License-Identifier: BSD-2-Clause

//! Checks with a sentence for a name, all of them done, each with its line.

use crate::run::Failure;
use crate::{failure, say};
use core::fmt;

/// How the checks went.
#[derive(Default)]
pub struct Tally {
    done: u32,
    failed: u32,
    first: Option<(&'static str, Failure)>,
}

impl Tally {
    /// Notes how the check of a sentence went; whether it went well.
    pub fn note(&mut self, sentence: &'static str, outcome: Result<(), Failure>) -> bool {
        self.done += 1;
        match outcome {
            Ok(()) => {
                say!("ok: {sentence}");
                true
            }
            Err(reason) => {
                say!("not ok: {sentence}: {reason}");
                self.failed += 1;
                self.first.get_or_insert((sentence, reason));
                false
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
