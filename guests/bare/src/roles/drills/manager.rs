// SPDX-License-Identifier: BSD-2-Clause

//! The manager's end, by a request at which a suite's own manager takes offence, and a
//! guest that goes on without it.
//!
//! Silence proves something only of who would have spoken: so before that it is asked
//! what it understands and told what it does not.

use super::super::management;
use crate::machine::{Deadline, Management, reset};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::drills::Row;
use manager_api::client::{Answer, Client};
use manager_api::{Refusal, Request, Response, VERSION};

/// No request. The suite's manager (`drills-manager`) faults at it.
const OFFENCE: &[u8] = b"fault";
/// No request either.
const NONSENSE: &[u8] = b"\xff";
/// Within this a manager answers.
const ANSWER_MS: u64 = 200;

/// Makes the manager fault, says that life without it begins, and resets itself.
pub fn outlive_manager(machine: &mut Machine<'_>, row: &Row<'_>) -> Result<(), Failure> {
    let mut device = management(machine)?;
    match ask(machine, &mut device)? {
        Answer::Is(Response::Version(VERSION)) => {}
        other => return Err(failure!("before its fault the manager says {other:?}")),
    }
    match tell(machine, &mut device, NONSENSE)? {
        Answer::Is(Response::Refused(Refusal::Malformed)) => {}
        other => return Err(failure!("to nonsense the manager says {other:?}")),
    }
    match tell(machine, &mut device, OFFENCE)? {
        Answer::NotYet => row.begin(),
        other => return Err(failure!("instead of a fault the manager says {other:?}")),
    }
    match ask(machine, &mut device)? {
        Answer::NotYet => say!("culprit: the manager does not answer any more"),
        other => return Err(failure!("after its fault the manager says {other:?}")),
    }
    reset()
}

fn ask(machine: &mut Machine<'_>, device: &mut Management) -> Result<Answer, Failure> {
    let serial = Client::new(device.mailbox()).ask(&Request::Version);
    answer(machine, device, serial)
}

fn tell(
    machine: &mut Machine<'_>,
    device: &mut Management,
    message: &[u8],
) -> Result<Answer, Failure> {
    let serial = device.mailbox().ask(message);
    answer(machine, device, serial)
}

/// The answer to a request that lies in the mailbox, as far as there is one in time.
fn answer(
    machine: &mut Machine<'_>,
    device: &mut Management,
    serial: Option<u32>,
) -> Result<Answer, Failure> {
    let serial = serial.ok_or_else(|| failure!("the request is too long"))?;
    let client = Client::new(device.mailbox());
    device.ring();
    let deadline = Deadline::in_ms(ANSWER_MS);
    loop {
        match client.answer(serial) {
            Answer::NotYet if !deadline.passed() => machine.interrupts.sleep_unheard(1),
            answer => return Ok(answer),
        }
    }
}
