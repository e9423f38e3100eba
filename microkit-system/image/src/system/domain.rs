// SPDX-License-Identifier: BSD-2-Clause

//! `protection_domain` and what it holds.

use roxmltree::Node;

use super::element::Element;
use super::machine::virtual_machine;
use super::map::{map, map_setvars};
use super::model::{
    Irq, ProgramImage, ProtectionDomain, Scheduling, SetVar, SetVarValue, UserCap, UserCapKind,
};
use super::parse::Parser;
use crate::board::PAGE;
use crate::diagnostic::{Diagnostic, Located, Span};

/// Largest id of a channel, interrupt or vCPU.
pub const MAX_ID: u64 = 61;
/// Largest priority: 255 is the monitor's.
pub const MAX_PRIORITY: u64 = 254;
const DEFAULT_BUDGET: u64 = 1000;
/// Twice the kernel's worst-case execution time: seL4 refuses less at boot.
const MIN_BUDGET: u64 = 20;
const STACK: std::ops::RangeInclusive<u64> = 0x1000..=0x100_0000;

/// The first two are a child's.
const ATTRIBUTES: &[&str] = &[
    "id",
    "setvar_id",
    "name",
    "priority",
    "budget",
    "period",
    "passive",
    "stack_size",
    "smc",
    "cpu",
    "domain",
    "fpu",
];
const CHILDREN: &[&str] = &[
    "program_image",
    "map",
    "irq",
    "setvar",
    "protection_domain",
    "virtual_machine",
    "cspace",
];

/// Reads a domain and its children into `domains`; `parent` is an index there.
pub fn protection_domain(
    parser: &mut Parser<'_>,
    node: Node<'_, '_>,
    parent: Option<usize>,
    domains: &mut Vec<ProtectionDomain>,
) {
    let mut diagnostics = Vec::new();
    let known = if parent.is_some() {
        ATTRIBUTES
    } else {
        &ATTRIBUTES[2..]
    };
    let mut element = Element::new(node, parser.text, known, &mut diagnostics);
    let span = element.span();
    let name = element.required_name("name").unwrap_or_else(|| Located {
        value: String::new(),
        span: span.clone(),
    });
    let child_id = parent.and_then(|_| child_id(&mut element));
    let domain = ProtectionDomain {
        scheduling: scheduling(&mut element, MAX_PRIORITY),
        passive: element.boolean("passive", false),
        stack_size: stack_size(&mut element),
        smc: element.boolean("smc", false),
        fpu: element.boolean("fpu", true),
        image: None,
        maps: Vec::new(),
        irqs: Vec::new(),
        setvars: Vec::new(),
        user_caps: Vec::new(),
        parent,
        child_id: child_id.clone(),
        virtual_machine: None,
        span,
        name,
    };
    refuse_cpu(parser, &mut element);
    refuse_domain(&mut element);
    let parents_symbol = child_id.and_then(|id| symbol_of(&element, &id));
    let children = element.children(CHILDREN);
    parser.diagnostics.append(&mut diagnostics);
    if let Some(parent) = parent {
        domains[parent].setvars.extend(parents_symbol);
    }
    // The parent takes its place before its children.
    let index = domains.len();
    domains.push(domain);
    for child in children {
        read_child(parser, child, index, domains);
    }
    if domains[index].image.is_none() {
        let title = format!(
            "the protection domain `{}` has no program",
            domains[index].name.value
        );
        parser.report(
            Diagnostic::error(title).at(&domains[index].span, "add <program_image path=\"...\" />"),
        );
    }
}

fn read_child(
    parser: &mut Parser<'_>,
    node: Node<'_, '_>,
    index: usize,
    domains: &mut Vec<ProtectionDomain>,
) {
    let domain = &mut domains[index];
    match node.tag_name().name() {
        "program_image" => {
            let image = program_image(parser, node);
            parser.once(node, domain.image.is_some());
            domain.image = domain.image.take().or(image);
        }
        "map" => {
            map_setvars(node, &mut domain.setvars);
            domain.maps.extend(map(parser, node, true));
        }
        "irq" => irq(parser, node, domain),
        "setvar" => domain.setvars.extend(setvar(parser, node)),
        "virtual_machine" => {
            let machine = virtual_machine(parser, node);
            parser.once(node, domain.virtual_machine.is_some());
            domain.virtual_machine = domain.virtual_machine.take().or(machine);
        }
        "cspace" => cspace(parser, node, domain),
        _ => protection_domain(parser, node, Some(index), domains),
    }
}

