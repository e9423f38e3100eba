// SPDX-License-Identifier: BSD-2-Clause

//! The program's entry is `tombolo_entry` (`src/platform/restart.rs`), which goes on to the
//! ordinary `_start`.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none") {
        println!("cargo:rustc-link-arg-bins=--entry=tombolo_entry");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
