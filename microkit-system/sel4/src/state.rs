// SPDX-License-Identifier: BSD-2-Clause

//! The thread's IPC buffer.
//!
//! Why: invocations need the buffer, and passing it through every function of a
//! program with one thread tells nobody anything.
//!
//! Rules: borrowed dynamically. A system call borrows it mutably for its
//! duration, so a system call inside [`with_ipc_buffer`] panics. On bare metal
//! the state is a plain static, as programs there have one thread and no signal
//! handlers; on a host each thread has its own.

use core::{cell::RefCell, fmt};

use crate::IpcBuffer;

type Slot = Option<&'static mut IpcBuffer>;

#[cfg(target_os = "none")]
#[inline]
fn with_cell<T>(f: impl FnOnce(&RefCell<Slot>) -> T) -> T {
    struct SingleThreaded(RefCell<Slot>);
    // SAFETY: seL4 Microkit gives a protection domain exactly one thread, and the
    // kernel never diverts it to a handler: nothing runs concurrently with it.
    unsafe impl Sync for SingleThreaded {}
    static STATE: SingleThreaded = SingleThreaded(RefCell::new(None));
    f(&STATE.0)
}

#[cfg(not(target_os = "none"))]
#[inline]
fn with_cell<T>(f: impl FnOnce(&RefCell<Slot>) -> T) -> T {
    std::thread_local! {
        static STATE: RefCell<Slot> = const { RefCell::new(None) };
    }
    STATE.with(f)
}

/// The IPC buffer is mutably borrowed already.
#[derive(Debug)]
pub struct BorrowError(());

impl fmt::Display for BorrowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IPC buffer already mutably borrowed: a system call inside with_ipc_buffer_mut or with_msg_regs_mut?")
    }
}

/// The IPC buffer is borrowed already.
#[derive(Debug)]
pub struct BorrowMutError(());

impl fmt::Display for BorrowMutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "IPC buffer already borrowed: a system call inside with_ipc_buffer or with_msg_regs?",
        )
    }
}

/// Calls `f` with the place that holds the IPC buffer, or with the error if it is mutably borrowed.
#[inline]
pub fn try_with_ipc_buffer_slot<F, T>(f: F) -> T
where
    F: FnOnce(Result<&Option<&'static mut IpcBuffer>, BorrowError>) -> T,
{
    with_cell(|cell| match cell.try_borrow() {
        Ok(slot) => f(Ok(&slot)),
        Err(_) => f(Err(BorrowError(()))),
    })
}

/// Calls `f` with the place that holds the IPC buffer, or with the error if it is borrowed.
#[inline]
pub fn try_with_ipc_buffer_slot_mut<F, T>(f: F) -> T
where
    F: FnOnce(Result<&mut Option<&'static mut IpcBuffer>, BorrowMutError>) -> T,
{
    with_cell(|cell| match cell.try_borrow_mut() {
        Ok(mut slot) => f(Ok(&mut slot)),
        Err(_) => f(Err(BorrowMutError(()))),
    })
}

#[cold]
fn not_set() -> ! {
    panic!("no IPC buffer: call sel4::set_ipc_buffer first")
}

/// Calls `f` with the IPC buffer.
///
/// # Panics
/// If it is mutably borrowed, or none was set.
#[inline]
pub fn with_ipc_buffer<F, T>(f: F) -> T
where
    F: FnOnce(&IpcBuffer) -> T,
{
    try_with_ipc_buffer_slot(|slot| match slot {
        Ok(Some(buffer)) => f(buffer),
        Ok(None) => not_set(),
        Err(error) => panic!("{error}"),
    })
}

/// Calls `f` with the IPC buffer.
///
/// # Panics
/// If it is borrowed, or none was set.
#[inline]
pub fn with_ipc_buffer_mut<F, T>(f: F) -> T
where
    F: FnOnce(&mut IpcBuffer) -> T,
{
    try_with_ipc_buffer_slot_mut(|slot| match slot {
        Ok(Some(buffer)) => f(buffer),
        Ok(None) => not_set(),
        Err(error) => panic!("{error}"),
    })
}

/// Makes `ipc_buffer` the one that invocations use.
///
/// # Panics
/// If the present one is borrowed.
pub fn set_ipc_buffer(ipc_buffer: &'static mut IpcBuffer) {
    try_with_ipc_buffer_slot_mut(|slot| match slot {
        Ok(slot) => *slot = Some(ipc_buffer),
        Err(error) => panic!("{error}"),
    });
}

/// Whether each thread has its own IPC buffer: on a host only.
pub const fn ipc_buffer_is_thread_local() -> bool {
    cfg!(not(target_os = "none"))
}

#[cfg(test)]
mod tests {
    use super::{
        set_ipc_buffer, try_with_ipc_buffer_slot, try_with_ipc_buffer_slot_mut, with_ipc_buffer,
        with_ipc_buffer_mut,
    };
    use crate::IpcBuffer;

    #[test]
    fn what_is_written_is_read_back() {
        set_ipc_buffer(Box::leak(Box::new(IpcBuffer::zeroed())));
        with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[119] = 7);
        assert_eq!(with_ipc_buffer(|buffer| buffer.msg_regs()[119]), 7);
    }

    #[test]
    fn a_borrowed_buffer_cannot_be_borrowed_mutably() {
        set_ipc_buffer(Box::leak(Box::new(IpcBuffer::zeroed())));
        with_ipc_buffer(|_| {
            assert!(try_with_ipc_buffer_slot(|slot| slot.is_ok()));
            assert!(try_with_ipc_buffer_slot_mut(|slot| slot.is_err()));
        });
        with_ipc_buffer_mut(|_| assert!(try_with_ipc_buffer_slot(|slot| slot.is_err())));
        assert!(try_with_ipc_buffer_slot_mut(|slot| slot.is_ok()));
    }

    #[test]
    #[should_panic(expected = "no IPC buffer")]
    fn without_a_buffer_an_invocation_says_so() {
        with_ipc_buffer(|_| ());
    }
}
