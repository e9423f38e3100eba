// SPDX-License-Identifier: BSD-2-Clause

//! QEMU's `virt` machine, as Microkit's board `qemu_virt_aarch64` uses it.
//!
//! What the kernel must know before it can read the image's header, which
//! carries the rest (`tombolo_kernel_spec::BoardSpec`). From QEMU's device tree
//! for `-machine virt,virtualization=on -m size=2G`.

/// Name of the board.
pub const NAME: &str = "qemu_virt_aarch64";
/// The image's load address, and so the kernel's; `kernel.ld` repeats it.
pub const LOAD_ADDRESS: u64 = 0x7000_0000;
/// Devices lie below, RAM from here on.
pub const RAM_START: u64 = 0x4000_0000;
/// End of RAM, exclusive. Main memory is its upper part.
pub const RAM_END: u64 = 0xc000_0000;
/// PL011 of the kernel's messages.
pub const UART: u64 = 0x0900_0000;
