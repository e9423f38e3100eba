// SPDX-License-Identifier: BSD-2-Clause

//! Conditional compilation by seL4's kernel configuration.
//!
//! Why: a protection domain that prints in debug and is silent in release must
//! not have to know how this workspace selects a configuration. The macros read
//! like `#[cfg]`, but keys are seL4's configuration options without `CONFIG_`,
//! and an unknown key is an error instead of false.
//!
//! Rules: the keys here are those that are equal on all supported boards
//! (`keys.rs`); boards are told apart at run time, never by configuration.

mod condition;
mod keys;
mod list;

use proc_macro::{Delimiter, Group, Literal, TokenStream, TokenTree};

use keys::Value;

/// The error `message` as code that fails to compile with it.
fn error(message: &str) -> TokenStream {
    format!("::core::compile_error!({message:?});")
        .parse()
        .unwrap_or_default()
}

fn or_error(result: Result<TokenStream, String>) -> TokenStream {
    result.unwrap_or_else(|message| error(&message))
}

/// Keeps the item only if the condition holds: `#[sel4_cfg(not(PRINTING))]`.
#[proc_macro_attribute]
pub fn sel4_cfg(condition: TokenStream, item: TokenStream) -> TokenStream {
    or_error(condition::holds(condition).map(|holds| if holds { item } else { TokenStream::new() }))
}

/// Adds attributes if the condition holds: `#[sel4_cfg_attr(PRINTING, inline)]`.
#[proc_macro_attribute]
pub fn sel4_cfg_attr(input: TokenStream, item: TokenStream) -> TokenStream {
    or_error(
        condition::split_attribute(input).map(|(holds, attributes)| {
            let mut output = TokenStream::new();
            if holds {
                for attribute in attributes {
                    output.extend(list::attribute(attribute));
                }
            }
            output.extend(item);
            output
        }),
    )
}

/// `if #[sel4_cfg(A)] { … } else if #[sel4_cfg(B)] { … } else { … }`: the code of the first branch whose condition holds.
#[proc_macro]
pub fn sel4_cfg_if(input: TokenStream) -> TokenStream {
    or_error(condition::select_branch(input))
}

/// A boolean option as `true` or `false`.
#[proc_macro]
pub fn sel4_cfg_bool(key: TokenStream) -> TokenStream {
    or_error(match keys::value_of(&key.to_string()) {
        Ok(Value::Bool(value)) => Ok(value.to_string().parse().unwrap_or_default()),
        Ok(_) => Err(format!("seL4 option `{key}` is not a boolean")),
        Err(message) => Err(message),
    })
}

fn text_of(key: &TokenStream) -> Result<&'static str, String> {
    match keys::value_of(&key.to_string())? {
        Value::Text(text) => Ok(text),
        Value::Bool(_) => Err(format!(
            "seL4 option `{key}` is a boolean: use sel4_cfg_bool!"
        )),
    }
}

fn number_of(key: &TokenStream) -> Result<u64, String> {
    let text = text_of(key)?;
    text.parse()
        .map_err(|_| format!("seL4 option `{key}` is {text:?}, not a number"))
}

fn literal(literal: Literal) -> TokenStream {
    TokenTree::Literal(literal).into()
}

/// A textual option as a string literal.
#[proc_macro]
pub fn sel4_cfg_str(key: TokenStream) -> TokenStream {
    or_error(text_of(&key).map(|text| literal(Literal::string(text))))
}

/// A numeric option as a `usize` literal.
#[proc_macro]
pub fn sel4_cfg_usize(key: TokenStream) -> TokenStream {
    or_error(number_of(&key).and_then(|number| {
        let number = usize::try_from(number).map_err(|error| error.to_string())?;
        Ok(literal(Literal::usize_suffixed(number)))
    }))
}

/// A numeric option as a word (`u64`) literal.
#[proc_macro]
pub fn sel4_cfg_word(key: TokenStream) -> TokenStream {
    or_error(number_of(&key).map(|number| literal(Literal::u64_suffixed(number))))
}

/// Lets variants of an enum carry `#[sel4_cfg(…)]`.
#[proc_macro_attribute]
pub fn sel4_cfg_enum(_: TokenStream, item: TokenStream) -> TokenStream {
    or_error(filter_last_braces(item))
}

/// Lets fields of a struct carry `#[sel4_cfg(…)]`.
#[proc_macro_attribute]
pub fn sel4_cfg_struct(_: TokenStream, item: TokenStream) -> TokenStream {
    or_error(filter_last_braces(item))
}

/// Lets arms of the `match` inside carry `#[sel4_cfg(…)]`.
#[proc_macro]
pub fn sel4_cfg_wrap_match(input: TokenStream) -> TokenStream {
    or_error(filter_last_braces(input))
}

/// Filters the entries of the last `{ … }` of the item.
fn filter_last_braces(item: TokenStream) -> Result<TokenStream, String> {
    let mut trees: Vec<TokenTree> = item.into_iter().collect();
    let body = trees.iter_mut().rev().find_map(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    });
    let Some(body) = body else {
        return Err("expected something with a body in braces".into());
    };
    let mut filtered = Group::new(Delimiter::Brace, list::filter(body.stream())?);
    filtered.set_span(body.span());
    *body = filtered;
    Ok(trees.into_iter().collect())
}
