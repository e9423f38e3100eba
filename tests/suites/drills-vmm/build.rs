// SPDX-License-Identifier: BSD-2-Clause

//! The VMM's entry is that of `guest-vmm-pd`, at which it can be begun anew.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none") {
        println!("cargo:rustc-link-arg-bin=drills-vmm-suite-unruly-vmm=--entry=tombolo_entry");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
