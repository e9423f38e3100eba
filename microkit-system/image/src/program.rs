// SPDX-License-Identifier: BSD-2-Clause

//! The programs of protection domains: ELF files.
//!
//! Only what the dialect needs is taken from an ELF: entry, PT_LOAD segments and
//! symbols. Everything else about the file is checked, not believed: it comes
//! from a build that may have been made for another machine.

use std::collections::HashMap;
use std::ops::Range;

use object::LittleEndian;
use object::elf::{EM_AARCH64, ET_EXEC, FileHeader64, PF_R, PF_W, PF_X, PT_LOAD, SHT_SYMTAB};
use object::read::elf::{FileHeader, ProgramHeader, Sym};

use crate::board::{IPA_TOP, PAGE, overlap, round_down, round_up};
use crate::system::Permissions;

/// More than any board's memory: a size above is damage, and is not allocated.
const MAX_SEGMENT: u64 = 1 << 32;

/// A PT_LOAD segment.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Virtual address.
    pub vaddr: u64,
    /// Physical address.
    pub paddr: u64,
    /// Content; zeros follow up to `size`.
    pub bytes: Vec<u8>,
    /// Bytes in memory.
    pub size: u64,
    /// Permissions of its pages.
    pub permissions: Permissions,
}

impl Segment {
    /// Its addresses.
    pub fn range(&self) -> Range<u64> {
        self.vaddr..self.vaddr + self.size
    }

    /// Its pages.
    pub fn pages(&self) -> Range<u64> {
        round_down(self.vaddr, PAGE)..round_up(self.range().end, PAGE)
    }
}

/// A symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Address.
    pub address: u64,
    /// Bytes.
    pub size: u64,
    /// There are more of this name.
    pub ambiguous: bool,
}

/// A program that was loaded.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it starts.
    pub entry: u64,
    /// Its segments by address.
    pub segments: Vec<Segment>,
    symbols: HashMap<String, Symbol>,
    patches: Vec<Range<u64>>,
}

/// Why a symbol cannot be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SymbolError {
    /// There is none of this name.
    Missing,
    /// There are several.
    Ambiguous,
    /// Its size is this, not the one needed.
    Size(u64),
    /// It lies at this address, in no segment.
    Outside(u64),
}

/// How large a symbol must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolSize {
    /// Exactly so many bytes.
    Exactly(u64),
    /// So many bytes or more.
    AtLeast(u64),
}

impl Program {
    /// Reads an ELF file.
    ///
    /// # Errors
    /// What is wrong with it, to follow the words "the program X".
    pub fn read(data: &[u8]) -> Result<Self, String> {
        let header =
            FileHeader64::<LittleEndian>::parse(data).map_err(|_| describe_foreign(data))?;
        let endian = header
            .endian()
            .map_err(|_| "is big-endian; build it for little-endian AArch64".to_owned())?;
        if header.e_machine(endian) != EM_AARCH64 {
            return Err(format!(
                "is for another machine (e_machine {}); build it for AArch64",
                header.e_machine(endian)
            ));
        }
        if header.e_type(endian) != ET_EXEC {
            return Err(format!(
                "is no executable with fixed addresses (e_type {}); link it statically, not position-independent",
                header.e_type(endian)
            ));
        }
        let segments = read_segments(header, endian, data)?;
        let symbols = read_symbols(header, endian, data)?;
        Ok(Self {
            entry: header.e_entry(endian),
            segments,
            symbols,
            patches: Vec::new(),
        })
    }

    /// Takes symbols from another ELF file of the same addresses.
    pub fn use_symbols_of(&mut self, other: Self) {
        self.symbols = other.symbols;
    }

    /// Names of all symbols.
    pub fn symbol_names(&self) -> impl Iterator<Item = &str> {
        self.symbols.keys().map(String::as_str)
    }

    /// The symbol `name` if it can be set.
    ///
    /// # Errors
    /// See [`SymbolError`].
    pub fn symbol(&self, name: &str, size: SymbolSize) -> Result<Symbol, SymbolError> {
        let symbol = *self.symbols.get(name).ok_or(SymbolError::Missing)?;
        let fits = match size {
            SymbolSize::Exactly(size) => symbol.size == size,
            SymbolSize::AtLeast(size) => symbol.size >= size,
        };
        if symbol.ambiguous {
            Err(SymbolError::Ambiguous)
        } else if !fits {
            Err(SymbolError::Size(symbol.size))
        } else if self.segment_of(symbol).is_none() {
            Err(SymbolError::Outside(symbol.address))
        } else {
            Ok(symbol)
        }
    }

    fn segment_of(&self, symbol: Symbol) -> Option<usize> {
        let end = symbol.address.checked_add(symbol.size)?;
        self.segments.iter().position(|segment| {
            segment.range().start <= symbol.address && end <= segment.range().end
        })
    }

    /// Says that the tool will set this symbol: its pages have content.
    pub fn will_patch(&mut self, symbol: Symbol) {
        self.patches
            .push(symbol.address..symbol.address + symbol.size);
    }

