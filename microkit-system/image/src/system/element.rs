// SPDX-License-Identifier: BSD-2-Clause

//! Reading one XML element.
//!
//! Everything the dialect does not know is an error: an attribute with a slip
//! would otherwise be silently ignored.

use roxmltree::{Attribute, Node};

use crate::diagnostic::{Diagnostic, Located, Span, did_you_mean};

/// An element, and where to put what is wrong with it.
pub struct Element<'a, 'd> {
    node: Node<'a, 'a>,
    text: &'a str,
    diagnostics: &'d mut Vec<Diagnostic>,
    broken: bool,
}

impl<'a, 'd> Element<'a, 'd> {
    /// The element of `node`; complains about attributes not in `known`.
    pub fn new(
        node: Node<'a, 'a>,
        text: &'a str,
        known: &[&str],
        diagnostics: &'d mut Vec<Diagnostic>,
    ) -> Self {
        let mut element = Self {
            node,
            text,
            diagnostics,
            broken: false,
        };
        for attribute in node
            .attributes()
            .filter(|attribute| !known.contains(&attribute.name()))
        {
            let (name, tag) = (attribute.name(), element.tag());
            let list = if known.is_empty() {
                format!("<{tag}> has no attributes")
            } else {
                format!("<{tag}> has: {}", known.join(", "))
            };
            let diagnostic = Diagnostic::error(format!("unknown attribute `{name}` on <{tag}>"))
                .at(&attribute.range_qname(), "")
                .note(list)
                .help_if(did_you_mean(name, known.iter().copied()));
            element.report(diagnostic);
        }
        element
    }

    /// The same of an element that holds no others.
    pub fn leaf(
        node: Node<'a, 'a>,
        text: &'a str,
        known: &[&str],
        diagnostics: &'d mut Vec<Diagnostic>,
    ) -> Self {
        let mut element = Self::new(node, text, known, diagnostics);
        element.children(&[]);
        element
    }

