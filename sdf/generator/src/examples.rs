// SPDX-License-Identifier: BSD-2-Clause

//! Values for keys: to show in a message, and to go on with after a mistake.

use crate::shape::{Key, Kind, Shape};
use std::borrow::Cow;
use toml::de::DeValue;

/// A value to show for `key`.
pub fn example(key: &Key) -> String {
    match key.kind {
        Kind::Text => "\"text\"".into(),
        Kind::Name => "\"name\"".into(),
        Kind::File => "\"file\"".into(),
        Kind::Pattern => "\"moo*\"".into(),
        Kind::Size => "\"128M\"".into(),
        Kind::Number(least, _) => show(least.max(1)),
        Kind::OneOf(words) => format!("\"{}\"", words[0]),
        Kind::List(Kind::OneOf(words)) => format!("[\"{}\"]", words[0]),
        Kind::Rule => "\"allow moo*\"".into(),
        Kind::List(Kind::Rule) => "[\"allow moo*\"]".into(),
        Kind::List(_) => "[\"moo*\"]".into(),
        Kind::Tables(shape) => format!("[{}]", inline(shape)),
        Kind::Table(shape) => inline(shape),
        Kind::Texts => "{ name = \"text\" }".into(),
    }
}

/// A table on one line, with what it must have.
fn inline(shape: &Shape) -> String {
    let required = shape.keys.iter().filter(|key| key.required);
    let shown: Vec<_> = required
        .map(|key| format!("{} = {}", key.name, example(key)))
        .collect();
    match shown.is_empty() {
        true => "{ ... }".into(),
        false => format!("{{ {} }}", shown.join(", ")),
    }
}

/// Large numbers are addresses.
pub fn show(number: u64) -> String {
    if number > 1 << 32 {
        format!("{number:#x}")
    } else {
        number.to_string()
    }
}

/// A value to go on with. Names and tables have none: too much hangs on them.
pub fn placeholder<'a>(kind: Kind) -> Option<DeValue<'a>> {
    match kind {
        Kind::Text | Kind::File => Some(DeValue::String(Cow::Borrowed("?"))),
        Kind::Size => Some(DeValue::String(Cow::Borrowed("1G"))),
        Kind::OneOf(words) => Some(DeValue::String(Cow::Borrowed(words[0]))),
        Kind::List(_) => Some(DeValue::Array(Default::default())),
        _ => None,
    }
}
