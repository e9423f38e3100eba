// SPDX-License-Identifier: BSD-2-Clause

//! The programs that a manifest names are those of the system.

mod common;

use tombolo::generate::{generate, load_manifest};

/// The program of protection domain `name` of fixture `good-manage`, with one key's
/// line replaced.
fn program(name: &str, (from, to): (&str, &str)) -> String {
    let guests = common::guests();
    let search = [guests.path().to_owned()];
    let path = common::root().join("sdf/generator/tests/fixtures/good-manage.toml");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from));
    let manifest = guests.path().join("manifest.toml");
    std::fs::write(&manifest, text.replace(from, to)).unwrap();
    let manifest = load_manifest(&manifest, Some(&search), false).unwrap();
    let system = generate(&manifest, &search).unwrap().text;
    let domain = system.split("<protection_domain name=\"").find(|domain| {
        domain
            .split_once('"')
            .is_some_and(|(found, _)| found == name)
    });
    let (_, program) = domain
        .unwrap()
        .split_once("<program_image path=\"")
        .unwrap();
    program.split_once('"').unwrap().0.to_owned()
}

#[test]
fn the_managers_program_is_named_or_the_usual_one() {
    let line = "elf = \"other-manager.elf\"\n";
    assert_eq!(program("manager", (line, line)), "other-manager.elf");
    assert_eq!(program("manager", (line, "")), "manager.elf");
}

#[test]
fn a_monitors_program_is_named_or_the_usual_one() {
    let line = "image = \"bare.img\"\n";
    let named = format!("{line}vmm = \"other-vmm.elf\"\n");
    assert_eq!(program("vmm_a", (line, &named)), "other-vmm.elf");
    assert_eq!(program("vmm_a", (line, line)), "guest-vmm.elf");
}
