// SPDX-License-Identifier: BSD-2-Clause

//! Errors of invocations, as replies (sel4-microkit-abi, 3.5).

/// Why an invocation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationError {
    /// The argument at this index.
    InvalidArgument { index: u64 },
    /// The capability at this index, 0 being the one invoked.
    InvalidCapability { index: u64 },
    /// The object does not know the label, or not in this state.
    IllegalOperation,
    /// A value outside `[min, max]`.
    RangeError { min: u64, max: u64 },
    /// Too few message registers or capabilities.
    TruncatedMessage,
    /// The list register is busy.
    DeleteFirst,
}

impl InvocationError {
    /// The label of the reply.
    pub const fn label(self) -> u64 {
        match self {
            Self::InvalidArgument { .. } => 1,
            Self::InvalidCapability { .. } => 2,
            Self::IllegalOperation => 3,
            Self::RangeError { .. } => 4,
            Self::TruncatedMessage => 7,
            Self::DeleteFirst => 8,
        }
    }

    /// The reply's message registers and how many.
    pub const fn words(self) -> ([u64; 2], usize) {
        match self {
            Self::InvalidArgument { index } | Self::InvalidCapability { index } => ([index, 0], 1),
            Self::RangeError { min, max } => ([min, max], 2),
            Self::IllegalOperation | Self::TruncatedMessage | Self::DeleteFirst => ([0, 0], 0),
        }
    }
}
