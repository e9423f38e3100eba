// SPDX-License-Identifier: BSD-2-Clause

//! Configuration keys and their values.
//!
//! Source: `kernel/gen_config.json` of the Microkit 2.3 SDK, single-core
//! configurations, less everything that names one board or one core.

/// Value of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// On or off.
    Bool(bool),
    /// A string, or a number written as one.
    Text(&'static str),
}

use Value::{Bool, Text};

const DEBUG: bool = cfg!(sel4_debug);

const KEYS: &[(&str, Value)] = &[
    ("AARCH64_USER_CACHE_ENABLE", Bool(true)),
    ("ALLOW_SMC_CALLS", Bool(true)),
    ("ARCH", Text("arm")),
    ("ARCH_AARCH32", Bool(false)),
    ("ARCH_AARCH64", Bool(true)),
    ("ARCH_ARM", Bool(true)),
    ("ARCH_IA32", Bool(false)),
    ("ARCH_RISCV", Bool(false)),
    ("ARCH_RISCV32", Bool(false)),
    ("ARCH_RISCV64", Bool(false)),
    ("ARCH_X86", Bool(false)),
    ("ARCH_X86_64", Bool(false)),
    ("ARM_HYPERVISOR_SUPPORT", Bool(true)),
    ("BENCHMARK_TRACK_UTILISATION", Bool(false)),
    ("COLOUR_PRINTING", Bool(DEBUG)),
    ("DEBUG_BUILD", Bool(DEBUG)),
    ("ENABLE_BENCHMARKS", Bool(false)),
    ("ENABLE_SMP_SUPPORT", Bool(false)),
    ("EXPORT_PCNT_USER", Bool(true)),
    ("EXPORT_VCNT_USER", Bool(false)),
    ("HARDWARE_DEBUG_API", Bool(DEBUG)),
    ("HAVE_FPU", Bool(true)),
    ("IRQ_REPORTING", Bool(DEBUG)),
    ("KERNEL_INVOCATION_REPORT_ERROR_IPC", Bool(false)),
    ("KERNEL_MCS", Bool(true)),
    ("MAX_NUM_NODES", Text("1")),
    ("NUM_DOMAINS", Text("16")),
    ("NUM_PRIORITIES", Text("256")),
    ("PRINTING", Bool(DEBUG)),
    ("SEL4_ARCH", Text("aarch64")),
    ("SET_TLS_BASE_SELF", Bool(false)),
    ("SIGNAL_FASTPATH", Bool(false)),
    ("WORD_SIZE", Text("64")),
];

/// Value of `key`; the error says that there is no such key.
pub fn value_of(key: &str) -> Result<Value, String> {
    KEYS.iter()
        .find(|(name, _)| *name == key)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            format!("unknown seL4 configuration key `{key}`; add it to sel4/macros/src/keys.rs")
        })
}

#[cfg(test)]
mod tests {
    use super::{DEBUG, KEYS, Value, value_of};

    #[test]
    fn keys_are_sorted_and_unique() {
        assert!(KEYS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn debug_keys_follow_the_configuration() {
        for key in ["PRINTING", "DEBUG_BUILD", "HARDWARE_DEBUG_API"] {
            assert_eq!(value_of(key), Ok(Value::Bool(DEBUG)));
        }
        assert_eq!(value_of("KERNEL_MCS"), Ok(Value::Bool(true)));
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(value_of("KERNEL_MSC").is_err());
    }
}
