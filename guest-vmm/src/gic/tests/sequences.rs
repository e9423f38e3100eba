// SPDX-License-Identifier: BSD-2-Clause

use super::super::{Distributor, INTIDS, MAX_LIST_REGISTERS};
use super::hardware::{Hardware, enable};
use crate::exits::Width;
use crate::vcpu::VcpuId;
use proptest::prelude::*;

/// vCPUs of the sequences.
const CPUS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Write(usize, u64, u8, u64),
    Line(u16, bool),
    PrivateLine(usize, u16, bool),
    Deliver(usize),
    End(usize, usize),
    Leave(usize),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..CPUS, 0u64..0x1000, 0u8..4, any::<u64>())
            .prop_map(|(c, o, w, v)| Step::Write(c, o, w, v)),
        // Enables and targets, which a random offset seldom hits.
        (0..CPUS, 0u64..8, any::<u32>()).prop_map(|(c, n, v)| Step::Write(
            c,
            0x100 + 4 * n,
            2,
            v.into()
        )),
        (0..CPUS, 32u64..64, 0u64..8).prop_map(|(c, n, v)| Step::Write(c, 0x800 + n, 0, v)),
        (32u16..300, any::<bool>()).prop_map(|(i, h)| Step::Line(i, h)),
        (0..CPUS, 16u16..32, any::<bool>()).prop_map(|(c, i, h)| Step::PrivateLine(c, i, h)),
        (0..CPUS).prop_map(Step::Deliver),
        (0..CPUS, 0usize..16).prop_map(|(c, n)| Step::End(c, n)),
        (0..CPUS).prop_map(Step::Leave),
    ]
}

fn run(vcpus: usize, count: u8, steps: Vec<Step>) -> (Distributor, Vec<Hardware>) {
    let mut gic = Distributor::new(vcpus);
    let mut hardware: Vec<Hardware> = VcpuId::all()
        .take(vcpus)
        .map(|vcpu| Hardware::of(vcpu, count))
        .collect();
    enable(&mut gic, 33);
    for step in steps {
        match step {
            Step::Write(cpu, offset, log2, value) => {
                let vcpu = hardware[cpu % vcpus].vcpu;
                gic.write(vcpu, offset, Width::from_log2(log2.into()), value);
                let _ = gic.read(vcpu, offset, Width::from_log2(log2.into()));
            }
            Step::Line(intid, high) => gic.set_line(intid, high),
            Step::PrivateLine(cpu, intid, high) => {
                gic.set_private_line(hardware[cpu % vcpus].vcpu, intid, high);
            }
            Step::Deliver(cpu) => hardware[cpu % vcpus].deliver(&mut gic),
            Step::End(cpu, n) => {
                let cpu = &mut hardware[cpu % vcpus];
                if let Some(&intid) = cpu.registers.values().nth(n) {
                    cpu.end(&mut gic, intid);
                }
            }
            Step::Leave(cpu) => gic.leave(hardware[cpu % vcpus].vcpu),
        }
    }
    (gic, hardware)
}

proptest! {
    /// [`Hardware`] panics if one of a vCPU's list registers is filled twice, or two
    /// with the same interrupt.
    #[test]
    fn no_sequence_puts_an_interrupt_into_two_registers(
        vcpus in 1..=CPUS,
        count in 1u8..=MAX_LIST_REGISTERS as u8,
        steps in proptest::collection::vec(steps(), 1..200),
    ) {
        run(vcpus, count, steps);
    }

    #[test]
    fn the_book_and_the_hardware_agree_while_nobody_leaves(
        count in 1u8..=MAX_LIST_REGISTERS as u8,
        steps in proptest::collection::vec(steps(), 1..200),
    ) {
        let stays = steps.into_iter().filter(|step| !matches!(step, Step::Leave(_)));
        let (gic, hardware) = run(CPUS, count, stays.collect());
        for intid in 0..INTIDS as u16 {
            let holders: Vec<_> = hardware.iter().filter(|cpu| cpu.holds(intid)).collect();
            if intid < 32 {
                for cpu in &hardware {
                    prop_assert_eq!(gic.in_flight(cpu.vcpu, intid), cpu.holds(intid));
                }
            } else {
                prop_assert!(holders.len() <= 1, "{} went to two", intid);
                prop_assert_eq!(gic.in_flight(VcpuId::BOOT, intid), !holders.is_empty());
            }
        }
    }
}
