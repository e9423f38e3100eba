// SPDX-License-Identifier: BSD-2-Clause

//! The factory's registers against a plain byte array; the device as a whole is
//! tested with the machine.

use super::registers::{FIND, NAME, SIZE, load, touches};
use super::state::Factory;
use proptest::prelude::*;
use shmem_server_api::RegionName;

#[test]
fn a_store_attaches_only_if_it_covers_size() {
    let mut factory = Factory::new(43);
    assert!(!factory.store(0x18, 2, 0x1234).attach);
    assert_eq!(factory.size, 0x1234);
    assert!(!factory.store(0x1a, 2, 1).attach);
    assert_eq!(factory.size, 0x1_1234);
    assert!(factory.store(0x18, 4, 7).attach);
    let asked = factory.store(0x18, 8, 0x6f6f_6d00_0000_0009);
    assert!(asked.attach && !asked.find);
    assert_eq!((factory.size, &factory.name[..4]), (9, &b"\0moo"[..]));
    assert!(factory.store(0x38, 8, 5 << 32).find);
    assert_eq!(factory.find, 5);
}

#[test]
fn a_shorter_name_leaves_nothing_of_the_longer() {
    let mut factory = Factory::new(43);
    factory.set_name(&RegionName::new("a-long-name").expect("legal"));
    factory.set_name(&RegionName::new("moo").expect("legal"));
    assert_eq!(&factory.name[..12], b"moo\0\0\0\0\0\0\0\0\0");
}

proptest! {
    #[test]
    fn the_page_is_its_writable_bytes(
        stores in proptest::collection::vec((0u64..0x20, 0u32..4, any::<u64>()), 0..40),
        offset in 0u64..0x1000,
        log2 in 0u32..4,
    ) {
        let mut factory = Factory::new(43);
        let fresh = factory.image();
        let mut bytes = fresh;
        for (slot, log2, value) in stores {
            let width = 1u64 << log2;
            let at = (slot * 4) & !(width - 1);
            factory.store(at, width, value);
            for (n, byte) in value.to_le_bytes().into_iter().enumerate().take(width as usize) {
                let at = at + n as u64;
                if [&SIZE, &NAME, &FIND].iter().any(|field| touches(field, at, 1)) {
                    bytes[at as usize] = byte;
                }
            }
        }
        prop_assert_eq!(factory.image(), bytes);
        let width = 1u64 << log2;
        let at = offset & !(width - 1);
        let value = load(&factory.image(), at, width);
        for n in 0..width {
            let expected = bytes.get((at + n) as usize).copied().unwrap_or(0);
            prop_assert_eq!((value >> (8 * n)) as u8, expected);
        }
    }
}
