// SPDX-License-Identifier: BSD-2-Clause

//! State of a program with one thread.

/// A static that needs no lock, because its program has one thread.
#[derive(Debug, Default)]
pub(crate) struct SingleThreaded<T>(pub(crate) T);

// SAFETY: seL4 Microkit gives a protection domain exactly one thread, and the
// kernel never diverts it to a handler. Values may have been made by that thread
// only. A host has no protection domains: there this crate is compiled, not run.
unsafe impl<T> Sync for SingleThreaded<T> {}
