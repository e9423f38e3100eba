// SPDX-License-Identifier: BSD-2-Clause

//! What the device tree says the machine has.

use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::standard::NodeStandard;
use dtoolkit::{Node, Property};

/// First INTID of the shared peripheral interrupts (GIC architecture).
const FIRST_SPI: u32 = 32;

/// A device with registers and a shared peripheral interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// Physical address of its registers.
    pub address: u64,
    /// Its interrupt: number of the SPI, counted from 0.
    pub spi: Option<u32>,
}

impl Device {
    /// Its interrupt as an INTID.
    pub fn intid(&self) -> Option<u32> {
        self.spi.and_then(|spi| spi.checked_add(FIRST_SPI))
    }
}

/// How firmware is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduit {
    /// SMC.
    Smc,
    /// HVC.
    Hvc,
}

/// The devices that these programs use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// `arm,pl011`.
    pub uart: Option<Device>,
    /// A GICv2: distributor and CPU interface.
    pub gic: Option<(u64, u64)>,
    /// `qvm,guest_shm`: factory page.
    pub guest_shm: Option<Device>,
    /// `tombolo,manager`: registers, and the mailbox's address.
    pub manager: Option<(Device, u64)>,
    /// PSCI, which turns the machine off.
    pub psci: Option<Conduit>,
}

impl Devices {
    /// Looks them up among the root's children.
    pub fn find(tree: Fdt<'_>) -> Self {
        let mut devices = Self::default();
        for node in tree.root().children() {
            if node.is_compatible("arm,pl011") {
                devices.uart = devices.uart.or(device(node));
            } else if node.is_compatible("arm,cortex-a15-gic") || node.is_compatible("arm,gic-400")
            {
                devices.gic = devices.gic.or(gic(node));
            } else if node.is_compatible("arm,psci-0.2") {
                devices.psci = devices.psci.or(conduit(node));
            } else if node.is_compatible("qvm,guest_shm") {
                devices.guest_shm = devices.guest_shm.or(device(node));
            } else if node.is_compatible("tombolo,manager") {
                devices.manager = devices.manager.or(device(node).zip(address(node, 1)));
            }
        }
        devices
    }
}

/// The command line; empty if there is none.
pub fn command_line<'a>(tree: Fdt<'a>) -> &'a str {
    // `find_node` and not `chosen`: the text must live as long as the tree.
    tree.find_node("/chosen")
        .and_then(|chosen| chosen.property("bootargs"))
        .and_then(|property| property.value_as::<&'a str>().ok())
        .unwrap_or_default()
}

fn device(node: FdtNode<'_>) -> Option<Device> {
    Some(Device {
        address: address(node, 0)?,
        spi: spi(node),
    })
}

fn conduit(node: FdtNode<'_>) -> Option<Conduit> {
    match node.property("method")?.value_as::<&str>().ok()? {
        "smc" => Some(Conduit::Smc),
        "hvc" => Some(Conduit::Hvc),
        _ => None,
    }
}

fn gic(node: FdtNode<'_>) -> Option<(u64, u64)> {
    Some((address(node, 0)?, address(node, 1)?))
}

fn address(node: FdtNode<'_>, number: usize) -> Option<u64> {
    node.reg().ok()??.nth(number)?.address().ok()
}

/// `interrupts` as the GIC's binding has it: type (0 = SPI), number, flags.
fn spi(node: FdtNode<'_>) -> Option<u32> {
    let [kind, number, _] = node.property("interrupts")?.value_as::<[u32; 3]>().ok()?;
    (kind == 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{Conduit, Device, Devices, command_line};
    use dtoolkit::fdt::Fdt;
    use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};

    fn add(node: &mut DeviceTreeNode, name: &str, cells: &[u32]) {
        let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_be_bytes()).collect();
        node.add_property(DeviceTreeProperty::new(name, bytes).unwrap());
    }

    fn text(node: &mut DeviceTreeNode, name: &str, value: &str) {
        node.add_property(DeviceTreeProperty::new(name, value).unwrap());
    }

    fn tree() -> Vec<u8> {
        let mut tree = DeviceTree::new();
        add(&mut tree.root, "#address-cells", &[2]);
        add(&mut tree.root, "#size-cells", &[2]);
        let mut chosen = DeviceTreeNode::new("chosen").unwrap();
        text(&mut chosen, "bootargs", "tombolo.role=watcher");
        tree.root.add_child(chosen);
        let mut gic = DeviceTreeNode::new("intc@8000000").unwrap();
        text(&mut gic, "compatible", "arm,gic-400");
        add(
            &mut gic,
            "reg",
            &[0, 0x800_0000, 0, 0x1000, 0, 0x801_0000, 0, 0x2000],
        );
        tree.root.add_child(gic);
        let mut shm = DeviceTreeNode::new("guest_shm@a000000").unwrap();
        text(&mut shm, "compatible", "qvm,guest_shm");
        add(&mut shm, "reg", &[0, 0xa00_0000, 0, 0x1000]);
        add(&mut shm, "interrupts", &[0, 11, 4]);
        tree.root.add_child(shm);
        let mut psci = DeviceTreeNode::new("psci").unwrap();
        text(&mut psci, "compatible", "arm,psci-0.2");
        text(&mut psci, "method", "smc");
        tree.root.add_child(psci);
        tree.to_dtb()
    }

    #[test]
    fn devices_are_found_by_what_they_are_compatible_with() {
        let bytes = tree();
        let tree = Fdt::new(&bytes).unwrap();
        let devices = Devices::find(tree);
        let shm = Device {
            address: 0xa00_0000,
            spi: Some(11),
        };
        assert_eq!(devices.guest_shm, Some(shm));
        assert_eq!(shm.intid(), Some(43));
        assert_eq!(devices.gic, Some((0x800_0000, 0x801_0000)));
        assert_eq!((devices.uart, devices.psci), (None, Some(Conduit::Smc)));
        assert_eq!(command_line(tree), "tombolo.role=watcher");
    }
}
