//! What scenario and process files begin with: `format`, `title` and keys that are known.

use super::super::bind::Binder;
use super::super::diagnostic::{Code, Diagnostic, suggest};
use super::super::document::{Document, Node, Table};
use super::FORMAT;
use crate::unit::parameters::{Located, Place};

/// Faults of the `format` key.
pub(in crate::scenario) fn check_format(document: &Document, binder: &mut Binder) {
    let place = Place { file: document.file, start: 0, end: 0 };
    match document.root.get("format") {
        Some(Located { value: Node::Integer(FORMAT), .. }) => {}
        Some(node) => binder.fault(
            Diagnostic::new(
                Code::WrongType,
                node.place,
                format!(
                    "this program reads format 1, found {}",
                    match &node.value {
                        Node::Integer(other) => other.to_string(),
                        other => other.form().to_owned(),
                    }
                ),
            )
            .label("expected `1`")
            .help("write `format = 1`"),
        ),
        None => binder.fault(
            Diagnostic::new(Code::MissingKey, place, "`format` is missing")
                .help("begin the file with `format = 1`"),
        ),
    }
}

/// Faults of keys that nothing reads.
pub(in crate::scenario) fn check_keys(table: &Table, known: &[&str], binder: &mut Binder) {
    for (key, _) in &table.entries {
        if !known.contains(&key.value.as_str()) {
            binder.fault(
                Diagnostic::new(Code::UnknownKey, key.place, format!("unknown key `{}`", key.value))
                    .label("not expected here")
                    .help(suggest(&key.value, known.iter().copied())),
            );
        }
    }
}

/// A text that must be there.
pub(in crate::scenario) fn text_of(table: &Table, key: &str, binder: &mut Binder) -> Option<String> {
    match key {
        "title" if table.get(key).is_none() => {
            let file = table.entries.first().map_or(0, |(k, _)| k.place.file);
            let place = Place { file, start: 0, end: 0 };
            binder.fault(
                Diagnostic::new(Code::MissingKey, place, "`title` is missing")
                    .help("say in a line what the file is: `title = \"...\"`"),
            );
            None
        }
        _ => text_of_optional(table, key, binder),
    }
}

/// A text that may be there.
pub(in crate::scenario) fn text_of_optional(table: &Table, key: &str, binder: &mut Binder) -> Option<String> {
    match table.get(key) {
        Some(Located { value: Node::Text(text), .. }) => Some(text.clone()),
        Some(node) => {
            binder.fault(Diagnostic::wrong_form(key, "text", node));
            None
        }
        None => None,
    }
}
