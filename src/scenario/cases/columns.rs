//! Cases from a CSV file with columns of its own, as `[columns]` of a process file reads them.
//!
//! Columns and lookups are plain numbers in the expressions; a row with an empty cell lacks what is made of it.

use super::csv::{Table, join, whole_tables};
use super::toml::{standard_error, unreadable};
use super::{Bound, Case, Cases, Kind, Observation, SetValue};
use crate::kinetics::expression::Plain;
use crate::quantity::Quantity;
use crate::scenario::bind::Binder;
use crate::scenario::columns::{self, ColumnsEntry, LookupEntry, ObservedColumn, ValueEntry};
use crate::scenario::diagnostic::{Code, Diagnostic, Sources, suggest};
use crate::scenario::document::Document;
use crate::unit::parameters::{Located, Place};

/// `[columns]` of one process.
#[derive(Debug)]
pub(super) struct Mapping {
    process: String,
    entry: ColumnsEntry,
    lookups: Vec<(String, LookupEntry)>,
    set: Vec<(Located<String>, ValueEntry)>,
    observed: Vec<(String, ObservedColumn)>,
}

impl Mapping {
    /// From the text of the process file; `None` if it has no `[columns]` or they are not sound.
    pub(super) fn read(
        process: &str,
        display: &str,
        text: &str,
        sources: &mut Sources,
        binder: &mut Binder,
    ) -> Option<Mapping> {
        let document = Document::parse(sources, display, text, &mut binder.faults);
        let entry = columns::read(&document, binder)?;
        let lookups = entry.lookup.iter().flatten();
        let lookups =
            lookups.filter_map(|(name, args)| Some((name.value.clone(), LookupEntry::read(args).ok()?)));
        let set =
            entry.set.iter().filter_map(|(path, args)| Some((path.clone(), ValueEntry::read(args).ok()?)));
        let observed = entry.observed.iter();
        let observed =
            observed.filter_map(|(name, args)| Some((name.value.clone(), ObservedColumn::read(args).ok()?)));
        let (lookups, set, observed) = (lookups.collect(), set.collect(), observed.collect());
        Some(Mapping { process: process.to_owned(), entry, lookups, set, observed })
    }
}

/// An expression over the columns of the table and the lookups of numbers.
fn compile_one(text: &Located<String>, names: &[String], binder: &mut Binder) -> Option<Plain> {
    Plain::compile(&text.value, names)
        .map_err(|error| {
            let message = format!("`{}`: {error}", text.value);
            let help = format!("the columns and lookups are {}", names.join(", "));
            binder.fault(Diagnostic::new(Code::Expression, text.place, message).help(help));
        })
        .ok()
}

/// How two sides of a relation must lie.
type Compare = fn(&f64, &f64) -> bool;

/// Signs of relations, the longer before the shorter.
const RELATIONS: [(&str, Compare); 6] =
    [("<=", f64::le), (">=", f64::ge), ("==", f64::eq), ("!=", f64::ne), ("<", f64::lt), (">", f64::gt)];

/// A relation between two expressions.
struct Rule(Plain, Compare, Plain);

impl Rule {
    fn compile(text: &Located<String>, names: &[String], binder: &mut Binder) -> Option<Rule> {
        let found =
            RELATIONS.iter().find_map(|(sign, compare)| Some((text.value.split_once(sign)?, *compare)));
        let Some(((left, right), compare)) = found else {
            let message = format!("`{}` is no relation", text.value);
            binder.fault(
                Diagnostic::new(Code::Expression, text.place, message)
                    .help("write `time_min > 0`, for example"),
            );
            return None;
        };
        let mut side = |words: &str| {
            let text = Located { value: words.trim().to_owned(), place: text.place };
            compile_one(&text, names, binder)
        };
        let (left, right) = (side(left)?, side(right)?);
        Some(Rule(left, compare, right))
    }

    /// An empty cell satisfies no relation.
    fn holds(&self, row: &[f64]) -> bool {
        let (left, right) = (self.0.value(row), self.2.value(row));
        !left.is_nan() && !right.is_nan() && (self.1)(&left, &right)
    }
}

