// SPDX-License-Identifier: BSD-2-Clause

//! Stage-2 translation tables, written for the physical addresses they will
//! lie at.
//!
//! 4 KiB granule, 40-bit intermediate physical addresses: two concatenated
//! level-1 tables, then level 2 (2 MiB blocks) and level 3 (4 KiB pages). Arm ARM,
//! D8.3 "Translation table descriptor formats". The attributes are seL4's on
//! one core: non-shareable, normal write-back or Device-nGnRnE.

use std::collections::BTreeMap;

use crate::board::{LARGE_PAGE, PAGE};
use crate::system::{PageSize, Permissions};

const ENTRIES: usize = 512;
const ROOT_TABLES: usize = 2;
const LEVEL_1_BLOCK: u64 = 1 << 30;

const TABLE: u64 = 0b11;
const PAGE_LEAF: u64 = 0b11;
const BLOCK_LEAF: u64 = 0b01;
const MEMATTR_NORMAL: u64 = 0b1111 << 2;
const S2AP_READ: u64 = 1 << 6;
const S2AP_WRITE: u64 = 1 << 7;
const ACCESS_FLAG: u64 = 1 << 10;
const EXECUTE_NEVER: u64 = 1 << 54;

/// A page or block to map.
#[derive(Clone, Copy, Debug)]
pub struct Mapping {
    /// Intermediate physical address.
    pub ipa: u64,
    /// Physical address.
    pub pa: u64,
    /// Its size; both addresses are aligned to it.
    pub size: PageSize,
    /// Permissions.
    pub permissions: Permissions,
    /// Normal memory, else Device-nGnRnE.
    pub cached: bool,
}

/// Bits of a leaf's descriptor besides address and type.
///
/// seL4 gives write access only together with read: `wx` gives none.
fn attributes(mapping: &Mapping) -> u64 {
    let Permissions {
        read,
        write,
        execute,
    } = mapping.permissions;
    let access = match (read, write) {
        (true, true) => S2AP_READ | S2AP_WRITE,
        (true, false) => S2AP_READ,
        (false, _) => 0,
    };
    let memory = if mapping.cached { MEMATTR_NORMAL } else { 0 };
    access | memory | ACCESS_FLAG | if execute { 0 } else { EXECUTE_NEVER }
}

/// Bytes of the tables that map pages at these addresses.
pub fn tables_size(pages: impl Iterator<Item = (u64, PageSize)>) -> u64 {
    let (mut level_2, mut level_3) = (
        std::collections::BTreeSet::new(),
        std::collections::BTreeSet::new(),
    );
    for (ipa, size) in pages {
        level_2.insert(ipa / LEVEL_1_BLOCK);
        if size == PageSize::Small {
            level_3.insert(ipa / LARGE_PAGE);
        }
    }
    (ROOT_TABLES + level_2.len() + level_3.len()) as u64 * PAGE
}

/// The tables under construction; number 0 and 1 are the root.
struct Tables {
    base: u64,
    tables: Vec<[u64; ENTRIES]>,
    level_2: BTreeMap<u64, usize>,
    level_3: BTreeMap<u64, usize>,
}

/// The tables that map `mappings`, to lie at physical address `base` (8 KiB-
/// aligned). Of two mappings of one address the later one counts.
pub fn build(base: u64, mappings: &[Mapping]) -> Vec<u8> {
    let mut tables = Tables {
        base,
        tables: vec![[0; ENTRIES]; ROOT_TABLES],
        level_2: BTreeMap::new(),
        level_3: BTreeMap::new(),
    };
    for mapping in mappings {
        tables.map(mapping);
    }
    tables
        .tables
        .iter()
        .flatten()
        .flat_map(|entry| entry.to_le_bytes())
        .collect()
}

impl Tables {
    fn map(&mut self, mapping: &Mapping) {
        let level_2 = self.level_2_of(mapping.ipa);
        let in_level_2 = (mapping.ipa / LARGE_PAGE) as usize % ENTRIES;
        let leaf = mapping.pa | attributes(mapping);
        match mapping.size {
            PageSize::Large => self.tables[level_2][in_level_2] = leaf | BLOCK_LEAF,
            PageSize::Small => {
                let level_3 = self.level_3_of(mapping.ipa, (level_2, in_level_2));
                self.tables[level_3][(mapping.ipa / PAGE) as usize % ENTRIES] = leaf | PAGE_LEAF;
            }
        }
    }

    fn level_2_of(&mut self, ipa: u64) -> usize {
        let index = ipa / LEVEL_1_BLOCK;
        if let Some(table) = self.level_2.get(&index) {
            return *table;
        }
        let table = self.new_table();
        self.level_2.insert(index, table);
        let (root, entry) = (index as usize / ENTRIES, index as usize % ENTRIES);
        self.tables[root][entry] = self.address(table) | TABLE;
        table
    }

    fn level_3_of(&mut self, ipa: u64, parent: (usize, usize)) -> usize {
        if let Some(table) = self.level_3.get(&(ipa / LARGE_PAGE)) {
            return *table;
        }
        let table = self.new_table();
        self.level_3.insert(ipa / LARGE_PAGE, table);
        self.tables[parent.0][parent.1] = self.address(table) | TABLE;
        table
    }

