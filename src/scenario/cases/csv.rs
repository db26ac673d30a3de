//! Cases as CSV: one row for each observation, further columns named as parameter paths with their unit in brackets.

use super::share;
use super::toml::{standard_error, unreadable};
use super::{BOUNDS, Bound, Case, Cases, KINDS, Kind, Observation, SetValue};
use crate::quantity::{Quantity, Unit};
use crate::scenario::bind::Binder;
use crate::scenario::diagnostic::{Code, Diagnostic, Diagnostics, Sources, suggest};
use crate::scenario::document::read_text;
use crate::unit::parameters::{Located, Place};
use std::path::Path;

/// Columns with a meaning of their own; their units stand in brackets where they have one.
pub const COLUMNS: [&str; 10] =
    ["id", "process", "scenario", "kind", "source", "element", "of", "value", "bound", "error"];

/// Tables of a scenario that a row replaces as a whole: `units.liquor.solution.H2SO4 [mol/L]`.
const WHOLE: [&str; 3] = ["solution", "composition", "assay"];

/// Columns of this prefix say nothing of the run; they group rows.
pub const GROUP: &str = "group.";

/// A CSV file with the place of every cell.
#[derive(Debug)]
pub struct Table {
    /// Titles of the columns.
    pub header: Vec<Located<String>>,
    /// Cells, row by row.
    pub rows: Vec<Vec<Located<String>>>,
    file: u32,
}

impl Table {
    /// Reads the text of a file; lines that begin with `#` are remarks. `None` if it is no table.
    pub fn read(file: u32, text: &str, binder: &mut Binder) -> Option<Table> {
        let mut reader = ::csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .has_headers(false)
            .flexible(true)
            .trim(::csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut rows: Vec<Vec<Located<String>>> = Vec::new();
        for record in reader.records() {
            let at = |byte: u64| Place { file, start: byte as u32, end: byte as u32 };
            match record {
                Ok(record) => {
                    let start = record.position().map_or(0, |position| position.byte() as usize);
                    let spans = spans(text, start);
                    let cells = record.iter().enumerate().map(|(index, cell)| {
                        let (start, end) = spans.get(index).copied().unwrap_or((start, start));
                        let place = Place { file, start: start as u32, end: end as u32 };
                        Located { value: cell.to_owned(), place }
                    });
                    rows.push(cells.collect());
                }
                Err(error) => {
                    let byte = error.position().map_or(0, |position| position.byte());
                    binder.fault(Diagnostic::new(Code::Syntax, at(byte), format!("not valid CSV: {error}")));
                    return None;
                }
            }
        }
        if rows.is_empty() {
            let place = Place { file, start: 0, end: 0 };
            binder.fault(
                Diagnostic::new(Code::MissingKey, place, "the table is empty")
                    .help(format!("begin it with the titles of its columns: {}", COLUMNS.join(","))),
            );
            return None;
        }
        let header = rows.remove(0);
        let table = Table { header, rows, file };
        let before = binder.faults.len();
        if table.rows.is_empty() {
            let fault = Diagnostic::new(
                Code::MissingKey,
                table.header_place(),
                "no rows: the table has titles alone",
            );
            binder.fault(fault.help("write each observation as a line below the titles"));
        }
        table.check_shape(binder);
        (binder.faults.len() == before).then_some(table)
    }

    /// Names of the columns as expressions have them: other signs than letters, digits and `_` are read as `_`.
    pub fn names(&self) -> Vec<String> {
        let sign = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '_' };
        self.header.iter().map(|title| split(&title.value).0.chars().map(sign).collect()).collect()
    }

    /// Numbers of a row's cells; NaN where a cell holds none.
    pub fn numbers(row: &[Located<String>]) -> Vec<f64> {
        row.iter().map(|cell| number(&cell.value).unwrap_or(f64::NAN)).collect()
    }

