// SPDX-License-Identifier: BSD-2-Clause

use super::super::Distributor;
use super::hardware::{Hardware, enable};
use super::{BOOT, CTLR, ICFGR, ISENABLER, ISPENDR, ITARGETSR, SGIR};
use crate::exits::Width;
use crate::vcpu::VcpuId;

const CPENDSGIR: u64 = 0xf10;
const SPENDSGIR: u64 = 0xf20;

/// A distributor that forwards, and the list registers of its vCPUs.
fn several<const N: usize>() -> (Distributor, [Hardware; N]) {
    let mut gic = Distributor::new(N);
    gic.write(BOOT, CTLR, Width::Word, 1);
    let cpu = |n| VcpuId::new(n).expect("there may be so many");
    (gic, core::array::from_fn(|n| Hardware::of(cpu(n), 4)))
}

fn deliver(gic: &mut Distributor, cpus: &mut [Hardware]) {
    for cpu in cpus {
        cpu.deliver(gic);
    }
}

fn holders(cpus: &[Hardware], intid: u16) -> Vec<usize> {
    (0..cpus.len()).filter(|&n| cpus[n].holds(intid)).collect()
}

#[test]
fn each_cpu_finds_its_own_mask_and_all_their_number() {
    let (gic, cpus) = several::<3>();
    for (cpu, mask) in cpus.iter().zip([0x0101_0101, 0x0202_0202, 0x0404_0404]) {
        assert_eq!(gic.read(cpu.vcpu, ITARGETSR, Width::Word), mask);
        assert_eq!(gic.read(cpu.vcpu, 4, Width::Word) >> 5 & 7, 2);
    }
}

#[test]
fn software_interrupts_go_where_the_filter_says() {
    let (mut gic, mut cpus) = several::<3>();
    for (value, sgi, expected) in [
        (0b110 << 16 | 1, 1, vec![1, 2]),
        (1 << 24 | 2, 2, vec![0, 2]),
        (2 << 24 | 3, 3, vec![1]),
        (3 << 24 | 7 << 16 | 4, 4, vec![]),
        (0xf8 << 16 | 5, 5, vec![]),
    ] {
        gic.write(cpus[1].vcpu, SGIR, Width::Word, value);
        deliver(&mut gic, &mut cpus);
        assert_eq!(holders(&cpus, sgi), expected, "SGIR {value:#x}");
    }
}

#[test]
fn one_sent_by_two_comes_twice() {
    let (mut gic, mut cpus) = several::<3>();
    let to_first = 1 << 16 | 9;
    gic.write(cpus[1].vcpu, SGIR, Width::Word, to_first);
    gic.write(cpus[2].vcpu, SGIR, Width::Word, to_first);
    gic.write(cpus[2].vcpu, SGIR, Width::Word, to_first);
    assert_eq!(gic.read(BOOT, SPENDSGIR + 9, Width::Byte), 0b110);
    assert_eq!(gic.read(cpus[1].vcpu, SPENDSGIR + 9, Width::Byte), 0);
    for _ in 0..2 {
        deliver(&mut gic, &mut cpus);
        assert!(cpus[0].end(&mut gic, 9));
    }
    deliver(&mut gic, &mut cpus);
    assert!(!cpus[0].holds(9));
}

#[test]
fn software_interrupts_are_pended_and_forgotten_by_their_own_registers() {
    let (mut gic, mut cpus) = several::<2>();
    gic.write(BOOT, CTLR, Width::Word, 0);
    gic.write(BOOT, SPENDSGIR + 3, Width::Byte, 0xff);
    gic.write(BOOT, CPENDSGIR + 3, Width::Byte, 1);
    assert_eq!(gic.read(BOOT, CPENDSGIR + 3, Width::Byte), 2);
    assert_eq!(gic.read(BOOT, ISPENDR, Width::Word), 1 << 3);
    gic.write(BOOT, CPENDSGIR + 3, Width::Byte, 2);
    gic.write(BOOT, CTLR, Width::Word, 1);
    deliver(&mut gic, &mut cpus);
    assert_eq!(holders(&cpus, 3), []);
}

