// SPDX-License-Identifier: BSD-2-Clause

//! gshm: use guest_shm regions from the command line of a Linux guest.

#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser;
use guest_shm::Driver;

use arguments::{Arguments, Command, RegionCommand};
use commands::{bench, data, files, look, signals, story};
use gshm::counter::counter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let device = Driver::at(arguments.device);
    let result = match arguments.command {
        Command::Region(command) => run(&device, command).map_err(|error| output::complain(&error)),
        Command::Counter => {
            let (count, frequency) = counter();
            output::plain(&format!("{count} at {frequency} Hz"));
            Ok(())
        }
        // These two say all of an error in their check.
        Command::Ghstest(arguments) => story::talk(&device, &arguments),
        Command::Demo { role } => story::demo(&device, role),
    };
    result.map_or_else(ExitCode::from, |()| ExitCode::SUCCESS)
}

fn run(device: &Driver, command: RegionCommand) -> Result<(), guest_shm::Error> {
    match command {
        RegionCommand::Attach(arguments) => signals::attach(device, &arguments),
        RegionCommand::List => look::list(device),
        RegionCommand::Stat { name: Some(name) } => look::region(device, &name),
        RegionCommand::Stat { name: None } => look::device(device),
        RegionCommand::Notify { name, targets } => signals::notify(device, &name, targets),
        RegionCommand::Wait(arguments) => signals::wait(device, &arguments),
        RegionCommand::Events(arguments) => signals::events(device, &arguments),
        RegionCommand::Send(arguments) => files::send(device, &arguments),
        RegionCommand::Recv(arguments) => files::recv(device, &arguments),
        RegionCommand::Cat(arguments) => data::cat(device, &arguments),
        RegionCommand::Store(arguments) => data::store(device, &arguments),
        RegionCommand::Bench(arguments) => bench::bench(device, &arguments),
    }
}
