//! Cases from a CSV file with columns of its own, as `[columns]` of a process file reads them.
//!
//! Columns and lookups are plain numbers in the expressions. A cell that is no number is a fault, as is an empty one that
//! a condition needs; an empty cell of an observed value is no value.

use super::csv::{Table, join, number, whole_tables};
use super::share;
use super::toml::{standard_error, unreadable};
use super::{Bound, Case, Cases, Kind, Observation, SetValue};
use crate::kinetics::expression::{ExpressionError, Plain};
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
    observed: Vec<(Located<String>, ObservedColumn)>,
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
            observed.filter_map(|(name, args)| Some((name.clone(), ObservedColumn::read(args).ok()?)));
        let (lookups, set, observed) = (lookups.collect(), set.collect(), observed.collect());
        Some(Mapping { process: process.to_owned(), entry, lookups, set, observed })
    }
}

/// Names of columns and lookups, and the table that they stand in.
struct Names<'a> {
    names: Vec<String>,
    table: &'a Table,
    process: &'a str,
}

impl Names<'_> {
    /// An expression over the columns of the table and the lookups of numbers.
    fn compile(&self, text: &Located<String>, binder: &mut Binder) -> Option<Plain> {
        let fault = |error: ExpressionError| match error.unknown_name() {
            // the process reads a table of other columns: the fault is the table's
            Some(name) => {
                let message = format!("the table has no column `{name}`, which `{}` reads", self.process);
                let help = format!("{}; the expression is `{}`", self.near(name), text.value);
                Diagnostic::new(Code::MissingKey, self.table.header_place(), message).help(help)
            }
            None => {
                let message = format!("`{}`: {error}", text.value);
                let help = format!("the columns and lookups are {}", self.names.join(", "));
                Diagnostic::new(Code::Expression, text.place, message).help(help)
            }
        };
        Plain::compile(&text.value, &self.names).map_err(|error| told_once(fault(error), binder)).ok()
    }

    fn near(&self, name: &str) -> String {
        suggest(name, self.names.iter().map(String::as_str))
    }
}

/// Several expressions may read one missing column.
fn told_once(fault: Diagnostic, binder: &mut Binder) {
    if !binder.faults.iter().any(|told| told.message == fault.message && told.place == fault.place) {
        binder.fault(fault);
    }
}

/// How two sides of a relation must lie.
type Compare = fn(&f64, &f64) -> bool;

/// Signs of relations, the longer before the shorter.
const RELATIONS: [(&str, Compare); 6] =
    [("<=", f64::le), (">=", f64::ge), ("==", f64::eq), ("!=", f64::ne), ("<", f64::lt), (">", f64::gt)];

/// A relation between two expressions.
struct Rule(Plain, Compare, Plain);

impl Rule {
    fn compile(text: &Located<String>, names: &Names<'_>, binder: &mut Binder) -> Option<Rule> {
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
            names.compile(&text, binder)
        };
        let (left, right) = (side(left)?, side(right)?);
        Some(Rule(left, compare, right))
    }

    /// What is not a number satisfies no relation.
    fn holds(&self, row: &[f64]) -> bool {
        let (left, right) = (self.0.value(row), self.2.value(row));
        !left.is_nan() && !right.is_nan() && (self.1)(&left, &right)
    }

    fn reads(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.reads().iter().chain(self.2.reads()).copied()
    }
}

/// An entry of `[columns.set]` or `[columns.observed]` with its expression and relations.
struct Part<'a, T> {
    name: &'a Located<String>,
    entry: &'a T,
    value: Plain,
    only: Vec<Rule>,
}

impl<T> Part<'_, T> {
    fn applies(&self, row: &[f64]) -> bool {
        self.only.iter().all(|rule| rule.holds(row))
    }
}

