// SPDX-License-Identifier: BSD-2-Clause

//! What the manager decides, in sentences.

mod desk;
mod fault;
mod hosts;
mod model;
mod orders;
mod policy;
mod regions;
mod restart;
mod watchdog;
