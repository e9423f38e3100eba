// SPDX-License-Identifier: BSD-2-Clause

//! The demo's roles and the sample pair: they end with a check.

use std::io;
use std::time::Duration;

use gshm::demo::{receiver, sender};
use gshm::talk::{Talk, converse};
use guest_shm::{Device, Driver, Error, Region};

use crate::arguments::{DemoRole, Ghstest};
use crate::output::{check, complain, print_attachment};

/// Runs a part of the demo and prints its check, which is all it says of an error.
pub fn demo(device: &Driver, role: DemoRole) -> Result<(), u8> {
    let (name, result) = match role {
        DemoRole::Sender { settings, file } => {
            ("sender", sender::run(device, &settings.into(), &file))
        }
        DemoRole::Receiver {
            settings,
            sha256,
            fresh_size,
        } => (
            "receiver",
            receiver::run(device, &settings.into(), &sha256, fresh_size),
        ),
    };
    check(name, result)
}

/// Talks by script and prints its check, or with whoever types.
pub fn talk(device: &Driver, arguments: &Ghstest) -> Result<(), u8> {
    let attach = || {
        let region = device.attach(&arguments.name, arguments.size)?;
        print_attachment(region.attachment());
        Ok(region)
    };
    let Some(script) = &arguments.script else {
        let done = attach().and_then(|r| converse(&r, &io::stdin(), &mut io::stdout()));
        return done.map_err(|error| complain(&error));
    };
    let play = || {
        let script = ghstest::Script::parse(script).map_err(|e| Error::Check(e.to_string()))?;
        let timeout = Duration::from_secs(arguments.timeout);
        Talk::new(&attach()?, script)?.play(timeout, &mut io::stdout())
    };
    check("ghstest", play())
}
