// SPDX-License-Identifier: BSD-2-Clause

//! `channel` and `end`.

use roxmltree::Node;

use super::domain::MAX_ID;
use super::element::Element;
use super::model::{Channel, End, ProtectionDomain, SetVar, SetVarValue};
use super::parse::Parser;
use crate::diagnostic::{Diagnostic, did_you_mean};

/// Reads a `channel` between two of `domains`.
pub fn channel(
    parser: &mut Parser<'_>,
    node: Node<'_, '_>,
    domains: &mut [ProtectionDomain],
) -> Option<Channel> {
    let mut diagnostics = Vec::new();
    let mut element = Element::new(node, parser.text, &[], &mut diagnostics);
    let children = element.children(&["end"]);
    if children.len() != 2 {
        let title = format!("a channel has two ends, this one has {}", children.len());
        element.report(
            Diagnostic::error(title).at(&element.span(), "give it exactly two <end> elements"),
        );
    }
    parser.diagnostics.append(&mut diagnostics);
    let ends: Vec<Option<End>> = children
        .into_iter()
        .map(|child| end(parser, child, domains))
        .collect();
    let ends: Vec<End> = ends.into_iter().collect::<Option<_>>()?;
    let ends: [End; 2] = ends.try_into().ok()?;
    if let [a, b] = &ends
        && a.pp
        && b.pp
    {
        parser.report(
            Diagnostic::error("both ends of a channel may not call each other")
                .at(&b.span, "remove pp=\"true\" here")
                .also(&a.span, "or here"),
        );
    }
    Some(Channel { ends })
}

fn end(
    parser: &mut Parser<'_>,
    node: Node<'_, '_>,
    domains: &mut [ProtectionDomain],
) -> Option<End> {
    let mut element = Element::leaf(
        node,
        parser.text,
        &["pd", "id", "pp", "notify", "setvar_id"],
        &mut parser.diagnostics,
    );
    let name = element.required_name("pd");
    let id = element.required_decimal("id", MAX_ID);
    let (pp, notify) = (
        element.boolean("pp", false),
        element.boolean("notify", true),
    );
    let (span, symbol) = (element.span(), element.get("setvar_id"));
    let name = name?;
    let Some(domain) = domains
        .iter()
        .position(|domain| domain.name.value == name.value)
    else {
        element.report(
            Diagnostic::error(format!("there is no protection domain `{}`", name.value))
                .at(&name.span, "unknown name")
                .help_if(did_you_mean(
                    &name.value,
                    domains.iter().map(|domain| domain.name.value.as_str()),
                )),
        );
        return None;
    };
    let id = id?;
    if let Some(symbol) = symbol {
        let value_span = symbol.span.clone();
        domains[domain].setvars.push(SetVar {
            symbol,
            value: SetVarValue::Number(id.value),
            value_span,
        });
    }
    Some(End {
        domain_name: name,
        domain,
        id,
        pp,
        notify,
        span,
    })
}
