// SPDX-License-Identifier: BSD-2-Clause

//! Conditions: `KEY`, `KEY = "text"`, `not(…)`, `any(…)`, `all(…)`.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

use crate::{
    keys::{self, Value},
    list,
};

/// Whether the condition holds in the configuration being compiled.
pub fn holds(condition: TokenStream) -> Result<bool, String> {
    let trees: Vec<TokenTree> = condition.into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Ident(key)] => match keys::value_of(&key.to_string())? {
            Value::Bool(value) => Ok(value),
            Value::Text(_) => Err(format!(
                "seL4 option `{key}` is text: write `{key} = \"…\"`"
            )),
        },
        [TokenTree::Ident(name), TokenTree::Group(group)] => combined(&name.to_string(), group),
        [
            TokenTree::Ident(key),
            TokenTree::Punct(equals),
            TokenTree::Literal(literal),
        ] if equals.as_char() == '=' => match keys::value_of(&key.to_string())? {
            Value::Text(text) => Ok(literal.to_string().trim_matches('"') == text),
            Value::Bool(_) => Err(format!("seL4 option `{key}` is a boolean: write `{key}`")),
        },
        _ => Err("expected KEY, KEY = \"text\", not(…), any(…) or all(…)".into()),
    }
}

fn combined(name: &str, group: &Group) -> Result<bool, String> {
    let parts = list::split_at_commas(group.stream());
    let values = parts
        .into_iter()
        .map(holds)
        .collect::<Result<Vec<bool>, String>>()?;
    match (name, values.as_slice()) {
        ("not", [value]) => Ok(!value),
        ("any", values) => Ok(values.contains(&true)),
        ("all", values) => Ok(!values.contains(&false)),
        _ => Err(format!("`{name}(…)` with {} conditions", values.len())),
    }
}

/// Splits `condition, attribute, …` and evaluates the condition.
pub fn split_attribute(input: TokenStream) -> Result<(bool, Vec<TokenStream>), String> {
    let mut parts = list::split_at_commas(input).into_iter();
    let condition = parts.next().ok_or("expected a condition")?;
    Ok((holds(condition)?, parts.collect()))
}

/// The tokens of an attribute `[sel4_cfg(condition)]`, if it is one.
pub fn of_attribute(brackets: &Group) -> Option<TokenStream> {
    let trees: Vec<TokenTree> = brackets.stream().into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Ident(name), TokenTree::Group(condition)]
            if brackets.delimiter() == Delimiter::Bracket && name.to_string() == "sel4_cfg" =>
        {
            Some(condition.stream())
        }
        _ => None,
    }
}

/// The body of the first branch whose condition holds; every condition is checked for unknown keys.
pub fn select_branch(input: TokenStream) -> Result<TokenStream, String> {
    const SHAPE: &str = "expected if #[sel4_cfg(…)] { … } else if … else { … }";
    let mut rest: &[TokenTree] = &input.into_iter().collect::<Vec<_>>();
    let mut selected = None;
    loop {
        let (holds, body, tail) = match rest {
            [
                TokenTree::Ident(word),
                TokenTree::Punct(hash),
                TokenTree::Group(attribute),
                TokenTree::Group(body),
                tail @ ..,
            ] if word.to_string() == "if" && hash.as_char() == '#' => {
                let condition = of_attribute(attribute).ok_or(SHAPE)?;
                (self::holds(condition)?, body, tail)
            }
            [TokenTree::Group(body)] => (true, body, [].as_slice()),
            _ => return Err(SHAPE.into()),
        };
        if holds && selected.is_none() {
            selected = Some(body.stream());
        }
        rest = match tail {
            [] => return Ok(selected.unwrap_or_default()),
            [TokenTree::Ident(word), tail @ ..] if word.to_string() == "else" => tail,
            _ => return Err(SHAPE.into()),
        };
    }
}
