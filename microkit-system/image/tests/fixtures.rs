// SPDX-License-Identifier: BSD-2-Clause

//! One mistake, one message: every `.system` file in `tests/fixtures` has one
//! mistake, and the `.txt` file beside it is what the tool says.
//!
//! After a change of wording run with `UPDATE_FIXTURES=1` and read the
//! difference.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use tombolo_image::board::QEMU_VIRT_AARCH64;
use tombolo_image::{Config, Kernel, Options, build, load};

/// Programs, right and wrong, and prefill files.
fn write_files(directory: &Path) {
    let good = common::program();
    good.write(&directory.join("program.elf"));
    let mut elf = good.clone();
    elf.symbols.clear();
    elf.write(&directory.join("stripped.elf"));
    elf = good.clone();
    elf.machine = 62;
    elf.write(&directory.join("x86.elf"));
    elf = good.clone();
    elf.loads[1].vaddr = 0x20_1800;
    elf.write(&directory.join("crowded.elf"));
    elf = good.clone();
    elf.entry = 0x30_0000;
    elf.write(&directory.join("astray.elf"));
    let mut bytes = good.bytes();
    bytes[5] = 2;
    fs::write(directory.join("big-endian.elf"), bytes).unwrap();
    fs::write(directory.join("cut.elf"), &good.bytes()[..0x900]).unwrap();
    fs::write(directory.join("script.elf"), "#!/bin/sh\n").unwrap();
    fs::write(directory.join("blob.bin"), [7; 5000]).unwrap();
    fs::write(directory.join("empty.bin"), []).unwrap();
    common::kernel().write(&directory.join("kernel.elf"));
}

/// What the tool says about the file; errors of placing included.
fn findings(system: &Path, files: &Path) -> String {
    let name = Path::new(system.file_name().unwrap());
    let options = Options {
        board: &QEMU_VIRT_AARCH64,
        search_paths: vec![files.to_owned()],
        read_files: true,
    };
    let text = fs::read_to_string(system).unwrap();
    let kernel = Kernel::read(&files.join("kernel.elf"), &QEMU_VIRT_AARCH64).unwrap();
    let result = tombolo_image::load_text(name, &text, &options)
        .and_then(|system| build(&system, &kernel, Config::Release).map(|_| system));
    let text = match result {
        Ok(system) => system
            .warnings
            .iter()
            .map(|warning| warning.render(&system.source, false))
            .collect(),
        Err(diagnostics) => diagnostics.render(false),
    };
    text.replace(&files.display().to_string(), "FILES")
}

fn fixtures() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut list: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    list.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "system")
    });
    list.sort();
    list
}

#[test]
fn every_fixture_gets_its_message() {
    let files = tempfile::tempdir().unwrap();
    write_files(files.path());
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let found = findings(&fixture, files.path());
        let expected_path = fixture.with_extension("txt");
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if found != expected && update {
            fs::write(&expected_path, &found).unwrap();
        } else if found != expected {
            wrong.push(format!(
                "--- {}\nexpected:\n{expected}\nfound:\n{found}",
                fixture.display()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nUPDATE_FIXTURES=1 accepts the new texts",
        wrong.join("\n")
    );
}

#[test]
fn every_fixture_has_one_mistake() {
    let files = tempfile::tempdir().unwrap();
    write_files(files.path());
    for fixture in fixtures() {
        let found = findings(&fixture, files.path());
        let count = found
            .lines()
            .filter(|line| line.starts_with("error: ") || line.starts_with("warning: "))
            .count();
        assert_eq!(count, 1, "{}:\n{found}", fixture.display());
    }
}

#[test]
fn all_mistakes_are_reported_in_one_run() {
    let options = Options {
        board: &QEMU_VIRT_AARCH64,
        search_paths: Vec::new(),
        read_files: false,
    };
    let text = r#"<system>
        <memory_region name="a" size="0x1001" />
        <protection_domain name="p" priority="255"><program_image path="p.elf" /><map mr="b" vaddr="0" /></protection_domain>
        <channel><end pd="q" id="0" /><end pd="p" id="99" /></channel>
    </system>"#;
    let diagnostics = tombolo_image::load_text(Path::new("x.system"), text, &options).unwrap_err();
    let lines: Vec<_> = diagnostics
        .list
        .iter()
        .filter_map(|one| one.line(&diagnostics.source))
        .collect();
    assert_eq!(diagnostics.errors(), 5, "{}", diagnostics.render(false));
    // With the warning that nobody maps `a`, in the order of the file.
    assert_eq!(lines, [2, 2, 3, 3, 4, 4]);
}

#[test]
fn a_missing_description_is_named() {
    let options = Options {
        board: &QEMU_VIRT_AARCH64,
        search_paths: Vec::new(),
        read_files: false,
    };
    let diagnostics = load(Path::new("no/such.system"), &options).unwrap_err();
    assert!(diagnostics.render(false).contains("no/such.system"));
}
