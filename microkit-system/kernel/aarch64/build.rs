// SPDX-License-Identifier: BSD-2-Clause

//! Hands the linker its script and the board's load address.

use std::{env, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=kernel.ld");
    // On the host the crate is built for its unit tests only.
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let directory = env::var("CARGO_MANIFEST_DIR").expect("set by cargo");
        let script = Path::new(&directory).join("kernel.ld");
        println!("cargo::rustc-link-arg-bins=-T{}", script.display());
        println!("cargo::rustc-link-arg-bins=-zmax-page-size=4096");
    }
}
