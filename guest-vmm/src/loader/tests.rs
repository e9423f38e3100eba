// SPDX-License-Identifier: BSD-2-Clause

use super::{GuestRam, ImageError, ImageHeader, Layout, LayoutError, build_device_tree, load};
use crate::machine::model;
use dtoolkit::fdt::Fdt;
use dtoolkit::{Node, Property};
use proptest::prelude::*;

fn image(text_offset: u64, image_size: u64, flags: u64) -> Vec<u8> {
    let mut file = vec![0; 4096];
    file[8..16].copy_from_slice(&text_offset.to_le_bytes());
    file[16..24].copy_from_slice(&image_size.to_le_bytes());
    file[24..32].copy_from_slice(&flags.to_le_bytes());
    file[56..60].copy_from_slice(b"ARM\x64");
    file
}

#[test]
fn a_debian_kernel_header_is_taken() {
    let header = ImageHeader::parse(&image(0, 0x201_0000, 0xa)).expect("a good header");
    assert_eq!(
        header,
        ImageHeader {
            text_offset: 0,
            image_size: 0x201_0000
        }
    );
}

#[test]
fn what_is_no_kernel_is_refused_with_its_reason() {
    assert_eq!(ImageHeader::parse(&[0; 63]), Err(ImageError::Short));
    assert_eq!(
        ImageHeader::parse(&[0x7f; 64]),
        Err(ImageError::Magic(0x7f7f_7f7f))
    );
    assert_eq!(ImageHeader::parse(&image(0, 0, 0)), Err(ImageError::NoSize));
    assert_eq!(
        ImageHeader::parse(&image(0, 1, 1)),
        Err(ImageError::BigEndian)
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let header = ImageHeader {
        text_offset: 0,
        image_size: 0x100_0000,
    };
    let plan = |bytes, initrd| Layout::plan(0x4000_0000, bytes, &header, 0x1000, initrd);
    assert!(plan(0x120_0000, None).is_ok());
    assert_eq!(
        plan(0x120_0000, Some(1)),
        Err(LayoutError::TooSmall {
            needed: 0x120_1000,
            size: 0x120_0000
        })
    );
    assert!(Layout::plan(0x4000_1000, 1 << 28, &header, 1, None).is_err());
    assert!(Layout::plan(u64::MAX - 0x1f_ffff, 1 << 28, &header, 1, None).is_err());
}

/// Counts cache operations by byte: a host has no cache to get wrong.
struct Counted {
    memory: Vec<u8>,
    dirty: Vec<bool>,
    stale: Vec<bool>,
}

impl GuestRam for Counted {
    fn copy(&mut self, address: u64, bytes: &[u8]) -> bool {
        let at = (address - model::RAM) as usize;
        let Some(room) = self.memory.get_mut(at..at + bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.dirty[at..at + bytes.len()].fill(true);
        self.stale[at..at + bytes.len()].fill(true);
        true
    }
    fn clean(&mut self, address: u64, bytes: u64) {
        let at = (address - model::RAM) as usize;
        self.dirty[at..at + bytes as usize].fill(false);
    }
    fn unify(&mut self, address: u64, bytes: u64) {
        let at = (address - model::RAM) as usize;
        assert!(
            !self.dirty[at..at + bytes as usize].contains(&true),
            "unified before cleaned"
        );
        self.stale[at..at + bytes as usize].fill(false);
    }
}

#[test]
fn everything_loaded_is_cleaned_and_code_is_unified() {
    let size = 8 << 20;
    let kernel = image(0x1000, 0x2000, 0);
    let header = ImageHeader::parse(&kernel).expect("a good header");
    let initrd = [7; 5000];
    let layout = Layout::plan(model::RAM, size, &header, 4096, Some(5000)).expect("it fits");
    let n = size as usize;
    let mut ram = Counted {
        memory: vec![0; n],
        dirty: vec![false; n],
        stale: vec![false; n],
    };
    assert!(load(&mut ram, &layout, &kernel, Some(&initrd), b"tree"));
    assert!(!ram.dirty.contains(&true));
    assert_eq!(ram.memory[0x1000..0x2000], kernel[..]);
    assert!(!ram.stale[0x1000..0x2000].contains(&true));
    let at = (layout.initrd.expect("planned").0 - model::RAM) as usize;
    assert_eq!(ram.memory[at..at + 5000], initrd);
    assert_eq!(&ram.memory[n - (2 << 20)..][..4], b"tree");
}

#[test]
fn the_device_tree_says_what_the_configuration_says() {
    let config = model::config();
    let header = ImageHeader {
        text_offset: 0,
        image_size: 0x1000,
    };
    let layout = Layout::plan(
        config.ram.gpa,
        config.ram.mapping.size,
        &header,
        1,
        Some(100),
    )
    .expect("it fits");
    let bytes = build_device_tree(&config, &layout);
    let tree = Fdt::new(&bytes).expect("a well-formed tree");
    let value = |path: &str, name: &str| {
        let node = tree
            .find_node(path)
            .unwrap_or_else(|| panic!("{path} exists"));
        let property = node
            .property(name)
            .unwrap_or_else(|| panic!("{path}/{name} exists"));
        property.value().to_vec()
    };
    assert_eq!(value("/chosen", "bootargs"), b"console=ttyAMA0\0");
    assert_eq!(
        value("/chosen", "linux,initrd-start"),
        layout.initrd.expect("planned").0.to_be_bytes()
    );
    assert_eq!(value("/chosen", "stdout-path"), b"/pl011@9000000\0");
    assert_eq!(value("/psci", "method"), b"smc\0");
    assert_eq!(
        value("/guest_shm@a000000", "compatible"),
        b"qvm,guest_shm\0"
    );
    assert_eq!(
        value("/guest_shm@a000000", "interrupts"),
        [0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 4]
    );
    assert_eq!(value("/memory@40000000", "reg").len(), 16);
    assert_eq!(value("/timer", "interrupts").len(), 48);
}

proptest! {
    #[test]
    fn a_plan_never_overlaps_and_never_leaves_ram(
        ram in (0u64..1 << 40).prop_map(|r| r & !0x1f_ffff),
        pages in 0u64..1 << 20,
        text_offset in 0u64..0x40_0000,
        image_size: u64,
        kernel in 0u64..1 << 30,
        initrd in proptest::option::of(0u64..1 << 30),
    ) {
        let header = ImageHeader { text_offset, image_size: image_size >> 34 };
        if let Ok(layout) = Layout::plan(ram, pages * 4096, &header, kernel, initrd) {
            let kernel_end = layout.kernel + kernel.max(header.image_size);
            let initrd = layout.initrd.unwrap_or((layout.device_tree, layout.device_tree));
            prop_assert!(layout.kernel >= ram && kernel_end <= initrd.0 && initrd.1 <= layout.device_tree);
            prop_assert_eq!(layout.device_tree + layout.device_tree_room, ram + pages * 4096);
        }
    }

    #[test]
    fn no_file_makes_the_header_parser_panic(file in proptest::collection::vec(any::<u8>(), 0..128)) {
        let _ = ImageHeader::parse(&file);
    }
}
