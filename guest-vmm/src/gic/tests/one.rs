// SPDX-License-Identifier: BSD-2-Clause

use super::super::{Distributor, INTIDS};
use super::hardware::{Hardware, enable};
use super::{BOOT, CTLR, ICENABLER, ICFGR, IPRIORITYR, ISENABLER, ISPENDR, ITARGETSR, SGIR};
use crate::exits::Width;

#[test]
fn a_high_level_comes_again_after_its_end_until_it_is_low() {
    let (mut gic, mut hardware) = (Distributor::new(1), Hardware::new(4));
    enable(&mut gic, 43);
    gic.set_line(43, true);
    hardware.deliver(&mut gic);
    hardware.deliver(&mut gic);
    assert!(hardware.holds(43));
    hardware.end(&mut gic, 43);
    hardware.deliver(&mut gic);
    assert!(hardware.holds(43), "the line is still high");
    gic.set_line(43, false);
    hardware.end(&mut gic, 43);
    hardware.deliver(&mut gic);
    assert!(!hardware.holds(43));
}

#[test]
fn an_edge_comes_once() {
    let (mut gic, mut hardware) = (Distributor::new(1), Hardware::new(4));
    enable(&mut gic, 40);
    gic.write(BOOT, ICFGR + 8, Width::Word, 2 << 16);
    assert_eq!(gic.read(BOOT, ICFGR + 8, Width::Word), 2 << 16);
    gic.set_line(40, true);
    hardware.deliver(&mut gic);
    hardware.end(&mut gic, 40);
    hardware.deliver(&mut gic);
    assert!(!hardware.holds(40));
    gic.set_line(40, false);
    gic.set_line(40, true);
    hardware.deliver(&mut gic);
    assert!(hardware.holds(40));
}

#[test]
fn nothing_is_forwarded_while_disabled() {
    let (mut gic, mut hardware) = (Distributor::new(1), Hardware::new(4));
    gic.set_line(43, true);
    gic.write(BOOT, CTLR, Width::Word, 1);
    hardware.deliver(&mut gic);
    assert!(hardware.registers.is_empty());
    enable(&mut gic, 43);
    gic.write(BOOT, CTLR, Width::Word, 0);
    hardware.deliver(&mut gic);
    assert!(hardware.registers.is_empty());
    gic.write(BOOT, CTLR, Width::Word, 1);
    hardware.deliver(&mut gic);
    assert!(hardware.holds(43));
    assert_eq!(gic.read(BOOT, ISPENDR + 4, Width::Word), 1 << 11);
}

#[test]
fn the_most_important_goes_first_when_registers_are_short() {
    let (mut gic, mut hardware) = (Distributor::new(1), Hardware::new(1));
    for (intid, priority) in [(40, 0xa0), (41, 0x20), (42, 0xa0)] {
        enable(&mut gic, intid);
        gic.write(BOOT, IPRIORITYR + u64::from(intid), Width::Byte, priority);
        gic.set_line(intid, true);
    }
    let mut order = Vec::new();
    for _ in 0..3 {
        hardware.deliver(&mut gic);
        let intid = *hardware.registers.values().next().expect("one at a time");
        order.push(intid);
        gic.set_line(intid, false);
        hardware.end(&mut gic, intid);
    }
    assert_eq!(order, [41, 40, 42]);
}

#[test]
fn a_software_interrupt_to_oneself_arrives() {
    let (mut gic, mut hardware) = (Distributor::new(1), Hardware::new(4));
    gic.write(BOOT, CTLR, Width::Word, 1);
    gic.write(BOOT, SGIR, Width::Word, 1 << 16 | 5);
    hardware.deliver(&mut gic);
    assert!(hardware.holds(5));
    hardware.end(&mut gic, 5);
    gic.write(BOOT, SGIR, Width::Word, 2 << 16 | 6);
    hardware.deliver(&mut gic);
    assert!(!hardware.holds(6), "CPU 1 does not exist");
    gic.write(BOOT, ICENABLER, Width::Word, 0xffff_ffff);
    assert_eq!(
        gic.read(BOOT, ISENABLER, Width::Word),
        0xffff,
        "SGIs stay enabled"
    );
}

#[test]
fn linux_finds_its_cpu_mask_and_the_number_of_interrupts() {
    let gic = Distributor::new(1);
    assert_eq!(gic.read(BOOT, ITARGETSR, Width::Word), 0x0101_0101);
    assert_eq!(gic.read(BOOT, 4, Width::Word), (INTIDS / 32 - 1) as u64);
}

#[test]
fn fresh_interrupts_are_told_once() {
    let (mut gic, mut hardware) = (Distributor::new(1), Hardware::new(4));
    enable(&mut gic, 43);
    gic.set_line(43, true);
    hardware.deliver(&mut gic);
    assert!(gic.has_fresh(BOOT) && gic.take_fresh(BOOT) && !gic.take_fresh(BOOT));
    assert!(gic.in_flight(BOOT, 43));
}
