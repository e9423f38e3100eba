// SPDX-License-Identifier: BSD-2-Clause

//! The access matrix of generated systems, and that it would show a mistake.

mod common;

use std::path::Path;
use tombolo::authority::{Authority, Blobs, diff, svg, table};
use tombolo::generate::{Generated, generate, load_manifest};
use tombolo_image::Options;
use tombolo_image::board::QEMU_VIRT_AARCH64;

fn made(manifest: &Path) -> Generated {
    let guests = common::guests();
    let search = [guests.path().to_owned()];
    let manifest = load_manifest(manifest, Some(&search), false).unwrap_or_else(|e| panic!("{e}"));
    generate(&manifest, &search).unwrap_or_else(|e| panic!("{e}"))
}

/// Of a `.system` text with the blobs of `made`.
fn authority(made: &Generated, text: &str) -> Authority {
    let options = Options {
        board: &QEMU_VIRT_AARCH64,
        search_paths: Vec::new(),
        read_files: false,
    };
    let system = tombolo_image::load_text(Path::new("test.system"), text, &options)
        .unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    Authority::of(&system, &Blobs::generated(&system, &made.blobs))
}

fn demo(name: &str) -> Generated {
    made(&common::root().join("sdf").join(name))
}

/// The demos, and the system with every kind of right: disks and appointments too.
#[test]
fn the_matrix_of_each_system_is_as_pinned() {
    for (folder, name) in [
        ("sdf", "moo"),
        ("sdf", "moo-reversed"),
        ("tests/suites/matrix", "matrix"),
    ] {
        let made = made(
            &common::root()
                .join(folder)
                .join(name)
                .with_extension("toml"),
        );
        let found = table(&authority(&made, &made.text));
        let path = common::root().join(format!("sdf/generator/tests/matrix/{name}.txt"));
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "UPDATE_FIXTURES=1 accepts a change");
    }
}

#[test]
fn the_outsider_reaches_no_member_and_members_reach_each_other() {
    let made = demo("moo.toml");
    let authority = authority(&made, &made.text);
    for member in ["guest0", "guest1", "guest2"] {
        assert_eq!(authority.relation("guest3", member).letters(), "");
        assert_eq!(authority.relation(member, "guest3").letters(), "");
    }
    assert_eq!(authority.relation("guest0", "guest1").letters(), "rwb");
    assert_eq!(authority.relation("manager", "guest0").letters(), "");
    assert_eq!(
        authority.relation("vmm_guest0", "shmem_server").letters(),
        "rwc"
    );
    assert!(authority.contradictions.is_empty());
}

/// The matrix comes from the `.system` file: a map that the generator should not
/// have written shows, as authority and as a contradiction to the server's blob.
#[test]
fn a_slot_mapped_into_the_wrong_guest_is_shown() {
    let made = demo("moo.toml");
    let outsider = made.text.find("<virtual_machine name=\"guest3\"").unwrap();
    let end = made.text[outsider..].find("</virtual_machine>").unwrap() + outsider;
    let map = "<map mr=\"slot_shared_0\" vaddr=\"0x100200000\" perms=\"r\" />";
    let wrong = format!("{}{map}{}", &made.text[..end], &made.text[end..]);
    let (before, after) = (authority(&made, &made.text), authority(&made, &wrong));
    assert_eq!(after.relation("guest3", "guest0").letters(), "r");
    let shown: Vec<String> = after
        .contradictions
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        shown,
        ["guest3: `slot_shared_0` is mapped r, but the server's pools give it nothing"]
    );
    let difference = diff(&before, &after);
    assert_eq!(
        difference.text(),
        "+ guest3: memory `slot_shared_0` r\nrights added: 1, removed: 0\n"
    );
    assert!(diff(&before, &before).is_empty());
}

/// A member that lost its mapping, and one with more than its pool says.
#[test]
fn a_mapping_that_differs_from_the_pool_is_shown() {
    let made = demo("moo.toml");
    let map = "<map mr=\"slot_shared_0\" vaddr=\"0x100200000\" perms=\"rw\" />";
    let wrong = made.text.replacen(map, &map.replace("\"rw\"", "\"r\""), 1);
    let shown = authority(&made, &wrong).contradictions;
    assert_eq!(
        shown[0].to_string(),
        "guest0: `slot_shared_0` is mapped r, but the server's pools give it rw"
    );
    let wrong = made.text.replacen(map, "", 1);
    let shown = authority(&made, &wrong).contradictions;
    assert_eq!(
        shown[0].to_string(),
        "guest0: `slot_shared_0` is mapped nothing, but the server's pools give it rw"
    );
}

/// The server's blob is where a withheld signal is enforced, so that is where it is
/// taken from: `explain` shows it, and `diff` that it was taken away.
#[test]
fn a_withheld_signal_is_no_authority() {
    let guests = common::guests();
    let text = std::fs::read_to_string(common::root().join("sdf/moo.toml")).unwrap();
    let members = "members = [\"guest0\", \"guest1\", \"guest2\"]";
    let pair = "withhold = [{ from = \"guest2\", to = \"guest0\" }]";
    let path = guests.path().join("muted.toml");
    std::fs::write(&path, text.replace(members, &format!("{members}\n{pair}"))).unwrap();

    let (open, muted) = (demo("moo.toml"), made(&path));
    assert_eq!(open.text, muted.text, "the `.system` file knows no signals");
    let (before, after) = (authority(&open, &open.text), authority(&muted, &muted.text));
    assert_eq!(after.relation("guest2", "guest0").letters(), "rw");
    for (who, whom) in [("guest0", "guest2"), ("guest2", "guest1")] {
        assert_eq!(after.relation(who, whom).letters(), "rwb", "{who} {whom}");
    }
    let row = |table: &str| {
        let row = table.lines().find(|line| line.contains("10  guest2"));
        row.unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        row(&table(&before)),
        "10 guest2 . . . . . rwb . rwb rw - . . rw"
    );
    assert_eq!(
        row(&table(&after)),
        "10 guest2 . . . . . rw . rwb rw - . . rw"
    );
    let drawing = svg(&after, "muted.system");
    assert!(
        drawing.contains("guest2 may not signal guest0<"),
        "{drawing}"
    );
    assert!(drawing.contains("guest2: rw slot_shared_0; rings guest1<"));
    assert!(!svg(&before, "moo.system").contains("may not signal guest"));
    assert_eq!(
        diff(&before, &after).text(),
        "- guest2: rings guest0 through the server (pool `shared`)\n\
         rights added: 0, removed: 1\n"
    );
}

#[test]
fn the_drawing_is_xml_and_names_everybody() {
    let made = demo("moo.toml");
    let authority = authority(&made, &made.text);
    let drawing = svg(&authority, "moo.system");
    let document = roxmltree::Document::parse(&drawing).unwrap();
    let texts: Vec<_> = document
        .descendants()
        .filter_map(|node| node.text())
        .collect();
    for subject in &authority.subjects {
        assert!(texts.contains(&subject.name.as_str()), "{}", subject.name);
    }
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("vmm_guest0 calls shmem_server"))
    );
}

#[test]
fn output_is_deterministic() {
    let (a, b) = (demo("moo.toml"), demo("moo.toml"));
    assert_eq!(
        (a.text, a.blobs, a.device_trees),
        (b.text, b.blobs, b.device_trees)
    );
}