    /// The fault of the first cell among `columns` that is neither empty nor a number: it is never read as nothing.
    ///
    /// # Errors
    /// The fault, at the cell.
    pub fn readable(&self, row: &[Located<String>], columns: &[usize]) -> Result<(), Box<Diagnostic>> {
        let filled = columns.iter().filter_map(|&column| Some((self.header.get(column)?, row.get(column)?)));
        for (title, cell) in filled {
            if !cell.value.is_empty() && number(&cell.value).is_none() {
                let message = format!("`{}` of the column `{}` is no number", cell.value, title.value);
                return Err(Box::new(Diagnostic::new(Code::Quantity, cell.place, message).help(
                    "expected a plain number such as `80`, without a unit; the cell of an observed value that is not known is left empty",
                )));
            }
        }
        Ok(())
    }

    /// Reads a CSV file; its text is added to `sources`.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn load(path: &Path, sources: &mut Sources) -> Result<Table, Box<Diagnostics>> {
        let text = read_text(path)?;
        let file = sources.add(&path.display().to_string(), &text);
        let mut binder = Binder::default();
        let table = Table::read(file, &text, &mut binder);
        table.ok_or_else(|| Box::new(Diagnostics::new(sources.clone(), binder.faults)))
    }

    fn check_shape(&self, binder: &mut Binder) {
        for row in &self.rows {
            if row.len() != self.header.len() {
                let place = row.first().map_or(self.header_place(), |cell| cell.place);
                let message = format!("the row has {} cells for {} columns", row.len(), self.header.len());
                binder.fault(Diagnostic::new(Code::Syntax, place, message).help(
                    "leave a cell empty where there is nothing to say; put text with commas into quotes",
                ));
            }
        }
        for (index, title) in self.header.iter().enumerate() {
            if self.header[..index].iter().any(|other| other.value == title.value) {
                let message = format!("there are two columns `{}`", title.value);
                binder
                    .fault(Diagnostic::new(Code::Conflict, title.place, message).help("rename one of them"));
            }
        }
    }

    /// The first line.
    pub fn header_place(&self) -> Place {
        let end = self.header.last().map_or(0, |title| title.place.end);
        Place { file: self.file, start: self.header.first().map_or(0, |title| title.place.start), end }
    }

    /// Whether the columns are those of the documented form.
    pub fn is_documented(&self) -> bool {
        ["element", "of", "value"]
            .iter()
            .all(|name| self.header.iter().any(|title| split(&title.value).0 == *name))
    }
}

