// SPDX-License-Identifier: BSD-2-Clause

//! The timeline as text: microseconds, who, what.

use super::Dump;
use std::fmt::Write;

/// All records in order of time, then what is missing.
pub fn text(dump: &Dump) -> String {
    let mut rows: Vec<_> = dump
        .tracks
        .iter()
        .flat_map(|track| track.records.iter().map(move |record| (track, record)))
        .collect();
    rows.sort_by_key(|(_, record)| record.time);
    let width = dump.tracks.iter().map(|track| track.name.len()).max();
    let width = width.unwrap_or(0);
    let mut out = String::new();
    for (track, record) in rows {
        let time = dump.microseconds(record.time);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{time:>14.3} us  {:width$}  {}",
            track.name, record.event
        );
    }
    for track in &dump.tracks {
        let (name, lost, unknown) = (&track.name, track.lost, track.unknown);
        if lost > 0 {
            let _ = writeln!(
                out,
                "{name}: {lost} records overwritten while they were read"
            );
        }
        if unknown > 0 {
            let _ = writeln!(out, "{name}: {unknown} records of another version");
        }
    }
    out
}
