// SPDX-License-Identifier: BSD-2-Clause

//! System calls of the debug configuration. They isolate nothing: any thread may
//! halt the machine.

use crate::hardware::Hardware;
use crate::ids::TcbId;
use crate::kernel::Kernel;
use crate::objects::{Cap, Name};
use crate::syscall::decode::DebugCall;

/// Words of the IPC buffer that may hold a name: a thread's name has 64 bytes.
const NAME_WORDS: usize = 8;

impl Kernel {
    pub(super) fn debug_call(&mut self, id: TcbId, call: DebugCall, hw: &mut impl Hardware) {
        let argument = self.tcbs[id].context.x[0];
        match call {
            DebugCall::PutChar => hw.debug_put_char(argument.to_le_bytes()[0]),
            DebugCall::DumpScheduler | DebugCall::Snapshot => self.dump_threads(hw),
            DebugCall::Halt => {
                let name = self.tcbs[id].name;
                hw.report(format_args!(
                    "{} halts the machine (DebugHalt)",
                    name.as_str()
                ));
                self.halted = true;
            }
            DebugCall::CapIdentify => {
                let cap = self.lookup(id, argument).unwrap_or(Cap::Empty);
                self.tcbs[id].context.x[0] = cap_type(cap);
            }
            DebugCall::NameThread => self.name_thread(id, argument, hw),
        }
    }

    fn dump_threads(&self, hw: &mut impl Hardware) {
        for id in self.threads() {
            let tcb = &self.tcbs[id];
            hw.report(format_args!(
                "{}: priority {} pc {:#x} {:?}",
                tcb.name.as_str(),
                tcb.priority,
                tcb.context.pc,
                tcb.state
            ));
        }
    }

    /// Names the thread that `cptr` names; anything else is ignored.
    fn name_thread(&mut self, id: TcbId, cptr: u64, hw: &mut impl Hardware) {
        let (Ok(Cap::Tcb(thread)), Some(buffer)) = (self.lookup(id, cptr), self.buffer(id)) else {
            return;
        };
        let mut name = Name([0; 64]);
        for (index, bytes) in name.0.chunks_exact_mut(8).enumerate().take(NAME_WORDS) {
            bytes.copy_from_slice(&hw.ipc_read(buffer, 1 + index).to_le_bytes());
        }
        self.tcbs[thread].name = name;
    }
}

/// The kernel's own numbers of capability types, from the interface's order of
/// objects. Debug tools print them, nothing depends on them.
fn cap_type(cap: Cap) -> u64 {
    match cap {
        Cap::Empty => 0,
        Cap::Endpoint(_) | Cap::Monitor(_) => 4,
        Cap::Notification(_) => 6,
        Cap::Reply(_) => 8,
        Cap::CNode => 10,
        Cap::Tcb(_) => 12,
        Cap::IrqHandler(_) => 16,
        Cap::SchedContext(_) => 22,
        Cap::VSpace(_) => 9,
        Cap::Vcpu(_) => 15,
        Cap::Smc(_) => 25,
    }
}
