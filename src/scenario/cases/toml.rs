//! Cases of one source as TOML.

use super::{BOUNDS, Bound, Case, Cases, END_POINTS, KINDS, Kind, Observation, SetValue, held_out, share};
use crate::quantity::{Dimension, Quantity, QuantityError};
use crate::scenario::bind::Binder;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::document::{Document, Node, Table};
use crate::scenario::ensemble::difference_of;
use crate::scenario::library::Library;
use crate::scenario::model::{check_format, check_keys};
use crate::unit::parameters::{Args, Located, Place, Spec};
use std::path::Path;

crate::parameters! {
    /// One case of a TOML file.
    pub struct CaseEntry {
        /// Unique name.
        id: String = Spec::text().example("\"jha2013\"");
        /// Process that is tested.
        process: Located<String> = Spec::text().example("\"cobalt/lco-sulfuric-peroxide\"");
        /// Scenario that is run: a shipped one, or a path relative to the file.
        scenario: Located<String> = Spec::text().example("\"lco-sulfuric-peroxide\"");
        /// What it is to the process.
        kind: Located<String> = Spec::choice(&KINDS);
        /// The conditions as printed.
        stated: Option<String> = Spec::text().optional();
        /// How they were read.
        note: Option<String> = Spec::text().optional();
        /// Rows of collected tables that it is.
        rows: Vec<String> = Spec::list(Spec::text()).default("[]");
        /// What was observed.
        observed: Vec<Args> = Spec::list(Spec::record(ObservedEntry::specs));
    }
}

crate::parameters! {
    /// One observed value.
    pub struct ObservedEntry {
        /// Element or other short name.
        element: String = Spec::text().example("\"Co\"");
        /// The value of the solved plant that it is.
        of: Located<String> = Spec::text().example("\"units.leach.extraction.Co\"");
        /// The value with its unit.
        value: Located<String> = Spec::text().example("\"70 %\"");
        /// Value or limit.
        bound: String = Spec::choice(&BOUNDS).default("equal");
        /// Standard error, in the unit of the value.
        error: Located<String> = Spec::text().example("\"2 %\"");
    }
}

/// Keys of a case beside its declared ones.
const ALSO: [&str; 2] = ["set", "spread"];

pub(super) fn read(cases: &mut Cases, name: &str, text: &str, folder: Option<&Path>, library: &Library) {
    let document = Document::parse(&mut cases.sources, name, text, &mut cases.binder.faults);
    if !cases.binder.faults.iter().any(|fault| fault.place.file == document.file) {
        let source = source(&document, &mut cases.binder);
        let found = read_document(&document, text, &source, &mut cases.binder);
        cases.list.extend(found);
        if let Some(tables) = document.root.get("tables") {
            held_out::read(cases, tables, &source, folder, library);
        }
    }
}

/// The work that the cases of a file come from.
fn source(document: &Document, binder: &mut Binder) -> Located<String> {
    match document.root.get("source") {
        Some(Located { value: Node::Text(key), place }) => Located { value: key.clone(), place: *place },
        found => {
            let root = Place { file: document.file, start: 0, end: 0 };
            let place = found.map_or(root, |node| node.place);
            binder.fault(
                Diagnostic::new(Code::MissingKey, place, "a file of cases names its source")
                    .help("write `source = \"key\"`, a key of references.bib or a name of your own"),
            );
            Located { value: String::new(), place }
        }
    }
}

fn read_document(
    document: &Document,
    text: &str,
    source: &Located<String>,
    binder: &mut Binder,
) -> Vec<Case> {
    check_format(document, binder);
    check_keys(&document.root, &["format", "source", "cases", "tables"], binder);
    let root = Place { file: document.file, start: 0, end: 0 };
    let items = match document.root.get("cases") {
        Some(Located { value: Node::List(items), .. }) => items.as_slice(),
        None if document.root.get("tables").is_some() => &[],
        found => {
            let place = found.map_or(root, |node| node.place);
            binder.fault(Diagnostic::new(Code::MissingKey, place, "the file holds no cases").help(
                "write each as `[[cases]]` with `id`, `process`, `scenario`, `kind` and `[[cases.observed]]`",
            ));
            &[]
        }
    };
    let read = |item: &Located<Node>| match &item.value {
        Node::Table(table) => read_case(table, item.place, source, text, binder),
        _ => {
            binder.fault(Diagnostic::wrong_form("cases", "a list of tables", item));
            None
        }
    };
    let cases: Vec<Case> = items.iter().filter_map(read).collect();
    check_ids(&cases, binder);
    cases
}

