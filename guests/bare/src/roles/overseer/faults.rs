// SPDX-License-Identifier: BSD-2-Clause

//! A monitor that faults, comes back with its guest, and is given up.

use super::Overseer;
use crate::run::Failure;
use crate::{failure, say};
use manager_api::{Command, Refusal, VmmState};

/// The guest with the faulty monitor.
pub const NUMBER: u32 = 2;
pub const NAME: &str = "faulty";
/// `restart_limit` of the suite.
const LIMIT: u32 = 2;

impl Overseer<'_, '_> {
    pub(super) fn provoke_faults(&mut self) -> Result<(), Failure> {
        for nth in 1..=LIMIT {
            let (lives, others) = (self.row(NUMBER)?.lives(), self.row(1)?.beats());
            let before = self.record_of(NAME)?;
            self.row(NUMBER)?.tell_to_err();
            self.comes_back(lives)?;
            self.has_crashed(&before)?;
            let restarts = self.info(NAME)?.restarts;
            if restarts != nth {
                return Err(failure!("{restarts} restarts after fault {nth}"));
            }
            if self.row(1)?.beats() == others {
                return Err(failure!("the fault of one stopped another"));
            }
        }
        say!("overseer: the faulty monitor came back with its guest, which attached");
        self.give_up()
    }

    fn comes_back(&mut self, lives: u32) -> Result<(), Failure> {
        let row = self.row(NUMBER)?;
        self.wait_until("the faulty one to come back", |_| {
            Ok(row.lives() == lives + 1)
        })?;
        self.lives(NUMBER)
    }

    fn give_up(&mut self) -> Result<(), Failure> {
        let (lives, before) = (self.row(NUMBER)?.lives(), self.record_of(NAME)?);
        self.row(NUMBER)?.tell_to_err();
        self.wait_until("it to be given up", |own| {
            Ok(own.info(NAME)?.summary.vmm == VmmState::GivenUp)
        })?;
        self.has_crashed(&before)?;
        self.rests(NUMBER)?;
        if self.info(NAME)?.connections != 0 {
            return Err(failure!("a guest that is given up is attached"));
        }
        self.refused(NAME, Command::Start, Refusal::Lost)?;
        self.order(NAME, Command::Restart)?;
        self.comes_back(lives)?;
        say!("overseer: past its limit it was given up; an order brought it back");
        Ok(())
    }
}
