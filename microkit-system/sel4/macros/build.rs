// SPDX-License-Identifier: BSD-2-Clause

//! Selects the kernel configuration.
//!
//! `MICROKIT_CONFIG` is `release` (the default) or `debug`, the names of the
//! Microkit SDK's configurations. Debug sets `cfg(sel4_debug)`: it renumbers
//! invocations and adds system calls, so an ELF file fits one of them only.

fn main() {
    println!("cargo::rerun-if-env-changed=MICROKIT_CONFIG");
    println!("cargo::rustc-check-cfg=cfg(sel4_debug)");
    match std::env::var("MICROKIT_CONFIG").as_deref() {
        Err(_) | Ok("" | "release") => {}
        Ok("debug") => println!("cargo::rustc-cfg=sel4_debug"),
        Ok(other) => {
            println!(
                "cargo::error=MICROKIT_CONFIG is {other:?}: set it to \"release\" or \"debug\""
            );
        }
    }
}