/// Each case of a file has a name of its own: two of one name would count as one experiment, twice.
fn check_ids(cases: &[Case], binder: &mut Binder) {
    let mut seen = std::collections::HashSet::new();
    for case in cases {
        let fault = |code: Code, message: String| {
            Diagnostic::new(code, case.place, message)
                .help("give it an `id` of its own, `id = \"jha2013-60C\"`")
        };
        if case.id.trim().is_empty() {
            binder.fault(fault(Code::MissingKey, "the `id` is empty".to_owned()));
        } else if !seen.insert(case.id.as_str()) {
            binder.fault(fault(Code::Conflict, format!("there are two cases `{}` in this file", case.id)));
        }
    }
}

fn read_case(
    table: &Table,
    place: Place,
    source: &Located<String>,
    text: &str,
    binder: &mut Binder,
) -> Option<Case> {
    let before = binder.faults.len();
    let args = binder.record(table, place, &CaseEntry::specs(), &ALSO);
    let values = read_values(table, "set", text, binder);
    let spread = read_values(table, "spread", text, binder);
    if binder.faults.len() > before {
        return None;
    }
    let entry = CaseEntry::read(&args).ok()?;
    let observed: Vec<Observation> =
        entry.observed.iter().filter_map(|args| read_observed(args, binder)).collect();
    if entry.observed.is_empty() {
        let message = format!("the case `{}` observes nothing", entry.id);
        binder.fault(
            Diagnostic::new(Code::MissingKey, args.place_of("observed"), message)
                .help("write `[[cases.observed]]` with `element`, `of`, `value` and `error`"),
        );
    }
    Some(Case {
        id: entry.id,
        set: END_POINTS.to_owned(),
        process: entry.process,
        scenario: entry.scenario,
        kind: Located { value: Kind::from_word(&entry.kind.value)?, place: entry.kind.place },
        source: source.clone(),
        stated: entry.stated.unwrap_or_default(),
        note: entry.note.unwrap_or_default(),
        values,
        spread,
        observed,
        tags: Vec::new(),
        place: args.place_of("id"),
    })
}

/// Paths and values of a table, each value as it is written.
fn read_values(table: &Table, key: &str, text: &str, binder: &mut Binder) -> Vec<SetValue> {
    let Some((inner, _)) = table.section(key, binder) else { return Vec::new() };
    inner
        .entries
        .iter()
        .filter_map(|(path, node)| {
            let written = text.get(node.place.start as usize..node.place.end as usize)?;
            Some(SetValue { path: path.value.clone(), text: written.to_owned(), place: node.place })
        })
        .collect()
}

fn read_observed(args: &Args, binder: &mut Binder) -> Option<Observation> {
    let entry = ObservedEntry::read(args).ok()?;
    let value = quantity(&entry.value, "value", binder)?;
    if let Err(fault) = share::check(&entry.of.value, &entry.value.value, value.value, entry.value.place) {
        binder.fault(*fault);
        return None;
    }
    let error = standard_error(&entry.error, value.dimension, binder)?;
    Some(Observation {
        element: entry.element,
        of: entry.of,
        value: value.value,
        dimension: value.dimension,
        bound: Bound::from_word(&entry.bound)?,
        error,
        place: entry.value.place,
    })
}

fn quantity(text: &Located<String>, key: &str, binder: &mut Binder) -> Option<Quantity> {
    Quantity::parse(&text.value).map_err(|error| binder.fault(unreadable(&error, key, text.place))).ok()
}

/// The fault of a value that is no quantity.
pub(super) fn unreadable(error: &QuantityError, key: &str, place: Place) -> Diagnostic {
    let help = error.help().unwrap_or_else(|| "write a number with its unit: `\"70 %\"`".to_owned());
    Diagnostic::new(Code::Quantity, place, format!("`{key}`: {error}")).help(help)
}

/// A standard error: a positive value of the dimension of what was observed.
pub(super) fn standard_error(text: &Located<String>, of: Dimension, binder: &mut Binder) -> Option<f64> {
    let wanted = difference_of(of);
    match crate::quantity::parse_as(&text.value, wanted) {
        Ok(error) if error > 0.0 => Some(error),
        Ok(_) => {
            binder.fault(
                Diagnostic::new(Code::Range, text.place, "a standard error must be positive")
                    .help("where none is printed, SELECTION.md takes 2 points for a plain value"),
            );
            None
        }
        Err(error) => {
            binder.fault(unreadable(&error, "error", text.place));
            None
        }
    }
}