struct Compiled<'a> {
    mapping: &'a Mapping,
    table: &'a Table,
    only: Vec<Rule>,
    set: Vec<(&'a Located<String>, &'a ValueEntry, Plain, Vec<Rule>)>,
    observed: Vec<(&'a str, &'a ObservedColumn, Plain, Vec<Rule>)>,
    experiment: Option<usize>,
    lookup_columns: Vec<usize>,
}

/// The rows of a table as cases; `finish` may change each before it is added.
pub(super) fn read(
    cases: &mut Cases,
    table: &Table,
    set: &str,
    mapping: &Mapping,
    finish: impl Fn(&mut Case) -> Result<(), Box<Diagnostic>>,
) {
    let before = cases.binder.faults.len();
    let Some(compiled) = compile(table, mapping, &mut cases.binder) else { return };
    if cases.binder.faults.len() > before {
        return;
    }
    for (index, row) in table.rows.iter().enumerate() {
        let case = compiled.case(index, row, set).and_then(|case| {
            let Some(mut case) = case else { return Ok(None) };
            finish(&mut case).map(|()| Some(case))
        });
        match case {
            Ok(Some(case)) => join(&mut cases.list, case),
            Ok(None) => {}
            Err(fault) => cases.binder.fault(*fault),
        }
    }
}

fn compile<'a>(table: &'a Table, mapping: &'a Mapping, binder: &mut Binder) -> Option<Compiled<'a>> {
    let column = |name: &Located<String>, binder: &mut Binder| {
        let found = table.header.iter().position(|title| title.value == name.value);
        if found.is_none() {
            let message = format!("the table has no column `{}`", name.value);
            let known = table.header.iter().map(|title| title.value.as_str());
            binder.fault(
                Diagnostic::new(Code::UnknownName, name.place, message).help(suggest(&name.value, known)),
            );
        }
        found
    };
    let lookups = mapping.lookups.iter().map(|(name, _)| name.clone());
    let names: Vec<String> = table.names().into_iter().chain(lookups).collect();
    let rules = |texts: &[Located<String>], binder: &mut Binder| -> Vec<Rule> {
        texts.iter().filter_map(|text| Rule::compile(text, &names, binder)).collect()
    };
    let only = rules(&mapping.entry.only, binder);
    let mut set = Vec::new();
    for (path, entry) in &mapping.set {
        let rules = rules(&entry.only, binder);
        set.push((path, entry, compile_one(&entry.value, &names, binder)?, rules));
    }
    let mut observed = Vec::new();
    for (name, entry) in &mapping.observed {
        let rules = rules(&entry.only, binder);
        observed.push((name.as_str(), entry, compile_one(&entry.value, &names, binder)?, rules));
    }
    let lookups = mapping.lookups.iter();
    let lookup_columns = lookups.filter_map(|(_, lookup)| column(&lookup.column, binder)).collect();
    let experiment = match &mapping.entry.experiment {
        Some(name) => Some(column(name, binder)?),
        None => None,
    };
    Some(Compiled { mapping, table, only, set, observed, experiment, lookup_columns })
}