#[test]
fn private_interrupts_are_banked() {
    let (mut gic, mut cpus) = several::<2>();
    gic.write(cpus[1].vcpu, ISENABLER, Width::Word, 1 << 27);
    assert_eq!(gic.read(BOOT, ISENABLER, Width::Word), 0xffff);
    for cpu in &cpus {
        gic.set_private_line(cpu.vcpu, 27, true);
    }
    deliver(&mut gic, &mut cpus);
    assert_eq!(holders(&cpus, 27), [1]);
    assert_eq!(gic.read(BOOT, ISPENDR, Width::Word), 1 << 27);
    gic.write(BOOT, ISENABLER, Width::Word, 1 << 27);
    deliver(&mut gic, &mut cpus);
    assert_eq!(holders(&cpus, 27), [0, 1], "each has its own");
}

#[test]
fn a_device_interrupt_goes_to_one_of_its_targets() {
    let (mut gic, mut cpus) = several::<3>();
    enable(&mut gic, 43);
    let target = ITARGETSR + 43;
    gic.set_line(43, true);
    for (targets, expected) in [(0b100, vec![2]), (0, vec![]), (0b110, vec![1])] {
        gic.write(BOOT, target, Width::Byte, targets);
        assert_eq!(gic.read(BOOT, target, Width::Byte), targets);
        deliver(&mut gic, &mut cpus);
        assert_eq!(holders(&cpus, 43), expected, "targets {targets:#b}");
        for cpu in expected {
            cpus[cpu].end(&mut gic, 43);
        }
    }
    gic.write(BOOT, target, Width::Byte, 0xff);
    assert_eq!(
        gic.read(BOOT, target, Width::Byte),
        0b111,
        "those that exist"
    );
}

#[test]
fn a_second_target_helps_when_the_first_has_no_register() {
    let mut gic = Distributor::new(2);
    let mut cpus = [BOOT, VcpuId::new(1).expect("two")].map(|vcpu| Hardware::of(vcpu, 1));
    for intid in [40, 41] {
        enable(&mut gic, intid);
        gic.write(BOOT, ITARGETSR + u64::from(intid), Width::Byte, 3);
        gic.set_line(intid, true);
    }
    deliver(&mut gic, &mut cpus);
    assert_eq!((holders(&cpus, 40), holders(&cpus, 41)), (vec![0], vec![1]));
}

#[test]
fn what_a_leaving_cpu_was_given_goes_to_another_and_never_twice_to_it() {
    let (mut gic, mut cpus) = several::<2>();
    let leaving = cpus[1].vcpu;
    enable(&mut gic, 43);
    enable(&mut gic, 40);
    gic.write(BOOT, ICFGR + 8, Width::Word, 2 << 16);
    for intid in [43, 40] {
        gic.write(BOOT, ITARGETSR + intid, Width::Byte, 2);
        gic.set_line(intid as u16, true);
    }
    gic.write(BOOT, SGIR, Width::Word, 2 << 16 | 6);
    deliver(&mut gic, &mut cpus);
    assert_eq!(holders(&cpus, 43), [1]);
    gic.leave(leaving);
    assert!(gic.in_flight(leaving, 6), "its own stay its own");
    for intid in [43, 40] {
        gic.write(BOOT, ITARGETSR + intid, Width::Byte, 1);
    }
    cpus[0].deliver(&mut gic);
    assert!(cpus[0].holds(43) && cpus[0].holds(40));
    assert!(cpus[0].end(&mut gic, 43));
    // The other is back, and still has it in a list register.
    gic.write(BOOT, ITARGETSR + 43, Width::Byte, 2);
    cpus[1].deliver(&mut gic);
    assert!(!cpus[1].end(&mut gic, 43), "that ends nothing");
    cpus[1].deliver(&mut gic);
    assert!(cpus[1].holds(43) && cpus[1].end(&mut gic, 43));
}
