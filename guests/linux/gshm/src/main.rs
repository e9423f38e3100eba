// SPDX-License-Identifier: BSD-2-Clause

//! gshm: use guest_shm regions from the command line of a Linux guest.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use rustix::event::{PollFd, PollFlags, poll};

use gshm::abi::{Attached, Driver, counter};
use gshm::demo::{Settings, receiver, sender};
use gshm::error::Error;
use gshm::parse;
use gshm::region::{Device, Region, Status, Targets};
use gshm::talk::{Talk, converse};

/// Named memory shared between guests.
///
/// A region is created by whoever attaches its name first; all others join, and
/// get its true size whatever they asked for. Within one guest, all programs
/// that attach a name are one connection to the peers.
#[derive(Parser)]
#[command(
    name = "gshm",
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no device, \
                  4 refused by the device, 5 nothing came in time."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Region(RegionCommand),
    /// Print the counter, which has run since the machine's reset, and its frequency
    Counter,
    /// Talk with the other speakers of the sample pair
    ///
    /// Lines from standard input, until `quit` or its end; each speaker's last line
    /// lies in the region, in 4 KiB of its own.
    Ghstest(Ghstest),
    /// Play a part in the demo of three guests that share a region
    Demo {
        #[command(subcommand)]
        role: DemoRole,
    },
}

#[derive(Subcommand)]
enum RegionCommand {
    /// Attach a region, print what it is, and hold it until end of input
    Attach {
        /// Name of the region, at most 31 characters
        #[arg(value_parser = parse::name)]
        name: String,
        /// Size to create it with: bytes, or with K, M or G
        #[arg(value_parser = parse::pages)]
        size: u32,
    },
    /// Print a region's size, own index and attached peers (creates it with one page if there is none)
    Stat {
        /// Name of the region
        #[arg(value_parser = parse::name)]
        name: String,
    },
    /// Signal peers of a region (creates it with one page if there is none)
    Notify {
        /// Name of the region
        #[arg(value_parser = parse::name)]
        name: String,
        /// Indices of the peers, like 0,2, or `all`
        #[arg(value_parser = parse::targets)]
        targets: Targets,
    },
    /// Wait until a peer signals, and print who did (creates the region with one page if there is none)
    Wait {
        /// Name of the region
        #[arg(value_parser = parse::name)]
        name: String,
        /// Seconds to wait at most
        #[arg(long, default_value_t = 120)]
        timeout: u64,
    },
}

#[derive(clap::Args)]
struct Ghstest {
    /// Name of the region
    #[arg(default_value = ghstest::REGION, value_parser = parse::name)]
    name: String,
    /// Size to create it with: bytes, or with K, M or G
    #[arg(long, default_value = "64K", value_parser = parse::pages)]
    size: u32,
    /// Instead of input: steps like `members=2;say=hello;hear=you_too;quit`, and a
    /// check at the end
    #[arg(long)]
    script: Option<String>,
    /// Seconds that a step of the script may wait
    #[arg(long, default_value_t = 120)]
    timeout: u64,
}

#[derive(clap::Args)]
struct DemoSettings {
    /// Name of the region
    #[arg(long, default_value = "moo", value_parser = parse::name)]
    region: String,
    /// Size to ask for
    #[arg(long, default_value = "128M", value_parser = parse::pages)]
    size: u32,
    /// Seconds that any single wait may take
    #[arg(long, default_value_t = 120)]
    timeout: u64,
}

impl From<DemoSettings> for Settings {
    fn from(from: DemoSettings) -> Settings {
        Settings {
            region: from.region,
            pages: from.size,
            timeout: Duration::from_secs(from.timeout),
        }
    }
}

#[derive(Subcommand)]
enum DemoRole {
    /// Copy a file into the region and signal the receiver
    Sender {
        #[command(flatten)]
        settings: DemoSettings,
        /// The file to copy
        #[arg(long)]
        file: PathBuf,
    },
    /// Verify the file, answer, and attach the region afresh at the end
    Receiver {
        #[command(flatten)]
        settings: DemoSettings,
        /// SHA-256 of the file, 64 hexadecimal digits
        #[arg(long, value_parser = parse::digest)]
        sha256: [u8; 32],
        /// Size to create the region with at the end
        #[arg(long, default_value = "32M", value_parser = parse::pages)]
        fresh_size: u32,
    },
}

/// Prints a line. Output that nobody takes any more stops nothing.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "gshm: {line}");
}

