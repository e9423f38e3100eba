// SPDX-License-Identifier: BSD-2-Clause

//! Names and ids are unique; references have a referent.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Located, did_you_mean};
use crate::system::{ProtectionDomain, SetVarValue, System};

/// Of the genuine tool; its monitor keeps a table of that many.
const MAX_DOMAINS: usize = 63;

/// Checks names of domains, regions and machines, ids of children, interrupts,
/// and the targets of `setvar` and `cspace`.
pub fn check(system: &System, diagnostics: &mut Vec<Diagnostic>) {
    unique(
        "protection domains",
        system.domains.iter().map(|domain| &domain.name),
        diagnostics,
    );
    unique(
        "memory regions",
        system.regions.iter().map(|region| &region.name),
        diagnostics,
    );
    let machines = system
        .domains
        .iter()
        .filter_map(|domain| domain.virtual_machine.as_ref());
    unique(
        "virtual machines",
        machines.map(|machine| &machine.name),
        diagnostics,
    );
    for domain in system
        .domains
        .iter()
        .filter(|domain| domain.name.value == "monitor")
    {
        diagnostics.push(
            Diagnostic::error("the name `monitor` belongs to Microkit's own monitor")
                .at(&domain.name.span, "use another name"),
        );
    }
    number_of_domains(system, diagnostics);
    for index in 0..system.domains.len() {
        children(system, index, diagnostics);
        setvars(system, &system.domains[index], diagnostics);
        user_caps(system, &system.domains[index], diagnostics);
    }
    interrupts(system, diagnostics);
}

fn unique<'a>(
    what: &str,
    names: impl Iterator<Item = &'a Located<String>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut seen = HashMap::<&str, &Located<String>>::new();
    for name in names.filter(|name| !name.value.is_empty()) {
        match seen.get(name.value.as_str()) {
            Some(first) => diagnostics.push(
                Diagnostic::error(format!("two {what} are named `{}`", name.value))
                    .at(&name.span, "give it another name")
                    .also(&first.span, "the first one"),
            ),
            None => {
                seen.insert(&name.value, name);
            }
        }
    }
}

fn number_of_domains(system: &System, diagnostics: &mut Vec<Diagnostic>) {
    if system.domains.is_empty() {
        let start = system
            .source
            .text
            .find("<system")
            .map_or(0, |start| start + 1);
        let span = start..(start + "system".len()).min(system.source.text.len());
        diagnostics.push(
            Diagnostic::error("a system needs a protection domain")
                .at(&span, "add a <protection_domain>"),
        );
    }
    if let Some(domain) = system.domains.get(MAX_DOMAINS) {
        diagnostics.push(
            Diagnostic::error(format!(
                "{} protection domains are too many",
                system.domains.len()
            ))
            .at(
                &domain.span,
                format!(
                    "this is number {}; {MAX_DOMAINS} are possible",
                    MAX_DOMAINS + 1
                ),
            ),
        );
    }
}

fn children(system: &System, parent: usize, diagnostics: &mut Vec<Diagnostic>) {
    let domain = &system.domains[parent];
    let vcpus = domain
        .virtual_machine
        .iter()
        .flat_map(|machine| &machine.vcpus)
        .map(|vcpu| (&vcpu.id, "a vCPU"));
    let mut seen: Vec<(&Located<u64>, &str)> = vcpus.collect();
    for child in system
        .domains
        .iter()
        .filter(|child| child.parent == Some(parent))
    {
        let Some(id) = &child.child_id else { continue };
        match seen.iter().find(|(other, _)| other.value == id.value) {
            Some((other, what)) => diagnostics.push(
                Diagnostic::error(format!(
                    "the id {} is taken in `{}`",
                    id.value, domain.name.value
                ))
                .at(&id.span, "give the child another id")
                .also(&other.span, format!("id of {what}")),
            ),
            None => seen.push((id, "another child")),
        }
    }
}

