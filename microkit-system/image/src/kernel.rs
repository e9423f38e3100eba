// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's ELF file.

use std::ops::Range;
use std::path::Path;

use tombolo_kernel_spec::SYMBOL;

use crate::board::{Board, PAGE, round_up};
use crate::diagnostic::Diagnostic;
use crate::program::{Program, SymbolSize};

/// The embedded kernel, ready to be put at the start of an image.
#[derive(Clone, Debug)]
pub struct Kernel {
    program: Program,
    start: u64,
}

impl Kernel {
    /// Reads the kernel's ELF file for a board.
    ///
    /// # Errors
    /// It cannot be read, or is not the embedded kernel for this board.
    pub fn read(path: &Path, board: &Board) -> Result<Self, Diagnostic> {
        let wrong = |reason: String| {
            Diagnostic::error(format!("the kernel {} {reason}", path.display())).help(
                "give the ELF file of the crate tombolo-kernel with --kernel; ./build.sh builds it",
            )
        };
        let bytes =
            std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let program = Program::read(&bytes).map_err(wrong)?;
        Self::new(program, board).map_err(wrong)
    }

    /// The kernel of a program that was read.
    ///
    /// # Errors
    /// Why it is not the embedded kernel for this board.
    pub fn new(program: Program, board: &Board) -> Result<Self, String> {
        let load = board.load_address;
        if program.entry != load || !program.segments.iter().any(|segment| segment.paddr == load) {
            return Err(format!(
                "starts at {:#x}; the image is loaded and started at {load:#x}, so entry and first segment must be there",
                program.entry
            ));
        }
        let outside = program
            .segments
            .iter()
            .find(|segment| segment.paddr < load || segment.vaddr != segment.paddr);
        if let Some(segment) = outside {
            return Err(format!(
                "has a segment at {:#x} (physical {:#x}); link it at its load address",
                segment.vaddr, segment.paddr
            ));
        }
        let kernel = Self {
            program,
            start: load,
        };
        let range = kernel.range();
        if range.start < board.memory.start || range.end > board.memory.end {
            return Err(format!(
                "covers [{:#x}, {:#x}), which is more than main memory",
                range.start, range.end
            ));
        }
        kernel
            .program
            .symbol(SYMBOL, SymbolSize::Exactly(8))
            .map_err(|_| format!("lacks the 8-byte symbol `{SYMBOL}`"))?;
        Ok(kernel)
    }

    /// Physical memory of the kernel, its zeroed part included.
    pub fn range(&self) -> Range<u64> {
        let end = self
            .program
            .segments
            .iter()
            .map(|segment| segment.paddr + segment.size)
            .max();
        self.start..round_up(end.unwrap_or(self.start), PAGE)
    }

    /// Writes the kernel to the start of the image, with the address of the tables
    /// of objects in its symbol.
    pub fn write(&self, spec: u64, image: &mut [u8]) {
        let mut program = self.program.clone();
        if let Ok(symbol) = program.symbol(SYMBOL, SymbolSize::Exactly(8)) {
            program.patch(symbol, &spec.to_le_bytes());
        }
        for segment in &program.segments {
            let offset = (segment.paddr - self.start) as usize;
            image[offset..offset + segment.bytes.len()].copy_from_slice(&segment.bytes);
        }
    }
}