/// The symbol that gets an element's id, by `setvar_id`.
fn symbol_of(element: &Element<'_, '_>, id: &Located<u64>) -> Option<SetVar> {
    let symbol = element.get("setvar_id")?;
    Some(SetVar {
        value: SetVarValue::Number(id.value),
        value_span: symbol.span.clone(),
        symbol,
    })
}

/// A child's id. The genuine tool knows no upper limit, but ids from 62 on run
/// into the slots of vCPUs.
fn child_id(element: &mut Element<'_, '_>) -> Option<Located<u64>> {
    let id = element.required_number("id")?;
    if id.value > MAX_ID {
        let diagnostic = Diagnostic::error(format!(
            "the id of a child is {}, above the largest, {MAX_ID}",
            id.value
        ))
        .at(&id.span, format!("use 0 to {MAX_ID}"))
        .note("the slots behind it are those of vCPUs");
        element.report(diagnostic);
        return None;
    }
    Some(id)
}

/// `priority`, `budget`, `period` of domains and virtual machines.
pub fn scheduling(element: &mut Element<'_, '_>, max_priority: u64) -> Scheduling {
    let priority = element.number("priority", 0);
    if priority > max_priority {
        let span = element.place("priority");
        element.report(
            Diagnostic::error(format!(
                "`priority` is {priority}, above the largest, {max_priority}"
            ))
            .at(&span, format!("use 0 to {max_priority}")),
        );
    }
    let budget = element.number("budget", DEFAULT_BUDGET);
    let period = element.number("period", budget);
    if budget < MIN_BUDGET {
        let span = element.place("budget");
        element.report(
            Diagnostic::error(format!("the budget of {budget} us is too small"))
                .at(&span, format!("use {MIN_BUDGET} or more"))
                .note("less is used up by entering the kernel; seL4 refuses it at boot"),
        );
    } else if period < budget {
        let span = element.place("period");
        element.report(
            Diagnostic::error(format!(
                "the period of {period} us is smaller than the budget of {budget} us"
            ))
            .at(&span, format!("use {budget} or more, or leave it out")),
        );
    }
    Scheduling {
        priority: u8::try_from(priority).unwrap_or(u8::MAX),
        budget,
        period: period.max(budget),
    }
}

fn stack_size(element: &mut Element<'_, '_>) -> u64 {
    let Some(size) = element.optional_number("stack_size") else {
        return 2 * PAGE;
    };
    if STACK.contains(&size.value) && size.value.is_multiple_of(PAGE) {
        return size.value;
    }
    let label = format!(
        "use a multiple of {PAGE:#x} from {:#x} to {:#x}",
        STACK.start(),
        STACK.end()
    );
    element.report(
        Diagnostic::error(format!("a stack cannot have {:#x} bytes", size.value))
            .at(&size.span, label),
    );
    2 * PAGE
}

/// Complains about a core that is not there.
pub fn refuse_cpu(parser: &Parser<'_>, element: &mut Element<'_, '_>) {
    let Some(cpu) = element
        .optional_number("cpu")
        .filter(|cpu| cpu.value >= parser.board.cores)
    else {
        return;
    };
    let title = format!("there is no core {}", cpu.value);
    element.report(Diagnostic::error(title).at(
        &cpu.span,
        format!("this board's kernel uses {} core", parser.board.cores),
    ));
}

fn refuse_domain(element: &mut Element<'_, '_>) {
    let Some(domain) = element.get("domain") else {
        return;
    };
    element.report(
        Diagnostic::error("scheduling domains are not supported by the embedded kernel")
            .at(&domain.span, "leave `domain` out")
            .help("build for seL4 with MICROKIT_SDK to use domains"),
    );
}

