// SPDX-License-Identifier: BSD-2-Clause

//! What is said to people. Output that nobody takes any more stops nothing.

use std::io::{self, Write};

use gshm::exit;
use guest_shm::{Attachment, Error, Status};

/// Prints a line of information.
pub fn print(line: &str) {
    let _ = writeln!(io::stdout(), "gshm: {line}");
}

/// Prints a line of a table or a figure.
pub fn plain(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints what an attached region is.
pub fn print_attachment(a: &Attachment) {
    print(&format!(
        "\"{}\": {} pages ({} bytes), own index {}, data at {:#x}, interrupt {}, generation {}",
        a.name,
        a.pages,
        a.bytes(),
        a.idx,
        a.gpa,
        a.vector,
        a.generation
    ));
}

/// Prints a status.
pub fn print_status(status: Status) {
    print(&format!(
        "signalled by {}, attached {}",
        status.pending, status.active
    ));
}

/// Says an error to people; returns its exit code.
pub fn complain(error: &Error) -> u8 {
    let _ = writeln!(io::stderr(), "gshm: error: {error}");
    exit::code(error)
}

/// Prints the outcome of a check.
pub fn check(name: &str, result: Result<(), Error>) -> Result<(), u8> {
    let line = match &result {
        Ok(()) => format!("CHECK {name}: pass"),
        Err(error) => format!("CHECK {name}: fail {}", one_line(error)),
    };
    plain(&line);
    result.map_err(|error| exit::code(&error))
}

/// The check is one line, for whoever reads it by program.
fn one_line(error: &Error) -> String {
    error
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
