// SPDX-License-Identifier: BSD-2-Clause

//! The image: finds its devices, plays its part, says the outcome, turns off.

#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]

#[cfg(target_os = "none")]
mod machine;
#[cfg(target_os = "none")]
mod roles;
#[cfg(target_os = "none")]
mod run;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("bare-guests is a guest image: guests/bare/build.sh builds it");
}
