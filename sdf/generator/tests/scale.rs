// SPDX-License-Identifier: BSD-2-Clause

//! The largest system that Microkit's limits allow, and which limit stops it.

mod common;

use std::process::Command;
use std::time::Instant;
use tombolo::authority::{Authority, Blobs, svg, table};
use tombolo::generate::{generate, load_manifest};

/// Most guests; a guest more is a protection domain too many.
const MOST: usize = 58;

/// The manifest that the suite `scale` boots, with so many guests.
fn manifest(guests: usize) -> String {
    let script = common::root().join("tests/suites/scale/manifest.sh");
    let output = Command::new(script).arg(guests.to_string()).output();
    let output = output.unwrap_or_else(|error| panic!("manifest.sh: {error}"));
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn fifty_eight_guests_are_possible_and_protection_domains_stop_the_next() {
    let guests = common::guests();
    let search = [guests.path().to_owned()];
    let path = guests.path().join("large.toml");

    std::fs::write(&path, manifest(MOST)).unwrap();
    let start = Instant::now();
    let large = load_manifest(&path, Some(&search), false).unwrap_or_else(|e| panic!("{e}"));
    let made = generate(&large, &search).unwrap_or_else(|e| panic!("{e}"));
    println!(
        "58 guests: generated and read back in {:?}",
        start.elapsed()
    );
    assert_eq!(made.system.domains.len(), 63);
    let authority = Authority::of(&made.system, &Blobs::generated(&made.system, &made.blobs));
    assert!(authority.contradictions.is_empty());
    assert_eq!(authority.relation("g0", "g7").letters(), "rwb");
    assert_eq!(authority.relation("g0", "g8").letters(), "");
    println!("explained in {} bytes", table(&authority).len());
    println!(
        "drawn in {} bytes: {:?}",
        svg(&authority, "large").len(),
        start.elapsed()
    );

    std::fs::write(&path, manifest(MOST + 1)).unwrap();
    let error = load_manifest(&path, Some(&search), false)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("64 protection domains are needed, Microkit has 63 at the most"),
        "{error}"
    );
}
