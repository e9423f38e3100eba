// SPDX-License-Identifier: BSD-2-Clause

//! Per-interrupt state of the distributor.

/// Interrupts of the virtual distributor: SGIs, PPIs and 224 SPIs.
pub const INTIDS: usize = 256;
/// Words of one bit per interrupt.
pub(super) const WORDS: usize = INTIDS / 32;

/// A set of interrupts, laid out as the registers are.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits([u32; WORDS]);

impl Bits {
    pub(super) fn get(&self, intid: u16) -> bool {
        let (word, bit) = (usize::from(intid) / 32, intid % 32);
        self.0.get(word).is_some_and(|w| w >> bit & 1 == 1)
    }

    pub(super) fn set(&mut self, intid: u16, value: bool) {
        let (word, bit) = (usize::from(intid) / 32, intid % 32);
        if let Some(w) = self.0.get_mut(word) {
            *w = *w & !(1 << bit) | u32::from(value) << bit;
        }
    }

    /// Word `n`; 0 beyond the end.
    pub(super) fn word(&self, n: usize) -> u32 {
        self.0.get(n).copied().unwrap_or(0)
    }

    /// Changes word `n`, if there is one.
    pub(super) fn update(&mut self, n: usize, change: impl FnOnce(u32) -> u32) {
        if let Some(word) = self.0.get_mut(n) {
            *word = change(*word);
        }
    }
}

/// All interrupts.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) enabled: Bits,
    /// Pending by an edge, a software-generated interrupt or ISPENDR.
    pub(super) latched: Bits,
    /// Level of the input.
    pub(super) line: Bits,
    /// Configured as edge-triggered.
    pub(super) edge: Bits,
    pub(super) priority: [u8; INTIDS],
    pub(super) targets: [u8; INTIDS],
    /// Per SGI, the CPUs that sent it.
    pub(super) sources: [u8; 16],
}

impl State {
    pub(super) fn new() -> Self {
        let mut edge = Bits::default();
        // SGIs are edge-triggered, always.
        edge.update(0, |_| 0xffff);
        // They and the PPIs cannot be turned to another CPU.
        Self {
            enabled: {
                let mut enabled = Bits::default();
                // SGIs: enabled, and not to be disabled.
                enabled.update(0, |_| 0xffff);
                enabled
            },
            latched: Bits::default(),
            line: Bits::default(),
            edge,
            priority: [0; INTIDS],
            targets: [1; INTIDS],
            sources: [0; 16],
        }
    }

    /// Word `n` of the pending interrupts: latched, or a high level.
    pub(super) fn pending_word(&self, n: usize) -> u32 {
        self.latched.word(n) | self.line.word(n) & !self.edge.word(n)
    }

    pub(super) fn priority(&self, intid: u16) -> u8 {
        self.priority.get(usize::from(intid)).copied().unwrap_or(0)
    }
}
