// SPDX-License-Identifier: BSD-2-Clause

//! The largest system that Microkit's limits allow, and which limit stops it.

mod common;

use std::fmt::Write;
use std::time::Instant;
use tombolo::authority::{Authority, Blobs, svg, table};
use tombolo::generate::{generate, load_manifest};

/// `guests` small guests in pools of eight.
fn manifest(guests: usize) -> String {
    let mut text = String::from("[system]\nname = \"large\"\n");
    for guest in 0..guests {
        let pool = guest / 8;
        write!(
            text,
            "\n[[guest]]\nname = \"g{guest}\"\nimage = \"bare.img\"\nmemory = \"4M\"\n\
             shmem = {{ allow = [\"p{pool}-*\"] }}\n"
        )
        .unwrap();
    }
    for pool in 0..guests.div_ceil(8) {
        let members: Vec<String> = (pool * 8..guests.min(pool * 8 + 8))
            .map(|guest| format!("\"g{guest}\""))
            .collect();
        write!(
            text,
            "\n[[pool]]\nname = \"p{pool}\"\npatterns = [\"p{pool}-*\"]\nsize = \"2M\"\nslots = 2\n\
             members = [{}]\n",
            members.join(", ")
        )
        .unwrap();
    }
    text
}

#[test]
fn fifty_eight_guests_are_possible_and_protection_domains_stop_the_next() {
    let guests = common::guests();
    let search = [guests.path().to_owned()];
    let path = guests.path().join("large.toml");

    std::fs::write(&path, manifest(58)).unwrap();
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

    std::fs::write(&path, manifest(59)).unwrap();
    let error = load_manifest(&path, Some(&search), false)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("64 protection domains are needed, Microkit has 63 at the most"),
        "{error}"
    );
}