    /// Sets the first bytes of a symbol.
    pub fn patch(&mut self, symbol: Symbol, bytes: &[u8]) {
        let Some(index) = self.segment_of(symbol) else {
            return;
        };
        let segment = &mut self.segments[index];
        let offset = (symbol.address - segment.vaddr) as usize;
        let count = bytes.len().min(symbol.size as usize);
        let end = offset + count;
        // A symbol may lie in the zeros behind the file's part.
        segment.bytes.resize(segment.bytes.len().max(end), 0);
        segment.bytes[offset..end].copy_from_slice(&bytes[..count]);
    }

    /// Whether the page at `page` of a segment holds something else than zeros at
    /// start.
    pub fn page_has_content(&self, segment: &Segment, page: u64) -> bool {
        let page = page..page + PAGE;
        let file = segment.vaddr..segment.vaddr + segment.bytes.len() as u64;
        overlap(&file, &page) || self.patches.iter().any(|patch| overlap(patch, &page))
    }

    /// Copies what belongs in the page at `page` of a segment.
    pub fn copy_page(segment: &Segment, page: u64, into: &mut [u8]) {
        let end = segment.vaddr + segment.bytes.len() as u64;
        let (start, end) = (segment.vaddr.max(page), end.min(page + PAGE));
        if start < end {
            let from = (start - segment.vaddr) as usize..(end - segment.vaddr) as usize;
            into[(start - page) as usize..(end - page) as usize]
                .copy_from_slice(&segment.bytes[from]);
        }
    }
}

/// Says what a file that is no 64-bit ELF is.
fn describe_foreign(data: &[u8]) -> String {
    match data.get(..5) {
        Some([0x7f, b'E', b'L', b'F', 1]) => {
            "is a 32-bit ELF; build it for 64-bit AArch64".to_owned()
        }
        Some([0x7f, b'E', b'L', b'F', _]) => "is a damaged ELF file; build it again".to_owned(),
        _ => "is no ELF file".to_owned(),
    }
}

type Header = FileHeader64<LittleEndian>;

fn read_segments(
    header: &Header,
    endian: LittleEndian,
    data: &[u8],
) -> Result<Vec<Segment>, String> {
    let damaged = |what: &str| format!("is damaged: {what}");
    let headers = header
        .program_headers(endian, data)
        .map_err(|_| damaged("its program headers lie outside the file"))?;
    let mut segments = Vec::new();
    for program_header in headers
        .iter()
        .filter(|p| p.p_type(endian) == PT_LOAD && p.p_memsz(endian) > 0)
    {
        let content = program_header
            .data(endian, data)
            .map_err(|()| damaged("a segment lies outside the file"))?;
        let (vaddr, size) = (
            program_header.p_vaddr(endian),
            program_header.p_memsz(endian),
        );
        if size < content.len() as u64
            || size > MAX_SEGMENT
            || vaddr.checked_add(size).is_none_or(|end| end > IPA_TOP)
        {
            return Err(damaged(&format!(
                "the segment at {vaddr:#x} has an impossible size"
            )));
        }
        let flags = program_header.p_flags(endian);
        let has = |flag| (flags & flag).0 != 0;
        segments.push(Segment {
            vaddr,
            paddr: program_header.p_paddr(endian),
            bytes: content.to_vec(),
            size,
            permissions: Permissions {
                read: has(PF_R),
                write: has(PF_W),
                execute: has(PF_X),
            },
        });
    }
    if segments.is_empty() {
        return Err("has no PT_LOAD segment: there is nothing to load".to_owned());
    }
    segments.sort_by_key(|segment| segment.vaddr);
    for pair in segments.windows(2) {
        if pair[0].pages().end > pair[1].pages().start {
            return Err(format!(
                "has two segments in the page at {:#x} (they start at {:#x} and {:#x}); align segments to 4 KiB in the linker script",
                pair[1].pages().start,
                pair[0].vaddr,
                pair[1].vaddr
            ));
        }
    }
    Ok(segments)
}

fn read_symbols(
    header: &Header,
    endian: LittleEndian,
    data: &[u8],
) -> Result<HashMap<String, Symbol>, String> {
    let damaged = |_| "is damaged: its symbol table cannot be read".to_owned();
    let sections = header.sections(endian, data).map_err(damaged)?;
    let table = sections
        .symbols(endian, data, SHT_SYMTAB)
        .map_err(damaged)?;
    let mut symbols = HashMap::<String, Symbol>::new();
    for symbol in table.iter().filter(|symbol| symbol.st_name(endian) != 0) {
        let Ok(name) = symbol.name(endian, table.strings()) else {
            continue;
        };
        symbols
            .entry(String::from_utf8_lossy(name).into_owned())
            .and_modify(|symbol| symbol.ambiguous = true)
            .or_insert(Symbol {
                address: symbol.st_value(endian),
                size: symbol.st_size(endian),
                ambiguous: false,
            });
    }
    Ok(symbols)
}
