// SPDX-License-Identifier: BSD-2-Clause

//! The console protection domain: it owns the UART.

fn main() {}
