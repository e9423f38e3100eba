// SPDX-License-Identifier: BSD-2-Clause

//! The guest's stage-1 translation, walked in software.
//!
//! Only to find the instruction at a guest's program counter when the processor
//! gave no syndrome. It checks no permissions: the guest has just executed from
//! that address. Tables outside guest RAM end the walk.

use super::{SystemRegister, VcpuId};
use crate::platform::Platform;

const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// Bits of a page offset for a granule.
#[derive(Clone, Copy)]
struct Geometry {
    page_bits: u32,
    /// Translated bits of the virtual address.
    input_bits: u32,
    table: u64,
}

/// Guest-physical address of `va` on `vcpu`. `None`: unmapped, or not understood.
pub fn translate<P: Platform>(platform: &mut P, vcpu: VcpuId, va: u64) -> Option<u64> {
    if platform.system_register(vcpu, SystemRegister::Sctlr) & 1 == 0 {
        return Some(va);
    }
    let geometry = geometry(platform, vcpu, va)?;
    walk(platform, geometry, va)
}

fn geometry<P: Platform>(platform: &mut P, vcpu: VcpuId, va: u64) -> Option<Geometry> {
    let tcr = platform.system_register(vcpu, SystemRegister::Tcr);
    let high = va >> 55 & 1 == 1;
    // TG0 and TG1 number their granules differently (Arm ARM, TCR_EL1).
    let (size, granule, register) = if high {
        let page_bits = match tcr >> 30 & 3 {
            1 => 14,
            2 => 12,
            3 => 16,
            _ => return None,
        };
        (tcr >> 16 & 0x3f, page_bits, SystemRegister::Ttbr1)
    } else {
        let page_bits = match tcr >> 14 & 3 {
            0 => 12,
            1 => 16,
            2 => 14,
            _ => return None,
        };
        (tcr & 0x3f, page_bits, SystemRegister::Ttbr0)
    };
    // 16 is the architecture's least without large addresses.
    let input_bits = 64 - u32::try_from(size).ok().filter(|s| (16..=39).contains(s))?;
    // Bits 47:1; alignment is the guest's duty, and the walk masks.
    let table = platform.system_register(vcpu, register) & 0x0000_ffff_ffff_fffe;
    Some(Geometry {
        page_bits: granule,
        input_bits,
        table,
    })
}

fn walk<P: Platform>(platform: &mut P, geometry: Geometry, va: u64) -> Option<u64> {
    let Geometry {
        page_bits,
        input_bits,
        mut table,
    } = geometry;
    let level_bits = page_bits - 3;
    let levels = (input_bits - page_bits).div_ceil(level_bits);
    let mut top = input_bits;
    for level in (0..levels).rev() {
        let low = page_bits + level * level_bits;
        let index = va >> low & ((1 << (top - low)) - 1);
        top = low;
        let entry = platform.guest_word((table & !7).checked_add(index * 8)?)?;
        let offset = (1 << low) - 1;
        match (entry & 3, level) {
            (3, 0) => return Some(entry & ADDRESS & !offset | va & offset),
            // Large-page address bits above 47 are not supported.
            (3, _) => table = entry & ADDRESS & !((1 << page_bits) - 1),
            (1, 1..=2) => return Some(entry & ADDRESS & !offset | va & offset),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::model::{Model, RAM};

    /// 4 KiB granule, 48 bits: one page and one 2 MiB block under TTBR1.
    fn model() -> Model {
        let mut model = Model::default();
        model.set_system_register(VcpuId::BOOT, SystemRegister::Sctlr, 1);
        model.set_system_register(VcpuId::BOOT, SystemRegister::Tcr, 16 | 16 << 16 | 2 << 30);
        model.set_system_register(VcpuId::BOOT, SystemRegister::Ttbr1, RAM | 1);
        model.poke(RAM, (RAM + 0x1000) | 3);
        model.poke(RAM + 0x1000, (RAM + 0x2000) | 3);
        model.poke(RAM + 0x2000, (RAM + 0x3000) | 3);
        model.poke(RAM + 0x2008, 0x4560_0000 | 0x701);
        model.poke(RAM + 0x3008, 0x4123_4000 | 3);
        model
    }

    #[test]
    fn with_the_mmu_off_addresses_are_physical() {
        assert_eq!(
            translate(&mut Model::default(), VcpuId::BOOT, 0x4000_1000),
            Some(0x4000_1000)
        );
    }

    #[test]
    fn pages_and_blocks_are_found() {
        let mut model = model();
        assert_eq!(
            translate(&mut model, VcpuId::BOOT, 0xffff_0000_0000_1abc),
            Some(0x4123_4abc)
        );
        assert_eq!(
            translate(&mut model, VcpuId::BOOT, 0xffff_0000_0023_4567),
            Some(0x4563_4567)
        );
        assert_eq!(
            translate(&mut model, VcpuId::BOOT, 0xffff_0000_0000_2000),
            None
        );
        assert_eq!(
            translate(&mut model, VcpuId::BOOT, 0x1000),
            None,
            "TTBR0 points outside RAM"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_table_makes_it_panic(tcr: u64, ttbr: u64, va: u64, words in proptest::collection::vec(0u64.., 64)) {
            let mut model = Model::default();
            model.set_system_register(VcpuId::BOOT, SystemRegister::Sctlr, 1);
            model.set_system_register(VcpuId::BOOT, SystemRegister::Tcr, tcr);
            model.set_system_register(VcpuId::BOOT, SystemRegister::Ttbr0, RAM | ttbr & 0xfff);
            model.set_system_register(VcpuId::BOOT, SystemRegister::Ttbr1, RAM);
            for (n, word) in words.iter().enumerate() {
                model.poke(RAM + 8 * n as u64, *word);
            }
            let _ = translate(&mut model, VcpuId::BOOT, va);
        }
    }
}
