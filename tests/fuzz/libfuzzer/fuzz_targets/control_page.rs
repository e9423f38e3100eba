// SPDX-License-Identifier: BSD-2-Clause

//! `tombolo_fuzz::control_page`, for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tombolo_fuzz::control_page(bytes));
