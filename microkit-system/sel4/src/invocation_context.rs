// SPDX-License-Identifier: BSD-2-Clause

//! How an invocation finds the thread's IPC buffer.

use core::cell::RefCell;

use crate::{IpcBuffer, with_ipc_buffer_mut};

/// A way to the current thread's IPC buffer.
pub trait InvocationContext {
    /// Calls `f` with the IPC buffer.
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T;
}

/// No way: a capability in this context cannot be invoked.
#[derive(Copy, Clone, Default, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoInvocationContext;

impl NoInvocationContext {
    /// The only value.
    pub const fn new() -> Self {
        Self
    }
}

/// The IPC buffer given to [`set_ipc_buffer`](crate::set_ipc_buffer).
#[derive(Copy, Clone, Default, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImplicitInvocationContext;

impl ImplicitInvocationContext {
    /// The only value.
    pub const fn new() -> Self {
        Self
    }
}

/// Context of a [`Cap`](crate::Cap) that names none.
pub type NoExplicitInvocationContext = ImplicitInvocationContext;

impl InvocationContext for ImplicitInvocationContext {
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        with_ipc_buffer_mut(f)
    }
}

impl InvocationContext for &mut IpcBuffer {
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        f(self)
    }
}

impl<U: InvocationContext> InvocationContext for &mut U {
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        (**self).with_context(f)
    }
}

impl<U: InvocationContext> InvocationContext for &RefCell<U> {
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        self.borrow_mut().with_context(f)
    }
}
