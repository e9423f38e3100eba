// SPDX-License-Identifier: BSD-2-Clause

//! The protection_domain attribute.

use proc_macro::{TokenStream, TokenTree};

/// Declares the function that makes the protection domain's handler.
///
/// Options: `stack_size = bytes` for a stack in the ELF file instead of the
/// Microkit tool's, `heap_size = bytes` for a global allocator on a static heap;
/// both in this order.
#[proc_macro_attribute]
pub fn protection_domain(options: TokenStream, item: TokenStream) -> TokenStream {
    let Some(name) = function_name(item.clone()) else {
        return compile_error("#[protection_domain] goes on a function: fn init() -> impl Handler");
    };
    let declaration =
        format!("::sel4_microkit::declare_protection_domain!(init = {name}, {options});");
    match declaration.parse::<TokenStream>() {
        Ok(mut output) => {
            output.extend(item);
            output
        }
        Err(error) => compile_error(&error.to_string()),
    }
}

/// The name after the item's `fn`.
fn function_name(item: TokenStream) -> Option<String> {
    let mut trees = item.into_iter();
    trees.find(|tree| matches!(tree, TokenTree::Ident(word) if word.to_string() == "fn"))?;
    match trees.next() {
        Some(TokenTree::Ident(name)) => Some(name.to_string()),
        _ => None,
    }
}

fn compile_error(message: &str) -> TokenStream {
    format!("::core::compile_error!({message:?});")
        .parse()
        .unwrap_or_default()
}
