// SPDX-License-Identifier: BSD-2-Clause

//! The kernel configuration: macros, and the same as constants.

pub use sel4_config_macros::{
    sel4_cfg, sel4_cfg_attr, sel4_cfg_bool, sel4_cfg_enum, sel4_cfg_if, sel4_cfg_str,
    sel4_cfg_struct, sel4_cfg_usize, sel4_cfg_word, sel4_cfg_wrap_match,
};

/// Options as constants.
pub mod consts {
    use super::{sel4_cfg_bool, sel4_cfg_str};

    /// The kernel runs at EL2 and offers virtual processors.
    pub const ARM_HYPERVISOR_SUPPORT: bool = sel4_cfg_bool!(ARM_HYPERVISOR_SUPPORT);
    /// Debug system calls exist.
    pub const DEBUG_BUILD: bool = sel4_cfg_bool!(DEBUG_BUILD);
    /// Hardware breakpoint invocations exist, which renumbers the others.
    pub const HARDWARE_DEBUG_API: bool = sel4_cfg_bool!(HARDWARE_DEBUG_API);
    /// Scheduling contexts, reply objects.
    pub const KERNEL_MCS: bool = sel4_cfg_bool!(KERNEL_MCS);
    /// Number of cores, as text.
    pub const MAX_NUM_NODES: &str = sel4_cfg_str!(MAX_NUM_NODES);
    /// The kernel prints characters for user programs.
    pub const PRINTING: bool = sel4_cfg_bool!(PRINTING);
}
