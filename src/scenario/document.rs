//! A TOML text as an owned tree in which every key and value knows its place.

use std::io::Read as _;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::bind::Binder;
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
    /// A sub-table that may be absent; anything else in its place is a fault.
    pub fn section(&self, key: &str, binder: &mut Binder) -> Option<(&Table, Place)> {
        match self.get(key) {
            Some(Located { value: Node::Table(table), place }) => Some((table, *place)),
            Some(found) => {
                binder.fault(Diagnostic::wrong_form(key, "a table", found));
                None
            }
            None => None,
        }
    }
    /// A sub-table.
    pub fn table(&self, key: &str) -> Option<(&Table, Place)> {
        match self.get(key) {
            Some(Located { value: Node::Table(table), place }) => Some((table, *place)),
            _ => None,
        }
    }
    /// What the table says, on one line: equal for texts that differ in comments, blank lines and the way of writing alone.
    /// `skip` tells by the path of a key (`sweep.slurm`) what is left out.
    pub fn gist(&self, skip: &dyn Fn(&str) -> bool) -> String {
        let mut text = String::new();
        gist_of_table(self, "", skip, &mut text);
        text
    }
    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(k, _)| k.value.as_str())
    }
}

fn gist_of_table(table: &Table, path: &str, skip: &dyn Fn(&str) -> bool, text: &mut String) {
    text.push('{');
    for (key, node) in &table.entries {
        let own = if path.is_empty() { key.value.clone() } else { format!("{path}.{}", key.value) };
        if !skip(&own) {
            text.push_str(&format!("{:?}=", key.value));
            gist_of(&node.value, &own, skip, text);
            text.push(';');
        }
    }
    text.push('}');
}

fn gist_of(node: &Node, path: &str, skip: &dyn Fn(&str) -> bool, text: &mut String) {
    match node {
        Node::Text(own) => text.push_str(&format!("{own:?}")),
        Node::Integer(number) => text.push_str(&number.to_string()),
        Node::Number(number) => text.push_str(&format!("{number:?}")),
        Node::Boolean(truth) => text.push_str(&truth.to_string()),
        Node::Other(form) => text.push_str(form),
        Node::List(items) => {
            text.push('[');
            for item in items {
                gist_of(&item.value, path, skip, text);
                text.push(',');
            }
            text.push(']');
        }
        Node::Table(table) => gist_of_table(table, path, skip, text),
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
    let name = path.display().to_string();
    let fail = |text: &str, message: String, help: &str| {
        let mut sources = Sources::default();
        let file = sources.add(&name, text);
        let end = text.len() as u32;
        let fault = Diagnostic::new(Code::Unreadable, Place { file, start: end, end }, message).help(help);
        Box::new(Diagnostics::new(sources, vec![fault]))
    };
    let unreadable = |error: std::io::Error| {
        fail("", format!("cannot read `{name}`: {error}"), "give the path of a file that can be read")
    };
    if path.is_dir() {
        let message = format!("cannot read `{name}`: it is a folder");
        return Err(fail("", message, "give the path of a file"));
    }
    // Pipes and devices do not tell their size, so reading stops where the file is too large.
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(fail(
            "",
            format!("`{name}` is too large: expected at most {MAX_BYTES} bytes"),
            "put large tables into a CSV file and name it in the scenario",
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..at]);
        let message = format!("byte {at} of `{name}` is not UTF-8; expected a text file in UTF-8");
        fail(&before, message, "save the file as UTF-8 text")
    })
}

impl Document {
    /// Parses a text, reporting every syntax error in it.
    pub fn parse(sources: &mut Sources, name: &str, text: &str, faults: &mut Vec<Diagnostic>) -> Document {
        let file = sources.add(name, text);
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            // The reader gives no place for a key of very many parts.
            let span = error.span().unwrap_or_else(|| deepest_line(text));
            let fault = |message: String| Diagnostic::new(Code::Syntax, place(span.clone(), file), message);
            let message = error.message().trim();
            let fault = if message.contains("recursion limit") || message.contains("max recursion") {
                fault("not valid TOML: nested too deep".to_owned()).help("expected a few levels of tables")
            } else if text.get(span.clone()).is_some_and(|at| at.trim().is_empty())
                && message.contains("literal string")
            {
                fault("not valid TOML: a value is missing".to_owned()).help("expected `key = value`")
            } else {
                fault(format!("not valid TOML: {message}"))
                    .help("expected `key = value`, `[table]` or `[[list of tables]]`")
            };
            faults.push(fault.label("here"));
        }
        let root = table(root.get_ref(), file);
        Document { file, root }
    }
}

/// The line with the most dots.
fn deepest_line(text: &str) -> std::ops::Range<usize> {
    let mut start = 0;
    let lines = text.split('\n').map(|line| {
        let span = start..start + line.len();
        start += line.len() + 1;
        (line.matches('.').count(), span)
    });
    lines.max_by_key(|(dots, _)| *dots).map_or(0..0, |(_, span)| span)
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
