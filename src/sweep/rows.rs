//! The table of cases of the design `csv`: a column `name [unit]` for each factor.

use super::engine::FactorKind;
use super::factors::{Bound, Faults, fault, si_unit, unreadable};
use super::target::Setting;
use crate::quantity::Dimension;
use crate::scenario::bind::Binder;
use crate::scenario::cases::{Table, split_title as split};
use crate::scenario::{Code, Diagnostic, Model, SweepEntry, suggest};
use crate::unit::parameters::{Located, Place};
use std::path::Path;

/// Rows of the table of cases; its text joins those that faults point into.
///
/// # Errors
/// All faults of the file.
pub fn read(
    model: &mut Model,
    entry: &SweepEntry,
    place: Place,
    bound: &Bound,
) -> Result<Vec<Vec<f64>>, Faults> {
    let named = entry.file.as_ref();
    let named = named.ok_or_else(|| vec![fault(Code::MissingKey, place, "the design csv needs `file`")])?;
    let path = Path::new(&model.name).parent().unwrap_or(Path::new("")).join(&named.value);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let message = format!("cannot read the table of cases `{}`: {error}", path.display());
        vec![fault(Code::Unreadable, named.place, message).help("it lies beside the scenario, as UTF-8 text")]
    })?;
    let file = model.sources.add(&path.display().to_string(), &text);
    let start = Place { file, start: 0, end: 0 };
    let titles = bound.factors.iter().zip(&bound.dimensions).map(|(factor, dimension)| match factor.kind {
        FactorKind::Number { .. } if !dimension.is_dimensionless() => {
            format!("{} [{}]", factor.name, usual_unit(*dimension))
        }
        _ => factor.name.clone(),
    });
    let wanted = format!("begin it with the line `{}`", titles.collect::<Vec<_>>().join(","));
    if text.trim().is_empty() {
        return Err(vec![fault(Code::MissingKey, start, "the table of cases is empty").help(wanted)]);
    }
    let mut binder = Binder::default();
    let table = Table::read(file, &text, &mut binder).ok_or_else(|| std::mem::take(&mut binder.faults))?;
    if let [only] = table.header.as_slice()
        && only.value.contains(';')
    {
        let told = fault(Code::Syntax, only.place, "the cells of the table are parted by `;`, not by commas");
        return Err(vec![told.help("write commas between the cells, and points as decimal signs")]);
    }
    let columns = columns(&table, bound)?;
    if table.rows.is_empty() {
        return Err(vec![fault(Code::MissingKey, table.header_place(), "the table of cases has no row")]);
    }
    let mut faults = Faults::new();
    let mut rows = Vec::with_capacity(table.rows.len());
    for cells in &table.rows {
        let values = columns.iter().map(|column| column.value(cells)).collect::<Result<Vec<f64>, _>>();
        match values {
            Ok(values) => rows.push(values),
            Err(error) => faults.push(*error),
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

/// A unit to suggest for a column.
fn usual_unit(dimension: Dimension) -> String {
    dimension.example_units().first().map_or_else(|| si_unit(dimension), |unit| (*unit).to_owned())
}

/// The column of a factor.
struct Column<'a> {
    place: usize,
    unit: &'a str,
    setting: &'a Setting,
    kind: &'a FactorKind,
}

/// The columns of the factors, in the order of a point.
fn columns<'a>(table: &'a Table, bound: &'a Bound) -> Result<Vec<Column<'a>>, Faults> {
    let mut faults = Faults::new();
    let known = || bound.factors.iter().map(|factor| factor.name.as_str());
    for (place, title) in table.header.iter().enumerate() {
        let (name, _) = split(&title.value);
        if table.header[..place].iter().any(|other| split(&other.value).0 == name) {
            let told = fault(Code::Conflict, title.place, format!("there are two columns for `{name}`"));
            faults.push(told.help("leave one of them out"));
        }
    }
    let mut columns = Vec::new();
    for (column, factor) in bound.factors.iter().enumerate() {
        let Some(setting) = bound.setting(column) else { continue };
        let found = table.header.iter().position(|title| split(&title.value).0 == factor.name);
        let Some(place) = found else {
            let message = format!("there is no column for the factor `{}`", factor.name);
            // a column that stands for no factor is the one that may have been meant
            let free = table.header.iter().filter(|title| !known().any(|name| name == split(&title.value).0));
            let free: Vec<&Located<String>> = free.collect();
            let names: Vec<&str> = free.iter().map(|title| split(&title.value).0).collect();
            let meant = crate::scenario::nearest(&factor.name, names.iter().copied());
            let at = meant.and_then(|name| free.iter().find(|title| split(&title.value).0 == name));
            let told = fault(Code::MissingKey, at.map_or(table.header_place(), |title| title.place), message);
            faults.push(match at {
                Some(title) => told.help(suggest(split(&title.value).0, [factor.name.as_str()])),
                None => told.help(format!("columns are {}", titles(table))),
            });
            continue;
        };
        let title = &table.header[place];
        let column = Column { place, unit: split(&title.value).1, setting, kind: &factor.kind };
        match column.check(title) {
            Ok(()) => columns.push(column),
            Err(error) => faults.push(*error),
        }
    }
    if faults.is_empty() {
        faults.extend(others(table, bound));
    }
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

/// Faults of columns that no factor reads.
fn others(table: &Table, bound: &Bound) -> Faults {
    let known = || bound.factors.iter().map(|factor| factor.name.as_str());
    let idle = table.header.iter().filter(|title| !known().any(|name| name == split(&title.value).0));
    let told = idle.map(|title| {
        let (name, _) = split(&title.value);
        let own: Vec<String> = known().map(|name| format!("`{name}`")).collect();
        fault(Code::UnknownName, title.place, format!("no factor is called `{name}`"))
            .label("would be ignored")
            .help(format!(
                "leave the column out, or write a factor `{name}` in `[sweep.factors]`, which has {}",
                own.join(", ")
            ))
    });
    told.collect()
}

fn titles(table: &Table) -> String {
    table.header.iter().map(|title| format!("`{}`", title.value)).collect::<Vec<_>>().join(", ")
}

impl Column<'_> {
    /// Whether the unit of the title is one of what the factor sets.
    fn check(&self, title: &Located<String>) -> Result<(), Box<Diagnostic>> {
        if let FactorKind::Choice(_) = self.kind {
            return Ok(());
        }
        let one = format!("1 {}", self.unit);
        self.setting.allowed.read(one.trim(), self.setting.dimension).map_err(|error| {
            let told = unreadable(&format!("column `{}`", title.value), title.place, &error);
            let unit = usual_unit(self.setting.dimension);
            Box::new(told.help(format!("write the unit behind the name: `{} [{unit}]`", self.setting.name)))
        })?;
        Ok(())
    }

    /// The value of a row, SI; a word is its number.
    fn value(&self, cells: &[Located<String>]) -> Result<f64, Box<Diagnostic>> {
        let cell = &cells[self.place];
        let name = &self.setting.name;
        let wrong = |code: Code, label: String| {
            let message = format!("`{}` is no value of `{name}`", cell.value);
            Box::new(fault(code, cell.place, message).label(label))
        };
        if let FactorKind::Choice(words) = self.kind {
            let found = words.iter().position(|word| *word == cell.value);
            return found.map(|place| place as f64).ok_or_else(|| {
                Box::new(
                    wrong(Code::UnknownName, String::new())
                        .help(suggest(&cell.value, words.iter().map(String::as_str))),
                )
            });
        }
        if cell.value.parse::<f64>().is_err() {
            return Err(wrong(Code::WrongType, "expected a number".to_owned()));
        }
        let text = format!("{} {}", cell.value, self.unit);
        let dimension = self.setting.dimension;
        let si = self.setting.allowed.read(text.trim(), dimension);
        let si = si.map_err(|error| wrong(Code::Quantity, error.to_string()))?;
        match self.setting.allowed.number(si, dimension) {
            Ok(()) => Ok(si),
            Err(expected) => Err(wrong(Code::Range, format!("expected {expected}"))),
        }
    }
}
