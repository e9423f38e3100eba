// SPDX-License-Identifier: BSD-2-Clause

//! Registers of a thread or virtual processor.

use crate::{Word, sys::seL4_UserContext};

/// What [`tcb_read_registers`](crate::Cap::tcb_read_registers) reads and
/// [`tcb_write_registers`](crate::Cap::tcb_write_registers) writes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct UserContext(seL4_UserContext);

/// Number of registers in a [`UserContext`].
pub(crate) const USER_CONTEXT_LENGTH: usize = seL4_UserContext::LENGTH;

macro_rules! gpr {
    ($inner:expr, $index:expr, $($borrow:tt)+) => {{
        let inner = $inner;
        match $index {
            0 => $($borrow)+ inner.x0, 1 => $($borrow)+ inner.x1, 2 => $($borrow)+ inner.x2,
            3 => $($borrow)+ inner.x3, 4 => $($borrow)+ inner.x4, 5 => $($borrow)+ inner.x5,
            6 => $($borrow)+ inner.x6, 7 => $($borrow)+ inner.x7, 8 => $($borrow)+ inner.x8,
            9 => $($borrow)+ inner.x9, 10 => $($borrow)+ inner.x10, 11 => $($borrow)+ inner.x11,
            12 => $($borrow)+ inner.x12, 13 => $($borrow)+ inner.x13, 14 => $($borrow)+ inner.x14,
            15 => $($borrow)+ inner.x15, 16 => $($borrow)+ inner.x16, 17 => $($borrow)+ inner.x17,
            18 => $($borrow)+ inner.x18, 19 => $($borrow)+ inner.x19, 20 => $($borrow)+ inner.x20,
            21 => $($borrow)+ inner.x21, 22 => $($borrow)+ inner.x22, 23 => $($borrow)+ inner.x23,
            24 => $($borrow)+ inner.x24, 25 => $($borrow)+ inner.x25, 26 => $($borrow)+ inner.x26,
            27 => $($borrow)+ inner.x27, 28 => $($borrow)+ inner.x28, 29 => $($borrow)+ inner.x29,
            30 => $($borrow)+ inner.x30,
            index => panic!("x{index}: there are x0 to x30"),
        }
    }};
}

impl UserContext {
    /// The context of the kernel's structure.
    pub const fn from_inner(inner: seL4_UserContext) -> Self {
        Self(inner)
    }

    /// The kernel's structure.
    pub fn into_inner(self) -> seL4_UserContext {
        self.0
    }

    /// The kernel's structure.
    pub const fn inner(&self) -> &seL4_UserContext {
        &self.0
    }

    /// The kernel's structure.
    pub fn inner_mut(&mut self) -> &mut seL4_UserContext {
        &mut self.0
    }

    /// Program counter.
    pub fn pc(&self) -> &Word {
        &self.0.pc
    }

    /// Program counter.
    pub fn pc_mut(&mut self) -> &mut Word {
        &mut self.0.pc
    }

    /// SP_EL0; a guest's SP_EL1 is a register of its virtual processor.
    pub fn sp(&self) -> &Word {
        &self.0.sp
    }

    /// SP_EL0; a guest's SP_EL1 is a register of its virtual processor.
    pub fn sp_mut(&mut self) -> &mut Word {
        &mut self.0.sp
    }

    /// Program status: level, masks and flags.
    pub fn spsr(&self) -> &Word {
        &self.0.spsr
    }

    /// Program status: level, masks and flags.
    pub fn spsr_mut(&mut self) -> &mut Word {
        &mut self.0.spsr
    }

    /// Register x`ix`.
    ///
    /// # Panics
    /// Above 30.
    pub fn gpr(&self, ix: usize) -> &Word {
        gpr!(&self.0, ix, &)
    }

    /// Register x`ix`.
    ///
    /// # Panics
    /// Above 30.
    pub fn gpr_mut(&mut self, ix: usize) -> &mut Word {
        gpr!(&mut self.0, ix, &mut)
    }

    /// Argument `ix` of a C function.
    ///
    /// # Panics
    /// From 8 on: those are on the stack.
    pub fn c_param(&self, ix: usize) -> &Word {
        assert!(ix < 8, "argument {ix} is on the stack");
        self.gpr(ix)
    }

    /// Argument `ix` of a C function.
    ///
    /// # Panics
    /// From 8 on: those are on the stack.
    pub fn c_param_mut(&mut self, ix: usize) -> &mut Word {
        assert!(ix < 8, "argument {ix} is on the stack");
        self.gpr_mut(ix)
    }
}

#[cfg(test)]
mod tests {
    use super::UserContext;

    #[test]
    fn each_register_has_its_own_place() {
        let mut context = UserContext::default();
        for index in 0..=30 {
            *context.gpr_mut(index) = index as u64 + 100;
        }
        *context.pc_mut() = 1;
        *context.sp_mut() = 2;
        *context.spsr_mut() = 3;
        for index in 0..=30 {
            assert_eq!(*context.gpr(index), index as u64 + 100);
        }
        let words = context.inner().to_words();
        assert_eq!(words[..5], [1, 2, 3, 100, 101]);
        assert_eq!(words[12..18], [116, 117, 118, 129, 130, 109]);
    }

    #[test]
    #[should_panic(expected = "there are x0 to x30")]
    fn there_is_no_x31() {
        let _ = UserContext::default().gpr(31);
    }
}
