// SPDX-License-Identifier: BSD-2-Clause

//! What the kernel's rules need of the machine.
//!
//! The only way from `tombolo-kernel-core` to hardware: implemented by the
//! AArch64 crate on the machine and by a fake in tests. No method fails, blocks
//! or calls back.

use core::fmt;

/// A count of the physical counter (`CNTPCT_EL0`).
pub type Ticks = u64;

/// Physical address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PhysAddr(pub u64);

/// VSpace cache operations (sel4-microkit-abi, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheOp {
    /// DC CVAC.
    Clean,
    /// DC IVAC (as clean-and-invalidate where invalidation alone could harm).
    Invalidate,
    /// DC CIVAC.
    CleanInvalidate,
    /// DC CVAU, IC IVAU.
    UnifyInstruction,
}

/// A list register is busy: its saved state is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListRegisterBusy;

/// The machine.
pub trait Hardware {
    /// Counter now.
    fn now(&mut self) -> Ticks;
    /// Counter frequency in Hz.
    fn frequency(&self) -> u64;
    /// Interrupt (CNTHP, PPI 26) at `at` or at once if that is past.
    fn set_deadline(&mut self, at: Ticks);

    /// Acknowledges the interrupt handler's line: unmasks INTID.
    fn irq_ack(&mut self, intid: u32);

    /// Word `index` (0..128) of the IPC buffer at `buffer`.
    fn ipc_read(&self, buffer: PhysAddr, index: usize) -> u64;
    /// Writes word `index` (0..128) of the IPC buffer at `buffer`.
    fn ipc_write(&mut self, buffer: PhysAddr, index: usize, value: u64);
    /// A page-table entry: the 8-byte word at `at`.
    fn table_entry(&self, at: PhysAddr) -> u64;
    /// A cache operation on `[start, start + size)`, within one page.
    fn cache(&mut self, op: CacheOp, start: PhysAddr, size: u64);

    /// SMC with x0–x7 in and out.
    fn smc(&mut self, registers: &mut [u64; 8]);

    /// Number of list registers of the virtual interface.
    fn list_registers(&self) -> u32;
    /// VCPU register `id` (0..24, sel4-microkit-abi 3.4), from hardware if loaded.
    fn vcpu_read(&mut self, vcpu: usize, id: u32) -> u64;
    /// Writes VCPU register `id` (0..24).
    fn vcpu_write(&mut self, vcpu: usize, id: u32, value: u64);
    /// Pending interrupt into list register `index` (in range, checked).
    fn vcpu_inject(
        &mut self,
        vcpu: usize,
        index: u32,
        virq: u32,
        priority: u32,
        group: u32,
    ) -> Result<(), ListRegisterBusy>;
    /// AckVPPI 27: the mask flag is cleared.
    fn vcpu_ack_vppi(&mut self, vcpu: usize);

    /// One byte to the debug console (debug configuration's DebugPutChar).
    fn debug_put_char(&mut self, byte: u8);
    /// A line of the kernel's own, which puts its name before it: reports of faults that
    /// nobody handles.
    fn report(&mut self, line: fmt::Arguments<'_>);
}
