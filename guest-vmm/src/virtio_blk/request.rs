// SPDX-License-Identifier: BSD-2-Clause

//! Requests (virtio 1.2, 5.2.6): header, data, status.

use super::Dma;
use super::chain::{Chain, Piece};
use super::queue::BadRing;
use virtio_spec::blk::{S, T};

/// Bytes of a sector.
pub const SECTOR: u64 = 512;
/// Bytes that are copied for one token.
pub const STEP_BYTES: u64 = 64 << 10;

/// Bytes of type, reserved and sector in front of a request.
const HEADER: u64 = 16;
/// Bytes of GET_ID's answer.
pub(super) const IDENTITY: usize = 20;

/// The disk, as requests see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disk {
    pub(super) sectors: u64,
    pub(super) read_only: bool,
    pub(super) identity: [u8; IDENTITY],
}

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// To its end: so many bytes were written into the guest.
    Finished(u32),
    /// Not yet: it goes on at this counter value.
    Later(u64),
}

/// What is known of a request that was begun.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Begun {
    /// Its first token was taken.
    paid: bool,
    /// Data bytes that are copied.
    done: u64,
}

/// What the driver asks for.
struct Header {
    kind: u32,
    sector: u64,
}

impl Header {
    fn read(dma: &impl Dma, chain: &Chain) -> Option<Self> {
        let mut bytes = [0; HEADER as usize];
        let mut filled = 0;
        for piece in chain.to_read(0, HEADER) {
            // Lossless: at most 16.
            let end = filled + piece.bytes as usize;
            if !dma.read_guest(piece.address, bytes.get_mut(filled..end)?) {
                return None;
            }
            filled = end;
        }
        let [t0, t1, t2, t3, _, _, _, _, sector @ ..] = bytes;
        Some(Self {
            kind: u32::from_le_bytes([t0, t1, t2, t3]),
            sector: u64::from_le_bytes(sector),
        })
    }
}

/// Status of a request and bytes of data that were written into the guest, or the
/// counter value at which there is a token again.
type Outcome = Result<(S, u64), u64>;

impl Disk {
    /// Serves the request in `chain` from where it was left; `token` gives one, or
    /// says when there will be one.
    pub(super) fn serve(
        &self,
        dma: &mut impl Dma,
        chain: &Chain,
        begun: &mut Begun,
        mut token: impl FnMut() -> Result<(), u64>,
    ) -> Result<Progress, BadRing> {
        let Some(last) = chain.writable().checked_sub(1) else {
            return Err(BadRing::NoStatus);
        };
        if chain.readable() < HEADER {
            return Err(BadRing::NoStatus);
        }
        let (status, written) = match self.act(dma, chain, begun, &mut token) {
            Ok(outcome) => outcome,
            Err(at) => return Ok(Progress::Later(at)),
        };
        for piece in chain.to_write(last, 1) {
            if !dma.write_guest(piece.address, &[status.into()]) {
                return Err(BadRing::NotRam(piece.address));
            }
        }
        let written = u32::try_from(written.saturating_add(1));
        Ok(Progress::Finished(written.unwrap_or(u32::MAX)))
    }

    fn act(
        &self,
        dma: &mut impl Dma,
        chain: &Chain,
        begun: &mut Begun,
        token: &mut impl FnMut() -> Result<(), u64>,
    ) -> Outcome {
        if !begun.paid {
            token()?;
            begun.paid = true;
        }
        let Some(header) = Header::read(dma, chain) else {
            return Ok((S::Ioerr, 0));
        };
        match T::try_from(header.kind) {
            Ok(T::In) => self.copy(dma, chain, &header, begun, token, true),
            Ok(T::Out) if !self.read_only => self.copy(dma, chain, &header, begun, token, false),
            Ok(T::Out) => Ok((S::Ioerr, 0)),
            Ok(T::Flush) => Ok((S::Ok, 0)),
            Ok(T::GetId) => Ok(self.identify(dma, chain)),
            _ => Ok((S::Unsupp, 0)),
        }
    }

    /// Copies data between disk and guest, step by step.
    fn copy(
        &self,
        dma: &mut impl Dma,
        chain: &Chain,
        header: &Header,
        begun: &mut Begun,
        token: &mut impl FnMut() -> Result<(), u64>,
        to_guest: bool,
    ) -> Outcome {
        let total = if to_guest {
            chain.writable() - 1
        } else {
            chain.readable() - HEADER
        };
        let Some(start) = self.range(header.sector, total) else {
            return Ok((S::Ioerr, 0));
        };
        while begun.done < total {
            if begun.done > 0 {
                token()?;
            }
            let step = STEP_BYTES.min(total - begun.done);
            let copied = if to_guest {
                let mut pieces = chain.to_write(begun.done, step);
                each(&mut pieces, start + begun.done, |offset, piece| {
                    dma.disk_to_guest(offset, piece.address, piece.bytes)
                })
            } else {
                let mut pieces = chain.to_read(HEADER + begun.done, step);
                each(&mut pieces, start + begun.done, |offset, piece| {
                    dma.guest_to_disk(offset, piece.address, piece.bytes)
                })
            };
            if !copied {
                return Ok((S::Ioerr, 0));
            }
            begun.done += step;
        }
        Ok((S::Ok, if to_guest { total } else { 0 }))
    }

    /// Where `bytes` from `sector` lie on the disk, if they do.
    fn range(&self, sector: u64, bytes: u64) -> Option<u64> {
        let end = sector.checked_add(bytes / SECTOR)?;
        let inside = bytes.is_multiple_of(SECTOR) && end <= self.sectors;
        // No overflow: the disk's size in bytes is 64 bits.
        inside.then(|| sector * SECTOR)
    }

    fn identify(&self, dma: &mut impl Dma, chain: &Chain) -> (S, u64) {
        let bytes = (chain.writable() - 1).min(IDENTITY as u64);
        let mut pieces = chain.to_write(0, bytes);
        let written = each(&mut pieces, 0, |offset, piece| {
            // Lossless: at most 20.
            let (from, to) = (offset as usize, (offset + piece.bytes) as usize);
            let part = self.identity.get(from..to);
            part.is_some_and(|part| dma.write_guest(piece.address, part))
        });
        if written {
            (S::Ok, bytes)
        } else {
            (S::Ioerr, 0)
        }
    }
}

/// Calls `copy` with each piece and where it begins, counted from `offset`, until it
/// says that it could not.
fn each(
    pieces: &mut impl Iterator<Item = Piece>,
    mut offset: u64,
    mut copy: impl FnMut(u64, Piece) -> bool,
) -> bool {
    pieces.all(|piece| {
        let done = copy(offset, piece);
        offset += piece.bytes;
        done
    })
}
