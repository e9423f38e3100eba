// SPDX-License-Identifier: BSD-2-Clause

//! A vCPU's number, and what a guest has once per vCPU.

use core::ops::{Index, IndexMut};
use tombolo_config::guest::MAX_VCPUS;

/// A vCPU's number in its guest, below [`MAX_VCPUS`]: Microkit's id, the GIC's CPU
/// interface number and affinity level 0 of its MPIDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VcpuId(u8);

impl VcpuId {
    /// The one that a guest starts with.
    pub const BOOT: Self = Self(0);

    /// `None`: no guest has so many.
    pub fn new(number: usize) -> Option<Self> {
        // Lossless: checked.
        (number < MAX_VCPUS).then_some(Self(number as u8))
    }

    /// As a small number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// All that any guest may have.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map_while(Self::new)
    }

    /// As an index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// As a set of CPUs, the way the GIC writes it.
    pub fn mask(self) -> u8 {
        1 << self.0
    }
}

/// One `T` for each vCPU of a guest.
#[derive(Clone, Debug)]
pub struct PerVcpu<T> {
    /// All that there might be, so that no [`VcpuId`] leads beyond the end.
    all: [T; MAX_VCPUS],
    count: usize,
}

impl<T> PerVcpu<T> {
    /// For `count` vCPUs; more than [`MAX_VCPUS`] are as many.
    pub fn new(count: usize, mut each: impl FnMut(VcpuId) -> T) -> Self {
        Self {
            // Lossless: at most 8.
            all: core::array::from_fn(|n| each(VcpuId(n as u8))),
            count: count.min(MAX_VCPUS),
        }
    }

    /// For all vCPUs that any guest may have.
    pub fn for_all(each: impl FnMut(VcpuId) -> T) -> Self {
        Self::new(MAX_VCPUS, each)
    }

    /// The guest's vCPUs.
    pub fn ids(&self) -> impl Iterator<Item = VcpuId> + use<T> {
        // Lossless: at most 8.
        (0..self.count as u8).map(VcpuId)
    }

    /// Whether the guest has that one.
    pub fn has(&self, vcpu: VcpuId) -> bool {
        vcpu.index() < self.count
    }

    /// How many it has.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Those of the guest's vCPUs, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.all.iter().take(self.count)
    }
}

impl<T: Default> Default for PerVcpu<T> {
    fn default() -> Self {
        Self::new(MAX_VCPUS, |_| T::default())
    }
}

impl<T> Index<VcpuId> for PerVcpu<T> {
    type Output = T;

    fn index(&self, vcpu: VcpuId) -> &T {
        &self.all[vcpu.index()]
    }
}

impl<T> IndexMut<VcpuId> for PerVcpu<T> {
    fn index_mut(&mut self, vcpu: VcpuId) -> &mut T {
        &mut self.all[vcpu.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_beyond_the_most_is_none() {
        assert_eq!(VcpuId::new(MAX_VCPUS), None);
        let last = VcpuId::new(MAX_VCPUS - 1).expect("below");
        let two = PerVcpu::new(2, VcpuId::index);
        assert!(!two.has(last));
        assert_eq!(two[last], MAX_VCPUS - 1, "there, and not the guest's");
        assert!(two.ids().map(VcpuId::index).eq([0, 1]));
        assert_eq!(PerVcpu::new(100, |_| ()).count(), MAX_VCPUS);
    }
}
