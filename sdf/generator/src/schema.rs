// SPDX-License-Identifier: BSD-2-Clause

//! JSON schema of manifests (draft 2020-12), for editors that check TOML with it.

use crate::shape::{Key, Kind, MANIFEST, Shape};
use serde_json::{Map, Value, json};

/// The schema.
pub fn schema() -> Value {
    let mut schema = table(&MANIFEST);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A Tombolo manifest");
    schema
}

fn table(shape: &Shape) -> Value {
    let properties: Map<String, Value> = shape
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), described(key)))
        .collect();
    let required: Vec<&str> = shape
        .keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn described(key: &Key) -> Value {
    let mut schema = value(key.kind);
    schema["description"] = json!(key.meaning);
    schema
}

fn value(kind: Kind) -> Value {
    match kind {
        Kind::Text | Kind::File => json!({ "type": "string" }),
        Kind::Name => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,24}$" }),
        Kind::Pattern => json!({ "type": "string", "minLength": 1, "maxLength": 31 }),
        Kind::Rule => json!({ "type": "string", "pattern": "^(allow|deny) .{1,31}$" }),
        Kind::Size => json!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^(0x[0-9A-Fa-f_]+|[0-9_]+)[KMG]?$" },
            ]
        }),
        Kind::Number(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::List(item) => json!({ "type": "array", "items": value(*item) }),
        Kind::Table(shape) => table(shape),
        Kind::Tables(shape) => json!({ "type": "array", "items": table(shape) }),
        Kind::Texts => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
    }
}
