// SPDX-License-Identifier: BSD-2-Clause

//! The JSON schema takes what the reader takes, and the documentation names every
//! key.

mod common;

use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use tombolo::schema::schema;
use tombolo::shape::MANIFEST;

/// A validator for the words that the schema uses; any other word is an error, so
/// that none goes unchecked.
fn valid(schema: &Value, value: &Value) -> Result<(), String> {
    let fail = |what: &str| Err(format!("{what}: {value} against {schema}"));
    for (word, rule) in schema.as_object().unwrap() {
        let good = match word.as_str() {
            "$schema" | "title" | "description" | "required" | "properties" => true,
            "type" => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_u64(),
                other => return fail(other),
            },
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_u64().is_none_or(|n| n >= rule.as_u64().unwrap()),
            "maximum" => value.as_u64().is_none_or(|n| n <= rule.as_u64().unwrap()),
            "minLength" => value
                .as_str()
                .is_none_or(|s| s.len() as u64 >= rule.as_u64().unwrap()),
            "maxLength" => value
                .as_str()
                .is_none_or(|s| s.len() as u64 <= rule.as_u64().unwrap()),
            "pattern" => value
                .as_str()
                .is_none_or(|s| pattern(rule.as_str().unwrap(), s)),
            "anyOf" => rule
                .as_array()
                .unwrap()
                .iter()
                .any(|one| valid(one, value).is_ok()),
            "items" => {
                value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .try_for_each(|item| valid(rule, item))?;
                true
            }
            "additionalProperties" => {
                object(schema, rule, value)?;
                true
            }
            other => return fail(other),
        };
        if !good {
            return fail(word);
        }
    }
    Ok(())
}

fn object(schema: &Value, others: &Value, value: &Value) -> Result<(), String> {
    for (key, inner) in value.as_object().into_iter().flatten() {
        match (&schema["properties"][key], others) {
            (Value::Null, Value::Bool(false)) => return Err(format!("unknown key {key}")),
            (Value::Null, rule) => valid(rule, inner)?,
            (rule, _) => valid(rule, inner)?,
        }
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        if value.get(key.as_str().unwrap()).is_none() {
            return Err(format!("no {key}"));
        }
    }
    Ok(())
}

/// The two patterns in use.
fn pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[A-Za-z0-9_-]{1,24}$" => {
            let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            (1..=24).contains(&text.len()) && text.chars().all(legal)
        }
        "^(0x[0-9A-Fa-f_]+|[0-9_]+)[KMG]?$" => tombolo::size::Size::parse(text).is_ok(),
        other => panic!("no rule for {other}"),
    }
}

fn validate(path: &PathBuf) -> Result<(), String> {
    let text = fs::read_to_string(path).unwrap();
    let value: Value = toml::from_str(&text).map_err(|error| error.to_string())?;
    valid(&schema(), &value)
}

#[test]
fn the_demo_manifests_validate() {
    let manifests = fs::read_dir(common::root().join("sdf")).unwrap();
    let mut seen = 0;
    for path in manifests.map(|entry| entry.unwrap().path()) {
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
            && !path.ends_with("Cargo.toml")
        {
            validate(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            seen += 1;
        }
    }
    assert!(seen >= 2);
}

#[test]
fn the_schema_refuses_what_the_reader_refuses_by_shape() {
    for name in [
        "unknown-key",
        "unknown-table",
        "wrong-type",
        "wrong-word",
        "bad-size",
        "missing-key",
    ] {
        let path = PathBuf::from(format!("tests/fixtures/{name}.toml"));
        assert!(validate(&path).is_err(), "{name}");
    }
    assert!(valid(&schema(), &json!({})).is_err(), "no [system]");
}

#[test]
fn the_documentation_names_every_key() {
    let text = fs::read_to_string(common::root().join("docs/interfaces/manifest.md")).unwrap();
    for shape in MANIFEST.all() {
        for key in shape.keys {
            let named = format!("`{}`", key.name);
            let header = format!("`[{}]`", key.name);
            let headers = format!("`[[{}]]`", key.name);
            let there = [named, header, headers]
                .iter()
                .any(|name| text.contains(name));
            assert!(there, "{} of {} is in no table", key.name, shape.header);
        }
    }
}
