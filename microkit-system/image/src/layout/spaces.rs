// SPDX-License-Identifier: BSD-2-Clause

//! What each address space maps.

use super::place::{Layout, Space};
use super::stage2::Mapping;
use crate::board::{IPC_BUFFER, PAGE};
use crate::system::{Map, PageSize, Permissions, ProtectionDomain, System};

const READ_WRITE: Permissions = Permissions {
    read: true,
    write: true,
    execute: false,
};

/// All pages of an address space with their places.
pub fn mappings(system: &System, layout: &Layout, space: &Space) -> Vec<Mapping> {
    let domain = &system.domains[space.domain];
    let mut list = Vec::new();
    if space.guest {
        let maps = domain
            .virtual_machine
            .iter()
            .flat_map(|machine| &machine.maps);
        maps.for_each(|map| map_region(system, layout, map, &mut list));
        return list;
    }
    domain
        .maps
        .iter()
        .for_each(|map| map_region(system, layout, map, &mut list));
    map_own(domain, layout, space.domain, &mut list);
    list
}

fn map_region(system: &System, layout: &Layout, map: &Map, list: &mut Vec<Mapping>) {
    let Some(index) = map.region else { return };
    let size = system.regions[index].page_size;
    for extent in &layout.regions[index] {
        for offset in (0..extent.size).step_by(size.bytes() as usize) {
            list.push(Mapping {
                ipa: map.vaddr.value + extent.offset + offset,
                pa: extent.pa + offset,
                size,
                permissions: map.permissions,
                cached: map.cached,
            });
        }
    }
}

/// Program, stack and IPC buffer.
fn map_own(domain: &ProtectionDomain, layout: &Layout, index: usize, list: &mut Vec<Mapping>) {
    let own = &layout.domains[index];
    let small = |ipa, pa, permissions| Mapping {
        ipa,
        pa,
        size: PageSize::Small,
        permissions,
        cached: true,
    };
    let program = domain
        .image
        .as_ref()
        .and_then(|image| image.program.as_ref());
    for page in &own.pages {
        let permissions = program.map_or(READ_WRITE, |program| {
            program.segments[page.segment].permissions
        });
        list.push(small(page.vaddr, page.pa, permissions));
    }
    for offset in (0..domain.stack_size).step_by(PAGE as usize) {
        list.push(small(
            domain.stack_bottom() + offset,
            own.stack + offset,
            READ_WRITE,
        ));
    }
    list.push(small(IPC_BUFFER, own.ipc_buffer, READ_WRITE));
}