fn setvars(system: &System, domain: &ProtectionDomain, diagnostics: &mut Vec<Diagnostic>) {
    for (index, setvar) in domain.setvars.iter().enumerate() {
        let earlier = domain.setvars[..index]
            .iter()
            .find(|other| other.symbol.value == setvar.symbol.value);
        if let Some(first) = earlier {
            diagnostics.push(
                Diagnostic::error(format!(
                    "the symbol `{}` is set twice in `{}`",
                    setvar.symbol.value, domain.name.value
                ))
                .at(&setvar.symbol.span, "use another symbol")
                .also(&first.symbol.span, "set here first"),
            );
        }
        setvar_target(system, &setvar.value, &setvar.value_span, diagnostics);
    }
}

fn setvar_target(
    system: &System,
    value: &SetVarValue,
    span: &std::ops::Range<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match value {
        // An unknown region of a map is reported there.
        SetVarValue::RegionAddress(name) if system.region(name).is_none() => {
            diagnostics.push(unknown_region(system, name).at(span, "unknown name"));
        }
        SetVarValue::PrefillSize(name) => {
            let Some(region) = system.region(name).map(|index| &system.regions[index]) else {
                return;
            };
            if region.prefill.is_none() && !region.broken {
                diagnostics.push(
                    Diagnostic::error(format!(
                        "`setvar_prefill_size` on the region `{name}`, which no file fills"
                    ))
                    .at(span, "this region has no `prefill_path`")
                    .also(&region.span, "the region")
                    .help("add `prefill_path` to the region, or use `setvar_size`"),
                );
            }
        }
        _ => {}
    }
}

/// "there is no memory region `x`", with the nearest name.
pub fn unknown_region(system: &System, name: &str) -> Diagnostic {
    let known = system
        .regions
        .iter()
        .map(|region| region.name.value.as_str());
    let diagnostic = Diagnostic::error(format!("there is no memory region `{name}`"));
    match did_you_mean(name, known) {
        Some(help) => diagnostic.help(help),
        None => diagnostic.help(format!(
            "add <memory_region name=\"{name}\" size=\"...\" /> to the system"
        )),
    }
}

fn user_caps(system: &System, domain: &ProtectionDomain, diagnostics: &mut Vec<Diagnostic>) {
    for (index, cap) in domain.user_caps.iter().enumerate() {
        if let Some(first) = domain.user_caps[..index]
            .iter()
            .find(|other| other.slot.value == cap.slot.value)
        {
            diagnostics.push(
                Diagnostic::error(format!(
                    "two capabilities in slot {} of `{}`",
                    cap.slot.value, domain.name.value
                ))
                .at(&cap.slot.span, "use another slot")
                .also(&first.slot.span, "the first one"),
            );
        }
        if system.domain(&cap.domain.value).is_none() {
            let known = system
                .domains
                .iter()
                .map(|domain| domain.name.value.as_str());
            diagnostics.push(
                Diagnostic::error(format!(
                    "there is no protection domain `{}`",
                    cap.domain.value
                ))
                .at(&cap.domain.span, "unknown name")
                .help_if(did_you_mean(&cap.domain.value, known)),
            );
        }
    }
}

fn interrupts(system: &System, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = HashMap::<u64, (&Located<u64>, &str)>::new();
    for domain in &system.domains {
        for irq in &domain.irqs {
            match seen.get(&irq.intid.value) {
                Some((first, owner)) => diagnostics.push(
                    Diagnostic::error(format!("the interrupt {} has two owners", irq.intid.value))
                        .at(&irq.intid.span, format!("in `{}`", domain.name.value))
                        .also(&first.span, format!("in `{owner}`"))
                        .help("an interrupt goes to one protection domain; let that one notify the other"),
                ),
                None => {
                    seen.insert(irq.intid.value, (&irq.intid, &domain.name.value));
                }
            }
        }
    }
}
