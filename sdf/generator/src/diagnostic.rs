// SPDX-License-Identifier: BSD-2-Clause

//! Errors as rustc shows them: file, line, column, excerpt, remedy.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// One thing wrong in a manifest.
#[derive(Debug)]
pub struct Diagnostic {
    title: String,
    primary: Option<(Range<usize>, String)>,
    secondary: Vec<(Range<usize>, String)>,
    help: String,
}

impl Diagnostic {
    /// An error about the text at `span`, what is wrong with it, and the remedy.
    pub fn new(
        title: impl Into<String>,
        span: Range<usize>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            primary: Some((span, label.into())),
            secondary: Vec::new(),
            help: help.into(),
        }
    }

    /// Another place that has to do with it.
    #[must_use]
    pub fn with(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.secondary.push((span, label.into()));
        self
    }
}

/// A manifest's text with its name, to show excerpts.
#[derive(Debug)]
pub struct Source {
    /// Path as the user gave it.
    pub path: String,
    /// Content.
    pub text: String,
}

/// Shows all of `diagnostics`, in colour if wanted.
pub fn render(source: &Source, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let mut snippet = Snippet::source(&source.text)
            .path(&source.path)
            .line_start(1);
        if let Some((span, label)) = &diagnostic.primary {
            snippet = snippet.annotation(AnnotationKind::Primary.span(span.clone()).label(label));
        }
        for (span, label) in &diagnostic.secondary {
            snippet = snippet.annotation(AnnotationKind::Context.span(span.clone()).label(label));
        }
        let group: Group<'_> = Level::ERROR
            .primary_title(&diagnostic.title)
            .element(snippet)
            .element(Level::HELP.message(&diagnostic.help));
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}