    fn new_table(&mut self) -> usize {
        self.tables.push([0; ENTRIES]);
        self.tables.len() - 1
    }

    fn address(&self, table: usize) -> u64 {
        self.base + table as u64 * PAGE
    }
}

/// A descriptor and the address that it translates to, as the MMU would find
/// them: for tests and for the report.
pub fn walk(base: u64, tables: &[u8], ipa: u64) -> Option<(u64, u64)> {
    const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
    let entry = |table: u64, index: u64| {
        let offset = usize::try_from(table.checked_sub(base)? + index * 8).ok()?;
        Some(u64::from_le_bytes(
            tables.get(offset..offset + 8)?.try_into().ok()?,
        ))
    };
    let level_1 = entry(base, ipa >> 30)?;
    if level_1 & 0b11 != TABLE {
        return None;
    }
    let level_2 = entry(level_1 & ADDRESS, (ipa >> 21) & 0x1ff)?;
    match level_2 & 0b11 {
        BLOCK_LEAF => Some((level_2, (level_2 & ADDRESS) + (ipa & (LARGE_PAGE - 1)))),
        TABLE => {
            let level_3 = entry(level_2 & ADDRESS, (ipa >> 12) & 0x1ff)?;
            (level_3 & 0b11 == PAGE_LEAF)
                .then_some((level_3, (level_3 & ADDRESS) + (ipa & (PAGE - 1))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{ACCESS_FLAG, EXECUTE_NEVER, MEMATTR_NORMAL, Mapping, build, tables_size, walk};
    use crate::system::{PageSize, Permissions};

    const BASE: u64 = 0x7000_2000;

    fn mapping(ipa: u64, pa: u64, size: PageSize, perms: &str, cached: bool) -> Mapping {
        let permissions = Permissions {
            read: perms.contains('r'),
            write: perms.contains('w'),
            execute: perms.contains('x'),
        };
        Mapping {
            ipa,
            pa,
            size,
            permissions,
            cached,
        }
    }

    #[test]
    fn descriptors_are_those_of_the_reference() {
        let low_bits = |perms, cached| {
            let tables = build(
                BASE,
                &[mapping(0, 0x6000_0000, PageSize::Small, perms, cached)],
            );
            walk(BASE, &tables, 0).map(|(descriptor, _)| descriptor & !0xffff_f000)
        };
        assert_eq!(
            low_bits("rw", true),
            Some(EXECUTE_NEVER | ACCESS_FLAG | 0xc0 | MEMATTR_NORMAL | 3)
        );
        assert_eq!(
            low_bits("rx", true),
            Some(ACCESS_FLAG | 0x40 | MEMATTR_NORMAL | 3)
        );
        assert_eq!(
            low_bits("r", false),
            Some(EXECUTE_NEVER | ACCESS_FLAG | 0x40 | 3)
        );
        assert_eq!(low_bits("wx", true), Some(ACCESS_FLAG | MEMATTR_NORMAL | 3));
        assert_eq!(
            low_bits("", true),
            Some(EXECUTE_NEVER | ACCESS_FLAG | MEMATTR_NORMAL | 3)
        );
    }

    #[test]
    fn the_top_of_the_address_space_lies_in_the_second_root_table() {
        let ipa = 0xff_ffff_f000;
        let tables = build(
            BASE,
            &[mapping(ipa, 0x6000_5000, PageSize::Small, "rw", true)],
        );
        assert_eq!(tables[0x1ff8..0x2000], ((BASE + 0x2000) | 3).to_le_bytes());
        assert_eq!(
            walk(BASE, &tables, ipa + 4).map(|found| found.1),
            Some(0x6000_5004)
        );
        assert_eq!(walk(BASE, &tables, ipa - 0x1000), None);
    }

    #[test]
    fn a_large_page_is_one_block_of_level_2() {
        let tables = build(
            BASE,
            &[mapping(
                0x4000_0000,
                0x8020_0000,
                PageSize::Large,
                "rwx",
                true,
            )],
        );
        assert_eq!(tables.len(), 0x3000);
        assert_eq!(
            walk(BASE, &tables, 0x401f_ffff).map(|found| found.1),
            Some(0x803f_ffff)
        );
        assert_eq!(walk(BASE, &tables, 0x4020_0000), None);
    }

    proptest! {
        #[test]
        fn what_was_mapped_is_found_and_the_size_was_foretold(pages in proptest::collection::btree_map(0u64..1 << 28, any::<u16>(), 1..40)) {
            let mappings: Vec<Mapping> = pages
                .iter()
                .map(|(page, frame)| mapping(page << 12, u64::from(*frame) << 12, PageSize::Small, "r", true))
                .collect();
            let tables = build(BASE, &mappings);
            prop_assert_eq!(tables.len() as u64, tables_size(mappings.iter().map(|m| (m.ipa, m.size))));
            for mapping in &mappings {
                prop_assert_eq!(walk(BASE, &tables, mapping.ipa).map(|found| found.1), Some(mapping.pa));
            }
        }
    }
}
