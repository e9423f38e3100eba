// SPDX-License-Identifier: BSD-2-Clause

//! `map`.

use roxmltree::Node;

use super::element::Element;
use super::model::{Map, Permissions, SetVar, SetVarValue};
use super::parse::Parser;
use crate::diagnostic::{Diagnostic, Located};

const ATTRIBUTES: &[&str] = &[
    "mr",
    "vaddr",
    "perms",
    "cached",
    "setvar_vaddr",
    "setvar_size",
    "setvar_prefill_size",
];

/// Reads a `map`; one of a virtual machine sets no symbols.
pub fn map(parser: &mut Parser<'_>, node: Node<'_, '_>, setvars: bool) -> Option<Map> {
    let known = if setvars {
        ATTRIBUTES
    } else {
        &ATTRIBUTES[..4]
    };
    let mut element = Element::leaf(node, parser.text, known, &mut parser.diagnostics);
    let region_name = element.required_name("mr");
    let vaddr = element.required_number("vaddr");
    let permissions = permissions(&mut element);
    let cached = element.boolean("cached", true);
    let span = element.span();
    Some(Map {
        region_name: region_name?,
        region: None,
        vaddr: vaddr?,
        permissions,
        cached,
        span,
    })
}

fn permissions(element: &mut Element<'_, '_>) -> Permissions {
    let Some(text) = element.get("perms") else {
        return Permissions {
            read: true,
            write: true,
            execute: false,
        };
    };
    if let Some(bad) = text.value.chars().find(|c| !"rwx".contains(*c)) {
        let title = format!("`perms` holds '{bad}'");
        element.report(Diagnostic::error(title).at(&text.span, "use letters of \"rwx\""));
    }
    let permissions = Permissions {
        read: text.value.contains('r'),
        write: text.value.contains('w'),
        execute: text.value.contains('x'),
    };
    if permissions.write && !permissions.read && !permissions.execute {
        element
            .report(Diagnostic::error("a map cannot be write-only").at(&text.span, "use \"rw\""));
    }
    permissions
}

/// Adds the symbols that the attributes of a `map` set.
pub fn map_setvars(node: Node<'_, '_>, setvars: &mut Vec<SetVar>) {
    let Some(region) = node.attribute_node("mr") else {
        return;
    };
    let name = region.value().to_owned();
    // A bad address was reported, and no image is made.
    let vaddr = node.attribute("vaddr").and_then(number).unwrap_or(0);
    let values = [
        ("setvar_vaddr", SetVarValue::Number(vaddr)),
        ("setvar_size", SetVarValue::RegionSize(name.clone())),
        ("setvar_prefill_size", SetVarValue::PrefillSize(name)),
    ];
    for (attribute, value) in values {
        if let Some(symbol) = node.attribute_node(attribute) {
            let symbol = Located {
                value: symbol.value().to_owned(),
                span: symbol.range_value(),
            };
            setvars.push(SetVar {
                symbol,
                value,
                value_span: region.range_value(),
            });
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}
