// SPDX-License-Identifier: BSD-2-Clause

//! Capability pointers and typed capabilities.

use core::{fmt, hash::Hash, marker::PhantomData};

use crate::{InvocationContext, IpcBuffer, NoExplicitInvocationContext, WORD_SIZE, Word, cap};

/// A capability pointer as the kernel takes it.
pub type CPtrBits = Word;

/// A capability pointer.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CPtr {
    bits: CPtrBits,
}

impl CPtr {
    /// The pointer as the kernel takes it.
    pub const fn bits(self) -> CPtrBits {
        self.bits
    }

    /// The pointer of a word. Nothing is checked: the kernel resolves it when it is used.
    pub const fn from_bits(bits: CPtrBits) -> Self {
        Self { bits }
    }

    /// The pointer as a capability of type `T`.
    pub const fn cast<T: CapType>(self) -> Cap<T> {
        Cap::from_cptr(self)
    }
}

/// A capability pointer of which only `depth` bits are resolved.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CPtrWithDepth {
    bits: CPtrBits,
    depth: usize,
}

impl CPtrWithDepth {
    /// The lowest `depth` bits of `bits`.
    pub const fn from_bits_with_depth(bits: CPtrBits, depth: usize) -> Self {
        Self { bits, depth }
    }

    /// The pointer as the kernel takes it.
    pub const fn bits(&self) -> CPtrBits {
        self.bits
    }

    /// Number of bits to resolve.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Nothing to resolve: the root itself.
    pub const fn empty() -> Self {
        Self::from_bits_with_depth(0, 0)
    }
}

impl From<CPtr> for CPtrWithDepth {
    fn from(cptr: CPtr) -> Self {
        Self::from_bits_with_depth(cptr.bits(), WORD_SIZE)
    }
}

/// Type of a capability: a marker of [`cap_type`](crate::cap_type).
pub trait CapType: Copy + Clone + Eq + PartialEq + Ord + PartialOrd + Hash {
    /// Name for debugging.
    const NAME: &'static str;
}

/// A capability of type `T`, invoked with the IPC buffer of context `C`.
///
/// The type is the caller's claim; the kernel answers an invocation of another
/// type with [`Error::IllegalOperation`](crate::Error::IllegalOperation) or
/// [`Error::InvalidCapability`](crate::Error::InvalidCapability).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cap<T: CapType, C = NoExplicitInvocationContext> {
    cptr: CPtr,
    invocation_context: C,
    _phantom: PhantomData<T>,
}

impl<T: CapType> Cap<T> {
    /// The capability a pointer names.
    pub const fn from_cptr(cptr: CPtr) -> Self {
        Self {
            cptr,
            invocation_context: NoExplicitInvocationContext::new(),
            _phantom: PhantomData,
        }
    }

    /// The capability a word names; in a protection domain, 0 to 511 is a slot number.
    pub const fn from_bits(bits: CPtrBits) -> Self {
        Self::from_cptr(CPtr::from_bits(bits))
    }
}

impl<T: CapType, C> Cap<T, C> {
    /// The pointer.
    pub const fn cptr(&self) -> CPtr {
        self.cptr
    }

    /// The pointer as the kernel takes it.
    pub const fn bits(&self) -> CPtrBits {
        self.cptr.bits()
    }

    /// The same capability claimed to be of type `T1`.
    pub fn cast<T1: CapType>(self) -> Cap<T1, C> {
        Cap {
            cptr: self.cptr,
            invocation_context: self.invocation_context,
            _phantom: PhantomData,
        }
    }

    /// The same capability in another context.
    pub fn with<C1>(self, context: C1) -> Cap<T, C1> {
        Cap {
            cptr: self.cptr,
            invocation_context: context,
            _phantom: PhantomData,
        }
    }

    /// The same capability in the default context.
    pub fn without_context(self) -> Cap<T> {
        Cap::from_cptr(self.cptr)
    }

    /// The context alone.
    pub fn into_invocation_context(self) -> C {
        self.invocation_context
    }

    /// Forgets the type.
    pub fn upcast(self) -> cap::Unspecified<C> {
        self.cast()
    }
}

impl<C> cap::Unspecified<C> {
    /// Claims a type.
    pub fn downcast<T: CapType>(self) -> Cap<T, C> {
        self.cast()
    }
}

impl<T: CapType, C: InvocationContext> Cap<T, C> {
    /// Calls `f` with the pointer and the context's IPC buffer.
    pub(crate) fn invoke<R>(mut self, f: impl FnOnce(CPtr, &mut IpcBuffer) -> R) -> R {
        let cptr = self.cptr;
        self.invocation_context
            .with_context(|buffer| f(cptr, buffer))
    }
}

impl<T: CapType, C> fmt::Debug for Cap<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(T::NAME).field(&self.bits()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{CPtr, CPtrWithDepth};
    use crate::{cap, cap_type};

    #[test]
    fn casts_keep_the_pointer() {
        let tcb = cap::Tcb::from_bits(266);
        assert_eq!(tcb.upcast().downcast::<cap_type::Tcb>(), tcb);
        assert_eq!(CPtr::from_bits(266).cast::<cap_type::Tcb>(), tcb);
        assert_eq!(std::format!("{tcb:?}"), "Tcb(266)");
    }

    #[test]
    fn a_whole_pointer_has_64_bits_of_depth() {
        assert_eq!(CPtrWithDepth::from(CPtr::from_bits(9)).depth(), 64);
        assert_eq!(CPtrWithDepth::empty().depth(), 0);
    }
}
