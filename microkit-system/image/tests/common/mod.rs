// SPDX-License-Identifier: BSD-2-Clause

//! Files for tests: ELF files of any shape, written byte by byte.

// Each test crate uses a part of this.
#![allow(dead_code)]

use std::path::Path;

/// A PT_LOAD segment.
#[derive(Clone)]
pub struct Load {
    pub vaddr: u64,
    pub bytes: Vec<u8>,
    pub memory_size: u64,
    /// 1 execute, 2 write, 4 read.
    pub flags: u32,
}

/// An ELF file.
#[derive(Clone)]
pub struct Elf {
    pub machine: u16,
    pub entry: u64,
    pub loads: Vec<Load>,
    /// Name, address, size.
    pub symbols: Vec<(&'static str, u64, u64)>,
}

/// The symbols of every program, from `at` on.
pub fn microkit_symbols(at: u64) -> Vec<(&'static str, u64, u64)> {
    let words = [
        "microkit_irqs",
        "microkit_notifications",
        "microkit_pps",
        "microkit_ioports",
    ];
    let words = words
        .into_iter()
        .zip((at + 72..).step_by(8))
        .map(|(name, at)| (name, at, 8));
    [("microkit_name", at, 64), ("microkit_passive", at + 64, 1)]
        .into_iter()
        .chain(words)
        .collect()
}

/// Text at 0x20_0000, data at 0x20_2000 (symbols in its first page, then zeros).
pub fn program() -> Elf {
    let data = 0x20_2000;
    let mut symbols = microkit_symbols(data);
    symbols.extend([
        ("buffer", data + 0x100, 8),
        ("buffer_size", data + 0x108, 8),
        ("buffer_paddr", data + 0x110, 8),
        ("channel_id", data + 0x118, 8),
        ("narrow", data + 0x120, 4),
        ("twice", data + 0x128, 8),
        ("twice", data + 0x130, 8),
        ("in_bss", data + 0x3008, 8),
        ("nowhere", 0x9000_0000, 8),
    ]);
    Elf {
        machine: 183,
        entry: 0x20_0010,
        loads: vec![
            Load {
                vaddr: 0x20_0000,
                bytes: (0..0x1234).map(|n| n as u8).collect(),
                memory_size: 0x1234,
                flags: 5,
            },
            Load {
                vaddr: data,
                bytes: vec![0xa5; 0x200],
                memory_size: 0x5000,
                flags: 6,
            },
        ],
        symbols,
    }
}

/// A kernel: one segment at its load address.
pub fn kernel() -> Elf {
    Elf {
        machine: 183,
        entry: 0x7000_0000,
        loads: vec![Load {
            vaddr: 0x7000_0000,
            bytes: vec![0x11; 0x1800],
            memory_size: 0x4800,
            flags: 7,
        }],
        symbols: vec![("tombolo_system_spec", 0x7000_1000, 8)],
    }
}

impl Elf {
    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let headers = 64 + 56 * self.loads.len();
        let (mut body, mut program_headers) = (Vec::new(), Vec::new());
        for load in &self.loads {
            let offset = (headers + body.len()) as u64;
            program_headers.extend(words32(&[1, load.flags]));
            let size = load.bytes.len() as u64;
            program_headers.extend(words(&[
                offset,
                load.vaddr,
                load.vaddr,
                size,
                load.memory_size,
                0x1000,
            ]));
            body.extend(&load.bytes);
        }
        let (mut names, mut symbols) = (vec![0u8], vec![0u8; 24]);
        for (name, address, size) in &self.symbols {
            symbols.extend(words32(&[names.len() as u32]));
            symbols.extend([0x11, 0, 1, 0]);
            symbols.extend(words(&[*address, *size]));
            names.extend(name.as_bytes());
            names.push(0);
        }
        body.resize(body.len().next_multiple_of(8), 0);
        let symbols_at = (headers + body.len()) as u64;
        names.resize(names.len().next_multiple_of(8), 0);
        let names_at = symbols_at + symbols.len() as u64;
        let sections_at = names_at + names.len() as u64;
        let mut sections = vec![0u8; 64];
        sections.extend(section(2, (symbols_at, symbols.len() as u64), 2, 24));
        sections.extend(section(3, (names_at, names.len() as u64), 0, 0));
        let mut file = self.header(sections_at);
        for part in [program_headers, body, symbols, names, sections] {
            file.extend(part);
        }
        file
    }

    fn header(&self, sections_at: u64) -> Vec<u8> {
        let mut header = b"\x7fELF\x02\x01\x01".to_vec();
        header.resize(16, 0);
        header.extend([2u16, self.machine].iter().flat_map(|n| n.to_le_bytes()));
        header.extend(words32(&[1]));
        header.extend(words(&[self.entry, 64, sections_at]));
        header.extend(words32(&[0]));
        let sizes = [64u16, 56, self.loads.len() as u16, 64, 3, 2];
        header.extend(sizes.iter().flat_map(|n| n.to_le_bytes()));
        header
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) {
        std::fs::write(path, self.bytes()).unwrap();
    }
}

fn section(kind: u32, (at, size): (u64, u64), link: u32, entry_size: u64) -> Vec<u8> {
    let mut section = words32(&[0, kind]);
    section.extend(words(&[0, 0, at, size]));
    section.extend(words32(&[link, 1]));
    section.extend(words(&[8, entry_size]));
    section
}

fn words(list: &[u64]) -> Vec<u8> {
    list.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn words32(list: &[u32]) -> Vec<u8> {
    list.iter().flat_map(|n| n.to_le_bytes()).collect()
}
