// SPDX-License-Identifier: BSD-2-Clause

//! A chain of descriptors, read once and checked.
//!
//! What the device reads comes first, what it writes after that; how a request is
//! spread over descriptors is the driver's affair (virtio 1.2, 2.7.4.2). So a chain
//! is two strings of bytes, and parts of them are asked for by offset.

use super::Dma;
use super::queue::{BadRing, MAX_QUEUE};
use heapless::Vec;
use virtio_spec::virtq::DescF;

/// Bytes of a descriptor.
const DESCRIPTOR: u64 = 16;

/// A piece of guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) address: u64,
    pub(super) bytes: u64,
}

/// A descriptor.
struct Descriptor {
    piece: Piece,
    flags: u16,
    next: u16,
}

impl Descriptor {
    fn read(dma: &impl Dma, table: u64, number: u16) -> Result<Self, BadRing> {
        let mut bytes = [0; DESCRIPTOR as usize];
        let address = table.checked_add(u64::from(number) * DESCRIPTOR);
        let address = address.ok_or(BadRing::NotRam(table))?;
        if !dma.read_guest(address, &mut bytes) {
            return Err(BadRing::NotRam(address));
        }
        let [
            a0,
            a1,
            a2,
            a3,
            a4,
            a5,
            a6,
            a7,
            l0,
            l1,
            l2,
            l3,
            f0,
            f1,
            n0,
            n1,
        ] = bytes;
        Ok(Self {
            piece: Piece {
                address: u64::from_le_bytes([a0, a1, a2, a3, a4, a5, a6, a7]),
                bytes: u32::from_le_bytes([l0, l1, l2, l3]).into(),
            },
            flags: u16::from_le_bytes([f0, f1]),
            next: u16::from_le_bytes([n0, n1]),
        })
    }

    fn has(&self, flag: DescF) -> bool {
        self.flags & flag.bits().to_ne() != 0
    }
}

/// A chain.
#[derive(Debug, Default)]
pub(super) struct Chain {
    readable: Vec<Piece, { MAX_QUEUE as usize }>,
    writable: Vec<Piece, { MAX_QUEUE as usize }>,
}

impl Chain {
    /// Reads the chain that begins at descriptor `head` of a table of `size`.
    pub(super) fn read(dma: &impl Dma, table: u64, size: u16, head: u16) -> Result<Self, BadRing> {
        let mut chain = Self::default();
        let (mut table, mut size, mut number, mut nested) = (table, size, head, false);
        loop {
            if number >= size {
                return Err(BadRing::Descriptor(number));
            }
            let descriptor = Descriptor::read(dma, table, number)?;
            if descriptor.has(DescF::INDIRECT) {
                // The rest of the chain is there (2.7.5.3.1).
                let count = descriptor.piece.bytes / DESCRIPTOR;
                let whole = descriptor.piece.bytes.is_multiple_of(DESCRIPTOR);
                if nested || !whole || count == 0 || descriptor.has(DescF::NEXT) {
                    return Err(BadRing::Indirect);
                }
                nested = true;
                table = descriptor.piece.address;
                size = u16::try_from(count).unwrap_or(u16::MAX);
                number = 0;
                continue;
            }
            chain.push(&descriptor)?;
            if !descriptor.has(DescF::NEXT) {
                return Ok(chain);
            }
            number = descriptor.next;
        }
    }

    /// A circle ends here too: there is no room for it.
    fn push(&mut self, descriptor: &Descriptor) -> Result<(), BadRing> {
        let list = if descriptor.has(DescF::WRITE) {
            &mut self.writable
        } else if self.writable.is_empty() {
            &mut self.readable
        } else {
            return Err(BadRing::Order);
        };
        list.push(descriptor.piece).map_err(|_| BadRing::TooLong)
    }

    /// Bytes that the device may read.
    pub(super) fn readable(&self) -> u64 {
        total(&self.readable)
    }

    /// Bytes that the device may write.
    pub(super) fn writable(&self) -> u64 {
        total(&self.writable)
    }

    /// The pieces of `bytes` readable bytes from `offset`.
    pub(super) fn to_read(&self, offset: u64, bytes: u64) -> impl Iterator<Item = Piece> {
        part(&self.readable, offset, bytes)
    }

    /// The pieces of `bytes` writable bytes from `offset`.
    pub(super) fn to_write(&self, offset: u64, bytes: u64) -> impl Iterator<Item = Piece> {
        part(&self.writable, offset, bytes)
    }
}

/// No overflow: at most 128 pieces of 32 bits.
fn total(pieces: &[Piece]) -> u64 {
    pieces.iter().map(|piece| piece.bytes).sum()
}

fn part(pieces: &[Piece], offset: u64, bytes: u64) -> impl Iterator<Item = Piece> {
    let (mut skip, mut left) = (offset, bytes);
    pieces.iter().filter_map(move |piece| {
        let skipped = skip.min(piece.bytes);
        skip -= skipped;
        let taken = left.min(piece.bytes - skipped);
        left -= taken;
        // An address that wraps is not in guest RAM either way.
        let address = piece.address.wrapping_add(skipped);
        (taken > 0).then_some(Piece {
            address,
            bytes: taken,
        })
    })
}