impl Compiled<'_> {
    fn case(
        &self,
        index: usize,
        row: &[Located<String>],
        set: &str,
    ) -> Result<Option<Case>, Box<Diagnostic>> {
        let numbers = self.numbers(row);
        if !self.only.iter().all(|rule| rule.holds(&numbers)) {
            return Ok(None);
        }
        let mut observed = Vec::new();
        for (element, entry, value, rules) in &self.observed {
            let value = value.value(&numbers);
            if value.is_nan() || !rules.iter().all(|rule| rule.holds(&numbers)) {
                continue;
            }
            observed.push(self.observation(element, entry, value, row)?);
        }
        if observed.is_empty() {
            return Ok(None);
        }
        let mut values = Vec::new();
        for (path, entry, value, rules) in &self.set {
            let value = value.value(&numbers);
            if value.is_nan() || !rules.iter().all(|rule| rule.holds(&numbers)) {
                continue;
            }
            let path = self.filled(path, row)?;
            let text = match &entry.unit {
                Some(unit) => format!("\"{value} {}\"", unit.value),
                None => format!("{value:?}"),
            };
            values.push(SetValue { path, text, place: row_place(row) });
        }
        let own = &self.mapping.entry;
        let place = row_place(row);
        let number = self.experiment.and_then(|column| row.get(column)).map(|cell| cell.value.clone());
        Ok(Some(Case {
            id: format!("{set}-{}", number.unwrap_or_else(|| (index + 1).to_string())),
            set: set.to_owned(),
            process: Located { value: self.mapping.process.clone(), place },
            scenario: own.scenario.clone(),
            kind: Located { value: kind(&own.kind)?, place: own.kind.place },
            source: own.source.clone(),
            stated: String::new(),
            note: String::new(),
            values: whole_tables(values),
            spread: Vec::new(),
            observed,
            tags: self.tags(row),
            place,
        }))
    }

    /// Numbers of the cells and lookups; NaN where there is none.
    fn numbers(&self, row: &[Located<String>]) -> Vec<f64> {
        let cells = Table::numbers(row).into_iter();
        let lookups = self.mapping.lookups.iter().zip(&self.lookup_columns).map(|((_, lookup), column)| {
            let word = row.get(*column).map_or("", |cell| cell.value.as_str());
            let found = lookup.numbers.iter().flatten().find(|(name, _)| name.value == word);
            found.map(|(_, number)| *number).or(lookup.otherwise).unwrap_or(f64::NAN)
        });
        cells.chain(lookups).collect()
    }

    /// A path with its `{name}` filled in.
    fn filled(&self, path: &Located<String>, row: &[Located<String>]) -> Result<String, Box<Diagnostic>> {
        let mut filled = path.value.clone();
        for ((name, lookup), column) in self.mapping.lookups.iter().zip(&self.lookup_columns) {
            let brace = format!("{{{name}}}");
            if !filled.contains(&brace) {
                continue;
            }
            let Some(cell) = row.get(*column) else { continue };
            let found = lookup.words.iter().flatten().find(|(word, _)| word.value == cell.value);
            let Some((_, word)) = found else {
                let known = lookup.words.iter().flatten().map(|(word, _)| word.value.as_str());
                let message = format!("`{}` is no word that `{name}` knows", cell.value);
                return Err(Box::new(
                    Diagnostic::new(Code::UnknownName, cell.place, message).help(suggest(&cell.value, known)),
                ));
            };
            filled = filled.replace(&brace, word);
        }
        if filled.contains('{') {
            let message = format!("nothing fills the braces of `{filled}`");
            let known = self.mapping.lookups.iter().map(|(name, _)| name.as_str());
            return Err(Box::new(
                Diagnostic::new(Code::UnknownName, path.place, message).help(suggest("", known)),
            ));
        }
        Ok(filled)
    }

    fn observation(
        &self,
        element: &str,
        entry: &ObservedColumn,
        value: f64,
        row: &[Located<String>],
    ) -> Result<Observation, Box<Diagnostic>> {
        let text = format!("{value} {}", entry.unit.value);
        let read = Quantity::parse(&text)
            .map_err(|error| Box::new(unreadable(&error, element, entry.unit.place)))?;
        let mut binder = Binder::default();
        let error = standard_error(&entry.error, read.dimension, &mut binder);
        let fault = |binder: Binder| binder.faults.into_iter().next().map(Box::new);
        let Some(error) = error else {
            let unknown =
                || Box::new(Diagnostic::new(Code::Quantity, entry.error.place, "no standard error"));
            return Err(fault(binder).unwrap_or_else(unknown));
        };
        let of = Located { value: self.filled(&entry.of, row)?, place: entry.of.place };
        Ok(Observation {
            element: element.to_owned(),
            of,
            value: read.value,
            dimension: read.dimension,
            bound: Bound::Equal,
            error,
            place: row_place(row),
        })
    }

    fn tags(&self, row: &[Located<String>]) -> Vec<(String, String)> {
        let cells = self.table.header.iter().zip(row);
        cells.map(|(title, cell)| (title.value.clone(), cell.value.clone())).collect()
    }
}

fn kind(word: &Located<String>) -> Result<Kind, Box<Diagnostic>> {
    Kind::from_word(&word.value)
        .ok_or_else(|| Box::new(Diagnostic::new(Code::UnknownName, word.place, "unknown kind")))
}

fn row_place(row: &[Located<String>]) -> Place {
    match (row.first(), row.last()) {
        (Some(first), Some(last)) => Place { end: last.place.end, ..first.place },
        _ => Place::default(),
    }
}
