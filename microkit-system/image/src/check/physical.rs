// SPDX-License-Identifier: BSD-2-Clause

//! Regions with a physical address: disjoint, and not the kernel's.

use std::ops::Range;

use crate::board::overlap;
use crate::diagnostic::Diagnostic;
use crate::system::{MemoryRegion, System};

/// Checks all regions with a physical address.
pub fn check(system: &System, diagnostics: &mut Vec<Diagnostic>) {
    let mut placed = Vec::<(&MemoryRegion, Range<u64>)>::new();
    for region in system.regions.iter().filter(|region| !region.broken) {
        let Some(address) = &region.phys_addr else {
            continue;
        };
        let range = address.value..address.value + region.size;
        for (other, taken) in placed.iter().filter(|(_, taken)| overlap(taken, &range)) {
            diagnostics.push(
                Diagnostic::error(format!(
                    "the regions `{}` and `{}` overlap in physical memory",
                    region.name.value, other.name.value
                ))
                .at(
                    &address.span,
                    format!("[{:#x}, {:#x})", range.start, range.end),
                )
                .also(
                    &other.span,
                    format!("[{:#x}, {:#x})", taken.start, taken.end),
                ),
            );
        }
        for device in system.board.kernel_devices() {
            if overlap(&range, &(device.start..device.start + device.size)) {
                diagnostics.push(
                    Diagnostic::error(format!("the region `{}` covers the kernel's {}", region.name.value, device.name))
                        .at(&address.span, format!("[{:#x}, {:#x})", range.start, range.end))
                        .note(format!("{} is at [{:#x}, {:#x})", device.name, device.start, device.start + device.size))
                        .help("a guest's interrupt controller is emulated by its VMM; GICV at 0x8040000 may be mapped"),
                );
            }
        }
        prefilled(system, region, &range, diagnostics);
        placed.push((region, range));
    }
}

/// A prefilled region is part of the image, which is loaded to one place.
fn prefilled(
    system: &System,
    region: &MemoryRegion,
    range: &Range<u64>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let possible = system.board.load_address..system.board.memory.end;
    if region.prefill.is_none() || (possible.start <= range.start && range.end <= possible.end) {
        return;
    }
    diagnostics.push(
        Diagnostic::error(format!("the prefilled region `{}` lies where no image reaches", region.name.value))
            .at(&region.span, format!("[{:#x}, {:#x})", range.start, range.end))
            .note("the embedded kernel's image is loaded in place; seL4's initial task copies, and takes any address")
            .help(format!("leave `phys_addr` out, or use an address in [{:#x}, {:#x})", possible.start, possible.end)),
    );
}

/// Regions with pages that the prefill file does not reach: the tool of Microkit
/// 2.3 aborts on them, so the same description would not build for seL4.
pub fn warn_long_prefill(system: &mut System) {
    let long = system.regions.iter().filter(|region| {
        let content = crate::layout::content_size(region);
        content > 0 && content < region.size && !region.broken
    });
    let warnings = long.map(|region| {
        let content = crate::layout::content_size(region);
        Diagnostic::warning(format!(
            "the region `{}` is larger than its prefill file needs",
            region.name.value
        ))
        .at(
            &region.span,
            format!(
                "{:#x} bytes, of which the file fills {content:#x}",
                region.size
            ),
        )
        .note("the tool of Microkit 2.3 aborts on such a region")
        .help("leave `size` out, and put the rest into a region of its own")
    });
    let warnings: Vec<Diagnostic> = warnings.collect();
    system.warnings.extend(warnings);
}