/// First and last byte of each cell of the record that begins at `start`, quotes left out.
fn spans(text: &str, start: usize) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    // the reader's position may stand on the end of the line before, or on a remark
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' | b'\r' => at += 1,
            b'#' => at += bytes[at..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - at),
            _ => break,
        }
    }
    let mut found = Vec::new();
    let (mut from, mut quoted) = (at, false);
    loop {
        let byte = bytes.get(at).copied();
        match byte {
            Some(b'"') => quoted = !quoted,
            Some(b',') | Some(b'\n') | None if !quoted || byte.is_none() => {
                let cell = &text[from..at];
                let inner = cell.trim().trim_matches('"');
                let start = from + cell.find(inner).unwrap_or(0);
                found.push((start, start + inner.len()));
                from = at + 1;
                if byte != Some(b',') {
                    return found;
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// A finite number.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Name and unit of a title: `units.leach.time [min]`.
pub fn split(title: &str) -> (&str, &str) {
    match title.split_once('[') {
        Some((name, unit)) => (name.trim(), unit.trim_end_matches(']').trim()),
        None => (title.trim(), ""),
    }
}

/// What a column of the documented form is.
#[derive(Debug, Clone, PartialEq)]
enum Role {
    Fixed(usize),
    Path { path: String, unit: String },
    Group(String),
}

/// Reads the rows of a documented table; `process` stands in for a column of that name.
pub(super) fn read(cases: &mut Cases, table: &Table, set: String, process: Option<&str>) {
    let before = cases.binder.faults.len();
    let roles: Vec<Role> = table.header.iter().filter_map(|title| role(title, &mut cases.binder)).collect();
    if cases.binder.faults.len() > before {
        return;
    }
    for row in &table.rows {
        let reader = RowReader { roles: &roles, row, header: &table.header, process };
        if let Some(case) = reader.case(&set, &mut cases.binder) {
            join(&mut cases.list, case);
        }
    }
}

/// Adds a case; one with the conditions of the case before it is the same run.
pub(super) fn join(list: &mut Vec<Case>, case: Case) {
    let same = |a: &[SetValue], b: &[SetValue]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.path == b.path && a.text == b.text)
    };
    match list.last_mut() {
        Some(last)
            if last.id == case.id
                && last.set == case.set
                && last.process.value == case.process.value
                && last.scenario.value == case.scenario.value
                && last.kind.value == case.kind.value
                && same(&last.values, &case.values) =>
        {
            last.observed.extend(case.observed);
        }
        _ => list.push(case),
    }
}

fn role(title: &Located<String>, binder: &mut Binder) -> Option<Role> {
    let (name, unit) = split(&title.value);
    if let Some(index) = COLUMNS.iter().position(|column| *column == name) {
        return Some(Role::Fixed(index));
    }
    if let Some(group) = name.strip_prefix(GROUP) {
        return Some(Role::Group(group.to_owned()));
    }
    if !name.contains('.') {
        let message = format!("unknown column `{name}`");
        binder.fault(Diagnostic::new(Code::UnknownKey, title.place, message).help(format!(
            "{}; other columns are parameter paths with their unit, `units.leach.time [min]`, or `{GROUP}name`",
            suggest(name, COLUMNS)
        )));
        return None;
    }
    if let Err(error) = Unit::parse(unit) {
        let message = format!("the unit of `{name}`: {error}");
        binder.fault(
            Diagnostic::new(Code::Quantity, title.place, message)
                .help("write the unit in brackets: `units.leach.temperature [degC]`"),
        );
        return None;
    }
    Some(Role::Path { path: name.to_owned(), unit: unit.to_owned() })
}

struct RowReader<'a> {
    roles: &'a [Role],
    row: &'a [Located<String>],
    header: &'a [Located<String>],
    process: Option<&'a str>,
}

impl RowReader<'_> {
    fn fixed(&self, name: &str) -> Option<&Located<String>> {
        let index =
            self.roles.iter().position(|role| matches!(role, Role::Fixed(at) if COLUMNS[*at] == name))?;
        self.row.get(index).filter(|cell| !cell.value.is_empty())
    }

    fn place(&self) -> Place {
        self.row.first().map_or(Place::default(), |cell| cell.place)
    }

    fn need(&self, name: &str, binder: &mut Binder) -> Option<Located<String>> {
        if let Some(cell) = self.fixed(name) {
            return Some(cell.clone());
        }
        let message = format!("the row has no `{name}`");
        binder.fault(
            Diagnostic::new(Code::MissingKey, self.place(), message).help(format!("fill a column `{name}`")),
        );
        None
    }

    fn case(&self, set: &str, binder: &mut Binder) -> Option<Case> {
        let observed = self.observation(binder)?;
        let process = match self.process {
            Some(given) => Located { value: given.to_owned(), place: self.place() },
            None => self.need("process", binder)?,
        };
        let last = process.value.rsplit('/').next().unwrap_or_default().to_owned();
        // a process and its scenario bear the same name, unless the row says otherwise
        let scenario =
            self.fixed("scenario").cloned().unwrap_or(Located { value: last, place: process.place });
        let default = |value: &str| Located { value: value.to_owned(), place: self.place() };
        let source = self.fixed("source").cloned().unwrap_or_else(|| default(set));
        let word = self.fixed("kind").cloned().unwrap_or_else(|| default(Kind::Prediction.word()));
        let kind = self.word("kind", &word, Kind::from_word(&word.value), &KINDS, binder)?;
        let id =
            self.fixed("id").cloned().unwrap_or_else(|| default(&format!("{set}-{}", self.place().start)));
        Some(Case {
            id: id.value,
            set: set.to_owned(),
            process,
            scenario,
            kind: Located { value: kind, place: word.place },
            source,
            stated: String::new(),
            note: String::new(),
            values: self.values(binder)?,
            spread: Vec::new(),
            observed: vec![observed],
            tags: self.tags(),
            place: id.place,
        })
    }

    fn word<T>(
        &self,
        name: &str,
        word: &Located<String>,
        found: Option<T>,
        known: &[&str],
        binder: &mut Binder,
    ) -> Option<T> {
        if found.is_none() {
            let message = format!("`{name}` cannot be `{}`", word.value);
            let fault = Diagnostic::new(Code::UnknownName, word.place, message);
            binder.fault(fault.help(suggest(&word.value, known.iter().copied())));
        }
        found
    }

    /// Text of a cell with the unit of its column.
    fn with_unit(&self, name: &str, cell: &Located<String>) -> Located<String> {
        let title = self.header.iter().find(|title| split(&title.value).0 == name);
        let unit = title.map_or("", |title| split(&title.value).1);
        Located { value: format!("{} {unit}", cell.value).trim().to_owned(), place: cell.place }
    }

    fn observation(&self, binder: &mut Binder) -> Option<Observation> {
        let element = self.need("element", binder)?;
        let of = self.need("of", binder)?;
        let cell = self.need("value", binder)?;
        let text = self.with_unit("value", &cell);
        let value = match Quantity::parse(&text.value) {
            Ok(value) => value,
            Err(error) => {
                binder.fault(unreadable(&error, "value", cell.place));
                return None;
            }
        };
        if let Err(fault) = share::check(&of.value, &text.value, value.value, cell.place) {
            binder.fault(*fault);
            return None;
        }
        let error = self.need("error", binder)?;
        let error = standard_error(&self.with_unit("error", &error), value.dimension, binder)?;
        let word = self.fixed("bound").cloned();
        let bound = match &word {
            None => Bound::Equal,
            Some(word) => self.word("bound", word, Bound::from_word(&word.value), &BOUNDS, binder)?,
        };
        Some(Observation {
            element: element.value,
            of,
            value: value.value,
            dimension: value.dimension,
            bound,
            error,
            place: cell.place,
        })
    }

    /// Values of the scenario; a solution, composition or assay is replaced as a whole.
    fn values(&self, binder: &mut Binder) -> Option<Vec<SetValue>> {
        let mut values = Vec::new();
        for (role, cell) in self.roles.iter().zip(self.row) {
            let Role::Path { path, unit } = role else { continue };
            if cell.value.is_empty() {
                continue;
            }
            let text = literal(cell, unit, binder)?;
            values.push(SetValue { path: path.clone(), text, place: cell.place });
        }
        Some(whole_tables(values))
    }

    fn tags(&self) -> Vec<(String, String)> {
        let cells = self.roles.iter().zip(self.row);
        cells
            .filter_map(|(role, cell)| match role {
                Role::Group(name) => Some((name.clone(), cell.value.clone())),
                _ => None,
            })
            .collect()
    }
}