fn program_image(parser: &mut Parser<'_>, node: Node<'_, '_>) -> Option<ProgramImage> {
    let mut element = Element::leaf(
        node,
        parser.text,
        &["path", "path_for_symbols"],
        &mut parser.diagnostics,
    );
    let path_for_symbols = element.get("path_for_symbols");
    let path = element.required_name("path");
    // An element without path was reported; it still counts as a program.
    let span = element.span();
    let path = path.unwrap_or(Located {
        value: String::new(),
        span,
    });
    Some(ProgramImage {
        path,
        path_for_symbols,
        program: None,
    })
}

fn irq(parser: &mut Parser<'_>, node: Node<'_, '_>, domain: &mut ProtectionDomain) {
    let max = parser.board.max_intid;
    let reserved = parser.board.reserved_intids.clone();
    let mut element = Element::leaf(
        node,
        parser.text,
        &["irq", "id", "trigger", "setvar_id"],
        &mut parser.diagnostics,
    );
    let intid = element.required_decimal("irq", max);
    let id = element.required_decimal("id", MAX_ID);
    if let Some(intid) = intid
        .as_ref()
        .filter(|intid| reserved.contains(&intid.value))
    {
        element.report(
            Diagnostic::error(format!(
                "the interrupt {} belongs to the kernel",
                intid.value
            ))
            .at(
                &intid.span,
                format!(
                    "{} to {} are its timers and the GIC's maintenance interrupt",
                    reserved.start,
                    reserved.end - 1
                ),
            ),
        );
    }
    let trigger = element.get("trigger");
    let edge = match trigger
        .as_ref()
        .map(|trigger| (trigger.value.as_str(), &trigger.span))
    {
        None | Some(("level", _)) => false,
        Some(("edge", _)) => true,
        Some((other, span)) => {
            element.report(
                Diagnostic::error(format!("`trigger` is \"{other}\""))
                    .at(span, "use \"level\" or \"edge\""),
            );
            false
        }
    };
    let symbol = id.as_ref().and_then(|id| symbol_of(&element, id));
    domain.setvars.extend(symbol);
    domain
        .irqs
        .extend(intid.zip(id).map(|(intid, id)| Irq { intid, id, edge }));
}

fn setvar(parser: &mut Parser<'_>, node: Node<'_, '_>) -> Option<SetVar> {
    let mut element = Element::leaf(
        node,
        parser.text,
        &["symbol", "region_paddr"],
        &mut parser.diagnostics,
    );
    let symbol = element.required_name("symbol");
    let region = element.required_name("region_paddr")?;
    Some(SetVar {
        symbol: symbol?,
        value: SetVarValue::RegionAddress(region.value),
        value_span: region.span,
    })
}

fn cspace(parser: &mut Parser<'_>, node: Node<'_, '_>, domain: &mut ProtectionDomain) {
    let known = ["cap_tcb", "cap_sc", "cap_vspace"];
    let children = Element::new(node, parser.text, &[], &mut parser.diagnostics).children(&known);
    let earlier = node
        .prev_siblings()
        .skip(1)
        .any(|other| other.has_tag_name("cspace"));
    parser.once(node, earlier);
    for child in children {
        domain.user_caps.extend(user_cap(parser, child));
    }
}

fn user_cap(parser: &mut Parser<'_>, node: Node<'_, '_>) -> Option<UserCap> {
    let mut element = Element::leaf(node, parser.text, &["slot", "pd"], &mut parser.diagnostics);
    let kind = match element.tag() {
        "cap_tcb" => UserCapKind::Tcb,
        "cap_sc" => UserCapKind::SchedContext,
        _ => UserCapKind::VSpace,
    };
    let domain = element.required_name("pd");
    let slot = element.required_number("slot")?;
    if !(1..64).contains(&slot.value) {
        report_slot(&mut element, slot.value, &slot.span);
        return None;
    }
    Some(UserCap {
        kind,
        slot,
        domain: domain?,
    })
}

fn report_slot(element: &mut Element<'_, '_>, slot: u64, span: &Span) {
    let note = if slot == 0 {
        "slot 0 holds Microkit's own CNode"
    } else {
        "the CNode has 64 slots; a larger number lands in slot modulo 64"
    };
    element.report(
        Diagnostic::error(format!("there is no slot {slot} for the user"))
            .at(span, "use 1 to 63")
            .note(note),
    );
}