    /// Name of the element.
    pub fn tag(&self) -> &'a str {
        self.node.tag_name().name()
    }

    /// The start tag.
    pub fn span(&self) -> Span {
        start_tag(self.node, self.text)
    }

    /// Whether anything was wrong so far.
    pub fn broken(&self) -> bool {
        self.broken
    }

    /// Reports a mistake in this element.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.broken = true;
        self.diagnostics.push(diagnostic);
    }

    /// The attribute's text and place.
    pub fn get(&self, name: &str) -> Option<Located<String>> {
        self.attribute(name).map(|attribute| located(&attribute))
    }

    fn attribute(&self, name: &str) -> Option<Attribute<'a, 'a>> {
        self.node.attribute_node(name)
    }

    /// The text of an attribute that must be there.
    pub fn required(&mut self, name: &str) -> Option<Located<String>> {
        let found = self.get(name);
        if found.is_none() {
            let diagnostic =
                Diagnostic::error(format!("<{}> lacks the attribute `{name}`", self.tag()))
                    .at(&self.span(), format!("add {name}=\"...\""));
            self.report(diagnostic);
        }
        found
    }

    /// A name that must be there and not be empty.
    pub fn required_name(&mut self, name: &str) -> Option<Located<String>> {
        let found = self.required(name)?;
        if found.value.is_empty() {
            self.report(
                Diagnostic::error(format!("`{name}` is empty"))
                    .at(&grow(&found.span), "give it a name"),
            );
            return None;
        }
        Some(found)
    }

    /// A number that must be there: decimal, `0x` hexadecimal, `_` anywhere.
    pub fn required_number(&mut self, name: &str) -> Option<Located<u64>> {
        let found = self.required(name)?;
        self.parse(name, &found, false)
    }

    /// A number, or `default`.
    pub fn number(&mut self, name: &str, default: u64) -> u64 {
        self.optional_number(name)
            .map_or(default, |number| number.value)
    }

    /// A number if the attribute is there.
    pub fn optional_number(&mut self, name: &str) -> Option<Located<u64>> {
        let found = self.get(name)?;
        self.parse(name, &found, false)
    }

    /// A number in plain decimal that must be there: the genuine tool reads ids
    /// and INTIDs so.
    pub fn required_decimal(&mut self, name: &str, max: u64) -> Option<Located<u64>> {
        let found = self.required(name)?;
        let number = self.parse(name, &found, true)?;
        if number.value > max {
            self.report(
                Diagnostic::error(format!(
                    "`{name}` is {}, above the largest, {max}",
                    number.value
                ))
                .at(&number.span, format!("use 0 to {max}")),
            );
            return None;
        }
        Some(number)
    }

    fn parse(&mut self, name: &str, text: &Located<String>, decimal: bool) -> Option<Located<u64>> {
        let digits = if decimal {
            text.value.clone()
        } else {
            text.value.replace('_', "")
        };
        let parsed = match digits.strip_prefix("0x") {
            Some(hex) if !decimal => u64::from_str_radix(hex, 16),
            _ => digits.parse(),
        };
        // `parse` takes a sign; the dialect does not.
        if let (Ok(value), false) = (&parsed, digits.contains('+')) {
            return Some(Located {
                value: *value,
                span: text.span.clone(),
            });
        }
        let form = if decimal {
            "use plain decimal digits"
        } else {
            "use decimal digits or 0x..., `_` between digits is fine"
        };
        self.report(
            Diagnostic::error(format!("`{name}` is no number: \"{}\"", text.value))
                .at(&grow(&text.span), form),
        );
        None
    }

    /// `true` or `false`, or `default`.
    pub fn boolean(&mut self, name: &str, default: bool) -> bool {
        let Some(found) = self.get(name) else {
            return default;
        };
        match found.value.as_str() {
            "true" => true,
            "false" => false,
            other => {
                let title = format!("`{name}` is \"{other}\"");
                self.report(
                    Diagnostic::error(title).at(&grow(&found.span), "use \"true\" or \"false\""),
                );
                default
            }
        }
    }

    /// Where an attribute is; the start tag if it is left out.
    pub fn place(&self, name: &str) -> Span {
        self.get(name)
            .map_or_else(|| self.span(), |found| found.span)
    }

    /// Child elements; complains about those not in `known`.
    pub fn children(&mut self, known: &[&str]) -> Vec<Node<'a, 'a>> {
        let mut list = Vec::new();
        for child in self.node.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            if known.contains(&name) {
                list.push(child);
                continue;
            }
            let tag = self.tag();
            let holds = if known.is_empty() {
                format!("<{tag}> holds no elements")
            } else {
                format!("<{tag}> may hold: {}", known.join(", "))
            };
            let diagnostic = Diagnostic::error(format!("unknown element <{name}> in <{tag}>"))
                .at(&tag_name(child), "")
                .note(holds)
                .help_if(did_you_mean(name, known.iter().copied()))
                .help_if(foreign(name).map(str::to_owned));
            self.report(diagnostic);
        }
        list
    }
}

/// An attribute's text and place.
fn located(attribute: &Attribute<'_, '_>) -> Located<String> {
    Located {
        value: attribute.value().to_owned(),
        span: attribute.range_value(),
    }
}

/// A span that can be seen: an empty value is shown with its quotes.
fn grow(span: &Span) -> Span {
    if span.is_empty() {
        span.start.saturating_sub(1)..span.end + 1
    } else {
        span.clone()
    }
}

/// What to know about elements that have their place elsewhere.
fn foreign(name: &str) -> Option<&'static str> {
    match name {
        "ioport" | "io_address_space" => Some("this element exists on x86 only"),
        "virtual_machine" => Some("put it into the <protection_domain> that is its VMM"),
        "domains" | "memory_region" | "channel" => Some("put it into <system> itself"),
        "vcpu" => Some("put it into a <virtual_machine>"),
        _ => None,
    }
}

/// The bytes of the element's name.
pub fn tag_name(node: Node<'_, '_>) -> Span {
    let start = node.range().start + 1;
    start..start + node.tag_name().name().len()
}

/// The bytes from `<` to the end of the last attribute.
pub fn start_tag(node: Node<'_, '_>, text: &str) -> Span {
    let start = node.range().start;
    let last = node
        .attributes()
        .map(|attribute| attribute.range().end)
        .max();
    let from = last.unwrap_or_else(|| tag_name(node).end);
    let end = text
        .get(from..)
        .and_then(|rest| rest.find('>'))
        .map_or(from, |offset| from + offset + 1);
    start..end
}
