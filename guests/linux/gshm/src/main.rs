// SPDX-License-Identifier: BSD-2-Clause

//! The guest_shm command of Linux guests.

fn main() {}
