// SPDX-License-Identifier: BSD-2-Clause

//! Lists of tokens separated by commas: variants, fields, match arms.

use proc_macro::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};

use crate::condition;

fn is_punct(tree: &TokenTree, character: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// Parts between top-level commas; a trailing comma makes no empty part.
pub fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut parts: Vec<TokenStream> = trees
        .split(|tree| is_punct(tree, ','))
        .map(|part| part.iter().cloned().collect())
        .collect();
    if parts.last().is_some_and(TokenStream::is_empty) {
        parts.pop();
    }
    parts
}

/// `#[tokens]`.
pub fn attribute(tokens: TokenStream) -> TokenStream {
    [
        TokenTree::Punct(Punct::new('#', Spacing::Alone)),
        TokenTree::Group(Group::new(Delimiter::Bracket, tokens)),
    ]
    .into_iter()
    .collect()
}

/// Entries of a body; a match arm that ends in a block needs no comma.
fn entries(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut entries = vec![Vec::new()];
    let mut after_arrow = false;
    let mut previous_is_equals = false;
    for tree in tokens {
        let is_comma = is_punct(&tree, ',');
        let is_arrow = previous_is_equals && is_punct(&tree, '>');
        previous_is_equals = is_punct(&tree, '=');
        let is_block =
            matches!(&tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        let ends_arm = after_arrow && is_block;
        after_arrow = is_arrow;
        let follows_block = is_comma && entries.last().is_some_and(Vec::is_empty);
        if !is_comma && let Some(entry) = entries.last_mut() {
            entry.push(tree);
        }
        if (is_comma && !follows_block) || ends_arm {
            entries.push(Vec::new());
        }
    }
    entries.retain(|entry| !entry.is_empty());
    entries
}

/// Drops the entries whose `#[sel4_cfg(…)]` does not hold, and that attribute from the others.
pub fn filter(tokens: TokenStream) -> Result<TokenStream, String> {
    let mut output = TokenStream::new();
    for entry in entries(tokens) {
        if let Some(kept) = filter_entry(entry)? {
            output.extend(kept);
            output.extend([TokenTree::Punct(Punct::new(',', Spacing::Alone))]);
        }
    }
    Ok(output)
}

fn filter_entry(entry: Vec<TokenTree>) -> Result<Option<Vec<TokenTree>>, String> {
    let mut kept: Vec<TokenTree> = Vec::new();
    for tree in entry {
        let condition = match (&tree, kept.last()) {
            (TokenTree::Group(group), Some(last)) if is_punct(last, '#') => {
                condition::of_attribute(group)
            }
            _ => None,
        };
        match condition {
            Some(condition) if condition::holds(condition.clone())? => {
                kept.pop();
            }
            Some(_) => return Ok(None),
            None => kept.push(tree),
        }
    }
    Ok(Some(kept))
}
