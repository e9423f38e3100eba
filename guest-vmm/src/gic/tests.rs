// SPDX-License-Identifier: BSD-2-Clause

use super::{Distributor, INTIDS, MAX_LIST_REGISTERS};
use crate::exits::Width;
use crate::platform::InjectError;
use crate::vcpu::VcpuId;
use proptest::prelude::*;
use std::collections::HashMap;

const BOOT: VcpuId = VcpuId::BOOT;
const CTLR: u64 = 0x000;
const ISENABLER: u64 = 0x100;
const ICENABLER: u64 = 0x180;
const ISPENDR: u64 = 0x200;
const IPRIORITYR: u64 = 0x400;
const ITARGETSR: u64 = 0x800;
const ICFGR: u64 = 0xc00;
const SGIR: u64 = 0xf00;

/// List registers as the hardware has them.
#[derive(Debug)]
struct Hardware {
    registers: HashMap<u8, u16>,
    count: u8,
}

impl Hardware {
    fn new(count: u8) -> Self {
        Self {
            registers: HashMap::new(),
            count,
        }
    }

    fn deliver(&mut self, gic: &mut Distributor) {
        gic.deliver(BOOT, |register, intid, priority| {
            assert!(priority < 32, "five bits of priority");
            if register >= self.count {
                return Err(InjectError::OnlyHave(self.count));
            }
            assert!(
                !self.registers.values().any(|&i| i == intid),
                "{intid} lies in two"
            );
            assert!(
                self.registers.insert(register, intid).is_none(),
                "{register} was in use"
            );
            Ok(())
        });
    }

    fn end(&mut self, gic: &mut Distributor, intid: u16) {
        let register = *self
            .registers
            .iter()
            .find(|(_, i)| **i == intid)
            .expect("in a register")
            .0;
        self.registers.remove(&register);
        assert_eq!(gic.maintenance(BOOT, register), Some(intid));
    }

    fn holds(&self, intid: u16) -> bool {
        self.registers.values().any(|&i| i == intid)
    }
}

fn enable(gic: &mut Distributor, intid: u16) {
    let offset = ISENABLER + u64::from(intid / 32) * 4;
    gic.write(BOOT, offset, Width::Word, 1 << (intid % 32));
    gic.write(BOOT, CTLR, Width::Word, 1);
}

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

#[derive(Clone, Debug)]
enum Step {
    Write(u64, u8, u64),
    Line(u16, bool),
    Deliver,
    End(usize),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u64..0x1000, 0u8..4, any::<u64>()).prop_map(|(o, w, v)| Step::Write(o, w, v)),
        (0u16..300, any::<bool>()).prop_map(|(i, h)| Step::Line(i, h)),
        Just(Step::Deliver),
        (0usize..16).prop_map(Step::End),
    ]
}

proptest! {
    #[test]
    fn no_sequence_puts_an_interrupt_into_two_registers(
        count in 1u8..=MAX_LIST_REGISTERS as u8,
        steps in proptest::collection::vec(steps(), 1..200),
    ) {
        let (mut gic, mut hardware) = (Distributor::new(1), Hardware::new(count));
        enable(&mut gic, 33);
        for step in steps {
            match step {
                Step::Write(offset, log2, value) => {
                    gic.write(BOOT, offset, Width::from_log2(log2.into()), value);
                    let _ = gic.read(BOOT, offset, Width::from_log2(log2.into()));
                }
                Step::Line(intid, high) => gic.set_line(intid, high),
                Step::Deliver => hardware.deliver(&mut gic),
                Step::End(n) => {
                    if let Some(&intid) = hardware.registers.values().nth(n) {
                        hardware.end(&mut gic, intid);
                    }
                }
            }
        }
        // The book and the hardware agree.
        for intid in 0..INTIDS as u16 {
            prop_assert_eq!(gic.in_flight(BOOT, intid), hardware.holds(intid));
        }
    }
}
