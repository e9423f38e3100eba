// SPDX-License-Identifier: BSD-2-Clause

//! The command: arguments as the `microkit` tool takes them.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tombolo_image::board::{BOARDS, Board};
use tombolo_image::diagnostic::{Diagnostic, Diagnostics, Source};
use tombolo_image::{Config, Kernel, Options, build, load, report, summary};

/// Makes one bootable image of a Microkit system for Tombolo's embedded kernel.
///
/// Reads the system description and the files that it names, checks them, and
/// writes a raw image to be loaded and started at the board's load address
/// (0x70000000 on qemu_virt_aarch64), with everything in place.
#[derive(Debug, Parser)]
#[command(name = "tombolo-image", version)]
struct Arguments {
    /// The system description (.system)
    system: PathBuf,

    /// Directories with the files that the description names, searched in this
    /// order, then the current directory
    #[arg(long, value_name = "DIR", num_args = 1..)]
    search_path: Vec<PathBuf>,

    /// The board
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(BOARDS.iter().map(|board| board.name)))]
    board: String,

    /// The configuration that the programs were built for
    #[arg(long)]
    config: ConfigArgument,

    /// The embedded kernel's ELF file
    #[arg(long, value_name = "ELF")]
    kernel: PathBuf,

    /// Where to write the image
    #[arg(short, long, value_name = "FILE", default_value = "loader.img")]
    output: PathBuf,

    /// Where to write the report: memory, maps, channels and capabilities
    #[arg(short, long, value_name = "FILE", default_value = "report.txt")]
    report: PathBuf,

    /// Print nothing if all is well
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ConfigArgument {
    /// The default configuration
    Release,
    /// For developers: debug system calls, no isolation between guests and kernel
    Debug,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(line) => {
            if !arguments.quiet {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(diagnostics) => {
            eprint!("{}", diagnostics.render(std::io::stderr().is_terminal()));
            let errors = diagnostics.errors();
            eprintln!(
                "{}: {errors} error{}, no image written",
                arguments.system.display(),
                if errors == 1 { "" } else { "s" }
            );
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<String, Diagnostics> {
    let alone = |diagnostic| Diagnostics {
        source: Source::default(),
        list: vec![diagnostic],
    };
    // clap admits the names of `BOARDS` only.
    let board: &'static Board = Board::named(&arguments.board).unwrap_or(BOARDS[0]);
    let config = match arguments.config {
        ConfigArgument::Release => Config::Release,
        ConfigArgument::Debug => Config::Debug,
    };
    let options = Options {
        board,
        search_paths: arguments.search_path.clone(),
        read_files: true,
    };
    let system = load(&arguments.system, &options)?;
    let kernel = Kernel::read(&arguments.kernel, board).map_err(alone)?;
    for warning in &system.warnings {
        eprintln!(
            "{}",
            warning.render(&system.source, std::io::stderr().is_terminal())
        );
    }
    let image = build(&system, &kernel, config)?;
    write(&arguments.output, &image.bytes).map_err(alone)?;
    write(
        &arguments.report,
        report(&system, &image, config).as_bytes(),
    )
    .map_err(alone)?;
    Ok(format!(
        "{}: {}",
        arguments.output.display(),
        summary(&system, &image)
    ))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    std::fs::write(path, bytes).map_err(|error| {
        Diagnostic::error(format!("cannot write {}: {error}", path.display()))
            .help("name another file with -o or -r")
    })
}
