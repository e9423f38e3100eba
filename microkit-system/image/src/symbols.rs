// SPDX-License-Identifier: BSD-2-Clause

//! Values of the symbols that the tool sets in programs.

use crate::layout::Layout;
use crate::program::{Program, SymbolSize};
use crate::system::{Channel, SetVarValue, System};

/// The program of domain `index` with all symbols set.
pub fn patched(system: &System, layout: &Layout, index: usize) -> Option<Program> {
    let domain = &system.domains[index];
    let mut program = domain.image.as_ref()?.program.clone()?;
    let (notifications, calls) = channel_bits(system, index);
    let irqs: u64 = domain.irqs.iter().map(|irq| 1 << irq.id.value).sum();
    let name = domain.name.value.as_bytes();
    set(&mut program, "microkit_name", &name[..name.len().min(64)]);
    set(&mut program, "microkit_passive", &[domain.passive.into()]);
    set(&mut program, "microkit_irqs", &irqs.to_le_bytes());
    set(
        &mut program,
        "microkit_notifications",
        &notifications.to_le_bytes(),
    );
    set(&mut program, "microkit_pps", &calls.to_le_bytes());
    set(&mut program, "microkit_ioports", &0u64.to_le_bytes());
    for setvar in &domain.setvars {
        let value = value(system, layout, &setvar.value);
        set(&mut program, &setvar.symbol.value, &value.to_le_bytes());
    }
    Some(program)
}

/// The symbols were all found when the program was loaded.
fn set(program: &mut Program, name: &str, bytes: &[u8]) {
    if let Ok(symbol) = program.symbol(name, SymbolSize::AtLeast(1)) {
        program.patch(symbol, bytes);
    }
}

/// Bitmaps of the channels that the domain may notify and call on.
fn channel_bits(system: &System, index: usize) -> (u64, u64) {
    let ends = system
        .channels
        .iter()
        .flat_map(|channel: &Channel| &channel.ends)
        .filter(|end| end.domain == index);
    ends.fold((0, 0), |(notifications, calls), end| {
        let bit = 1u64 << end.id.value;
        (
            notifications | if end.notify { bit } else { 0 },
            calls | if end.pp { bit } else { 0 },
        )
    })
}

/// What a symbol is set to.
pub fn value(system: &System, layout: &Layout, value: &SetVarValue) -> u64 {
    let region = |name: &str| system.region(name);
    match value {
        SetVarValue::Number(number) => *number,
        SetVarValue::RegionSize(name) => region(name).map_or(0, |index| system.regions[index].size),
        SetVarValue::PrefillSize(name) => {
            let prefill = region(name).and_then(|index| system.regions[index].prefill.as_ref());
            prefill.map_or(0, |prefill| prefill.bytes.len() as u64)
        }
        SetVarValue::RegionAddress(name) => {
            let extent = region(name).and_then(|index| layout.regions[index].first());
            extent.map_or(0, |extent| extent.pa)
        }
    }
}
