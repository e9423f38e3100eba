// SPDX-License-Identifier: BSD-2-Clause

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tombolo_fuzz::rings(bytes));
