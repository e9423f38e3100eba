// SPDX-License-Identifier: BSD-2-Clause

//! `docs/walk-through.md`, done: exactly the blocks of its text, in order.

mod common;

use std::fs;
use tombolo::authority::{Authority, Blobs};
use tombolo::generate::{Generated, generate, load_manifest};

/// The page's TOML blocks.
fn blocks() -> Vec<String> {
    let text = fs::read_to_string(common::root().join("docs/walk-through.md")).unwrap();
    let parts = text.split("```toml\n").skip(1);
    parts
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect()
}

fn build(blocks: &[String]) -> Result<Generated, String> {
    let guests = common::guests();
    let search = [guests.path().to_owned()];
    let path = guests.path().join("mine.toml");
    fs::write(&path, blocks.join("\n")).unwrap();
    load_manifest(&path, Some(&search), false)
        .and_then(|manifest| generate(&manifest, &search))
        .map_err(|error| error.to_string())
}

fn position(blocks: &[String], what: &str) -> usize {
    blocks
        .iter()
        .position(|block| block.contains(what))
        .unwrap()
}

#[test]
fn a_guest_is_one_block_of_at_most_ten_lines() {
    let blocks = blocks();
    let guests: Vec<_> = blocks
        .iter()
        .filter(|block| block.contains("[[guest]]"))
        .collect();
    assert_eq!(guests.len(), 3);
    for guest in guests {
        assert!(guest.lines().count() <= 10, "{guest}");
        assert_eq!(guest.matches('[').count(), guest.matches(']').count());
        assert_eq!(guest.matches("[[guest]]").count(), 1, "{guest}");
    }
}

#[test]
fn the_third_guest_shares_the_region_by_its_block_alone() {
    let blocks = blocks();
    let third = position(&blocks, "\"guest2\"");
    let made = build(&blocks[..third]).unwrap_or_else(|error| panic!("{error}"));
    let two = Authority::of(&made.system, &Blobs::generated(&made.system, &made.blobs));
    assert_eq!(two.relation("guest0", "guest1").letters(), "rwb");

    let made = build(&blocks[..=third]).unwrap_or_else(|error| panic!("{error}"));
    let three = Authority::of(&made.system, &Blobs::generated(&made.system, &made.blobs));
    for (a, b) in [
        ("guest0", "guest2"),
        ("guest1", "guest2"),
        ("guest0", "guest1"),
    ] {
        assert_eq!(three.relation(a, b).letters(), "rwb", "{a} and {b}");
    }
    assert!(three.contradictions.is_empty());
    assert_eq!(three.region_bytes("slot_shared_0"), Some(128 << 20));
}

#[test]
fn the_whole_page_is_a_system_that_a_run_can_judge() {
    let made = build(&blocks()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(made.name, "mine.system");
    let trees: Vec<_> = made
        .device_trees
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(trees, ["guest0.dtb", "guest1.dtb", "guest2.dtb"]);
}

/// The page says that `read` gives no writing.
#[test]
fn a_reader_may_only_read() {
    let mut blocks = blocks();
    let third = position(&blocks, "\"guest2\"");
    blocks[third] = blocks[third].replace("join", "read");
    let made = build(&blocks).unwrap_or_else(|error| panic!("{error}"));
    let authority = Authority::of(&made.system, &Blobs::generated(&made.system, &made.blobs));
    assert_eq!(authority.relation("guest2", "guest0").letters(), "rb");
    assert_eq!(authority.relation("guest0", "guest2").letters(), "wb");
}
