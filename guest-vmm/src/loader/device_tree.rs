// SPDX-License-Identifier: BSD-2-Clause

//! The guest's device tree, from its configuration.
//!
//! Bindings: Linux `Documentation/devicetree/bindings` (arm,gic, arch_timer, psci,
//! pl011) and, for the shared-memory device, `qvm,guest_shm`.

use super::Layout;
use alloc::vec::Vec;
use dtoolkit::ToPropertyValue;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
use tombolo_config::guest::{Disk, GuestConfig, Management, Shmem, Uart};

const GIC_PHANDLE: u32 = 1;
const CLOCK_PHANDLE: u32 = 2;
const CLOCK_HERTZ: u32 = 24_000_000;

// Interrupt specifiers: kind, number, flags.
const SPI: u32 = 0;
const PPI: u32 = 1;
const LEVEL_HIGH: u32 = 4;
/// A PPI's: low level, and in bits 15:8 the CPUs that have it.
const LEVEL_LOW: u32 = 8;
const FIRST_SPI: u32 = 32;

/// Timer PPIs: secure, non-secure, virtual, hypervisor.
const TIMER_PPIS: [u32; 4] = [13, 14, 11, 10];

/// Builds the flattened tree.
pub fn build(config: &GuestConfig, layout: &Layout) -> Vec<u8> {
    let mut tree = DeviceTree::new();
    let root = &mut tree.root;
    set(root, "compatible", "tombolo,guest");
    set(root, "model", config.name.as_str());
    set(root, "#address-cells", 2u32);
    set(root, "#size-cells", 2u32);
    set(root, "interrupt-parent", GIC_PHANDLE);
    root.add_child(chosen(config, layout));
    root.add_child(memory(config));
    root.add_child(cpus(config.vcpus));
    root.add_child(psci());
    root.add_child(gic(config));
    root.add_child(timer(config.vcpus));
    root.add_child(clock());
    if let Some(port) = &config.uart {
        root.add_child(uart(port));
    }
    if let Some(drive) = &config.disk {
        root.add_child(disk(drive));
    }
    if let Some(shmem) = &config.shmem {
        root.add_child(guest_shm(shmem));
    }
    if let Some(device) = &config.management {
        root.add_child(management(device));
    }
    tree.to_dtb()
}

fn node(name: &str) -> DeviceTreeNode {
    // Every name here is a literal, or a literal and a hexadecimal number.
    DeviceTreeNode::new_unchecked(name)
}

fn at(name: &str, address: u64) -> DeviceTreeNode {
    node(&alloc::format!("{name}@{address:x}"))
}

fn set(node: &mut DeviceTreeNode, name: &str, value: impl ToPropertyValue) {
    node.add_property(DeviceTreeProperty::new_unchecked(name, value));
}

/// A property without a value.
fn mark(node: &mut DeviceTreeNode, name: &str) {
    set(node, name, [0u8; 0]);
}

/// `reg`: pairs of address and size, two cells each.
fn reg(node: &mut DeviceTreeNode, ranges: &[(u64, u64)]) {
    let mut bytes = Vec::new();
    for (address, size) in ranges {
        bytes.extend_from_slice(&address.to_be_bytes());
        bytes.extend_from_slice(&size.to_be_bytes());
    }
    set(node, "reg", bytes);
}

fn spi(node: &mut DeviceTreeNode, intid: u32) {
    set(
        node,
        "interrupts",
        [SPI, intid.saturating_sub(FIRST_SPI), LEVEL_HIGH],
    );
}

fn chosen(config: &GuestConfig, layout: &Layout) -> DeviceTreeNode {
    let mut chosen = node("chosen");
    set(&mut chosen, "bootargs", config.command_line.as_str());
    if let Some((start, end)) = layout.initrd {
        set(&mut chosen, "linux,initrd-start", start);
        set(&mut chosen, "linux,initrd-end", end);
    }
    if let Some(port) = &config.uart {
        set(
            &mut chosen,
            "stdout-path",
            alloc::format!("/pl011@{:x}", port.gpa),
        );
    }
    chosen
}

fn memory(config: &GuestConfig) -> DeviceTreeNode {
    let mut memory = at("memory", config.ram.gpa);
    set(&mut memory, "device_type", "memory");
    reg(&mut memory, &[(config.ram.gpa, config.ram.mapping.size)]);
    memory
}

