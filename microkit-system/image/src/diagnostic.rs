// SPDX-License-Identifier: BSD-2-Clause

//! What is wrong with a system, where, and what to do about it.
//!
//! A user edits a description of hundreds of lines; the tool finds everything
//! wrong with it in one run and shows each mistake at its place.
//!
//! Rules: a title names the thing and the bad value; the primary label marks the
//! bytes to change; `help` says what to change them to. A mistake that only
//! follows from another one is not reported.

use std::ops::Range;
use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Bytes of the description.
pub type Span = Range<usize>;

/// The description as it was read.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Its path, as the user gave it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A value and the place it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// No image is made.
    Error,
    /// An image is made.
    Warning,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    severity: Severity,
    title: String,
    primary: Option<(Span, String)>,
    secondary: Vec<(Span, String)>,
    notes: Vec<String>,
    helps: Vec<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(title: impl Into<String>) -> Self {
        Self::new(Severity::Error, title.into())
    }

    /// A warning.
    pub fn warning(title: impl Into<String>) -> Self {
        Self::new(Severity::Warning, title.into())
    }

    fn new(severity: Severity, title: String) -> Self {
        Self(Box::new(Parts {
            severity,
            title,
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        }))
    }

    /// Marks the place to change.
    pub fn at(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.0.primary = Some((span.clone(), label.into()));
        self
    }

    /// Marks a place that has to do with it.
    pub fn also(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.0.secondary.push((span.clone(), label.into()));
        self
    }

    /// Adds a fact.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.0.notes.push(text.into());
        self
    }

    /// Adds a remedy.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.0.helps.push(text.into());
        self
    }

    /// Adds a remedy if there is one.
    pub fn help_if(self, text: Option<String>) -> Self {
        match text {
            Some(text) => self.help(text),
            None => self,
        }
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.0.severity
    }

    /// The first line, without the severity.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// Where the place to change starts; findings without a place come last.
    pub fn position(&self) -> usize {
        self.0
            .primary
            .as_ref()
            .map_or(usize::MAX, |(span, _)| span.start)
    }

    /// Line of the place to change, from 1.
    pub fn line(&self, source: &Source) -> Option<usize> {
        let (span, _) = self.0.primary.as_ref()?;
        let before = source.text.get(..span.start)?;
        Some(before.matches('\n').count() + 1)
    }

    /// The text as a compiler would print it.
    pub fn render(&self, source: &Source, color: bool) -> String {
        let level = match self.0.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(self.0.title.as_str()));
        if let Some((span, label)) = &self.0.primary {
            let mark = |kind: AnnotationKind, span: &Span, label: &str| {
                let annotation = kind.span(span.clone());
                if label.is_empty() {
                    annotation
                } else {
                    annotation.label(label.to_owned())
                }
            };
            let secondary = self
                .0
                .secondary
                .iter()
                .map(|(span, label)| mark(AnnotationKind::Context, span, label));
            group = group.element(
                Snippet::source(source.text.as_str())
                    .path(source.path.display().to_string())
                    .annotation(mark(AnnotationKind::Primary, span, label))
                    .annotations(secondary),
            );
        }
        let notes = self
            .0
            .notes
            .iter()
            .map(|text| Level::NOTE.message(text.as_str()));
        let helps = self
            .0
            .helps
            .iter()
            .map(|text| Level::HELP.message(text.as_str()));
        group = group.elements(notes).elements(helps);
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        format!("{}\n", renderer.render(&[group]))
    }
}

/// All findings of a run that made no image.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    /// The description.
    pub source: Source,
    /// The findings, in the order found.
    pub list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Number of errors.
    pub fn errors(&self) -> usize {
        self.list
            .iter()
            .filter(|d| d.severity() == Severity::Error)
            .count()
    }

    /// The text as a compiler would print it.
    pub fn render(&self, color: bool) -> String {
        self.list
            .iter()
            .map(|d| d.render(&self.source, color) + "\n")
            .collect()
    }
}

/// The known name that `name` is probably a slip of.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", if some known name is near.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Insertions, deletions, substitutions and swaps of neighbours between two names
/// (optimal string alignment): each is one slip of a typist.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let substituted = rows[i][j] + usize::from(x != y);
            let mut least = substituted.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Source, edit_distance, nearest};

    #[test]
    fn the_nearest_name_is_found_and_far_names_are_not() {
        assert_eq!(
            nearest("raam_guest0", ["ram_guest0", "ram_guest1", "uart"]),
            Some("ram_guest0")
        );
        assert_eq!(nearest("uart", ["ram_guest0"]), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(nearest("form", ["to", "from"]), Some("from"));
        assert_eq!((edit_distance("", "ab"), edit_distance("ab", "")), (2, 2));
    }

    #[test]
    fn a_rendered_error_names_file_line_and_remedy() {
        let source = Source {
            path: "a.system".into(),
            text: "<system>\n<maap/>\n</system>".into(),
        };
        let text = Diagnostic::error("unknown element")
            .at(&(10..14), "here")
            .help("use `map`")
            .render(&source, false);
        assert!(
            text.contains("a.system:2:2") && text.contains("help: use `map`"),
            "{text}"
        );
    }
}
