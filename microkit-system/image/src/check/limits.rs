// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's tables hold the system's objects.

use tombolo_kernel_spec::limits;

use crate::diagnostic::Diagnostic;
use crate::system::System;

/// Counts objects and compares with the kernel's capacities.
pub fn check(system: &System, diagnostics: &mut Vec<Diagnostic>) {
    let domains = system.domains.len();
    let machines = system
        .domains
        .iter()
        .filter(|domain| domain.virtual_machine.is_some())
        .count();
    let vcpus: usize = system
        .domains
        .iter()
        .filter_map(|domain| domain.virtual_machine.as_ref())
        .map(|machine| machine.vcpus.len())
        .sum();
    let irqs: usize = system.domains.iter().map(|domain| domain.irqs.len()).sum();
    let counts = [
        (
            "threads (protection domains and vCPUs)",
            domains + vcpus,
            limits::TCBS.min(limits::SCHED_CONTEXTS),
        ),
        (
            "protection domains",
            domains,
            limits::CSPACES
                .min(limits::NOTIFICATIONS)
                .min(limits::REPLIES)
                .min(limits::ENDPOINTS),
        ),
        (
            "address spaces (protection domains and virtual machines)",
            domains + machines,
            limits::VSPACES,
        ),
        ("vCPUs", vcpus, limits::VCPUS),
        ("interrupts", irqs, limits::IRQS),
    ];
    for (what, count, limit) in counts {
        if count > limit {
            diagnostics.push(
                Diagnostic::error(format!(
                    "the system has {count} {what}, the embedded kernel holds {limit}"
                ))
                .help("make the system smaller, or build for seL4 with MICROKIT_SDK"),
            );
        }
    }
}
