// SPDX-License-Identifier: BSD-2-Clause

//! Tests: one vCPU, several, any sequence.

mod hardware;
mod one;
mod sequences;
mod several;

use crate::vcpu::VcpuId;

const BOOT: VcpuId = VcpuId::BOOT;
const CTLR: u64 = 0x000;
const ISENABLER: u64 = 0x100;
const ICENABLER: u64 = 0x180;
const ISPENDR: u64 = 0x200;
const IPRIORITYR: u64 = 0x400;
const ITARGETSR: u64 = 0x800;
const ICFGR: u64 = 0xc00;
const SGIR: u64 = 0xf00;
