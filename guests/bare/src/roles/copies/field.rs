// SPDX-License-Identifier: BSD-2-Clause

//! The name field, looked at byte by byte.

use crate::failure;
use crate::machine::Page;
use crate::machine::Width;
use crate::machine::copies::{Aborted, Copy, run};
use crate::run::Failure;

const STATUS: u64 = 0x14;
const SIZE: u64 = 0x18;
const NAME: u64 = 0x1c;
/// A name of the manifest's pool, with its NUL in a field of dashes.
const LEGAL: &[u8; 32] = b"copied-0123456789-0123456789ab\0-";
/// What is copied for its bytes' sake.
const TEXT: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";

/// The field.
pub struct Field {
    page: Page,
    address: u64,
}

impl Field {
    /// Of the factory page at `address`.
    pub fn new(address: u64) -> Self {
        Self {
            // SAFETY: the device tree says that it is there; devices are mapped.
            page: unsafe { Page::new(address) },
            address: address + NAME,
        }
    }

    /// Where it is.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// The same byte everywhere.
    pub fn fill(&self, byte: u8) -> Result<(), Failure> {
        for offset in NAME..NAME + 32 {
            self.page.store(offset, Width::Byte, byte.into())?;
        }
        Ok(())
    }

    /// It holds these bytes.
    pub fn is(&self, expected: &[u8; 32]) -> Result<(), Failure> {
        for (offset, expected) in (NAME..).zip(expected) {
            let is = self.page.load(offset, Width::Byte)?;
            if is != u64::from(*expected) {
                return Err(failure!(
                    "byte {} is {is:#x}, not {expected:#x}",
                    offset - NAME
                ));
            }
        }
        Ok(())
    }

    /// A copy of so many bytes into it does what it should, from an aligned address and
    /// from others.
    pub fn holds(&self, copy: Copy, bytes: usize) -> Result<(), Failure> {
        for shift in [0, 1, 6] {
            self.fill(b'-')?;
            let mut buffer = [0; 40];
            buffer[shift..shift + 32].copy_from_slice(TEXT);
            self.copy_in(copy, &buffer[shift..], bytes)
                .map_err(|aborted| failed(bytes, aborted))?;
            let mut expected = [b'-'; 32];
            expected[..bytes].copy_from_slice(&TEXT[..bytes]);
            self.is(&expected)
                .map_err(|failure| failure!("{bytes} bytes: {failure}"))?;
        }
        Ok(())
    }

    /// A copy of so many bytes out of it, too.
    pub fn gives(&self, copy: Copy, bytes: usize) -> Result<(), Failure> {
        for (offset, byte) in (NAME..).zip(TEXT) {
            self.page.store(offset, Width::Byte, (*byte).into())?;
        }
        let mut buffer = [b'-'; 33];
        // An odd address.
        let to = buffer[1..].as_mut_ptr().expose_provenance() as u64;
        // SAFETY: 32 bytes of this function's, and the name field.
        unsafe { run(copy, to, self.address, bytes as u64) }
            .map_err(|aborted| failed(bytes, aborted))?;
        let is = core::hint::black_box(&buffer);
        if is[1..=bytes] == TEXT[..bytes] && is[1 + bytes..].iter().all(|byte| *byte == b'-') {
            Ok(())
        } else {
            Err(failure!("{bytes} bytes out of the field: wrong"))
        }
    }

    /// A copy into it is an external abort at this instruction, and changes nothing.
    pub fn refuses(&self, copy: Copy, bytes: usize, word: u32) -> Result<(), Failure> {
        self.fill(b'-')?;
        aborted(self.copy_in(copy, TEXT, bytes), word)?;
        self.is(&[b'-'; 32])
    }

    /// A name that was copied into it attaches.
    pub fn attaches(&self, copy: Copy) -> Result<(), Failure> {
        self.fill(b'-')?;
        self.copy_in(copy, LEGAL, 32)
            .map_err(|aborted| failed(32, aborted))?;
        self.page.store(SIZE, Width::Word, 1)?;
        match self.page.load(STATUS, Width::Word)? {
            0 => Ok(()),
            status => Err(failure!("attach: status {status}")),
        }
    }

    fn copy_in(&self, copy: Copy, from: &[u8], bytes: usize) -> Result<(), Aborted> {
        let from = from.as_ptr().expose_provenance() as u64;
        // SAFETY: the name field, and a slice of at least as many bytes.
        unsafe { run(copy, self.address, from, bytes as u64) }
    }
}

fn failed(bytes: usize, aborted: Aborted) -> Failure {
    let (esr, word) = (aborted.abort.esr, aborted.word);
    failure!("{bytes} bytes: an abort at instruction {word:#010x}, esr {esr:#x}")
}

/// It was an external abort at this instruction.
pub fn aborted(outcome: Result<(), Aborted>, word: u32) -> Result<(), Failure> {
    match outcome {
        Err(aborted) if aborted.abort.is_external() && aborted.word == word => Ok(()),
        Err(aborted) => Err(failed(32, aborted)),
        Ok(()) => Err(failure!("no abort: this works now, so say so")),
    }
}
