// SPDX-License-Identifier: BSD-2-Clause

//! The report: where everything lies and who may do what, for people.

use std::fmt::{self, Write};

use tombolo_kernel_spec::{CapKind, CapSpec};

use crate::board::{IPC_BUFFER, PAGE};
use crate::image::{Config, Image};
use crate::layout::{Space, human};
use crate::system::{Map, Permissions, System};

/// The report of an image.
pub fn report(system: &System, image: &Image, config: Config) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_report(&mut text, system, image, config);
    text
}

fn write_report(out: &mut String, system: &System, image: &Image, config: Config) -> fmt::Result {
    let configuration = if config == Config::Debug {
        "debug"
    } else {
        "release"
    };
    writeln!(
        out,
        "# {} for {} ({configuration})\n",
        system.source.path.display(),
        system.board.name
    )?;
    writeln!(out, "{}\n", summary(system, image))?;
    physical_memory(out, system, image)?;
    for index in 0..system.domains.len() {
        domain(out, system, image, index)?;
    }
    channels(out, system)?;
    capabilities(out, system, image)
}

/// One line: sizes and counts.
pub fn summary(system: &System, image: &Image) -> String {
    let machines = system
        .domains
        .iter()
        .filter(|domain| domain.virtual_machine.is_some())
        .count();
    let main = system.board.memory.end - system.board.memory.start;
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    format!(
        "image {} at {:#x}, {}, {}, memory {} of {}",
        human(image.bytes.len() as u64),
        image.layout.image.start,
        count(system.domains.len(), "protection domain"),
        count(machines, "virtual machine"),
        human(main - image.layout.unused),
        human(main),
    )
}

fn line(out: &mut String, start: u64, size: u64, what: &str) -> fmt::Result {
    writeln!(
        out,
        "{start:#012x} .. {:#012x}  {:>10}  {what}",
        start + size,
        human(size)
    )
}

/// Everything that has a place, by address.
fn physical_memory(out: &mut String, system: &System, image: &Image) -> fmt::Result {
    let layout = &image.layout;
    let mut list = vec![
        (
            layout.image.start,
            layout.kernel_end - layout.image.start,
            "image: kernel".to_owned(),
        ),
        (
            layout.spec.start,
            layout.spec.end - layout.spec.start,
            "image: tables of objects".to_owned(),
        ),
    ];
    for space in &layout.spaces {
        let what = format!("image: translation tables of {}", space_name(system, space));
        list.push((
            space.tables.start,
            space.tables.end - space.tables.start,
            what,
        ));
    }
    for (region, extents) in system.regions.iter().zip(&layout.regions) {
        let filled = region
            .prefill
            .as_ref()
            .map_or(0, |prefill| prefill.bytes.len() as u64);
        for extent in extents {
            let content = if extent.offset < filled {
                "image: "
            } else {
                ""
            };
            let part = if extents.len() > 1 {
                format!(" + {:#x}", extent.offset)
            } else {
                String::new()
            };
            list.push((
                extent.pa,
                extent.size,
                format!("{content}region {}{part}", region.name.value),
            ));
        }
    }
    for (domain, own) in system.domains.iter().zip(&layout.domains) {
        let name = &domain.name.value;
        list.push((own.stack, domain.stack_size, format!("stack of {name}")));
        list.push((own.ipc_buffer, PAGE, format!("IPC buffer of {name}")));
        for run in own
            .pages
            .chunk_by(|a, b| a.content == b.content && a.pa + PAGE == b.pa)
        {
            let what = if run[0].content {
                "image: program of"
            } else {
                "zeros of the program of"
            };
            list.push((run[0].pa, run.len() as u64 * PAGE, format!("{what} {name}")));
        }
    }
    list.sort();
    writeln!(out, "## Physical memory\n")?;
    for (start, size, what) in list {
        line(out, start, size, &what)?;
    }
    let zeroed: u64 = layout
        .zero
        .iter()
        .map(|range| range.end - range.start)
        .sum();
    writeln!(
        out,
        "\nZeroed at boot: {} in {} ranges. Unused: {}.\n",
        human(zeroed),
        layout.zero.len(),
        human(layout.unused)
    )
}

fn space_name(system: &System, space: &Space) -> String {
    let domain = &system.domains[space.domain];
    match (&domain.virtual_machine, space.guest) {
        (Some(machine), true) => format!("guest {}", machine.name.value),
        _ => domain.name.value.clone(),
    }
}

fn letters(permissions: Permissions) -> String {
    let letter = |on, letter| if on { letter } else { '-' };
    [
        letter(permissions.read, 'r'),
        letter(permissions.write, 'w'),
        letter(permissions.execute, 'x'),
    ]
    .iter()
    .collect()
}

