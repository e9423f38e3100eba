// SPDX-License-Identifier: BSD-2-Clause

//! gshm: use guest_shm regions from the command line of a Linux guest.

#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod output;

use std::process::ExitCode;

use clap::Parser;
use guest_shm::Driver;

use arguments::{Arguments, Command};
use commands::{bench, data, files, look, signals, story};
use gshm::counter::counter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let device = Driver::at(arguments.device);
    let result = match arguments.command {
        // These two say all of an error in their check.
        Command::Demo { role } => story::demo(&device, role),
        Command::Ghstest(arguments) => story::talk(&device, &arguments),
        command => run(&device, command).map_err(|error| output::complain(&error)),
    };
    result.map_or_else(ExitCode::from, |()| ExitCode::SUCCESS)
}

fn run(device: &Driver, command: Command) -> Result<(), guest_shm::Error> {
    match command {
        Command::Attach(arguments) => signals::attach(device, &arguments),
        Command::List => look::list(device),
        Command::Stat { name: Some(name) } => look::region(device, &name),
        Command::Stat { name: None } => look::device(device),
        Command::Notify { name, targets } => signals::notify(device, &name, targets),
        Command::Wait(arguments) => signals::wait(device, &arguments),
        Command::Events(arguments) => signals::events(device, &arguments),
        Command::Send(arguments) => files::send(device, &arguments),
        Command::Recv(arguments) => files::recv(device, &arguments),
        Command::Cat(arguments) => data::cat(device, &arguments),
        Command::Store(arguments) => data::store(device, &arguments),
        Command::Bench(arguments) => bench::bench(device, &arguments),
        Command::Counter | Command::Demo { .. } | Command::Ghstest(_) => {
            let (count, frequency) = counter();
            println!("{count} at {frequency} Hz");
            Ok(())
        }
    }
}
