// SPDX-License-Identifier: BSD-2-Clause

//! What every check works with.

use crate::code::{self, Code};
use crate::layout;
use crate::memory::{CodeMemory, Shared, WORDS};
use crate::report::{Report, Uart};
use crate::thread::{Context, Thread};
use core::sync::atomic::AtomicU64;
use sel4::{MessageInfo, Word, cap};
use sel4_microkit::memory_region_symbol;

/// Message registers that an event keeps.
pub const KEPT: usize = 14;

/// Words of each virtual processor's half of the guest's RAM.
const HALF: usize = 0x800;

/// Something the runner received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A notification's word.
    Notified(u64),
    /// A fault or a message of a child: id, label, length, first words.
    Child(u64, u64, usize, [Word; KEPT]),
}

impl Event {
    /// What a child's fault with these words looks like.
    pub fn fault(thread: &Thread, label: u64, words: &[Word]) -> Self {
        let mut kept = [0; KEPT];
        kept[..words.len()].copy_from_slice(words);
        Self::Child(thread.id, label, words.len(), kept)
    }

    /// Its label; none if it is a notification.
    pub fn label(&self) -> Option<u64> {
        match self {
            Self::Notified(_) => None,
            Self::Child(_, label, ..) => Some(*label),
        }
    }

    /// Child and word `index` of its message; none if it is a notification.
    pub fn word(&self, index: usize) -> Option<Word> {
        match self {
            Self::Notified(_) => None,
            Self::Child(.., words) => Some(words[index]),
        }
    }

    /// The child it came from; none if it is a notification.
    pub fn child(&self) -> Option<u64> {
        match self {
            Self::Notified(_) => None,
            Self::Child(id, ..) => Some(*id),
        }
    }
}

/// The runner's means.
pub struct Suite {
    /// Where results go.
    pub report: Report,
    /// The page shared with all children.
    pub shared: Shared,
    /// Its address here, for cache operations.
    pub shared_address: u64,
    code_start: core::ptr::NonNull<u32>,
    guest: Thread,
    second: Thread,
}

impl Suite {
    /// Takes hold of everything the `.system` file gives the runner.
    pub fn new() -> Self {
        let uart = memory_region_symbol!(uart: *mut u32);
        let code_start = memory_region_symbol!(code: *mut u32);
        let shared = memory_region_symbol!(shared: *mut [AtomicU64; WORDS]);
        let ram = memory_region_symbol!(guest_ram: *mut u32);
        // SAFETY: the `.system` file maps regions of at least these sizes there
        // for ever, and nobody else writes through these addresses.
        unsafe {
            Self {
                report: Report::new(Uart::new(uart)),
                shared: Shared::new(shared),
                shared_address: shared.addr().get() as u64,
                code_start,
                guest: Thread::guest(0, CodeMemory::new(ram, HALF), 0),
                second: Thread::guest(
                    layout::SECOND_VCPU,
                    CodeMemory::new(ram.add(HALF), HALF),
                    4 * HALF as u64,
                ),
            }
        }
    }

    /// Child `id`.
    pub fn child(&self, id: u64) -> Thread {
        let words = layout::CODE_SIZE / 4;
        assert!(id < 16, "the code page has room for 16 children");
        // SAFETY: a child's own part of the code region of `new`.
        let memory =
            unsafe { CodeMemory::new(self.code_start.add((id * words) as usize), words as usize) };
        Thread::child(id, memory)
    }

    /// The guest.
    pub fn guest(&self) -> Thread {
        self.guest
    }

    /// The guest's second virtual processor.
    pub fn second(&self) -> Thread {
        self.second
    }

    /// The next event. Whoever's call or fault was not answered stays stopped.
    pub fn wait(&mut self) -> Event {
        let input = cap::Endpoint::from_bits(layout::INPUT);
        let (info, badge) = input.recv(cap::Reply::from_bits(layout::REPLY));
        if badge & (layout::CALL | layout::FAULT) == 0 {
            return Event::Notified(badge);
        }
        let length = info.length();
        let words = sel4::with_ipc_buffer(|buffer| {
            core::array::from_fn(|n| if n < length { buffer.msg_regs()[n] } else { 0 })
        });
        Event::Child(badge & 0xff, info.label(), length, words)
    }

    /// Answers the last call or fault.
    pub fn answer(&mut self, label: u64, words: &[Word]) {
        sel4::with_ipc_buffer_mut(|buffer| {
            buffer.msg_regs_mut()[..words.len()].copy_from_slice(words)
        });
        cap::Reply::from_bits(layout::REPLY).send(MessageInfo::new(label, 0, 0, words.len()));
    }

    /// Runs `code` in `thread` and takes the event that ends it.
    pub fn run(&mut self, thread: &Thread, code: Code, set: &[(usize, u64)]) -> Event {
        thread.start_with(code, set);
        self.wait()
    }

    /// The system call `number` in `thread`; [`Context`] with which it ends.
    /// `None` if it did not come back.
    pub fn system_call(
        &mut self,
        thread: &Thread,
        number: i64,
        set: &[(usize, u64)],
    ) -> Result<Context, Event> {
        let context = thread.context().with(set).with(&[(7, number as u64)]);
        thread.start([code::SVC, code::UDF], &context);
        self.end(thread)
    }

    /// The registers of `thread` once it executes the UDF that ends its code.
    pub fn end(&mut self, thread: &Thread) -> Result<Context, Event> {
        let event = self.wait();
        let here = event.child() == Some(thread.id) && event.label() == Some(3);
        if here {
            Ok(thread.registers())
        } else {
            Err(event)
        }
    }
}
