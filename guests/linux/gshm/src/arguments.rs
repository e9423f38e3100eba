// SPDX-License-Identifier: BSD-2-Clause

//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use gshm::demo::Settings;
use gshm::{exit, parse};
use guest_shm::{EventKind, Peers, Targets};

/// Named memory shared between guests.
///
/// A region is created by whoever attaches its name first; all others join, and
/// get its true size whatever they asked for. Within one guest, all programs
/// that attach a name are one connection to the peers. Commands that are not given
/// a size only join, and end with code 6 if there is no such region.
///
/// Sizes are bytes, or have a suffix K, M or G. PEERS is `all`, or indices like 0,2.
#[derive(Parser)]
#[command(name = "gshm", version, after_help = exit::HELP)]
pub struct Arguments {
    /// The device's file
    #[arg(long, global = true, default_value = guest_shm::driver::PATH)]
    pub device: PathBuf,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    #[command(flatten)]
    Region(RegionCommand),
    /// Print the counter, which has run since the machine's reset, and its frequency
    Counter,
    /// Talk with the other speakers of the sample pair
    ///
    /// Lines from standard input, until `quit` or its end; each speaker's last line
    /// lies in the region, in 4 KiB of its own.
    #[command(after_help = exit::HELP)]
    Ghstest(Ghstest),
    /// Play a part in the demo of three guests that share a region
    Demo {
        #[command(subcommand)]
        role: DemoRole,
    },
}

#[derive(Subcommand)]
pub enum RegionCommand {
    /// Attach a region, print what it is and every change, until the input ends
    #[command(after_help = exit::HELP)]
    Attach(Attach),
    /// List the regions that this guest may attach
    #[command(after_help = exit::HELP)]
    List,
    /// Print all about a region, or about the device and this guest's quotas
    #[command(after_help = exit::HELP)]
    Stat {
        /// Name of the region
        #[arg(value_parser = parse::name)]
        name: Option<String>,
    },
    /// Signal peers of a region
    #[command(after_help = exit::HELP)]
    Notify {
        /// Name of the region
        #[arg(value_parser = parse::name)]
        name: String,
        /// Whom to signal
        #[arg(value_parser = parse::targets, value_name = "PEERS")]
        targets: Targets,
    },
    /// Wait until a peer signals, and print who did
    #[command(after_help = exit::HELP)]
    Wait(Wait),
    /// Print who comes and who goes, and why
    #[command(after_help = exit::HELP)]
    Events(Events),
    /// Send a file of any length to a receiver
    ///
    /// The other guest runs `gshm recv` on the same region; whoever comes first waits.
    /// The receiver confirms the SHA-256. One transfer at a time in a region.
    #[command(after_help = exit::HELP)]
    Send(Transfer),
    /// Receive a file from a sender
    ///
    /// The file appears when it is complete and its SHA-256 is right; before, it is
    /// FILE.part.
    #[command(after_help = exit::HELP)]
    Recv(Transfer),
    /// Print a region's data
    #[command(after_help = exit::HELP)]
    Cat(Cat),
    /// Store the standard input into a region's data
    ///
    /// A piece at a time, as it comes. If it is longer than there is room, what fits is
    /// stored, and the command fails.
    #[command(after_help = exit::HELP)]
    Store(Store),
    /// Print figures of latency and throughput
    ///
    /// Alone it measures this guest; with --peer, and `--serve` in another guest, the
    /// two. It overwrites the region's data.
    #[command(after_help = exit::HELP)]
    Bench(Bench),
}

#[derive(Args)]
pub struct Attach {
    /// Name of the region, at most 31 characters
    #[arg(value_parser = parse::name)]
    pub name: String,
    /// Size to create it with; without, it must be there
    #[arg(value_parser = parse::pages)]
    pub size: Option<u32>,
    /// Map the data for reading only
    #[arg(long)]
    pub read_only: bool,
    /// Hold it for that many seconds, whatever the input does
    #[arg(long, value_name = "SECONDS")]
    pub hold: Option<u64>,
}

