// SPDX-License-Identifier: BSD-2-Clause

//! Reading a whole description.
//!
//! The dialect is the one of Microkit 2.3 on AArch64. Reading goes on after a
//! mistake, so that one run reports them all.

use std::path::Path;

use roxmltree::{Document, Node};

use super::channel::channel;
use super::domain::protection_domain;
use super::element::{Element, start_tag, tag_name};
use super::files::SearchPath;
use super::model::System;
use super::region::memory_region;
use crate::board::Board;
use crate::diagnostic::{Diagnostic, Source};

const CHILDREN: &[&str] = &["protection_domain", "memory_region", "channel", "domains"];

/// What reading needs at every place.
pub struct Parser<'t> {
    /// The description's text.
    pub text: &'t str,
    /// The board.
    pub board: &'static Board,
    /// Where prefill files are, unless they are not to be read.
    pub files: Option<&'t SearchPath>,
    /// Mistakes and warnings so far.
    pub diagnostics: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Parser<'_> {
    /// Reports a mistake.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports something odd.
    pub fn warn(&mut self, diagnostic: Diagnostic) {
        self.warnings.push(diagnostic);
    }

    /// Complains about an element that was there already.
    pub fn once(&mut self, node: Node<'_, '_>, already: bool) {
        if already {
            let tag = node.tag_name().name();
            let title = format!("a second <{tag}>");
            self.report(
                Diagnostic::error(title).at(&start_tag(node, self.text), "there may be one only"),
            );
        }
    }
}

/// Reads the description; mistakes go to the returned list.
pub fn parse(
    path: &Path,
    text: &str,
    board: &'static Board,
    files: Option<&SearchPath>,
) -> (System, Vec<Diagnostic>) {
    let source = Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let mut parser = Parser {
        text,
        board,
        files,
        diagnostics: Vec::new(),
        warnings: Vec::new(),
    };
    let mut system = System {
        source,
        board,
        regions: Vec::new(),
        domains: Vec::new(),
        channels: Vec::new(),
        warnings: Vec::new(),
    };
    match Document::parse(text) {
        Ok(document) => read_root(&mut parser, document.root_element(), &mut system),
        Err(error) => parser.report(not_well_formed(text, &error)),
    }
    system.warnings = parser.warnings;
    (system, parser.diagnostics)
}

fn not_well_formed(text: &str, error: &roxmltree::Error) -> Diagnostic {
    let position = error.pos();
    let line_start: usize = text
        .split_inclusive('\n')
        .take(position.row.saturating_sub(1) as usize)
        .map(str::len)
        .sum();
    let line = text.get(line_start..).unwrap_or("");
    let column = line
        .char_indices()
        .nth(position.col.saturating_sub(1) as usize)
        .map_or(0, |(offset, _)| offset);
    let start = (line_start + column).min(text.len());
    let end = text
        .get(start..)
        .and_then(|rest| rest.chars().next())
        .map_or(start, |c| start + c.len_utf8());
    // The parser's own text ends with the place, which the excerpt shows.
    let message = error.to_string();
    let message = message.split(" at ").next().unwrap_or(&message).to_owned();
    Diagnostic::error(format!("the description is no well-formed XML: {message}"))
        .at(&(start..end), "")
}

fn read_root(parser: &mut Parser<'_>, root: Node<'_, '_>, system: &mut System) {
    if root.tag_name().name() != "system" {
        let title = format!("the root element is <{}>", root.tag_name().name());
        parser.report(
            Diagnostic::error(title).at(&tag_name(root), "a description starts with <system>"),
        );
        return;
    }
    refuse_text(parser, root);
    let children = Element::new(root, parser.text, &[], &mut parser.diagnostics).children(CHILDREN);
    let mut channels = Vec::new();
    for child in children {
        match child.tag_name().name() {
            "protection_domain" => protection_domain(parser, child, None, &mut system.domains),
            "memory_region" => system.regions.extend(memory_region(parser, child)),
            "channel" => channels.push(child),
            _ => refuse_domains(parser, child),
        }
    }
    // Channels name domains that may come later in the file.
    for child in channels {
        let channel = channel(parser, child, &mut system.domains);
        system.channels.extend(channel);
    }
}

fn refuse_domains(parser: &mut Parser<'_>, node: Node<'_, '_>) {
    parser.report(
        Diagnostic::error("scheduling domains are not supported by the embedded kernel")
            .at(&tag_name(node), "remove this element")
            .help("build for seL4 with MICROKIT_SDK to use domains"),
    );
}

/// Text between elements is a slip: nothing in the dialect has any.
fn refuse_text(parser: &mut Parser<'_>, root: Node<'_, '_>) {
    for node in root.descendants().filter(Node::is_text) {
        let text = node.text().unwrap_or("");
        let trimmed = text.trim();
        if trimmed.is_empty() {
            continue;
        }
        let start = node.range().start + text.find(trimmed).unwrap_or(0);
        let first_line = trimmed.lines().next().unwrap_or(trimmed);
        let end = (start + first_line.len()).min(node.range().end);
        parser.report(Diagnostic::error("stray text between elements").at(
            &(start..end),
            "remove it, or make it a comment: <!-- ... -->",
        ));
    }
}