fn print_region(region: &Attached) {
    let a = region.attachment();
    print(&format!(
        "\"{}\": {} pages ({} bytes), own index {}, data at {:#x}, interrupt {}",
        a.name,
        a.pages,
        a.bytes(),
        a.idx,
        a.gpa,
        a.vector
    ));
}

fn print_status(status: Status) {
    print(&format!(
        "signalled by {}, attached {}",
        status.pending, status.active
    ));
}

/// Prints every change of the status until standard input ends.
fn hold(region: &Attached) -> Result<(), Error> {
    let failed = |source: io::Error| Error::os("waiting for input", source);
    let input = io::stdin();
    loop {
        let mut fds = [
            PollFd::new(&input, PollFlags::IN),
            PollFd::from_borrowed_fd(region.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(failed(errno.into())),
        }
        let input_ready = !fds[0].revents().is_empty();
        if let Some(status) = region.wait(Duration::ZERO)? {
            print_status(status);
        }
        if input_ready && input.lock().read(&mut [0; 256]).map_err(failed)? == 0 {
            return Ok(());
        }
    }
}

fn wait_for_signal(region: &Attached, name: &str, seconds: u64) -> Result<(), Error> {
    let deadline = std::time::Instant::now() + Duration::from_secs(seconds);
    loop {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        if let Some(status) = region.wait(left)? {
            print_status(status);
            if !status.pending.is_empty() {
                return Ok(());
            }
        } else if left.is_zero() {
            return Err(Error::Timeout {
                what: format!("a signal in \"{name}\""),
                seconds,
            });
        }
    }
}

/// Runs a part of the demo and prints its check, which is all it says of an error.
fn demo(role: DemoRole) -> Result<(), u8> {
    let (name, result) = match role {
        DemoRole::Sender { settings, file } => {
            ("sender", sender::run(&Driver, &settings.into(), &file))
        }
        DemoRole::Receiver {
            settings,
            sha256,
            fresh_size,
        } => (
            "receiver",
            receiver::run(&Driver, &settings.into(), &sha256, fresh_size),
        ),
    };
    check(name, result)
}

/// Talks by script and prints its check, or with whoever types.
fn talk(settings: &Ghstest) -> Result<(), u8> {
    let attach = || {
        let region = Driver.attach(&settings.name, settings.size)?;
        print_region(&region);
        Ok(region)
    };
    let Some(script) = &settings.script else {
        let done = attach().and_then(|r| converse(&r, &io::stdin(), &mut io::stdout()));
        return done.map_err(|error| complain(&error));
    };
    let play = || {
        let script = ghstest::Script::parse(script).map_err(|e| Error::Check(e.to_string()))?;
        let timeout = Duration::from_secs(settings.timeout);
        Talk::new(&attach()?, script)?.play(timeout, &mut io::stdout())
    };
    check("ghstest", play())
}

/// Prints the outcome of a check.
fn check(name: &str, result: Result<(), Error>) -> Result<(), u8> {
    let line = match &result {
        Ok(()) => format!("CHECK {name}: pass"),
        Err(error) => format!("CHECK {name}: fail {}", one_line(error)),
    };
    let _ = writeln!(io::stdout(), "{line}");
    result.map_err(|error| error.exit_code())
}

/// The check is one line, for whoever reads it by program.
fn one_line(error: &Error) -> String {
    error
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn run(command: RegionCommand) -> Result<(), Error> {
    match command {
        RegionCommand::Attach { name, size } => {
            let region = Driver.attach(&name, size)?;
            print_region(&region);
            hold(&region)
        }
        RegionCommand::Stat { name } => {
            let region = Driver.attach(&name, 1)?;
            print_region(&region);
            if let Some(status) = region.wait(Duration::ZERO)? {
                print_status(status);
            }
            Ok(())
        }
        RegionCommand::Notify { name, targets } => Driver.attach(&name, 1)?.notify(targets),
        RegionCommand::Wait { name, timeout } => {
            let region = Driver.attach(&name, 1)?;
            print_region(&region);
            wait_for_signal(&region, &name, timeout)
        }
    }
}

/// Says an error to people; returns its exit code.
fn complain(error: &Error) -> u8 {
    let _ = writeln!(io::stderr(), "gshm: error: {error}");
    error.exit_code()
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Demo { role } => demo(role),
        Command::Counter => {
            let (count, frequency) = counter();
            println!("{count} at {frequency} Hz");
            Ok(())
        }
        Command::Ghstest(settings) => talk(&settings),
        Command::Region(command) => run(command).map_err(|error| complain(&error)),
    };
    result.map_or_else(ExitCode::from, |()| ExitCode::SUCCESS)
}
