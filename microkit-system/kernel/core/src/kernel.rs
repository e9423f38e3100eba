// SPDX-License-Identifier: BSD-2-Clause

//! The kernel: its tables and its entries.

use crate::context::Context;
use crate::error::SpecError;
use crate::event::{Event, Next, ThreadView};
use crate::hardware::{Hardware, PhysAddr};
use crate::ids::TcbId;
use crate::spec_view::SystemSpec;

/// All objects of the system.
pub struct Kernel {
    scratch: Context,
}

impl Kernel {
    /// The empty kernel: all zeros, for a static.
    pub const fn new() -> Self {
        Self {
            scratch: Context::ZERO,
        }
    }

    /// Makes the objects of `spec`. Once, before [`Kernel::start`].
    ///
    /// # Errors
    /// The first record that cannot be; the kernel must not be started.
    pub fn instantiate(
        &mut self,
        _spec: &SystemSpec<'_>,
        _hw: &mut impl Hardware,
    ) -> Result<(), SpecError> {
        todo!()
    }

    /// Starts the system; the first thread to run.
    pub fn start(&mut self, _hw: &mut impl Hardware) -> Next {
        Next::Idle
    }

    /// One kernel entry for the current thread.
    pub fn handle(&mut self, _event: Event, _hw: &mut impl Hardware) -> Next {
        Next::Idle
    }

    /// What the architecture needs to run `id`.
    pub fn thread(&self, _id: TcbId) -> ThreadView<'_> {
        ThreadView {
            root: PhysAddr(0),
            vmid: 0,
            vcpu: None,
            fpu_disabled: false,
            name: "",
        }
    }

    /// Registers of `id`, to be saved and loaded by the vectors.
    pub fn context_mut(&mut self, _id: TcbId) -> &mut Context {
        &mut self.scratch
    }
}

impl Default for Kernel {
    fn default() -> Self {
        Self::new()
    }
}
