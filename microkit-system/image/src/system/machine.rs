// SPDX-License-Identifier: BSD-2-Clause

//! `virtual_machine` and `vcpu`.

use roxmltree::Node;

use super::domain::{MAX_ID, refuse_cpu, scheduling};
use super::element::Element;
use super::map::map;
use super::model::{Vcpu, VirtualMachine};
use super::parse::Parser;
use crate::diagnostic::Diagnostic;

/// Reads a `virtual_machine`.
pub fn virtual_machine(parser: &mut Parser<'_>, node: Node<'_, '_>) -> Option<VirtualMachine> {
    let mut diagnostics = Vec::new();
    let mut element = Element::new(
        node,
        parser.text,
        &["name", "budget", "period", "priority"],
        &mut diagnostics,
    );
    let name = element.required_name("name");
    // The genuine tool cuts the priority to 8 bits; a guest above its VMM is
    // hardly ever meant, but 255 is the largest that exists.
    let scheduling = scheduling(&mut element, 255);
    let children = element.children(&["vcpu", "map"]);
    let span = element.span();
    parser.diagnostics.append(&mut diagnostics);
    let (mut vcpus, mut maps, mut written) = (Vec::<Vcpu>::new(), Vec::new(), 0);
    for child in children {
        if child.tag_name().name() == "map" {
            maps.extend(map(parser, child, false));
            continue;
        }
        written += 1;
        if let Some(vcpu) = vcpu(parser, child) {
            report_twice(parser, &vcpus, &vcpu);
            vcpus.push(vcpu);
        }
    }
    if written == 0 {
        parser.report(
            Diagnostic::error("a virtual machine needs a vCPU").at(&span, "add <vcpu id=\"0\" />"),
        );
    }
    Some(VirtualMachine {
        name: name?,
        scheduling,
        vcpus,
        maps,
    })
}

fn vcpu(parser: &mut Parser<'_>, node: Node<'_, '_>) -> Option<Vcpu> {
    let mut diagnostics = Vec::new();
    let mut element = Element::leaf(
        node,
        parser.text,
        &["id", "cpu", "setvar_id"],
        &mut diagnostics,
    );
    refuse_cpu(parser, &mut element);
    let id = element.required_decimal("id", MAX_ID);
    if let Some(symbol) = element.get("setvar_id") {
        parser.warn(
            Diagnostic::warning("`setvar_id` of a vCPU has no effect")
                .at(&symbol.span, "no symbol is set")
                .note("the tool of Microkit 2.3 accepts it and ignores it; so does this one"),
        );
    }
    parser.diagnostics.append(&mut diagnostics);
    Some(Vcpu { id: id? })
}

fn report_twice(parser: &mut Parser<'_>, vcpus: &[Vcpu], vcpu: &Vcpu) {
    let Some(first) = vcpus.iter().find(|other| other.id.value == vcpu.id.value) else {
        return;
    };
    parser.report(
        Diagnostic::error(format!("two vCPUs have the id {}", vcpu.id.value))
            .at(&vcpu.id.span, "give it another id")
            .also(&first.id.span, "the first one"),
    );
}
