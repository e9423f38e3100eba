// SPDX-License-Identifier: BSD-2-Clause

//! Copying into guest RAM, and what the caches need afterwards.

use super::Layout;

/// Guest RAM while the guest does not run.
pub trait GuestRam {
    /// Copies `bytes` to guest-physical `address`. The plan has checked bounds; a
    /// copy outside guest RAM does nothing and returns false.
    fn copy(&mut self, address: u64, bytes: &[u8]) -> bool;
    /// Cleans and invalidates data caches to the point of coherency.
    fn clean(&mut self, address: u64, bytes: u64);
    /// Makes the range's content what instruction fetches see.
    fn unify(&mut self, address: u64, bytes: u64);
}

/// Loads all three. `false`: guest RAM is not what the plan was made for.
#[must_use]
pub fn load(
    ram: &mut impl GuestRam,
    layout: &Layout,
    kernel: &[u8],
    initrd: Option<&[u8]>,
    device_tree: &[u8],
) -> bool {
    let mut put = |address: u64, bytes: &[u8]| {
        let done = ram.copy(address, bytes);
        ram.clean(address, bytes.len() as u64);
        done
    };
    let mut done = put(layout.kernel, kernel);
    if let (Some((address, _)), Some(bytes)) = (layout.initrd, initrd) {
        done &= put(address, bytes);
    }
    done &= put(layout.device_tree, device_tree);
    ram.unify(layout.kernel, kernel.len() as u64);
    done
}
