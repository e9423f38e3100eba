// SPDX-License-Identifier: BSD-2-Clause

//! What `[[batch.type]]` types, and what it waits for.

use crate::keys;
use crate::manifest::{After, Manifest, Typing};
use tombolo_image::diagnostic::Diagnostic;
use toml::Spanned;

/// Checks every step.
pub fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for step in &manifest.batch.typing {
        keys(step, found);
        if let Some(after) = &step.after {
            condition(after, found);
        }
    }
}

fn keys(step: &Typing, found: &mut Vec<Diagnostic>) {
    let Err(error) = keys::parse(step.keys.get_ref()) else {
        return;
    };
    found.push(
        Diagnostic::error(format!("these keys cannot be typed: {}", error.what))
            .at(
                &step.keys.span(),
                format!("`{}`", &step.keys.get_ref()[error.at]),
            )
            .help(error.help),
    );
}

/// A line by its speaker, or a prompt.
fn condition(after: &Spanned<After>, found: &mut Vec<Diagnostic>) {
    let After {
        speaker,
        line,
        prompt,
    } = after.get_ref();
    if matches!(
        (speaker, line, prompt),
        (Some(_), Some(_), None) | (None, None, Some(_))
    ) {
        return;
    }
    found.push(
        Diagnostic::error("`after` waits for a line or for a prompt")
            .at(&after.span(), "not one of the two")
            .help(
                "write `{ speaker = \"guest0\", line = \"a part of it\" }` or \
                 `{ prompt = \"tombolo> \" }`",
            ),
    );
}