#[derive(Args)]
pub struct Wait {
    /// Name of the region
    #[arg(value_parser = parse::name)]
    pub name: String,
    /// Size to create it with, if it is not there
    #[arg(long, value_parser = parse::pages)]
    pub size: Option<u32>,
    /// Wait for a signal of these only
    #[arg(long, value_parser = parse::peers, value_name = "PEERS")]
    pub from: Option<Peers>,
    /// Seconds to wait at most
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub timeout: u64,
}

#[derive(Args)]
pub struct Events {
    /// Name of the region
    #[arg(value_parser = parse::name)]
    pub name: String,
    /// Size to create it with, if it is not there
    #[arg(long, value_parser = parse::pages)]
    pub size: Option<u32>,
    /// Print these kinds only: of joined, left, reset, crashed and gone, as joined,left
    #[arg(long, value_parser = parse::kind, value_delimiter = ',', value_name = "KINDS")]
    pub only: Vec<EventKind>,
    /// End after that many events
    #[arg(long)]
    pub count: Option<u64>,
    /// End after that many seconds; with code 5 if --count was not reached
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
}

#[derive(Args)]
pub struct Transfer {
    /// Name of the region
    #[arg(value_parser = parse::name)]
    pub name: String,
    /// The file; `-` is the standard stream
    pub file: PathBuf,
    /// Size to create the region with, if it is not there: at least 8K
    #[arg(long, default_value = "1M", value_parser = parse::pages)]
    pub size: u32,
    /// Seconds that any single wait may take
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub timeout: u64,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args)]
pub struct Cat {
    /// Name of the region
    #[arg(value_parser = parse::name)]
    pub name: String,
    /// First byte
    #[arg(long, default_value_t = 0)]
    pub offset: u64,
    /// Number of bytes at most
    #[arg(long)]
    pub length: Option<u64>,
    /// End at the first NUL
    #[arg(long)]
    pub text: bool,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args)]
pub struct Store {
    /// Name of the region
    #[arg(value_parser = parse::name)]
    pub name: String,
    /// First byte: a multiple of 8
    #[arg(long, default_value_t = 0)]
    pub offset: u64,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args)]
pub struct Bench {
    /// Name of the region
    #[arg(value_parser = parse::name)]
    pub name: String,
    /// Size to create it with, if it is not there
    #[arg(long, default_value = "1M", value_parser = parse::pages)]
    pub size: u32,
    /// Measure with a peer that serves
    #[arg(long, conflicts_with = "serve")]
    pub peer: bool,
    /// Serve one measurement of a peer
    #[arg(long)]
    pub serve: bool,
    /// Number of signals and round trips
    #[arg(long, default_value_t = 1000)]
    pub count: usize,
    /// Bytes to stream to the peer
    #[arg(long, default_value = "16M", value_parser = parse::bytes)]
    pub bytes: u64,
    /// Seconds that any single wait may take
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub timeout: u64,
}

#[derive(Args)]
pub struct Ghstest {
    /// Name of the region
    #[arg(default_value = ghstest::REGION, value_parser = parse::name)]
    pub name: String,
    /// Size to create it with
    #[arg(long, default_value = "64K", value_parser = parse::pages)]
    pub size: u32,
    /// Instead of input: steps like `members=2;say=hello;hear=you_too;quit`, and a
    /// check at the end
    #[arg(long)]
    pub script: Option<String>,
    /// Seconds that a step of the script may wait
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub timeout: u64,
}

#[derive(Args)]
pub struct DemoSettings {
    /// Name of the region
    #[arg(long, default_value = "moo", value_parser = parse::name)]
    region: String,
    /// Size to ask for
    #[arg(long, default_value = "128M", value_parser = parse::pages)]
    size: u32,
    /// Seconds that any single wait may take
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
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
pub enum DemoRole {
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