struct Compiled<'a> {
    mapping: &'a Mapping,
    table: &'a Table,
    only: Vec<Rule>,
    own: Option<Vec<Rule>>,
    set: Vec<Part<'a, ValueEntry>>,
    observed: Vec<Part<'a, ObservedColumn>>,
    experiment: Option<usize>,
    lookup_columns: Vec<usize>,
    /// Columns that values, observations and their relations read as numbers.
    read: Vec<usize>,
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
            let message =
                format!("the table has no column `{}`, which `{}` reads", name.value, mapping.process);
            let known = table.header.iter().map(|title| title.value.as_str());
            let fault = Diagnostic::new(Code::MissingKey, table.header_place(), message);
            told_once(fault.help(suggest(&name.value, known)), binder);
        }
        found
    };
    let lookups = mapping.lookups.iter().map(|(name, _)| name.clone());
    let names = table.names().into_iter().chain(lookups).collect();
    let names = Names { names, table, process: &mapping.process };
    let rules = |texts: &[Located<String>], binder: &mut Binder| -> Vec<Rule> {
        texts.iter().filter_map(|text| Rule::compile(text, &names, binder)).collect()
    };
    let only = rules(&mapping.entry.only, binder);
    let own = mapping.entry.own.as_ref().map(|texts| rules(texts, binder));
    let mut set = Vec::new();
    for (name, entry) in &mapping.set {
        let only = rules(&entry.only, binder);
        let Some(value) = names.compile(&entry.value, binder) else { continue };
        set.push(Part { name, entry, value, only });
    }
    let mut observed = Vec::new();
    for (name, entry) in &mapping.observed {
        let only = rules(&entry.only, binder);
        let Some(value) = names.compile(&entry.value, binder) else { continue };
        observed.push(Part { name, entry, value, only });
    }
    let lookups = mapping.lookups.iter();
    let lookup_columns = lookups.filter_map(|(_, lookup)| column(&lookup.column, binder)).collect();
    let experiment = match &mapping.entry.experiment {
        Some(name) => Some(column(name, binder)?),
        None => None,
    };
    let values = set.iter().map(|part| &part.value).chain(observed.iter().map(|part| &part.value));
    let relations = set.iter().flat_map(|part| &part.only).chain(observed.iter().flat_map(|part| &part.only));
    let read = values.flat_map(|value| value.reads().to_vec()).chain(relations.flat_map(Rule::reads));
    let read = read.filter(|index| *index < table.header.len()).collect();
    Some(Compiled { mapping, table, only, own, set, observed, experiment, lookup_columns, read })
}

/// A row with the numbers of its cells and lookups; NaN where there is none.
struct Row<'a> {
    cells: &'a [Located<String>],
    numbers: Vec<f64>,
}

