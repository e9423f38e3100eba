// SPDX-License-Identifier: BSD-2-Clause

//! Saying that the system does not fit, and what would have to go.

use crate::diagnostic::{Diagnostic, Span};
use crate::system::System;

/// Something that uses main memory.
pub struct User {
    /// What it is.
    pub what: String,
    /// Bytes.
    pub size: u64,
    /// Where it is written.
    pub span: Span,
}

const SHOWN: usize = 5;

/// The error that names the biggest users.
pub fn out_of_memory(system: &System, users: &[User], kernel: u64) -> Diagnostic {
    let mut users: Vec<&User> = users.iter().collect();
    users.sort_by_key(|user| std::cmp::Reverse(user.size));
    let needed: u64 = users.iter().map(|user| user.size).sum::<u64>() + kernel;
    let memory = &system.board.memory;
    let available = memory.end - memory.start;
    let fixed: u64 = system
        .regions
        .iter()
        .filter_map(|region| {
            region
                .phys_addr
                .as_ref()
                .map(|address| address.value..address.value + region.size)
        })
        .map(|range| {
            range
                .end
                .min(memory.end)
                .saturating_sub(range.start.max(memory.start))
        })
        .sum();
    let mut diagnostic = Diagnostic::error(format!(
        "the system needs {} of memory, {} has {}",
        human(needed + fixed),
        system.board.name,
        human(available)
    ));
    if needed + fixed <= available {
        diagnostic = diagnostic.note(
            "it would fit by size, but large pages and regions at fixed addresses leave gaps",
        );
    }
    if let Some(first) = users.first() {
        diagnostic = diagnostic.at(
            &first.span,
            format!("the biggest user: {}", human(first.size)),
        );
    }
    let list: Vec<String> = users
        .iter()
        .take(SHOWN)
        .map(|user| format!("{} {}", user.what, human(user.size)))
        .collect();
    diagnostic
        .note(format!("the biggest users: {}", list.join(", ")))
        .help("make regions smaller, or give guests less memory")
}

/// Bytes as people read them.
pub fn human(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{} KiB", bytes.div_ceil(1024)),
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    }
}
