// SPDX-License-Identifier: BSD-2-Clause

//! Registers of virtio over MMIO (virtio 1.2, 4.2.2), decoded from an offset.

use virtio_spec::{F, blk};

/// Version: not the legacy interface.
pub(super) const VERSION: u32 = 2;
/// VendorID: none of PCI's.
pub(super) const VENDOR: u32 = u32::from_le_bytes(*b"tmbl");
/// The device's configuration begins here.
pub(super) const CONFIGURATION: u64 = 0x100;

/// A register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Register {
    Magic,
    Version,
    DeviceId,
    VendorId,
    DeviceFeatures,
    DeviceFeaturesSel,
    DriverFeatures,
    DriverFeaturesSel,
    QueueSel,
    QueueSizeMax,
    QueueSize,
    QueueReady,
    QueueNotify,
    InterruptStatus,
    InterruptAck,
    Status,
    /// Descriptors, driver area, device area: which, and whether the upper half.
    QueueArea(Area, bool),
    /// Shared memory: there is none, which all ones say.
    SharedMemory,
    ConfigGeneration,
    Reserved,
}

/// A part of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    Descriptors,
    Driver,
    Device,
}

impl Register {
    /// The register at `offset`, which is below [`CONFIGURATION`].
    pub(super) fn at(offset: u64) -> Self {
        match offset {
            0x00 => Self::Magic,
            0x04 => Self::Version,
            0x08 => Self::DeviceId,
            0x0c => Self::VendorId,
            0x10 => Self::DeviceFeatures,
            0x14 => Self::DeviceFeaturesSel,
            0x20 => Self::DriverFeatures,
            0x24 => Self::DriverFeaturesSel,
            0x30 => Self::QueueSel,
            0x34 => Self::QueueSizeMax,
            0x38 => Self::QueueSize,
            0x44 => Self::QueueReady,
            0x50 => Self::QueueNotify,
            0x60 => Self::InterruptStatus,
            0x64 => Self::InterruptAck,
            0x70 => Self::Status,
            0x80 => Self::QueueArea(Area::Descriptors, false),
            0x84 => Self::QueueArea(Area::Descriptors, true),
            0x90 => Self::QueueArea(Area::Driver, false),
            0x94 => Self::QueueArea(Area::Driver, true),
            0xa0 => Self::QueueArea(Area::Device, false),
            0xa4 => Self::QueueArea(Area::Device, true),
            0xb0 | 0xb4 | 0xb8 | 0xbc => Self::SharedMemory,
            0xfc => Self::ConfigGeneration,
            _ => Self::Reserved,
        }
    }
}

/// Features of a disk.
pub(super) fn features(read_only: bool) -> u64 {
    let common = F::VERSION_1 | F::INDIRECT_DESC;
    let mut disk = blk::F::FLUSH | blk::F::BLK_SIZE | blk::F::SEG_MAX;
    if read_only {
        disk |= blk::F::RO;
    }
    // Truncation: all of them are below bit 64.
    (common.bits().to_ne() | disk.bits().to_ne()) as u64
}

/// What a driver has to accept.
pub(super) fn required() -> u64 {
    // Truncation: below bit 64.
    F::VERSION_1.bits().to_ne() as u64
}
