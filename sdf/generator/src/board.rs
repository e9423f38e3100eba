// SPDX-License-Identifier: BSD-2-Clause

//! What the generator knows of a board.
//!
//! Devices that a manifest may hand out are listed here by name: only such as can
//! do no DMA, since nothing would hold a guest's DMA to its own memory.

use std::ops::Range;
use tombolo_image::board::QEMU_VIRT_AARCH64;

/// A device page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// Name in manifests.
    pub name: &'static str,
    /// Physical address; guests see it there too.
    pub address: u64,
    /// Bytes.
    pub size: u64,
}

/// A board.
#[derive(Debug)]
pub struct Board {
    /// Main memory, given out by the tool.
    pub memory: Range<u64>,
    /// The console's PL011.
    pub uart: Device,
    /// Its INTID.
    pub uart_intid: u32,
    /// GICV: the guests' CPU interface.
    pub gicv: Device,
    /// Devices for guests and hosts.
    pub devices: &'static [Device],
}

/// The emulated PL011, by its name in manifests.
pub const CONSOLE: &str = "console";

/// What `devices` of a guest may name.
pub const DEVICE_NAMES: &[&str] = &[CONSOLE, "rtc"];
/// What `devices` of a host may name.
pub const HOST_DEVICE_NAMES: &[&str] = &["rtc"];

/// QEMU's `virt` machine. Addresses: QEMU's hw/arm/virt.c memory map.
pub const QEMU_VIRT: Board = Board {
    memory: QEMU_VIRT_AARCH64.memory,
    uart: Device {
        name: "uart",
        address: 0x0900_0000,
        size: 0x1000,
    },
    uart_intid: 33,
    gicv: Device {
        name: "gicv",
        address: 0x0804_0000,
        size: 0x2000,
    },
    devices: &[Device {
        name: "rtc",
        address: 0x0901_0000,
        size: 0x1000,
    }],
};

impl Board {
    /// The device called `name`.
    pub fn device(&self, name: &str) -> Option<Device> {
        self.devices
            .iter()
            .copied()
            .find(|device| device.name == name)
    }

    /// Name of what lies at `address`, for people.
    pub fn at(&self, address: u64) -> Option<&'static str> {
        [self.uart, self.gicv]
            .into_iter()
            .chain(self.devices.iter().copied())
            .find(|device| (device.address..device.address + device.size).contains(&address))
            .map(|device| device.name)
    }
}
