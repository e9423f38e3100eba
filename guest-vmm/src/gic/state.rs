// SPDX-License-Identifier: BSD-2-Clause

//! Per-interrupt state of the distributor.
//!
//! Interrupts 0 to 31 (SGIs and PPIs) are banked: each vCPU has its own. The rest
//! (SPIs) are the guest's.

use crate::vcpu::{PerVcpu, VcpuId};

/// Interrupts of the virtual distributor: SGIs, PPIs and 224 SPIs.
pub const INTIDS: usize = 256;
/// Words of one bit per interrupt.
pub(super) const WORDS: usize = INTIDS / 32;
/// SGIs and PPIs.
const PRIVATE: usize = 32;
/// SGIs.
pub(super) const SGIS: usize = 16;
/// Word 0's SGIs.
pub(super) const SGI_BITS: u32 = 0xffff;

/// A set of interrupts, laid out as the registers are.
#[derive(Clone, Debug)]
pub(super) struct Set {
    private: PerVcpu<u32>,
    /// Word 0 is not used.
    shared: [u32; WORDS],
}

impl Set {
    /// SPIs: none.
    fn new(private: u32) -> Self {
        Self {
            private: PerVcpu::for_all(|_| private),
            shared: [0; WORDS],
        }
    }

    /// Word `n` as `vcpu` sees it; 0 beyond the end.
    pub(super) fn word(&self, vcpu: VcpuId, n: usize) -> u32 {
        match n {
            0 => self.private[vcpu],
            _ => self.shared.get(n).copied().unwrap_or(0),
        }
    }

    /// Changes word `n`, if there is one.
    pub(super) fn update(&mut self, vcpu: VcpuId, n: usize, change: impl FnOnce(u32) -> u32) {
        let word = match n {
            0 => Some(&mut self.private[vcpu]),
            _ => self.shared.get_mut(n),
        };
        if let Some(word) = word {
            *word = change(*word);
        }
    }

    pub(super) fn get(&self, vcpu: VcpuId, intid: u16) -> bool {
        self.word(vcpu, usize::from(intid) / 32) >> (intid % 32) & 1 == 1
    }

    pub(super) fn set(&mut self, vcpu: VcpuId, intid: u16, value: bool) {
        let bit = intid % 32;
        self.update(vcpu, usize::from(intid) / 32, |word| {
            word & !(1 << bit) | u32::from(value) << bit
        });
    }
}

/// One byte per interrupt.
#[derive(Clone, Debug)]
pub(super) struct Bytes {
    private: PerVcpu<[u8; PRIVATE]>,
    /// The first are not used.
    shared: [u8; INTIDS],
}

impl Bytes {
    fn new() -> Self {
        Self {
            private: PerVcpu::for_all(|_| [0; PRIVATE]),
            shared: [0; INTIDS],
        }
    }

    /// 0 beyond the end.
    pub(super) fn get(&self, vcpu: VcpuId, intid: usize) -> u8 {
        let private = self.private[vcpu].get(intid);
        private
            .or_else(|| self.shared.get(intid))
            .copied()
            .unwrap_or(0)
    }

    /// Nothing beyond the end.
    pub(super) fn set(&mut self, vcpu: VcpuId, intid: usize, value: u8) {
        let byte = match self.private[vcpu].get_mut(intid) {
            Some(byte) => Some(byte),
            None => self.shared.get_mut(intid),
        };
        if let Some(byte) = byte {
            *byte = value;
        }
    }
}

/// All interrupts.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) enabled: Set,
    /// Pending by an edge, a software-generated interrupt or ISPENDR.
    pub(super) latched: Set,
    /// Level of the input.
    pub(super) line: Set,
    /// Configured as edge-triggered.
    pub(super) edge: Set,
    /// In a list register, of the vCPU itself or, for an SPI, of any.
    pub(super) held: Set,
    pub(super) priority: Bytes,
    /// Per SGI, the CPUs that sent it to the vCPU and were not heard yet.
    pub(super) sources: PerVcpu<[u8; SGIS]>,
    targets: [u8; INTIDS],
    /// What `targets` comes to: the interrupts that may go to the vCPU.
    routed: PerVcpu<[u32; WORDS]>,
}

impl State {
    pub(super) fn new() -> Self {
        let mut routed = PerVcpu::for_all(|_| [0; WORDS]);
        routed[VcpuId::BOOT] = [!0; WORDS];
        for vcpu in VcpuId::all() {
            routed[vcpu][0] = !0;
        }
        Self {
            // SGIs: enabled, and not to be disabled; edge-triggered, always.
            enabled: Set::new(SGI_BITS),
            latched: Set::new(0),
            line: Set::new(0),
            edge: Set::new(SGI_BITS),
            held: Set::new(0),
            priority: Bytes::new(),
            sources: PerVcpu::for_all(|_| [0; SGIS]),
            targets: [VcpuId::BOOT.mask(); INTIDS],
            routed,
        }
    }

    /// Word `n` of the pending interrupts: latched, or a high level.
    pub(super) fn pending_word(&self, vcpu: VcpuId, n: usize) -> u32 {
        self.latched.word(vcpu, n) | self.line.word(vcpu, n) & !self.edge.word(vcpu, n)
    }

    /// Word `n` of those that can go to `vcpu` now.
    pub(super) fn ready_word(&self, vcpu: VcpuId, n: usize) -> u32 {
        let routed = self.routed[vcpu].get(n).copied().unwrap_or(0);
        self.enabled.word(vcpu, n) & self.pending_word(vcpu, n) & routed & !self.held.word(vcpu, n)
    }

    /// CPUs that the interrupt may go to. SGIs and PPIs: the one that asks.
    pub(super) fn targets(&self, vcpu: VcpuId, intid: usize) -> u8 {
        match intid {
            0..PRIVATE => vcpu.mask(),
            _ => self.targets.get(intid).copied().unwrap_or(0),
        }
    }

    /// Routes an SPI; the others cannot be.
    pub(super) fn route(&mut self, intid: usize, targets: u8) {
        let (Some(old), PRIVATE..) = (self.targets.get_mut(intid), intid) else {
            return;
        };
        *old = targets;
        for vcpu in VcpuId::all() {
            if let Some(word) = self.routed[vcpu].get_mut(intid / 32) {
                let (bit, to_it) = (intid % 32, targets & vcpu.mask() != 0);
                *word = *word & !(1 << bit) | u32::from(to_it) << bit;
            }
        }
    }
}
