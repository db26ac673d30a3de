//! Errors that name file, line and column, what was expected, and the cure.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

use super::document::Node;
use crate::unit::parameters::{BuildError, Cause, Located, Place};

/// A text that was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path or other name, as the user would know it.
    pub name: String,
    /// Contents.
    pub text: Arc<str>,
}

/// The texts read so far; places index into them.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a text and returns its index.
    pub fn add(&mut self, name: &str, text: &str) -> u32 {
        self.files.push(Source { name: name.to_owned(), text: text.into() });
        (self.files.len() - 1) as u32
    }
    /// The text with this index.
    pub fn get(&self, file: u32) -> Option<&Source> {
        self.files.get(file as usize)
    }
    /// Line and column (both from 1, columns in characters) of a place.
    pub fn line_column(&self, place: Place) -> (usize, usize) {
        let Some(source) = self.get(place.file) else { return (1, 1) };
        let mut start = (place.start as usize).min(source.text.len());
        while !source.text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &source.text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        (line, column)
    }
}

/// What kind of fault it is; the codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The file cannot be read.
    Unreadable,
    /// The text is not TOML.
    Syntax,
    /// A key that nothing declares.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of another form than declared.
    WrongType,
    /// A quantity with a missing, unknown or wrong unit.
    Quantity,
    /// A value outside the allowed range.
    Range,
    /// A name that nothing bears.
    UnknownName,
    /// A reaction or formula that is not sound.
    Chemistry,
    /// A rate or other expression that is not sound.
    Expression,
    /// Arrows and units that do not make a plant.
    Flowsheet,
    /// Values that contradict each other.
    Conflict,
}

impl Code {
    /// The code as printed.
    pub fn text(self) -> &'static str {
        match self {
            Code::Unreadable => "S01",
            Code::Syntax => "S02",
            Code::UnknownKey => "S03",
            Code::MissingKey => "S04",
            Code::WrongType => "S05",
            Code::Quantity => "Q01",
            Code::Range => "Q02",
            Code::UnknownName => "N01",
            Code::Chemistry => "C01",
            Code::Expression => "C02",
            Code::Flowsheet => "F01",
            Code::Conflict => "F02",
        }
    }
}

/// One fault of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// Kind.
    pub code: Code,
    /// What is wrong, with the values held.
    pub message: String,
    /// Where.
    pub place: Place,
    /// A few words at the place.
    pub label: String,
    /// A line of cure.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A fault at a place.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Diagnostic { code, message: message.into(), place, label: String::new(), help: None }
    }
    /// A value of another form than expected: `key` must be `expected`.
    pub fn wrong_form(key: &str, expected: &str, found: &Located<Node>) -> Self {
        let message = format!("`{key}` must be {expected}, found {}", found.value.form());
        Diagnostic::new(Code::WrongType, found.place, message).label(format!("expected {expected}"))
    }
    /// With words at the place.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
    /// With a line of cure.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
    /// From an error of a unit's or model's constructor.
    pub fn from_build(error: BuildError) -> Self {
        Diagnostic {
            code: match error.cause {
                Cause::Conflict => Code::Conflict,
                Cause::Missing => Code::MissingKey,
                Cause::Range => Code::Range,
                Cause::UnknownName => Code::UnknownName,
                Cause::Chemistry => Code::Chemistry,
            },
            message: error.message,
            place: error.place,
            label: String::new(),
            help: error.help,
        }
    }
}

/// A fault as machines read it.
#[derive(Debug, Clone, Serialize)]
pub struct DiagnosticJson {
    /// Stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// File it stands in.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// Cure, if known.
    pub help: Option<String>,
}

/// All faults of the input, with the texts they stand in.
#[derive(Debug, Clone)]
pub struct Diagnostics {
    /// The texts.
    pub sources: Sources,
    /// The faults, in the order of the text.
    pub list: Vec<Diagnostic>,
}

/// So many faults are told of; a file with more is no scenario.
const MOST: usize = 50;

/// Longest message, in bytes: a megabyte of text that the file quotes helps nobody.
const LONGEST: usize = 1000;

impl Diagnostics {
    /// The faults that were found, brought into the order of the text.
    pub fn new(sources: Sources, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by_key(|d| (d.place.file, d.place.start));
        list.dedup();
        for fault in &mut list {
            shorten(&mut fault.message);
            shorten(&mut fault.label);
            fault.help.iter_mut().for_each(shorten);
        }
        Diagnostics { sources, list }
    }

    /// For machines; of very many faults the first.
    pub fn json(&self) -> Vec<DiagnosticJson> {
        self.list
            .iter()
            .take(MOST)
            .map(|d| {
                let (line, column) = self.sources.line_column(d.place);
                DiagnosticJson {
                    code: d.code.text(),
                    message: d.message.clone(),
                    file: self.sources.get(d.place.file).map_or_else(String::new, |s| s.name.clone()),
                    line,
                    column,
                    help: d.help.clone(),
                }
            })
            .collect()
    }

    /// For people, in rustc's manner; `styled` adds colour; of very many faults the first.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for diagnostic in self.list.iter().take(MOST) {
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            out.push_str(&self.render_one(&renderer, diagnostic));
        }
        if self.list.len() > MOST {
            out.push_str(&format!("\n\n... and {} more faults", self.list.len() - MOST));
        }
        out
    }

    fn render_one(&self, renderer: &Renderer, d: &Diagnostic) -> String {
        let Some(source) = self.sources.get(d.place.file) else { return d.message.clone() };
        // Very long files are cut to the lines around the fault: the renderer scans the whole text.
        let text: &str = &source.text;
        let mut start = (d.place.start as usize).min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = (d.place.end as usize).clamp(start, text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let end = end.min(line_end.max(start));
        let line = text[..line_start].matches('\n').count() + 1;
        let shown = &text[line_start..line_end];
        let group = if shown.len() > 400 {
            let (line, column) = self.sources.line_column(d.place);
            let title = format!("{}\n  --> {}:{line}:{column}", d.message, source.name);
            let help = d.help.iter().map(|help| format!("\n  = help: {help}")).collect::<String>();
            return format!("error[{}]: {title}{help}", d.code.text());
        } else {
            let snippet = Snippet::source(shown).line_start(line).path(source.name.as_str()).annotation(
                AnnotationKind::Primary.span(start - line_start..end - line_start).label(d.label.as_str()),
            );
            let group = Level::ERROR.primary_title(d.message.as_str()).id(d.code.text()).element(snippet);
            match &d.help {
                Some(help) => group.element(Level::HELP.message(help.as_str())),
                None => group,
            }
        };
        renderer.render(&[group])
    }
}

/// Cuts a text that is too long to read.
fn shorten(text: &mut String) {
    if text.len() > LONGEST {
        let mut end = LONGEST;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(" ...");
    }
}

/// The known name nearest to a wrong one, if any is near enough to be meant.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > 100 {
        return None; // nobody meant a known name by it, and comparing would take long
    }
    let lower = wrong.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().max(wrong.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `did you mean …?`, or the list of what there is where nothing is near.
pub fn suggest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(wrong, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "there are none to choose from".to_owned(),
        None => {
            let mut shown: Vec<String> = known.iter().take(12).map(|n| format!("`{n}`")).collect();
            if known.len() > shown.len() {
                shown.push(format!("and {} more", known.len() - shown.len()));
            }
            format!("choose from {}", shown.join(", "))
        }
    }
}
