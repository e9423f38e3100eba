// SPDX-License-Identifier: BSD-2-Clause

//! Names, slots, connections, rights and signals.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
