// SPDX-License-Identifier: BSD-2-Clause

//! A monitor that cannot even be restarted: nobody can stop its guest, which may go on
//! storing where it was. So that memory is never used again.

use super::Overseer;
use super::faults::{NAME, NUMBER};
use crate::run::Failure;
use crate::{failure, say};
use manager_api::{Command, Refusal, Request, Response, SlotCounts, VmmState};

/// Status code of the register interface.
const NOMEM: u32 = 2;
/// The overseer's region, and the other citizen.
const REGION: &str = "moo";
const CITIZEN: (u32, &str) = (1, "citizen");

impl Overseer<'_, '_> {
    /// The suite's VMM was brought back once too often: after this fault it faults
    /// whenever it is restarted, before it has stopped its guest.
    pub(super) fn lose_a_guest(mut self) -> Result<(), Failure> {
        if self.quarantined()? != 0 {
            return Err(failure!("a slot is quarantined before anything was lost"));
        }
        let before = self.record_of(NAME)?;
        self.row(NUMBER)?.tell_to_err();
        self.wait_until("it to be lost", |own| {
            Ok(own.info(NAME)?.summary.vmm == VmmState::Lost)
        })?;
        self.has_crashed(&before)?;
        self.refused(NAME, Command::Restart, Refusal::Lost)?;
        // Those who share the slot go on.
        self.lives(CITIZEN.0)?;
        self.existing(REGION)?;
        self.order(CITIZEN.1, Command::Stop)?;
        self.region.detach();
        let status = self.factory.attach(REGION, 1).status;
        if status != NOMEM {
            return Err(failure!("attach of a slot that a lost guest had: {status}"));
        }
        if quarantined(self.desk.ask(self.machine, &Request::Regions { from: 0 })?)? != 1 {
            return Err(failure!("not one slot is quarantined"));
        }
        say!("overseer: a guest was lost: its slot is never used again");
        self.desk.end();
        Ok(())
    }

    fn quarantined(&mut self) -> Result<u8, Failure> {
        quarantined(self.ask(&Request::Regions { from: 0 })?)
    }
}

fn quarantined(response: Response) -> Result<u8, Failure> {
    match response {
        Response::Regions {
            slots: SlotCounts { quarantined, .. },
            ..
        } => Ok(quarantined),
        other => Err(failure!("no list of regions: {other:?}")),
    }
}
