// SPDX-License-Identifier: BSD-2-Clause

//! Devices of the board that guests and hosts own.

use crate::board::{Device, QEMU_VIRT};
use crate::manifest::Manifest;
use crate::system::{Content, RegionId, System};
use toml::Spanned;

/// The devices in use, with their regions.
pub struct Devices(Vec<(Device, RegionId)>);

/// Makes a region for each device that the manifest hands out.
pub fn add(system: &mut System, manifest: &Manifest) -> Devices {
    let guests = manifest
        .guests
        .iter()
        .flat_map(|guest| guest.devices.iter().flatten());
    let hosts = manifest.hosts.iter().flat_map(|host| &host.devices);
    let used: Vec<&str> = guests
        .chain(hosts)
        .map(|name| name.get_ref().as_str())
        .collect();
    let devices = QEMU_VIRT
        .devices
        .iter()
        .filter(|device| used.contains(&device.name));
    let regions = devices.map(|device| {
        let content = Content::Physical(device.address);
        let name = format!("device_{}", device.name);
        (*device, system.region(name, device.size, content))
    });
    Devices(regions.collect())
}

impl Devices {
    /// Those that `names` name.
    pub fn named<'a>(
        &'a self,
        names: &'a [Spanned<String>],
    ) -> impl Iterator<Item = (Device, RegionId)> {
        let named = |name: &str| names.iter().any(|other| other.get_ref() == name);
        self.0
            .iter()
            .copied()
            .filter(move |(device, _)| named(device.name))
    }
}
