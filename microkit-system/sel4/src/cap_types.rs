// SPDX-License-Identifier: BSD-2-Clause

//! Types of capabilities: markers, and aliases of typed capabilities.

macro_rules! declare {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Markers for [`Cap`](crate::Cap).
        pub mod cap_type {
            $(
                $(#[$doc])*
                #[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
                pub struct $name;

                impl crate::CapType for $name {
                    const NAME: &'static str = stringify!($name);
                }
            )+

            /// The smallest page, 4 KiB.
            pub type Granule = SmallPage;
        }

        /// Capabilities by type.
        pub mod cap {
            $(
                $(#[$doc])*
                pub type $name<C = crate::NoExplicitInvocationContext> =
                    crate::Cap<crate::cap_type::$name, C>;
            )+

            /// The smallest page, 4 KiB.
            pub type Granule<C = crate::NoExplicitInvocationContext> = SmallPage<C>;
        }
    };
}

declare! {
    /// Message passing between threads.
    Endpoint,
    /// A word of signals.
    Notification,
    /// A thread.
    Tcb,
    /// A table of capabilities.
    CNode,
    /// Memory without a type.
    Untyped,
    /// Authority to make interrupt handlers.
    IrqControl,
    /// One interrupt.
    IrqHandler,
    /// The right to answer one call.
    Reply,
    /// Processor time.
    SchedContext,
    /// Authority over one core's processor time.
    SchedControl,
    /// Authority over scheduling domains.
    DomainSet,
    /// Authority to make address space identifiers.
    AsidControl,
    /// A pool of address space identifiers.
    AsidPool,
    /// An empty slot.
    Null,
    /// A capability of any type.
    Unspecified,
    /// A page of any size.
    UnspecifiedPage,
    /// A translation table of any level.
    UnspecifiedIntermediateTranslationTable,
    /// An address space.
    VSpace,
    /// A page of 4 KiB.
    SmallPage,
    /// A page of 2 MiB.
    LargePage,
    /// A page of 1 GiB.
    HugePage,
    /// A translation table.
    PT,
    /// A virtual processor.
    VCpu,
}