fn cpus(count: u8) -> DeviceTreeNode {
    let mut cpus = node("cpus");
    set(&mut cpus, "#address-cells", 1u32);
    set(&mut cpus, "#size-cells", 0u32);
    for number in 0..count {
        let mut cpu = at("cpu", number.into());
        set(&mut cpu, "device_type", "cpu");
        set(&mut cpu, "compatible", "arm,armv8");
        set(&mut cpu, "reg", u32::from(number));
        set(&mut cpu, "enable-method", "psci");
        cpus.add_child(cpu);
    }
    cpus
}

fn psci() -> DeviceTreeNode {
    let mut psci = node("psci");
    set(
        &mut psci,
        "compatible",
        &b"arm,psci-1.0\0arm,psci-0.2\0"[..],
    );
    set(&mut psci, "method", "smc");
    psci
}

fn gic(config: &GuestConfig) -> DeviceTreeNode {
    let mut gic = at("interrupt-controller", config.gic.gicd);
    set(
        &mut gic,
        "compatible",
        &b"arm,gic-400\0arm,cortex-a15-gic\0"[..],
    );
    set(&mut gic, "#interrupt-cells", 3u32);
    set(&mut gic, "#address-cells", 0u32);
    mark(&mut gic, "interrupt-controller");
    reg(
        &mut gic,
        &[(config.gic.gicd, 0x1000), (config.gic.gicc, 0x2000)],
    );
    set(&mut gic, "phandle", GIC_PHANDLE);
    gic
}

fn timer(cpus: u8) -> DeviceTreeNode {
    let mut timer = node("timer");
    set(&mut timer, "compatible", "arm,armv8-timer");
    // Lossless: at most 8 CPUs.
    let flags = ((1u32 << cpus) - 1) << 8 | LEVEL_LOW;
    let mut cells = [0; 12];
    for (specifier, ppi) in cells.chunks_exact_mut(3).zip(TIMER_PPIS) {
        specifier.copy_from_slice(&[PPI, ppi, flags]);
    }
    set(&mut timer, "interrupts", cells);
    mark(&mut timer, "always-on");
    timer
}

fn clock() -> DeviceTreeNode {
    let mut clock = node("apb-pclk");
    set(&mut clock, "compatible", "fixed-clock");
    set(&mut clock, "#clock-cells", 0u32);
    set(&mut clock, "clock-frequency", CLOCK_HERTZ);
    set(&mut clock, "clock-output-names", "clk24mhz");
    set(&mut clock, "phandle", CLOCK_PHANDLE);
    clock
}

fn uart(port: &Uart) -> DeviceTreeNode {
    let mut uart = at("pl011", port.gpa);
    set(&mut uart, "compatible", &b"arm,pl011\0arm,primecell\0"[..]);
    reg(&mut uart, &[(port.gpa, 0x1000)]);
    spi(&mut uart, port.intid);
    set(&mut uart, "clocks", [CLOCK_PHANDLE, CLOCK_PHANDLE]);
    set(&mut uart, "clock-names", &b"uartclk\0apb_pclk\0"[..]);
    uart
}

fn disk(drive: &Disk) -> DeviceTreeNode {
    let mut disk = at("virtio", drive.gpa);
    set(&mut disk, "compatible", "virtio,mmio");
    reg(&mut disk, &[(drive.gpa, 0x1000)]);
    spi(&mut disk, drive.intid);
    mark(&mut disk, "dma-coherent");
    disk
}

fn guest_shm(shmem: &Shmem) -> DeviceTreeNode {
    let mut device = at("guest_shm", shmem.loc);
    set(&mut device, "compatible", "qvm,guest_shm");
    reg(&mut device, &[(shmem.loc, 0x1000)]);
    spi(&mut device, shmem.intr);
    device
}

fn management(management: &Management) -> DeviceTreeNode {
    let mut device = at("manager", management.gpa);
    set(&mut device, "compatible", "tombolo,manager");
    // Registers, then the mailbox.
    reg(
        &mut device,
        &[(management.gpa, 0x1000), (management.mailbox_gpa, 0x1000)],
    );
    spi(&mut device, management.intid);
    device
}
