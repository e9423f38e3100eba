// SPDX-License-Identifier: BSD-2-Clause

//! List registers as the hardware has them.

use super::super::Distributor;
use super::{BOOT, CTLR, ISENABLER};
use crate::exits::Width;
use crate::platform::InjectError;
use crate::vcpu::VcpuId;
use std::collections::HashMap;

/// One vCPU's list registers.
#[derive(Debug)]
pub struct Hardware {
    pub vcpu: VcpuId,
    pub registers: HashMap<u8, u16>,
    count: u8,
}

impl Hardware {
    pub fn new(count: u8) -> Self {
        Self::of(BOOT, count)
    }

    pub fn of(vcpu: VcpuId, count: u8) -> Self {
        Self {
            vcpu,
            registers: HashMap::new(),
            count,
        }
    }

    pub fn deliver(&mut self, gic: &mut Distributor) {
        gic.deliver(self.vcpu, |register, intid, priority| {
            assert!(priority < 32, "five bits of priority");
            if register >= self.count {
                return Err(InjectError::OnlyHave(self.count));
            }
            assert!(!self.holds(intid), "{intid} lies in two");
            assert!(
                self.registers.insert(register, intid).is_none(),
                "{register} was in use"
            );
            Ok(())
        });
    }

    /// The guest ends `intid`; whether that ended it for the distributor too.
    pub fn end(&mut self, gic: &mut Distributor, intid: u16) -> bool {
        let mut entries = self.registers.iter();
        let (&register, _) = entries.find(|(_, i)| **i == intid).expect("in a register");
        self.registers.remove(&register);
        let ended = gic.maintenance(self.vcpu, register);
        assert!(ended.is_none_or(|ended| ended == intid));
        ended.is_some()
    }

    pub fn holds(&self, intid: u16) -> bool {
        self.registers.values().any(|&i| i == intid)
    }
}

/// Enables an interrupt at the first vCPU, and the distributor.
pub fn enable(gic: &mut Distributor, intid: u16) {
    let offset = ISENABLER + u64::from(intid / 32) * 4;
    gic.write(BOOT, offset, Width::Word, 1 << (intid % 32));
    gic.write(BOOT, CTLR, Width::Word, 1);
}
