// SPDX-License-Identifier: BSD-2-Clause

//! Configuration blobs of the protection domains.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
