// SPDX-License-Identifier: BSD-2-Clause

//! Fault messages.

use crate::{Fault, Forged};
use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq};

#[test]
fn real_faults_are_decoded() {
    let fault = Fault::decode(6, &[0x20_1000, 0, 0, 0x93cb_8046]).unwrap();
    assert_eq!(fault.to_string(), "store to address 0x0, esr 0x93cb8046");
    assert_eq!(fault.pc(), Some(0x20_1000));
    let panic = Fault::decode(8, &[0xf200_0001]).unwrap();
    assert_eq!(
        (panic.to_string().as_str(), panic.pc()),
        ("panicked (BRK #1)", None)
    );
    let mut words = [0; 13];
    (words[8], words[12]) = (0x1234, u64::MAX - 11);
    let syscall = Fault::decode(2, &words).unwrap();
    assert_eq!(syscall.to_string(), "no system call -12");
    assert_eq!(syscall.pc(), Some(0x1234));
}

#[test]
fn forged_messages_are_told_apart() {
    for (label, length) in [
        (0, 0),
        (6, 3),
        (6, 5),
        (8, 0),
        (2, 12),
        (1, 3),
        (1, 8),
        (77, 4),
    ] {
        let words = vec![1; length];
        assert_eq!(Fault::decode(label, &words), Err(Forged { label, length }));
    }
}

proptest! {
    #[test]
    fn no_message_panics(label in any::<u64>(), small in 0u64..12, words in vec(any::<u64>(), 0..20)) {
        for label in [label, small] {
            match Fault::decode(label, &words) {
                Ok(fault) => prop_assert!(!fault.to_string().is_empty()),
                Err(forged) => prop_assert_eq!(forged.length, words.len()),
            }
        }
    }
}