impl Compiled<'_> {
    fn case(
        &self,
        index: usize,
        cells: &[Located<String>],
        set: &str,
    ) -> Result<Option<Case>, Box<Diagnostic>> {
        let row = Row { cells, numbers: self.numbers(cells) };
        if !self.is_read(&row)? {
            return Ok(None);
        }
        self.table.readable(cells, &self.read)?;
        let observed = self.observations(&row)?;
        if observed.is_empty() {
            return Ok(None);
        }
        let place = row_place(cells);
        let number = self.experiment.and_then(|column| cells.get(column)).map(|cell| cell.value.clone());
        let (kind, source) = self.kind_and_source(&row, set)?;
        Ok(Some(Case {
            id: format!("{set}-{}", number.unwrap_or_else(|| (index + 1).to_string())),
            set: set.to_owned(),
            process: Located { value: self.mapping.process.clone(), place },
            scenario: self.mapping.entry.scenario.clone(),
            kind,
            source,
            stated: String::new(),
            note: String::new(),
            values: whole_tables(self.values(&row)?),
            spread: Vec::new(),
            observed,
            tags: self.tags(cells),
            place,
        }))
    }

    /// Whether the row satisfies the relations of the table; what they read must be there.
    fn is_read(&self, row: &Row<'_>) -> Result<bool, Box<Diagnostic>> {
        for rule in &self.only {
            let read: Vec<usize> = rule.reads().collect();
            self.table.readable(row.cells, &read)?;
            if let Some(column) = self.empty(row, read)? {
                return Err(self.lacks(row, column, "the choice of rows (`only`)"));
            }
            if !rule.holds(&row.numbers) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The process's own rows have what `[columns]` states; others are the user's.
    fn kind_and_source(
        &self,
        row: &Row<'_>,
        set: &str,
    ) -> Result<(Located<Kind>, Located<String>), Box<Diagnostic>> {
        let entry = &self.mapping.entry;
        if self.own.as_ref().is_none_or(|rules| rules.iter().all(|rule| rule.holds(&row.numbers))) {
            let kind = Located { value: kind(&entry.kind)?, place: entry.kind.place };
            return Ok((kind, entry.source.clone()));
        }
        let place = row_place(row.cells);
        let kind = Located { value: Kind::Prediction, place };
        Ok((kind, Located { value: set.to_owned(), place }))
    }

    fn observations(&self, row: &Row<'_>) -> Result<Vec<Observation>, Box<Diagnostic>> {
        let mut observed = Vec::new();
        for part in &self.observed {
            let unknown = self.empty(row, part.only.iter().flat_map(Rule::reads))?.is_some();
            if unknown || !part.applies(&row.numbers) {
                continue;
            }
            if self.empty(row, part.value.reads().iter().copied())?.is_none() {
                let value = self.number(row, &part.value, &part.entry.value)?;
                observed.push(self.observation(part, value, row)?);
            }
        }
        Ok(observed)
    }

    fn values(&self, row: &Row<'_>) -> Result<Vec<SetValue>, Box<Diagnostic>> {
        let mut values = Vec::new();
        for part in &self.set {
            let relations = part.only.iter().flat_map(Rule::reads);
            let mut empty = self.empty(row, relations)?;
            if empty.is_none() {
                if !part.applies(&row.numbers) {
                    continue;
                }
                empty = self.empty(row, part.value.reads().iter().copied())?;
            }
            match empty {
                Some(_) if part.entry.optional => continue,
                Some(column) => return Err(self.lacks(row, column, &format!("`{}`", part.name.value))),
                None => {}
            }
            let value = self.number(row, &part.value, &part.entry.value)?;
            let path = self.filled(part.name, row.cells)?;
            let text = match &part.entry.unit {
                Some(unit) => format!("\"{value} {}\"", unit.value),
                None => format!("{value:?}"),
            };
            values.push(SetValue { path, text, place: row_place(row.cells) });
        }
        Ok(values)
    }

    /// Column of the cell behind a name of the expressions: its own, or the one that a lookup reads.
    fn column(&self, name: usize) -> usize {
        let lookup = name.checked_sub(self.table.header.len());
        lookup.and_then(|index| self.lookup_columns.get(index)).copied().unwrap_or(name)
    }

    /// Column of the first empty cell among what is read.
    ///
    /// # Errors
    /// A word that a lookup of numbers does not know.
    fn empty(
        &self,
        row: &Row<'_>,
        reads: impl IntoIterator<Item = usize>,
    ) -> Result<Option<usize>, Box<Diagnostic>> {
        let mut first = None;
        for name in reads {
            if row.numbers.get(name).is_none_or(|number| !number.is_nan()) {
                continue;
            }
            let column = self.column(name);
            let Some(cell) = row.cells.get(column) else { continue };
            if cell.value.is_empty() {
                first = first.or(Some(column));
                continue;
            }
            let lookup =
                name.checked_sub(self.table.header.len()).and_then(|at| self.mapping.lookups.get(at));
            let Some((lookup, entry)) = lookup else { continue };
            let known = entry.numbers.iter().flatten().map(|(word, _)| word.value.as_str());
            let message = format!("`{}` is no word that `{lookup}` has a number for", cell.value);
            let fault = Diagnostic::new(Code::UnknownName, cell.place, message);
            return Err(Box::new(fault.help(suggest(&cell.value, known))));
        }
        Ok(first)
    }

    fn lacks(&self, row: &Row<'_>, column: usize, what: &str) -> Box<Diagnostic> {
        let title = self.table.header.get(column).map_or("", |title| title.value.as_str());
        let place = row.cells.get(column).map_or(row_place(row.cells), |cell| cell.place);
        let message = format!("the cell of `{title}` is empty, which {what} needs");
        Box::new(Diagnostic::new(Code::MissingKey, place, message).help(
            "expected a number: a condition is never filled in. Leave the row out if it is not known, as a remark behind `#`",
        ))
    }

    /// Value of an expression whose numbers are all there.
    fn number(&self, row: &Row<'_>, plain: &Plain, text: &Located<String>) -> Result<f64, Box<Diagnostic>> {
        let value = plain.value(&row.numbers);
        if value.is_finite() {
            return Ok(value);
        }
        let message = format!("`{}` gives no number for this row", text.value);
        let help = "look at the cells that it reads: a division by zero, or a power of a negative number?";
        Err(Box::new(Diagnostic::new(Code::Expression, self.place_of(row, plain), message).help(help)))
    }

    /// The first cell that an expression reads; the row if it reads none.
    fn place_of(&self, row: &Row<'_>, plain: &Plain) -> Place {
        let cell = plain.reads().first().and_then(|name| row.cells.get(self.column(*name)));
        cell.map_or(row_place(row.cells), |cell| cell.place)
    }

    /// Numbers of the cells and lookups; NaN where there is none.
    fn numbers(&self, row: &[Located<String>]) -> Vec<f64> {
        let cells = Table::numbers(row).into_iter();
        let lookups = self.mapping.lookups.iter().zip(&self.lookup_columns).map(|((_, lookup), column)| {
            let word = row.get(*column).map_or("", |cell| cell.value.as_str());
            let named = lookup.numbers.iter().flatten().find(|(name, _)| name.value == word);
            let other = || if word.is_empty() { None } else { lookup.otherwise.or_else(|| number(word)) };
            named.map(|(_, number)| *number).or_else(other).unwrap_or(f64::NAN)
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
        part: &Part<'_, ObservedColumn>,
        value: f64,
        row: &Row<'_>,
    ) -> Result<Observation, Box<Diagnostic>> {
        let (element, entry) = (part.name.value.as_str(), part.entry);
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
        let of = Located { value: self.filled(&entry.of, row.cells)?, place: entry.of.place };
        let place = self.place_of(row, &part.value);
        share::check(&of.value, &text, read.value, place)?;
        Ok(Observation {
            element: element.to_owned(),
            of,
            value: read.value,
            dimension: read.dimension,
            bound: Bound::Equal,
            error,
            place,
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
