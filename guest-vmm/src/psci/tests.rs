// SPDX-License-Identifier: BSD-2-Clause

use super::{Outcome, call};
use crate::vcpu::VcpuId;

const NOT_SUPPORTED: Outcome = Outcome::Return(u64::MAX);
const INVALID: Outcome = Outcome::Return(-2i64 as u64);

#[test]
fn versions_and_features_are_told() {
    assert_eq!(call(&[0x8400_0000, 0, 0, 0]), Outcome::Return(0x1_0001));
    assert_eq!(call(&[0x8000_0000, 0, 0, 0]), Outcome::Return(0x1_0001));
    assert_eq!(call(&[0x8400_000a, 0x8400_0008, 0, 0]), Outcome::Return(0));
    assert_eq!(call(&[0x8400_000a, 0x8000_0000, 0, 0]), Outcome::Return(0));
    assert_eq!(call(&[0x8400_000a, 0x8400_000e, 0, 0]), NOT_SUPPORTED);
}

#[test]
fn a_cpu_is_named_by_its_lowest_affinity_level() {
    let target = VcpuId::new(3).expect("there may be so many");
    let on = |entry, context| Outcome::CpuOn {
        target,
        entry,
        context,
    };
    assert_eq!(
        call(&[0xc400_0003, 3, 0x1_4000_0000, u64::MAX]),
        on(0x1_4000_0000, u64::MAX)
    );
    assert_eq!(
        call(&[0x8400_0003, 3, 0x1_4000_0000, 7]),
        on(0x4000_0000, 7),
        "the 32-bit call takes 32 bits"
    );
    assert_eq!(call(&[0xc400_0004, 3, 0, 0]), Outcome::AffinityInfo(target));
    for mpidr in [8, 0x100, 0x1_0000, 1 << 32, 1 << 31, u64::MAX] {
        assert_eq!(call(&[0xc400_0003, mpidr, 0x4000_0000, 0]), INVALID);
        assert_eq!(call(&[0xc400_0004, mpidr, 0, 0]), INVALID);
    }
    assert_eq!(call(&[0xc400_0004, 0, 1, 0]), INVALID, "level 1");
    assert_eq!(call(&[0x8400_0002, 0, 0, 0]), Outcome::CpuOff);
}

#[test]
fn the_upper_half_of_the_function_register_does_not_count() {
    assert_eq!(call(&[0xffff_ffff_8400_0008, 0, 0, 0]), Outcome::Off);
    assert_eq!(call(&[0x8400_0009, 0, 0, 0]), Outcome::Reset);
}

#[test]
fn the_rest_is_not_supported() {
    for function in [
        0,
        0x8600_0000,
        0xc600_ff01,
        0x8400_0014,
        0x8400_001f,
        0x8000_8000,
    ] {
        assert_eq!(call(&[function, 1, 2, 3]), NOT_SUPPORTED, "{function:#x}");
    }
}

proptest::proptest! {
    #[test]
    fn no_call_panics(low in 0u32..0x40, base in 0usize..4, a: u64, b: u64, c: u64) {
        let base = [0x8400_0000, 0xc400_0000, 0x8000_0000, 0xffff_0000][base];
        let _ = call(&[u64::from(base | low), a, b, c]);
    }
}
