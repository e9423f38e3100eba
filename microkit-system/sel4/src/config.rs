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

#[cfg(test)]
mod tests {
    use super::{
        sel4_cfg, sel4_cfg_attr, sel4_cfg_bool, sel4_cfg_enum, sel4_cfg_if, sel4_cfg_str,
        sel4_cfg_struct, sel4_cfg_usize, sel4_cfg_word, sel4_cfg_wrap_match,
    };

    const DEBUG: bool = cfg!(sel4_debug);

    #[sel4_cfg(PRINTING)]
    fn printing() -> bool {
        true
    }

    #[sel4_cfg(not(PRINTING))]
    fn printing() -> bool {
        false
    }

    #[sel4_cfg_enum]
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Register {
        Low = 1,
        #[sel4_cfg(not(MAX_NUM_NODES = "1"))]
        SeveralCores = 16,
        #[sel4_cfg(all(KERNEL_MCS, any(DEBUG_BUILD, ARCH_AARCH64)))]
        High = 17,
    }

    #[sel4_cfg_struct]
    #[derive(Default)]
    struct Fields {
        kept: u8,
        #[sel4_cfg(ARCH_X86)]
        dropped: NoSuchType,
    }

    fn name(register: Register) -> &'static str {
        sel4_cfg_wrap_match! {
            match register {
                Register::Low => { "low" }
                #[sel4_cfg(not(KERNEL_MCS))]
                Register::SeveralCores => "several",
                #[sel4_cfg(KERNEL_MCS)]
                Register::High => "high",
            }
        }
    }

    #[test]
    fn items_follow_the_configuration() {
        assert_eq!(printing(), DEBUG);
        assert_eq!(sel4_cfg_bool!(DEBUG_BUILD), DEBUG);
        assert_eq!(super::consts::PRINTING, DEBUG);
    }

    #[test]
    fn the_first_branch_that_holds_is_taken() {
        sel4_cfg_if! {
            if #[sel4_cfg(ARCH_X86)] {
                let taken = no_such_value;
            } else if #[sel4_cfg(KERNEL_MCS)] {
                let taken = 2;
            } else {
                let taken = no_such_value;
            }
        }
        assert_eq!(taken, 2);
    }

    #[test]
    fn variants_fields_and_arms_can_be_conditional() {
        assert_eq!((Register::Low as u8, Register::High as u8), (1, 17));
        assert_eq!((name(Register::Low), name(Register::High)), ("low", "high"));
        assert_eq!(Fields::default().kept, 0);
    }

    #[test]
    fn attributes_can_be_conditional() {
        #[sel4_cfg_attr(KERNEL_MCS, derive(Debug), derive(PartialEq))]
        struct Value(u8);
        assert_eq!(Value(1), Value(1));
    }

    #[test]
    fn options_have_values() {
        assert_eq!(sel4_cfg_str!(SEL4_ARCH), "aarch64");
        assert_eq!(sel4_cfg_usize!(MAX_NUM_NODES), 1_usize);
        assert_eq!(sel4_cfg_word!(NUM_PRIORITIES), 256_u64);
    }
}
