// SPDX-License-Identifier: BSD-2-Clause

//! Pause, resume, reset, stop, start, restart.

use super::Overseer;
use crate::run::Failure;
use crate::{failure, say};
use manager_api::{Command, Refusal, State};

/// The citizen's number and name.
const NUMBER: u32 = 1;
const NAME: &str = "citizen";

impl Overseer<'_, '_> {
    pub(super) fn order_about(&mut self) -> Result<(), Failure> {
        self.lives(NUMBER)?;
        self.pause_and_resume()?;
        self.renew(Command::Reset)?;
        self.stop_and_start()?;
        self.renew(Command::Restart)?;
        let info = self.info(NAME)?;
        if (info.resets, info.restarts) != (1, 1) {
            let (resets, restarts) = (info.resets, info.restarts);
            return Err(failure!("{resets} resets, {restarts} restarts are shown"));
        }
        self.refused("overseer", Command::Pause, Refusal::NoPermission)?;
        self.refused("nobody", Command::Pause, Refusal::NoPermission)?;
        say!("overseer: what is not mine is refused");
        Ok(())
    }

    fn state(&mut self, state: State) -> Result<(), Failure> {
        match self.info(NAME)?.summary.state {
            is if is == state => Ok(()),
            is => Err(failure!("{NAME} is {is:?}, not {state:?}")),
        }
    }

    fn pause_and_resume(&mut self) -> Result<(), Failure> {
        self.order(NAME, Command::Pause)?;
        self.rests(NUMBER)?;
        self.state(State::Paused)?;
        self.order(NAME, Command::Pause)?;
        self.refused(NAME, Command::Start, Refusal::WrongState)?;
        self.order(NAME, Command::Resume)?;
        self.lives(NUMBER)?;
        self.state(State::Running)?;
        if self.row(NUMBER)?.lives() != 1 {
            return Err(failure!("a pause ended a life"));
        }
        say!("overseer: pause and resume: the same life");
        Ok(())
    }

    fn stop_and_start(&mut self) -> Result<(), Failure> {
        let lives = self.row(NUMBER)?.lives();
        self.order(NAME, Command::Stop)?;
        self.rests(NUMBER)?;
        self.state(State::Off)?;
        if self.info(NAME)?.connections != 0 {
            return Err(failure!("a stopped guest is attached"));
        }
        self.refused(NAME, Command::Resume, Refusal::WrongState)?;
        self.order(NAME, Command::Start)?;
        self.begins(lives)?;
        say!("overseer: stop and start: another life");
        Ok(())
    }

    fn renew(&mut self, command: Command) -> Result<(), Failure> {
        let lives = self.row(NUMBER)?.lives();
        self.order(NAME, command)?;
        self.begins(lives)?;
        say!("overseer: {command:?}: another life");
        Ok(())
    }

    fn begins(&mut self, lives: u32) -> Result<(), Failure> {
        let row = self.row(NUMBER)?;
        self.wait_until("another life", |_| Ok(row.lives() == lives + 1))?;
        self.lives(NUMBER)?;
        self.state(State::Running)
    }
}
