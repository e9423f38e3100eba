// SPDX-License-Identifier: BSD-2-Clause

//! Maps: their regions exist, their addresses are aligned, in range and disjoint.

use std::ops::Range;

use super::names::unknown_region;
use crate::board::{IPA_TOP, LARGE_PAGE, overlap};
use crate::diagnostic::{Diagnostic, Located};
use crate::system::{Map, MemoryRegion, PageSize, ProtectionDomain, System};

/// All maps of a domain: its own and its guest's.
fn all_maps(domain: &ProtectionDomain) -> impl Iterator<Item = &Map> {
    domain.maps.iter().chain(
        domain
            .virtual_machine
            .iter()
            .flat_map(|machine| &machine.maps),
    )
}

/// Finds the region of each map.
pub fn resolve(system: &mut System, diagnostics: &mut Vec<Diagnostic>) {
    let mut domains = std::mem::take(&mut system.domains);
    for domain in &mut domains {
        let guest = domain
            .virtual_machine
            .iter_mut()
            .flat_map(|machine| &mut machine.maps);
        for map in domain.maps.iter_mut().chain(guest) {
            map.region = system.region(&map.region_name.value);
            if map.region.is_none() {
                diagnostics.push(
                    unknown_region(system, &map.region_name.value)
                        .at(&map.region_name.span, "unknown name"),
                );
            }
        }
    }
    system.domains = domains;
}

/// Regions that say nothing about page sizes get large pages if their size and
/// all their addresses allow it.
pub fn raise_page_sizes(system: &mut System) {
    for index in 0..system.regions.len() {
        let region = &system.regions[index];
        let physical = region.phys_addr.iter().map(|address| address.value);
        let virtuals = system
            .domains
            .iter()
            .flat_map(all_maps)
            .filter(|map| map.region == Some(index))
            .map(|map| map.vaddr.value);
        let aligned = physical
            .chain(virtuals)
            .chain([region.size])
            .all(|value| value.is_multiple_of(LARGE_PAGE));
        if aligned && !region.page_size_given {
            system.regions[index].page_size = PageSize::Large;
        }
    }
}

/// Checks the maps of every domain and guest.
pub fn check(system: &System, diagnostics: &mut Vec<Diagnostic>) {
    for domain in &system.domains {
        let space = Space {
            owner: format!("`{}`", domain.name.value),
            end: domain.stack_bottom(),
            stack: Some(domain.stack_size),
        };
        check_space(system, &domain.maps, &space, diagnostics);
        if let Some(machine) = &domain.virtual_machine {
            let space = Space {
                owner: format!("the guest of `{}`", domain.name.value),
                end: IPA_TOP,
                stack: None,
            };
            check_space(system, &machine.maps, &space, diagnostics);
        }
    }
}

/// An address space that maps go into.
struct Space {
    owner: String,
    end: u64,
    stack: Option<u64>,
}

fn check_space(system: &System, maps: &[Map], space: &Space, diagnostics: &mut Vec<Diagnostic>) {
    let mut placed: Vec<(&Map, Range<u64>)> = Vec::new();
    for map in maps {
        let Some(region) = map
            .region
            .map(|index| &system.regions[index])
            .filter(|region| !region.broken)
        else {
            continue;
        };
        let Some(range) = range_of(map, region, space, diagnostics) else {
            continue;
        };
        for (other, taken) in placed.iter().filter(|(_, taken)| overlap(taken, &range)) {
            diagnostics.push(overlapping(space, (map, &range), (other, taken)));
        }
        placed.push((map, range));
    }
}

/// The addresses that a map covers, if they are possible.
fn range_of(
    map: &Map,
    region: &MemoryRegion,
    space: &Space,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Range<u64>> {
    let unit = region.page_size.bytes();
    let Located { value: start, span } = &map.vaddr;
    if !start.is_multiple_of(unit) {
        let below = start / unit * unit;
        diagnostics.push(
            Diagnostic::error(format!(
                "the address {start:#x} of `{}` is not aligned to its pages of {unit:#x}",
                region.name.value
            ))
            .at(
                span,
                format!("{below:#x} is, and {:#x}", below.saturating_add(unit)),
            )
            .also(&region.span, "the region"),
        );
        return None;
    }
    let end = start
        .checked_add(region.size)
        .filter(|end| *end <= space.end);
    let Some(end) = end else {
        let mut diagnostic = Diagnostic::error(format!(
            "`{}` with its {:#x} bytes does not fit at {start:#x} in {}",
            region.name.value, region.size, space.owner
        ))
        .at(span, format!("it must end by {:#x}", space.end));
        if let Some(stack) = space.stack {
            diagnostic = diagnostic.note(format!(
                "above are the stack of {stack:#x} bytes, a guard page and the IPC buffer"
            ));
        }
        diagnostics.push(diagnostic);
        return None;
    };
    Some(*start..end)
}

fn overlapping(space: &Space, map: (&Map, &Range<u64>), other: (&Map, &Range<u64>)) -> Diagnostic {
    let (a, b) = (&map.0.region_name.value, &other.0.region_name.value);
    let show = |name: &str, range: &Range<u64>| {
        format!("`{name}` is at [{:#x}, {:#x})", range.start, range.end)
    };
    Diagnostic::error(format!(
        "the maps of `{a}` and `{b}` overlap in {}",
        space.owner
    ))
    .at(&map.0.vaddr.span, show(a, map.1))
    .also(&other.0.vaddr.span, show(b, other.1))
    .help(format!(
        "the next address behind `{b}` is {:#x}",
        other.1.end
    ))
}

/// A region that nobody maps, and whose address nobody takes, is odd.
pub fn warn_unused(system: &mut System) {
    for index in 0..system.regions.len() {
        // Of two regions of one name, which is reported, maps mean the first.
        let again = system.region(&system.regions[index].name.value) != Some(index);
        let used = again
            || system.address_is_used(index)
            || system
                .domains
                .iter()
                .flat_map(all_maps)
                .any(|map| map.region == Some(index));
        if !used {
            let region = &system.regions[index];
            let title = format!("nobody maps the region `{}`", region.name.value);
            system
                .warnings
                .push(Diagnostic::warning(title).at(&region.name.span, "unused"));
        }
    }
}