/// A cell as a value of the scenario: text with a unit, a bare number or a word.
pub(super) fn literal(cell: &Located<String>, unit: &str, binder: &mut Binder) -> Option<String> {
    if unit.is_empty() {
        let bare = cell.value.parse::<f64>().is_ok() || matches!(cell.value.as_str(), "true" | "false");
        return Some(if bare { cell.value.clone() } else { format!("{:?}", cell.value) });
    }
    match Quantity::parse(&format!("{} {unit}", cell.value)) {
        Ok(_) => Some(format!("\"{} {unit}\"", cell.value)),
        Err(error) => {
            binder.fault(unreadable(&error, "value", cell.place));
            None
        }
    }
}

/// Values `units.liquor.solution.X` gathered into one value of `units.liquor.solution`, which replaces the scenario's.
pub(super) fn whole_tables(values: Vec<SetValue>) -> Vec<SetValue> {
    let mut gathered: Vec<SetValue> = Vec::new();
    for value in values {
        let parts: Vec<&str> = value.path.splitn(4, '.').collect();
        let ["units", unit, table, key] = parts.as_slice() else {
            gathered.push(value);
            continue;
        };
        if !WHOLE.contains(table) {
            gathered.push(value);
            continue;
        }
        let path = format!("units.{unit}.{table}");
        let entry = format!("{:?} = {}", key.trim_matches('"'), value.text);
        match gathered.iter_mut().find(|other| other.path == path) {
            Some(other) => {
                // a fault in the whole may come from any of its cells
                other.place.end = other.place.end.max(value.place.end);
                other.text.truncate(other.text.len() - 2);
                other.text += &format!(", {entry} }}");
            }
            None => gathered.push(SetValue { path, text: format!("{{ {entry} }}"), place: value.place }),
        }
    }
    gathered
}
