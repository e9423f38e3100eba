// SPDX-License-Identifier: BSD-2-Clause

//! Turning the MMU on, and mapping more.

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{MAIR_EL1, ReadWriteable, SCTLR_EL1, TCR_EL1, TTBR0_EL1, Writeable};
use bare_guests::tables::{MAIR, MapError, Mapper, Memory, Pool, TCR};

const GIB: u64 = 1 << 30;
/// RAM starts here, on the machines that these programs know.
const RAM: u64 = GIB;

static POOL: Pool = Pool::new();

/// The MMU, on.
pub struct Mmu {
    mapper: Mapper<'static>,
}

impl Mmu {
    /// Maps devices (below 1 GiB) and RAM (the next) and turns the MMU on.
    ///
    /// # Safety
    ///
    /// Called once, with the MMU off, by a program that lies in RAM.
    pub unsafe fn enable() -> Result<Self, MapError> {
        let mut mapper = Mapper::new(&POOL, (&raw const POOL).addr() as u64);
        mapper.map(0, GIB, Memory::Device)?;
        mapper.map(RAM, GIB, Memory::Program)?;
        MAIR_EL1.set(MAIR);
        TCR_EL1.set(TCR);
        TTBR0_EL1.set((&raw const POOL).addr() as u64);
        // The tables were written past the caches, and no line of theirs was read
        // through them since the start code threw the image's lines away.
        barrier::dsb(barrier::SY);
        // SAFETY: nothing is mapped that could be stale; ends what a predecessor left.
        unsafe { core::arch::asm!("tlbi vmalle1", "dsb nsh", "isb", options(nostack)) };
        SCTLR_EL1.modify(SCTLR_EL1::M::Enable + SCTLR_EL1::C::Cacheable + SCTLR_EL1::I::Cacheable);
        barrier::isb(barrier::SY);
        Ok(Self { mapper })
    }

    /// Maps one range more.
    pub fn map(&mut self, start: u64, size: u64, memory: Memory) -> Result<(), MapError> {
        self.mapper.map(start, size, memory)?;
        barrier::dsb(barrier::ISHST);
        barrier::isb(barrier::SY);
        Ok(())
    }
}
