// SPDX-License-Identifier: BSD-2-Clause

//! No description and no ELF file makes the tool panic.

mod common;

use std::path::Path;

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use tombolo_image::board::QEMU_VIRT_AARCH64;
use tombolo_image::{Kernel, Options, Program, load_text};

const SYSTEM: &str = r#"<system>
    <memory_region name="ram" size="0x400000" page_size="0x1000" phys_addr="0x70000000" />
    <protection_domain name="a" priority="200" budget="100" period="1000" passive="true" stack_size="0x3000">
        <program_image path="a.elf" />
        <map mr="ram" vaddr="0x3000000" perms="r" cached="true" setvar_vaddr="x" setvar_size="y" />
        <setvar symbol="z" region_paddr="ram" />
        <irq irq="33" id="5" trigger="edge" />
        <cspace><cap_tcb slot="9" pd="a" /></cspace>
        <protection_domain name="b" id="7"><program_image path="b.elf" /></protection_domain>
        <virtual_machine name="v"><vcpu id="2" /><map mr="ram" vaddr="0x80000000" /></virtual_machine>
    </protection_domain>
    <channel><end pd="b" id="3" pp="true" /><end pd="a" id="4" /></channel>
</system>"#;

/// What to put in the place of an attribute's value.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("0xffff_ffff_ffff_ffff".to_owned()),
        Just("0xffff_ffff_ffff_f000".to_owned()),
        Just("18446744073709551616".to_owned()),
        Just(String::new()),
        any::<u64>().prop_map(|n| format!("{n:#x}")),
        (0u64..300).prop_map(|n| n.to_string()),
        "[a-zé0-9_&;+-]{0,6}",
    ]
}

/// The description with the values of some attributes changed.
fn with_values(changes: &[(usize, String)]) -> String {
    let mut parts: Vec<String> = SYSTEM.split('"').map(str::to_owned).collect();
    let values = parts.len() / 2;
    for (position, value) in changes {
        parts[position % values * 2 + 1] = value.clone();
    }
    parts.join("\"")
}

fn load_and_render(text: &str) {
    let options = Options {
        board: &QEMU_VIRT_AARCH64,
        search_paths: Vec::new(),
        read_files: false,
    };
    if let Err(diagnostics) = load_text(Path::new("x.system"), text, &options) {
        assert!(diagnostics.errors() > 0);
        assert!(diagnostics.render(false).contains("error: "));
    }
}

proptest! {
    #[test]
    fn any_values_are_judged(changes in proptest::collection::vec((any::<usize>(), value()), 1..4)) {
        load_and_render(&with_values(&changes));
    }

    #[test]
    fn any_text_is_judged(at in any::<proptest::sample::Index>(), cut in 0usize..40, insert in "[<>/\"= a-zé\n]{0,5}") {
        let mut text: Vec<char> = SYSTEM.chars().collect();
        let start = at.index(text.len());
        let end = (start + cut).min(text.len());
        text.splice(start..end, insert.chars());
        load_and_render(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_elf_file_is_judged(changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8), header in any::<bool>()) {
        let mut bytes = common::program().bytes();
        let span = if header { 64 + 2 * 56 } else { bytes.len() };
        for (at, value) in changes {
            bytes[at.index(span)] = value;
        }
        if let Ok(program) = Program::read(&bytes) {
            let _ = Kernel::new(program, &QEMU_VIRT_AARCH64);
        }
    }
}

#[test]
fn a_kernel_that_is_none_is_refused() {
    let kernel = |change: fn(&mut common::Elf)| {
        let mut elf = common::kernel();
        change(&mut elf);
        Kernel::new(Program::read(&elf.bytes()).unwrap(), &QEMU_VIRT_AARCH64).map(|_| ())
    };
    assert_eq!(kernel(|_| ()), Ok(()));
    assert!(
        kernel(|elf| elf.entry += 4)
            .unwrap_err()
            .contains("0x70000004")
    );
    assert!(
        kernel(|elf| elf.symbols.clear())
            .unwrap_err()
            .contains("tombolo_system_spec")
    );
    assert!(
        kernel(|elf| elf.loads[0].memory_size = 0x6000_0000)
            .unwrap_err()
            .contains("main memory")
    );
}
