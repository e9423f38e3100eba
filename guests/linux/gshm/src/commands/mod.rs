// SPDX-License-Identifier: BSD-2-Clause

//! The commands, by what they are about.

pub mod bench;
pub mod data;
pub mod files;
pub mod look;
pub mod signals;
pub mod story;
