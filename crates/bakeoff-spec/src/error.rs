//! What is wrong with a spec: every problem with its place in the file, what is allowed and the likely fix.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;
use std::{fmt, iter};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};
use serde::Serialize;

use crate::place::Place;

/// Everything that is wrong with a spec, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    problems: Vec<Problem>,
    /// The spec's text; `None` when it could not be read.
    text: Option<String>,
}

/// One thing that is wrong with a spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The spec's file.
    pub file: String,
    /// From 1; `None` when the file could not be read.
    pub line: Option<usize>,
    /// In characters, from 1.
    pub column: Option<usize>,
    /// Where in the spec, such as `models[1].params.learning_rate`; empty for the whole spec.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What is allowed, and the likely fix.
    pub help: Option<String>,
    #[serde(skip)]
    span: Range<usize>,
}

/// A problem before its place in the text is known.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) place: Place,
    pub(crate) spot: Spot,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// What the caret points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spot {
    /// The key at the place.
    Key,
    /// The value at the place.
    Value,
    /// These bytes.
    Bytes(Range<usize>),
}

impl Finding {
    /// A problem with the value at `place`.
    pub(crate) fn value(place: Place, message: impl Into<String>) -> Self {
        Self { place, spot: Spot::Value, message: message.into(), help: None }
    }

    /// A problem with the key at `place`.
    pub(crate) fn key(place: Place, message: impl Into<String>) -> Self {
        Self { spot: Spot::Key, ..Self::value(place, message) }
    }

    /// A problem with some bytes of the text.
    pub(crate) fn bytes(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { spot: Spot::Bytes(span), ..Self::value(Place::root(), message) }
    }

    /// With what is allowed, or how to mend it.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()).filter(|help| !help.is_empty()), ..self }
    }
}

impl SpecError {
    /// Findings with their places in the text. `locate` gives the bytes that a place takes.
    pub(crate) fn new(
        file: &Path,
        text: &str,
        findings: Vec<Finding>,
        locate: impl Fn(&Place, &Spot) -> Range<usize>,
    ) -> Self {
        let problem_of = |finding: Finding| {
            let span = match &finding.spot {
                Spot::Bytes(span) => span.clone(),
                spot => locate(&finding.place, spot),
            };
            let (line, column) = position(text, span.start);
            Problem {
                file: file.display().to_string(),
                line: Some(line),
                column: Some(column),
                path: finding.place.to_string(),
                message: finding.message,
                help: finding.help,
                span,
            }
        };
        let mut problems: Vec<Problem> = findings.into_iter().map(problem_of).collect();
        problems.sort_by_key(|problem| problem.span.start);
        Self { problems, text: Some(text.to_owned()) }
    }

    /// The file itself cannot be read.
    pub(crate) fn unreadable(file: &Path, message: String, help: Option<String>) -> Self {
        let file = file.display().to_string();
        let problem = Problem {
            file,
            line: None,
            column: None,
            path: String::new(),
            message,
            help,
            span: 0..0,
        };
        Self { problems: vec![problem], text: None }
    }

    /// One entry a problem.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Every problem with its source line and a caret below it, for a terminal; of very many, the first.
    /// Without colour it is plain ASCII but for what the spec itself holds.
    pub fn render(&self, color: bool) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .without_syntax_highlighting()
            .with_width(TERMINAL_WIDTH)
            .with_context_lines(1);
        let mut out = String::new();
        for (i, problem) in self.problems.iter().take(MOST_SHOWN).enumerate() {
            if i > 0 {
                out.push('\n');
            }
            // A line that fills screens shows nothing; its place stands in the message then.
            let text = self
                .text
                .as_ref()
                .filter(|text| text.lines().all(|line| line.len() <= LONGEST_LINE));
            let source = text.map(|text| NamedSource::new(problem.file.clone(), text.clone()));
            handler
                .render_report(&mut out, &Shown { problem, source })
                .expect("writing to a string cannot fail");
        }
        let n_left = self.problems.len().saturating_sub(MOST_SHOWN);
        if n_left > 0 {
            writeln!(out, "\nand {n_left} more problems").expect("writing to a string cannot fail");
        }
        out
    }
}

const TERMINAL_WIDTH: usize = 100;
const LONGEST_LINE: usize = 4000;
/// More than this tells nobody more: one slip can spoil a thousand values of a grid.
const MOST_SHOWN: usize = 20;

impl std::error::Error for SpecError {}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.problems.first().expect("an error holds at least one problem");
        if let (Some(line), Some(column)) = (first.line, first.column) {
            write!(f, "{}:{line}:{column}: ", first.file)?;
        }
        f.write_str(&first.message)?;
        match self.problems.len() - 1 {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more problem)"),
            more => write!(f, " (and {more} more problems)"),
        }
    }
}

/// A problem as miette draws it.
#[derive(Debug)]
struct Shown<'a> {
    problem: &'a Problem,
    source: Option<NamedSource<String>>,
}

impl std::error::Error for Shown<'_> {}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { file, line, column, message, .. } = self.problem;
        if let (None, Some(line), Some(column)) = (&self.source, line, column) {
            write!(f, "{file}:{line}:{column}: ")?;
        }
        f.write_str(message)
    }
}

impl Diagnostic for Shown<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        let label = if self.problem.path.is_empty() { "here" } else { &self.problem.path };
        let span = self.problem.span.clone();
        Some(Box::new(iter::once(LabeledSpan::at(span, label))))
    }
}

/// Line and column of a byte, both from 1; the column counts characters.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..byte];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