fn domain(out: &mut String, system: &System, image: &Image, index: usize) -> fmt::Result {
    let domain = &system.domains[index];
    let scheduling = &domain.scheduling;
    writeln!(out, "## Protection domain {}\n", domain.name.value)?;
    let mut facts = vec![
        format!("index {index}"),
        format!("priority {}", scheduling.priority),
        format!(
            "budget {} us of {} us",
            scheduling.budget, scheduling.period
        ),
    ];
    facts.extend(domain.passive.then(|| "passive".to_owned()));
    facts.extend((!domain.fpu).then(|| "no FPU".to_owned()));
    facts.extend(
        domain
            .parent
            .zip(domain.child_id.as_ref())
            .map(|(parent, id)| {
                format!(
                    "child {} of {}",
                    id.value, system.domains[parent].name.value
                )
            }),
    );
    writeln!(out, "{}\n", facts.join(", "))?;
    if let Some(program) = domain
        .image
        .as_ref()
        .and_then(|image| image.program.as_ref())
    {
        for segment in &program.segments {
            let pages = segment.pages();
            line(
                out,
                pages.start,
                pages.end - pages.start,
                &format!("{} program", letters(segment.permissions)),
            )?;
        }
    }
    maps(out, system, &domain.maps)?;
    line(out, domain.stack_bottom(), domain.stack_size, "rw- stack")?;
    line(out, IPC_BUFFER, PAGE, "rw- IPC buffer")?;
    for setvar in &domain.setvars {
        let value = crate::symbols::value(system, &image.layout, &setvar.value);
        writeln!(out, "symbol {} = {value:#x}", setvar.symbol.value)?;
    }
    for irq in &domain.irqs {
        writeln!(
            out,
            "interrupt {} ({}) -> id {}",
            irq.intid.value,
            if irq.edge { "edge" } else { "level" },
            irq.id.value
        )?;
    }
    if let Some(machine) = &domain.virtual_machine {
        let scheduling = &machine.scheduling;
        let ids: Vec<String> = machine
            .vcpus
            .iter()
            .map(|vcpu| vcpu.id.value.to_string())
            .collect();
        writeln!(
            out,
            "\nguest {}: vCPUs {}, priority {}, budget {} us of {} us",
            machine.name.value,
            ids.join(" "),
            scheduling.priority,
            scheduling.budget,
            scheduling.period
        )?;
        maps(out, system, &machine.maps)?;
    }
    writeln!(out)
}

fn maps(out: &mut String, system: &System, maps: &[Map]) -> fmt::Result {
    let mut maps: Vec<&Map> = maps.iter().collect();
    maps.sort_by_key(|map| map.vaddr.value);
    for map in maps {
        let Some(region) = map.region.map(|index| &system.regions[index]) else {
            continue;
        };
        let kind = if map.cached { "" } else { ", uncached" };
        let pages = human(region.page_size.bytes());
        line(
            out,
            map.vaddr.value,
            region.size,
            &format!(
                "{} {} (pages of {pages}{kind})",
                letters(map.permissions),
                region.name.value
            ),
        )?;
    }
    Ok(())
}

fn channels(out: &mut String, system: &System) -> fmt::Result {
    writeln!(out, "## Channels\n")?;
    for channel in &system.channels {
        for (from, to) in channel.directions() {
            let can = match (from.pp, from.notify) {
                (true, true) => "calls, notifies",
                (true, false) => "calls",
                (false, true) => "notifies",
                (false, false) => continue,
            };
            writeln!(
                out,
                "{} {} {can} {} {}",
                from.domain_name.value, from.id.value, to.domain_name.value, to.id.value
            )?;
        }
    }
    writeln!(out)
}

fn capabilities(out: &mut String, system: &System, image: &Image) -> fmt::Result {
    writeln!(out, "## Capabilities\n")?;
    for cap in &image.objects.caps {
        let owner = &system.domains[cap.cspace as usize].name.value;
        let slot = if cap.slot < 512 {
            cap.slot.to_string()
        } else {
            format!("{} << 58", cap.slot - 512)
        };
        let badge = if cap.badge == 0 {
            String::new()
        } else {
            format!(", badge {:#x}", cap.badge)
        };
        writeln!(
            out,
            "{owner} {slot}: {}{badge}",
            object_name(system, image, cap)
        )?;
    }
    Ok(())
}

fn object_name(system: &System, image: &Image, cap: &CapSpec) -> String {
    let domain = |index: u32| {
        system
            .domains
            .get(index as usize)
            .map_or("?", |domain| domain.name.value.as_str())
    };
    let tcb = |index: u32| {
        let name = image
            .objects
            .tcbs
            .get(index as usize)
            .map_or(&[][..], |tcb| &tcb.name);
        String::from_utf8_lossy(name)
            .trim_end_matches('\0')
            .to_owned()
    };
    match CapKind::from_number(cap.kind) {
        Some(CapKind::Endpoint) => {
            let owner = image
                .objects
                .domain_endpoints
                .iter()
                .position(|endpoint| *endpoint == Some(cap.object));
            format!(
                "endpoint of {}",
                owner.map_or("?", |index| domain(index as u32))
            )
        }
        Some(CapKind::Notification) => format!("notification of {}", domain(cap.object)),
        Some(CapKind::Reply) => format!("reply object of {}", domain(cap.object)),
        Some(CapKind::Tcb) => format!("thread {}", tcb(cap.object)),
        Some(CapKind::VSpace) => format!("address space of {}", domain(cap.object)),
        Some(CapKind::Vcpu) => {
            let thread = image
                .objects
                .vcpus
                .get(cap.object as usize)
                .map_or(u32::MAX, |vcpu| vcpu.tcb);
            format!("vCPU {}", tcb(thread))
        }
        Some(CapKind::SchedContext) => format!("scheduling context of {}", tcb(cap.object)),
        Some(CapKind::IrqHandler) => {
            let intid = image
                .objects
                .irqs
                .get(cap.object as usize)
                .map_or(0, |irq| irq.intid);
            format!("handler of interrupt {intid}")
        }
        Some(CapKind::Smc) => "SMC calls".to_owned(),
        Some(CapKind::Monitor) => format!("the kernel's monitor, as {}", tcb(cap.object)),
        Some(CapKind::CNode) | None => "?".to_owned(),
    }
}
