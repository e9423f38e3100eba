// SPDX-License-Identifier: BSD-2-Clause

//! Labels of invocations in both configurations (sel4-microkit-abi, 3.1).

/// First of the debug configuration's four breakpoint methods.
const DEBUG_FIRST: u64 = 16;
/// How many they are: every later label is so much higher.
const DEBUG_METHODS: u64 = 4;

/// The methods that some object of a running system knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    TcbReadRegisters,
    TcbWriteRegisters,
    TcbSetPriority,
    TcbSetMcPriority,
    TcbSetSchedParams,
    TcbSetTimeoutEndpoint,
    TcbSuspend,
    TcbResume,
    TcbSetTlsBase,
    TcbSetFlags,
    IrqAck,
    SchedContextBind,
    SchedContextUnbind,
    SchedContextUnbindObject,
    SchedContextConsumed,
    SchedContextYieldTo,
    VSpaceClean,
    VSpaceInvalidate,
    VSpaceCleanInvalidate,
    VSpaceUnify,
    SmcCall,
    VcpuSetTcb,
    VcpuInjectIrq,
    VcpuReadRegs,
    VcpuWriteRegs,
    VcpuAckVppi,
    /// A method that needs a capability nobody has, or none at all.
    Other,
}

impl Method {
    /// The method with this label.
    pub const fn decode(label: u64, debug: bool) -> Self {
        let release = if !debug || label < DEBUG_FIRST {
            label
        } else if label < DEBUG_FIRST + DEBUG_METHODS {
            return Self::Other;
        } else {
            label - DEBUG_METHODS
        };
        match release {
            2 => Self::TcbReadRegisters,
            3 => Self::TcbWriteRegisters,
            6 => Self::TcbSetPriority,
            7 => Self::TcbSetMcPriority,
            8 => Self::TcbSetSchedParams,
            9 => Self::TcbSetTimeoutEndpoint,
            12 => Self::TcbSuspend,
            13 => Self::TcbResume,
            16 => Self::TcbSetTlsBase,
            17 => Self::TcbSetFlags,
            27 => Self::IrqAck,
            34 => Self::SchedContextBind,
            35 => Self::SchedContextUnbind,
            36 => Self::SchedContextUnbindObject,
            37 => Self::SchedContextConsumed,
            38 => Self::SchedContextYieldTo,
            39 => Self::VSpaceClean,
            40 => Self::VSpaceInvalidate,
            41 => Self::VSpaceCleanInvalidate,
            42 => Self::VSpaceUnify,
            43 => Self::SmcCall,
            55 => Self::VcpuSetTcb,
            56 => Self::VcpuInjectIrq,
            57 => Self::VcpuReadRegs,
            58 => Self::VcpuWriteRegs,
            59 => Self::VcpuAckVppi,
            _ => Self::Other,
        }
    }
}
