// SPDX-License-Identifier: BSD-2-Clause

//! Slots named through a CNode, and a CNode's guard.

use crate::{
    CPtr, CPtrBits, CPtrWithDepth, Cap, CapType, NoExplicitInvocationContext, WORD_SIZE, Word, cap,
    words::word,
};

/// A path resolved from a CNode instead of from the thread's own root.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbsoluteCPtr<C = NoExplicitInvocationContext> {
    root: cap::CNode<C>,
    path: CPtrWithDepth,
}

impl<C> AbsoluteCPtr<C> {
    /// `path` from `root`.
    pub const fn new(root: cap::CNode<C>, path: CPtrWithDepth) -> Self {
        Self { root, path }
    }

    /// Where resolution starts.
    pub const fn root(&self) -> &cap::CNode<C> {
        &self.root
    }

    /// Where resolution starts.
    pub fn into_root(self) -> cap::CNode<C> {
        self.root
    }

    /// What is resolved.
    pub const fn path(&self) -> &CPtrWithDepth {
        &self.path
    }
}

/// Anything with a pointer and a depth.
pub trait HasCPtrWithDepth {
    /// The pointer and its depth.
    fn cptr_with_depth(self) -> CPtrWithDepth;
}

impl HasCPtrWithDepth for CPtr {
    fn cptr_with_depth(self) -> CPtrWithDepth {
        self.into()
    }
}

impl HasCPtrWithDepth for CPtrWithDepth {
    fn cptr_with_depth(self) -> CPtrWithDepth {
        self
    }
}

impl<T: CapType, C> HasCPtrWithDepth for Cap<T, C> {
    fn cptr_with_depth(self) -> CPtrWithDepth {
        self.cptr().into()
    }
}

impl<C> cap::CNode<C> {
    /// `path` from this CNode.
    pub fn absolute_cptr<T: HasCPtrWithDepth>(self, path: T) -> AbsoluteCPtr<C> {
        AbsoluteCPtr::new(self, path.cptr_with_depth())
    }

    /// The lowest `depth` bits of `bits` from this CNode.
    pub fn absolute_cptr_from_bits_with_depth(
        self,
        bits: CPtrBits,
        depth: usize,
    ) -> AbsoluteCPtr<C> {
        self.absolute_cptr(CPtrWithDepth::from_bits_with_depth(bits, depth))
    }

    /// This CNode itself.
    pub fn absolute_cptr_for_self(self) -> AbsoluteCPtr<C> {
        self.absolute_cptr(CPtrWithDepth::empty())
    }
}

/// Guard of a CSpace's root: bits 5:0 its size, 63:6 its value (manual, 3.3).
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct CNodeCapData(Word);

impl CNodeCapData {
    /// A guard of `guard_size` bits with the value `guard`.
    ///
    /// # Panics
    /// If the size does not fit 6 bits or the value 58.
    pub const fn new(guard: Word, guard_size: usize) -> Self {
        assert!(guard_size < WORD_SIZE, "guard of 64 bits or more");
        assert!(guard >> 58 == 0, "guard value wider than 58 bits");
        Self(guard << 6 | word(guard_size))
    }

    /// A guard of `num_bits` zeros.
    pub const fn skip(num_bits: usize) -> Self {
        Self::new(0, num_bits)
    }

    /// A guard of zeros that leaves `cnode_size_bits` bits to resolve.
    pub const fn skip_high_bits(cnode_size_bits: usize) -> Self {
        Self::skip(WORD_SIZE - cnode_size_bits)
    }

    /// The word as the kernel takes it.
    pub const fn into_word(self) -> Word {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::CNodeCapData;

    #[test]
    fn a_guard_has_its_size_in_the_low_six_bits() {
        assert_eq!(CNodeCapData::new(5, 49).into_word(), 5 << 6 | 49);
        assert_eq!(CNodeCapData::skip_high_bits(9).into_word(), 55);
    }
}
