// SPDX-License-Identifier: BSD-2-Clause

//! From the device tree to the check line.

use crate::machine::{Abort, Interrupts, Mmu, off, set_conduit, set_uart};
use crate::{roles, say};
use bare_guests::arguments::{Arguments, Role};
use bare_guests::devices::{Devices, command_line};
use core::fmt::{self, Write};
use core::ptr::with_exposed_provenance;
use core::sync::atomic::{AtomicU8, Ordering};
use dtoolkit::fdt::Fdt;
use heapless::String;

/// Why a check failed.
pub struct Failure(String<112>);

impl Failure {
    /// A failure in words; what does not fit is cut.
    pub fn new(text: fmt::Arguments<'_>) -> Self {
        let mut line = String::new();
        let _ = line.write_fmt(text);
        Self(line)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Abort> for Failure {
    fn from(abort: Abort) -> Self {
        crate::failure!("an abort: esr {:#x}, far {:#x}", abort.esr, abort.far)
    }
}

/// Makes a [`Failure`].
#[macro_export]
macro_rules! failure {
    ($($argument:tt)*) => {
        $crate::run::Failure::new(format_args!($($argument)*))
    };
}

/// What a role works with.
pub struct Machine<'a> {
    pub arguments: Arguments<'a>,
    pub devices: Devices,
    pub mmu: Mmu,
    pub interrupts: Interrupts,
}

/// The role, for whoever has to report a failure: its place in [`Role::ALL`].
static ROLE: AtomicU8 = AtomicU8::new(u8::MAX);

/// Says that the check failed.
pub fn fail(reason: fmt::Arguments<'_>) {
    let role = Role::ALL.get(usize::from(ROLE.load(Ordering::Relaxed)));
    let role = role.map_or("unknown", |role| role.name());
    say!("CHECK {role}: fail {reason}");
}

#[unsafe(no_mangle)]
extern "C" fn bare_main(device_tree: u64) -> ! {
    // Without tables there is no console: the hypervisor sees a guest that ends.
    // SAFETY: the start code calls this once, with the MMU off.
    if let Ok(mmu) = unsafe { Mmu::enable() } {
        match run(device_tree, mmu) {
            Ok(role) => say!("CHECK {}: pass", role.name()),
            Err(failure) => fail(format_args!("{failure}")),
        }
    }
    off()
}

fn run(device_tree: u64, mmu: Mmu) -> Result<Role, Failure> {
    let tree = with_exposed_provenance(device_tree as usize);
    // SAFETY: the boot protocol: x0 is the address of a device tree in RAM.
    let tree = unsafe { Fdt::from_raw(tree) }
        .map_err(|error| failure!("device tree at {device_tree:#x}: {error}"))?;
    let devices = Devices::find(tree);
    if let Some(uart) = devices.uart {
        // SAFETY: the device tree says that a PL011 is there; all devices are
        // mapped as device memory.
        unsafe { set_uart(uart.address) };
    }
    if let Some(conduit) = devices.psci {
        set_conduit(conduit);
    }
    let arguments = Arguments::parse(command_line(tree)).map_err(|error| failure!("{error}"))?;
    let Some(role) = arguments.role else {
        return Err(failure!(
            "no role: put tombolo.role=watcher, or another, on the command line"
        ));
    };
    ROLE.store(role as u8, Ordering::Relaxed);
    say!("{}: bare-metal guest at EL1, MMU on", role.name());
    let (gicd, gicc) = devices
        .gic
        .ok_or_else(|| failure!("the device tree has no GICv2"))?;
    // SAFETY: the device tree says that a GICv2 is there.
    let interrupts = unsafe { Interrupts::new(gicd, gicc) }
        .ok_or_else(|| failure!("the GIC at {gicd:#x} does not let the timer interrupt"))?;
    let mut machine = Machine {
        arguments,
        devices,
        mmu,
        interrupts,
    };
    match role {
        Role::Watcher => roles::watcher(&mut machine)?,
        Role::Outsider => roles::outsider(&mut machine)?,
        Role::Registers => roles::registers(&mut machine)?,
        Role::Peer => roles::peer(&mut machine)?,
        Role::Meter => roles::meter(&mut machine)?,
        Role::Spinner => roles::spinner(),
        Role::Planter => roles::planter(&mut machine)?,
        Role::Latency => roles::latency(&mut machine)?,
        Role::Echo => roles::echo(&mut machine)?,
        Role::Neighbour => roles::neighbour(&mut machine)?,
        Role::Victim => roles::victim(&mut machine)?,
        Role::Ghstest => roles::ghstest(&mut machine)?,
        Role::Assistant => roles::assistant(&mut machine)?,
        Role::Features => roles::features(&mut machine)?,
        Role::Lifecycle => roles::lifecycle(&mut machine)?,
        Role::Crowd => roles::crowd(&mut machine)?,
        Role::Regions => roles::regions(&mut machine)?,
        Role::Churn => roles::churn(&mut machine)?,
        Role::Mortal => roles::mortal(&mut machine)?,
        Role::Reaper => roles::reaper(&mut machine)?,
        Role::Storm => roles::storm(&mut machine)?,
        Role::Giver => roles::giver(&mut machine)?,
        Role::Taker => roles::taker(&mut machine)?,
        Role::Culprit => roles::culprit(&mut machine)?,
        Role::Parrot => roles::parrot(&mut machine)?,
        Role::Processors => roles::processors(&mut machine)?,
        Role::Copies => roles::copies(&mut machine)?,
        Role::Citizen => roles::citizen(&mut machine)?,
        Role::Overseer => roles::overseer(&mut machine)?,
        Role::Clock => roles::clock(&mut machine)?,
    }
    Ok(role)
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    fail(format_args!("{info}"));
    off()
}
