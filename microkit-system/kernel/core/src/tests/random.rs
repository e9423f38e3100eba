// SPDX-License-Identifier: BSD-2-Clause

//! Random histories: nothing a thread does panics the kernel or breaks what the
//! invariants say (checked after every entry).

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use tombolo_kernel_spec::CapKind;

use super::system::{
    Builder, CHILD, FAULT, INPUT, IRQ, MONITOR, NOTIFY, PP, REPLY, SMC, System, USER, VCPU,
    VCPU_TCB, VSPACE,
};
use crate::Event;

/// Five domains, two of them children, one with a vCPU; everybody may do much
/// more than Microkit allows.
fn crowd(debug: bool) -> System {
    let mut builder = Builder::new();
    builder.header.debug = debug.into();
    builder.pd("server", 9);
    builder.pd("parent", 7);
    builder.pd_with("limited", 5, 100, 1000);
    builder.pd("a", 5);
    builder.pd("b", 5);
    builder.child(1, 2, 0);
    builder.child(1, 3, 1);
    let guest = builder.vcpu("guest", 3, 1, 2);
    builder.irq(0, 5, 40);
    builder.irq(2, 5, 41);
    for from in 0..5 {
        for to in 0..5u32 {
            let id = 10 + u64::from(to);
            builder.cap(from, PP + id, CapKind::Endpoint, to, 1 << 63 | id);
            builder.cap(from, NOTIFY + id, CapKind::Notification, to, 1 << id);
            builder.cap(
                from,
                USER * (1 + u64::from(to)),
                CapKind::SchedContext,
                to,
                0,
            );
            builder.cap(from, USER * (11 + u64::from(to)), CapKind::Tcb, to, 0);
            builder.cap(from, USER * (21 + u64::from(to)), CapKind::Reply, to, 0);
        }
        builder.cap(from, USER * 31, CapKind::Tcb, guest, 0);
        builder.cap(from, SMC, CapKind::Smc, 0, 0);
        if from != 1 {
            builder.cap(from, VCPU + 2, CapKind::Vcpu, 0, 0);
        }
    }
    builder.start()
}

#[derive(Clone, Debug)]
enum Step {
    Syscall {
        number: i64,
        x0: u64,
        x6: u64,
        x8: u64,
        info: u64,
        mrs: [u64; 4],
        caps: [u64; 3],
    },
    Event(Event),
    Pass(u64),
}

fn cptr() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => Just(INPUT),
        2 => Just(REPLY),
        1 => Just(FAULT),
        1 => Just(MONITOR),
        1 => Just(VSPACE),
        1 => Just(IRQ + 5),
        1 => CHILD..CHILD + 2,
        1 => Just(VCPU_TCB + 2),
        2 => Just(VCPU + 2),
        4 => PP + 10..PP + 15,
        4 => NOTIFY + 10..NOTIFY + 15,
        8 => (1u64..32).prop_map(|slot| slot << 58),
        1 => any::<u64>(),
    ]
}

fn info() -> impl Strategy<Value = u64> {
    let label = prop_oneof![4 => 0u64..66, 1 => any::<u64>()];
    (label, any::<u16>()).prop_map(|(label, low)| label << 12 | u64::from(low) & 0xfff)
}

fn word() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0u64..40, 1 => any::<u64>()]
}

fn syscall() -> impl Strategy<Value = Step> {
    let number = prop_oneof![12 => -11i64..0, 1 => -20i64..5, 1 => any::<i64>()];
    let mrs = [word(), word(), word(), word()];
    let caps = [cptr(), cptr(), cptr()];
    (number, cptr(), cptr(), cptr(), info(), mrs, caps).prop_map(
        |(number, x0, x6, x8, info, mrs, caps)| Step::Syscall {
            // DebugHalt ends a history: not interesting.
            number: if number == -14 { -11 } else { number },
            x0,
            x6,
            x8,
            info,
            mrs,
            caps,
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Timer),
        (38u32..43).prop_map(|intid| Event::Interrupt { intid }),
        any::<(u64, u64, bool)>().prop_map(|(address, fsr, is_fetch)| Event::VmFault {
            address,
            fsr,
            is_fetch
        }),
        any::<u64>().prop_map(|number| Event::UserException { number, code: 0 }),
        any::<u64>().prop_map(|hsr| Event::VcpuFault { hsr }),
        Just(Event::VppiEvent { intid: 27 }),
        any::<Option<u32>>().prop_map(|index| Event::VgicMaintenance { index }),
        any::<Option<(u64, u64)>>().prop_map(|breakpoint| Event::DebugException {
            reason: 3,
            breakpoint
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => syscall(),
        2 => event().prop_map(Step::Event),
        2 => (0u64..3000).prop_map(Step::Pass),
    ]
}

fn take(system: &mut System, step: Step) {
    match step {
        Step::Event(event) => system.event(event),
        Step::Pass(us) => {
            system.compute(us);
        }
        Step::Syscall {
            number,
            x0,
            x6,
            x8,
            info,
            mrs,
            caps,
        } => {
            let Some(id) = system.running else {
                return system.event(Event::Interrupt { intid: 40 });
            };
            if let Some(buffer) = system.kernel.buffer(id) {
                for (index, cap) in caps.into_iter().enumerate() {
                    system
                        .hw
                        .memory
                        .insert(buffer.0 + 976 + 8 * index as u64, cap);
                }
            }
            let mut registers = vec![(0, x0), (1, info), (6, x6), (8, x8)];
            registers.extend((2..).zip(mrs));
            system.hw.time += 17;
            system.call(number, &registers);
        }
    }
}

/// A quarter of the usual number: each is long.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    config.cases /= 4;
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_histories_never_panic_and_keep_the_invariants(
        debug in any::<bool>(),
        steps in proptest::collection::vec(step(), 1..300),
    ) {
        let mut system = crowd(debug);
        for step in steps {
            take(&mut system, step);
        }
    }
}
