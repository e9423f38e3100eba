// SPDX-License-Identifier: BSD-2-Clause

//! The shmem-server protection domain.

fn main() {}
