// SPDX-License-Identifier: BSD-2-Clause

//! Invocation labels.
//!
//! The kernel numbers the methods of its configuration consecutively. Debug has
//! the hardware debug API, whose four methods move all that follow.
//! Source: the interface definitions of seL4 16.0.0, checked against the headers
//! of the Microkit 2.3.0 SDK.

/// How many methods the configuration adds after `TCBUnbindNotification`.
const DEBUG_METHODS: u32 = if cfg!(sel4_debug) { 4 } else { 0 };

macro_rules! labels {
    ($offset:expr; $($name:ident = $number:literal),+ $(,)?) => {
        $(
            #[doc = concat!("Method `", stringify!($name), "`.")]
            pub const $name: u32 = $number + $offset;
        )+
    };
}

/// Labels under the identifiers of libsel4's interface definitions.
pub mod invocation_label {
    use super::DEBUG_METHODS;

    labels! { 0;
        InvalidInvocation = 0, UntypedRetype = 1, TCBReadRegisters = 2, TCBWriteRegisters = 3,
        TCBCopyRegisters = 4, TCBConfigure = 5, TCBSetPriority = 6, TCBSetMCPriority = 7,
        TCBSetSchedParams = 8, TCBSetTimeoutEndpoint = 9, TCBSetIPCBuffer = 10, TCBSetSpace = 11,
        TCBSuspend = 12, TCBResume = 13, TCBBindNotification = 14, TCBUnbindNotification = 15,
    }

    labels! { DEBUG_METHODS;
        TCBSetTLSBase = 16, TCBSetFlags = 17, CNodeRevoke = 18, CNodeDelete = 19,
        CNodeCancelBadgedSends = 20, CNodeCopy = 21, CNodeMint = 22, CNodeMove = 23,
        CNodeMutate = 24, CNodeRotate = 25, IRQIssueIRQHandler = 26, IRQAckIRQ = 27,
        IRQSetIRQHandler = 28, IRQClearIRQHandler = 29, DomainSetSet = 30,
        DomainScheduleConfigure = 31, DomainScheduleSetStart = 32, SchedControlConfigureFlags = 33,
        SchedContextBind = 34, SchedContextUnbind = 35, SchedContextUnbindObject = 36,
        SchedContextConsumed = 37, SchedContextYieldTo = 38, ARMVSpaceClean_Data = 39,
        ARMVSpaceInvalidate_Data = 40, ARMVSpaceCleanInvalidate_Data = 41,
        ARMVSpaceUnify_Instruction = 42, ARMSMCCall = 43, ARMPageTableMap = 44,
        ARMPageTableUnmap = 45, ARMPageMap = 46, ARMPageUnmap = 47, ARMPageClean_Data = 48,
        ARMPageInvalidate_Data = 49, ARMPageCleanInvalidate_Data = 50,
        ARMPageUnify_Instruction = 51, ARMPageGetAddress = 52, ARMASIDControlMakePool = 53,
        ARMASIDPoolAssign = 54, ARMVCPUSetTCB = 55, ARMVCPUInjectIRQ = 56, ARMVCPUReadReg = 57,
        ARMVCPUWriteReg = 58, ARMVCPUAckVPPI = 59, ARMIRQIssueIRQHandlerTrigger = 60,
        ARMIRQIssueSGISignal = 61,
    }
}

#[cfg(test)]
mod tests {
    use super::invocation_label::{ARMSMCCall, ARMVCPUSetTCB, IRQAckIRQ, TCBResume, TCBSetFlags};

    #[test]
    fn labels_fit_the_configuration() {
        let expected = if cfg!(sel4_debug) {
            (13, 21, 31, 47, 59)
        } else {
            (13, 17, 27, 43, 55)
        };
        let labels = (TCBResume, TCBSetFlags, IRQAckIRQ, ARMSMCCall, ARMVCPUSetTCB);
        assert_eq!(labels, expected);
    }
}
