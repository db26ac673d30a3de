//! A TOML text as an owned tree in which every key and value knows its place.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use crate::unit::parameters::{Located, Place};

/// Files larger than this are refused: scenarios are written by people.
pub const MAX_BYTES: u64 = 4 << 20;

/// A value of the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A list.
    List(Vec<Located<Node>>),
    /// A table, in the order of the file.
    Table(Table),
    /// Something that scenario files have no use for: a date, a number too large.
    Other(&'static str),
}

impl Node {
    /// What it is, in words.
    pub fn form(&self) -> &'static str {
        match self {
            Node::Text(_) => "text",
            Node::Integer(_) => "a whole number",
            Node::Number(_) => "a number",
            Node::Boolean(_) => "true or false",
            Node::List(_) => "a list",
            Node::Table(_) => "a table",
            Node::Other(form) => form,
        }
    }
}

/// A table, in the order of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Keys and values.
    pub entries: Vec<(Located<String>, Located<Node>)>,
}

impl Table {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Located<Node>> {
        self.entries.iter().find(|(k, _)| k.value == key).map(|(_, v)| v)
    }
    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Located<Node>> {
        self.entries.iter_mut().find(|(k, _)| k.value == key).map(|(_, v)| v)
    }
    /// A sub-table.
    pub fn table(&self, key: &str) -> Option<(&Table, Place)> {
        match self.get(key) {
            Some(Located { value: Node::Table(table), place }) => Some((table, *place)),
            _ => None,
        }
    }
    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(k, _)| k.value.as_str())
    }
}

/// A parsed text.
#[derive(Debug, Clone)]
pub struct Document {
    /// Index among the sources.
    pub file: u32,
    /// The whole of it.
    pub root: Table,
}

/// Reads a file as text.
///
/// # Errors
/// One diagnostic if the file is missing, too large, not UTF-8 or not to be read.
pub fn read_text(path: &Path) -> Result<String, Box<Diagnostics>> {
    let fail = |message: String, help: &str| {
        let mut sources = Sources::default();
        let file = sources.add(&path.display().to_string(), "");
        let place = Place { file, start: 0, end: 0 };
        let fault = Diagnostic::new(Code::Unreadable, place, message).help(help);
        Box::new(Diagnostics { sources, list: vec![fault] })
    };
    let size = std::fs::metadata(path)
        .and_then(|m| {
            if m.is_dir() {
                Err(std::io::Error::new(std::io::ErrorKind::IsADirectory, "it is a folder"))
            } else {
                Ok(m.len())
            }
        })
        .map_err(|e| fail(format!("cannot read `{}`: {e}", path.display()), "give the path of a file"))?;
    if size > MAX_BYTES {
        return Err(fail(
            format!("`{}` has {size} bytes; expected at most {MAX_BYTES}", path.display()),
            "put large tables into a CSV file and name it in the scenario",
        ));
    }
    let bytes = std::fs::read(path).map_err(|e| {
        fail(format!("cannot read `{}`: {e}", path.display()), "give a file that can be read")
    })?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        fail(
            format!("`{}` is not text: byte {at} is not UTF-8; expected a TOML file", path.display()),
            "save the file as UTF-8 text",
        )
    })
}

impl Document {
    /// Parses a text, reporting every syntax error in it.
    pub fn parse(sources: &mut Sources, name: &str, text: &str, faults: &mut Vec<Diagnostic>) -> Document {
        let file = sources.add(name, text);
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let place = Place { file, start: span.start as u32, end: span.end as u32 };
            faults.push(
                Diagnostic::new(Code::Syntax, place, format!("not valid TOML: {}", error.message().trim()))
                    .label("here")
                    .help("expected `key = value`, `[table]` or `[[list of tables]]`"),
            );
        }
        let root = table(root.get_ref(), file);
        Document { file, root }
    }
}

fn table(source: &DeTable<'_>, file: u32) -> Table {
    let entries = source
        .iter()
        .map(|(key, value)| {
            let key = Located { value: key.get_ref().to_string(), place: place(key.span(), file) };
            (key, located(value.get_ref(), value.span(), file))
        })
        .collect();
    Table { entries }
}

fn place(span: std::ops::Range<usize>, file: u32) -> Place {
    Place { file, start: span.start as u32, end: span.end as u32 }
}

fn located(value: &DeValue<'_>, span: std::ops::Range<usize>, file: u32) -> Located<Node> {
    Located { value: node(value, file), place: place(span, file) }
}

fn node(value: &DeValue<'_>, file: u32) -> Node {
    match value {
        DeValue::String(text) => Node::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Node::Other("a whole number too large to hold"), Node::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or(Node::Other("a number too large to hold"), Node::Number)
        }
        DeValue::Boolean(b) => Node::Boolean(*b),
        DeValue::Datetime(_) => Node::Other("a date"),
        DeValue::Array(items) => {
            Node::List(items.iter().map(|item| located(item.get_ref(), item.span(), file)).collect())
        }
        DeValue::Table(inner) => Node::Table(table(inner, file)),
    }
}
