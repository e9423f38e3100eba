// SPDX-License-Identifier: BSD-2-Clause

//! Bench.

use std::time::Duration;

use gshm::bench::{Plan, local, measure, serve};
use gshm::transfer::{Purpose, Settings};
use guest_shm::{Device, Driver, Error, Region};

use crate::arguments::Bench;
use crate::output::{plain, print, print_attachment};

pub fn bench(device: &Driver, arguments: &Bench) -> Result<(), Error> {
    let region = device.attach(&arguments.name, arguments.size)?;
    print_attachment(region.attachment());
    let settings = Settings {
        purpose: Purpose::Bench,
        timeout: Duration::from_secs(arguments.timeout),
    };
    let plan = Plan {
        count: arguments.count,
        bytes: arguments.bytes,
    };
    let lines = match (arguments.serve, arguments.peer) {
        (true, _) => {
            let bytes = serve(&region, settings)?;
            print(&format!("served a measurement with {bytes} bytes"));
            Vec::new()
        }
        (_, true) => measure(&region, settings, plan)?,
        _ => local(&region, arguments.count)?,
    };
    lines.iter().for_each(|line| plain(line));
    Ok(())
}
