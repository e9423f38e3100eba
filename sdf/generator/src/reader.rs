// SPDX-License-Identifier: BSD-2-Clause

//! From text to a manifest, with everything wrong on the way.
//!
//! serde stops at its first mistake and knows no "did you mean". So the table is
//! first compared with its [`Shape`]; what does not fit is reported, then taken out
//! or replaced, and the rest is read as usual. Mistakes that only follow from a
//! replaced value are not reported: [`Read::is_repaired`].

use crate::examples::{example, placeholder, show};
use crate::manifest::{Manifest, Rule};
use crate::shape::{Key, Kind, MANIFEST, Shape};
use crate::size::Size;
use std::borrow::Cow;
use tombolo_image::diagnostic::{Diagnostic, Span, did_you_mean};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    /// The manifest, unless too much is missing to go on.
    pub manifest: Option<Manifest>,
    /// Everything wrong so far.
    pub found: Vec<Diagnostic>,
    repaired: Vec<Span>,
    lost: bool,
}

impl Read {
    /// Whether `diagnostic` is about a value that was put in for a wrong one.
    pub fn is_repaired(&self, diagnostic: &Diagnostic) -> bool {
        let position = diagnostic.position();
        self.repaired.iter().any(|span| span.start == position)
    }
}

/// Reads a manifest's text.
pub fn read(text: &str) -> Read {
    let mut read = Read::default();
    let (mut root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in &errors {
            let span = error.span().unwrap_or(text.len()..text.len());
            read.found.push(
                Diagnostic::error("this is no TOML")
                    .at(&span, error.message())
                    .help("see https://toml.io, or the examples in `sdf/`"),
            );
        }
        return read;
    }
    let span = root.span();
    table(&mut read, root.get_mut(), &span, &MANIFEST);
    if read.lost {
        return read;
    }
    let checks = check_spans(root.get_ref());
    match <Manifest as serde::Deserialize>::deserialize(toml::de::Deserializer::from(root)) {
        Ok(mut manifest) => {
            manifest.check_spans = checks;
            manifest.enter_pools();
            read.manifest = Some(manifest);
        }
        // What the shape takes and the types do not.
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let diagnostic = Diagnostic::error("this cannot be understood")
                .at(&span, error.message())
                .help("`docs/interfaces/manifest.md` lists every key");
            read.found.push(diagnostic);
        }
    }
    read
}

/// Where the guests of `[batch.checks]` are named.
fn check_spans(root: &DeTable<'_>) -> Vec<(String, Span)> {
    let checks = root
        .get("batch")
        .and_then(|batch| batch.get_ref().as_table())
        .and_then(|batch| batch.get("checks"))
        .and_then(|checks| checks.get_ref().as_table());
    let Some(checks) = checks else {
        return Vec::new();
    };
    checks
        .keys()
        .map(|key| (key.get_ref().to_string(), key.span()))
        .collect()
}

fn table(read: &mut Read, entries: &mut DeTable<'_>, span: &Span, shape: &'static Shape) {
    for (name, mut value) in std::mem::take(entries) {
        match shape.key(name.get_ref()) {
            None => read
                .found
                .push(unknown(name.get_ref(), &name.span(), shape)),
            Some(key) => {
                if fits(read, key, &mut value, shape) {
                    entries.insert(name, value);
                }
            }
        }
    }
    for key in shape.keys.iter().filter(|key| key.required) {
        if entries.contains_key(key.name) {
            continue;
        }
        let title = format!("{} has no `{}`", shape.header, key.name);
        let example = example(key);
        read.found.push(
            Diagnostic::error(title)
                .at(span, format!("`{}` is missing here", key.name))
                .help(format!("add `{} = {example}`: {}", key.name, key.meaning)),
        );
        substitute(read, entries, key, span.clone());
    }
}

/// Looks at one value and what is in it. False: take it out.
fn fits(
    read: &mut Read,
    key: &'static Key,
    value: &mut Spanned<DeValue<'_>>,
    shape: &'static Shape,
) -> bool {
    let span = value.span();
    match mistake(read, key.kind, value) {
        None => true,
        Some(label) => {
            let diagnostic =
                Diagnostic::error(format!("`{}` of {} cannot be this", key.name, shape.header))
                    .at(&span, label)
                    .help(format!(
                        "write for instance `{} = {}`",
                        key.name,
                        example(key)
                    ));
            read.found.push(diagnostic);
            if key.required && !stand_in(read, key, value) {
                read.lost = true;
            }
            key.required
        }
    }
}

/// Replaces a wrong value by one that can be read. False: there is none.
fn stand_in(read: &mut Read, key: &Key, value: &mut Spanned<DeValue<'_>>) -> bool {
    let Some(good) = placeholder(key.kind) else {
        return false;
    };
    read.repaired.push(value.span());
    *value.get_mut() = good;
    true
}

fn substitute(read: &mut Read, entries: &mut DeTable<'_>, key: &Key, span: Span) {
    let Some(good) = placeholder(key.kind) else {
        read.lost = true;
        return;
    };
    read.repaired.push(span.clone());
    let name = Spanned::new(span.clone(), Cow::Borrowed(key.name));
    entries.insert(name, Spanned::new(span, good));
}

/// What is wrong with `value`, for the label at it; `None` if it fits. Mistakes
/// inside tables and lists are reported at their own places.
fn mistake(read: &mut Read, kind: Kind, value: &mut Spanned<DeValue<'_>>) -> Option<String> {
    let span = value.span();
    let found = value.get_ref().type_str();
    let wrong = |wanted: &str| {
        Some(format!(
            "{wanted} is wanted here, this is {}",
            article(found)
        ))
    };
    match (kind, value.get_mut()) {
        (Kind::Text | Kind::Name | Kind::File | Kind::Pattern, DeValue::String(_)) => None,
        (Kind::Text | Kind::Name | Kind::File | Kind::Pattern, _) => wrong("a text in quotes"),
        (Kind::Rule, DeValue::String(text)) if Rule::parse(text, 0..0).is_none() => {
            Some("`allow` or `deny`, one space and a pattern are wanted".into())
        }
        (Kind::Rule, DeValue::String(_)) => None,
        (Kind::Rule, _) => wrong("a text such as \"allow moo*\""),
        (Kind::Size, DeValue::String(text)) => Size::parse(text).err(),
        (Kind::Size, DeValue::Integer(number)) => match integer(number) {
            Some(_) => None,
            None => Some("no number of bytes".into()),
        },
        (Kind::Size, _) => wrong("a size such as \"128M\""),
        (Kind::Number(least, most), DeValue::Integer(number)) => match integer(number) {
            Some(value) if (least..=most).contains(&value) => None,
            _ => Some(format!("{} to {} is possible", show(least), show(most))),
        },
        (Kind::Number(..), _) => wrong("a whole number"),
        (Kind::OneOf(words), DeValue::String(text)) => one_of(words, text),
        (Kind::OneOf(_), _) => wrong("a word in quotes"),
        (Kind::List(item), DeValue::Array(values)) => {
            list(read, *item, values);
            None
        }
        (Kind::List(_), _) => wrong("a list in brackets"),
        (Kind::Table(shape), DeValue::Table(entries)) => {
            table(read, entries, &span, shape);
            None
        }
        (Kind::Table(_), _) => wrong("a table"),
        (Kind::Tables(shape), DeValue::Array(values)) => {
            tables(read, shape, values);
            None
        }
        (Kind::Tables(shape), _) if shape.header.starts_with("`[[") => Some(format!(
            "write the header twice bracketed: {}",
            shape.header
        )),
        (Kind::Tables(_), _) => wrong("a list of tables"),
        (Kind::Texts, DeValue::Table(entries)) => {
            texts(read, entries);
            None
        }
        (Kind::Texts, _) => wrong("a table of texts"),
    }
}

fn list<'a>(read: &mut Read, item: Kind, values: &mut toml::de::DeArray<'a>) {
    let taken: toml::de::DeArray<'a> = std::mem::replace(values, std::iter::empty().collect());
    for mut value in taken {
        let span = value.span();
        match mistake(read, item, &mut value) {
            None => values.push(value),
            Some(label) => read
                .found
                .push(Diagnostic::error("this cannot be in the list").at(&span, label)),
        }
    }
}

fn tables(read: &mut Read, shape: &'static Shape, values: &mut toml::de::DeArray<'_>) {
    for value in values.iter_mut() {
        let span = value.span();
        if let DeValue::Table(entries) = value.get_mut() {
            table(read, entries, &span, shape);
        } else {
            read.lost = true;
            let title = format!("{} is a table", shape.header);
            read.found
                .push(Diagnostic::error(title).at(&span, "this is none"));
        }
    }
}

fn texts(read: &mut Read, entries: &mut DeTable<'_>) {
    for (name, value) in std::mem::take(entries) {
        if value.get_ref().is_str() {
            entries.insert(name, value);
            continue;
        }
        let title = format!("`{}` must be a text", name.get_ref());
        read.found
            .push(Diagnostic::error(title).at(&value.span(), "put it in quotes"));
    }
}

fn one_of(words: &[&str], text: &str) -> Option<String> {
    if words.contains(&text) {
        return None;
    }
    let known = words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let hint = did_you_mean(text, words.iter().copied());
    Some(hint.unwrap_or(format!("possible: {known}")))
}

fn unknown(name: &str, span: &Span, shape: &Shape) -> Diagnostic {
    let known = shape.keys.iter().map(|key| key.name);
    let diagnostic = Diagnostic::error(format!("{} knows no key `{name}`", shape.header))
        .at(span, "unknown key");
    if let Some(hint) = did_you_mean(name, known.clone()) {
        return diagnostic.help(hint);
    }
    let elsewhere = MANIFEST
        .all()
        .into_iter()
        .find(|other| other.key(name).is_some());
    let diagnostic =
        diagnostic.help_if(elsewhere.map(|other| format!("`{name}` belongs in {}", other.header)));
    diagnostic.note(format!(
        "its keys are: {}",
        known.collect::<Vec<_>>().join(", ")
    ))
}

fn integer(number: &toml::de::DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn article(kind: &str) -> String {
    match kind {
        "integer" | "array" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}
