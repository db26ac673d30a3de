//! Tables of experiments that a TOML file of cases names, with values of their own for groups of rows.
//!
//! A cross-validation predicts each group of rows by parameters that were fitted without it. Those stand in a CSV file
//! of their own: the first column is a column of the table, the others are parameter paths with their unit.

use super::csv::{Table, literal, split};
use super::{Case, Cases, KINDS, Kind, SetValue, columns};
use crate::scenario::bind::Binder;
use crate::scenario::diagnostic::{Code, Diagnostic, suggest};
use crate::scenario::document::{self, Node, read_text};
use crate::scenario::library::{Library, shipped_case_file};
use crate::unit::parameters::{Located, Place, Spec};
use std::collections::HashMap;
use std::path::Path;

crate::parameters! {
    /// One table of a TOML file of cases.
    pub struct TableEntry {
        /// Process whose `[columns]` read the table.
        process: Located<String> = Spec::text().example("\"cobalt/cathode\"");
        /// The table, a CSV file, relative to this file.
        file: Located<String> = Spec::text().example("\"cathode/series.csv\"");
        /// What its rows are to the process with these values.
        kind: Located<String> = Spec::choice(&KINDS);
        /// Name of the set in reports.
        set: String = Spec::text().example("\"cathode-experiments\"");
        /// Values for groups of rows, a CSV file: a column of the table, then parameter paths with their unit.
        values: Option<Located<String>> = Spec::text().optional().example("\"cathode/without-experiment.csv\"");
    }
}

/// Adds the cases of the tables named under `node`.
pub(super) fn read(
    cases: &mut Cases,
    node: &Located<Node>,
    source: &Located<String>,
    folder: Option<&Path>,
    library: &Library,
) {
    let Node::List(items) = &node.value else {
        cases.binder.fault(Diagnostic::wrong_form("tables", "a list of tables", node));
        return;
    };
    for item in items {
        let Node::Table(table) = &item.value else {
            cases.binder.fault(Diagnostic::wrong_form("tables", "a list of tables", item));
            continue;
        };
        if let Err(Some(fault)) = one(cases, table, item.place, source, folder, library) {
            cases.binder.fault(*fault);
        }
    }
}

/// `Err(None)`: the binder has the faults.
fn one(
    cases: &mut Cases,
    table: &document::Table,
    place: Place,
    source: &Located<String>,
    folder: Option<&Path>,
    library: &Library,
) -> Result<(), Option<Box<Diagnostic>>> {
    let before = cases.binder.faults.len();
    let args = cases.binder.record(table, place, &TableEntry::specs(), &[]);
    if cases.binder.faults.len() > before {
        return Err(None);
    }
    let entry = TableEntry::read(&args).map_err(|_| None)?;
    let kind = Located { value: Kind::from_word(&entry.kind.value).ok_or(None)?, place: entry.kind.place };
    let rows = table_beside(cases, &entry.file, folder)?;
    let values = match &entry.values {
        Some(file) => {
            let table = table_beside(cases, file, folder)?;
            Values::read(&table, &rows, &mut cases.binder).ok_or(None)?
        }
        None => Values::default(),
    };
    let name = entry.process.value.as_str();
    let Some((display, text)) = library.process(name) else {
        let message = format!("there is no process `{name}`");
        let fault = Diagnostic::new(Code::UnknownName, entry.process.place, message);
        return Err(Some(Box::new(fault.help(suggest(name, library.processes())))));
    };
    cases.folders.push(None);
    let mapping = columns::Mapping::read(name, display, text, &mut cases.sources, &mut cases.binder);
    let Some(mapping) = mapping else {
        let message = format!("`{name}` has no sound table `[columns]`");
        return Err(Some(Box::new(Diagnostic::new(Code::MissingKey, entry.process.place, message))));
    };
    columns::read(cases, &rows, &entry.set, &mapping, |case| {
        case.kind = kind.clone();
        case.source = source.clone();
        values.apply(case)
    });
    Ok(())
}

/// A CSV file beside the file of cases, or one that ships with the program.
fn table_beside(
    cases: &mut Cases,
    file: &Located<String>,
    folder: Option<&Path>,
) -> Result<Table, Option<Box<Diagnostic>>> {
    let absent = |why: String| {
        let message = format!("cannot read `{}`: {why}", file.value);
        let fault = Diagnostic::new(Code::Unreadable, file.place, message);
        Some(Box::new(fault.help("give the path of a CSV file relative to this file")))
    };
    let (name, text) = match folder {
        None => {
            let text = shipped_case_file(&file.value).ok_or_else(|| absent("it does not ship".to_owned()))?;
            (format!("validation/cases/{}", file.value), text.to_owned())
        }
        Some(folder) => {
            let path = folder.join(&file.value);
            let text = read_text(&path).map_err(|faults| {
                let why = faults.list.first().map_or_else(String::new, |fault| fault.message.clone());
                absent(why)
            })?;
            (path.display().to_string(), text)
        }
    };
    let index = cases.add(&name, &text, folder);
    Table::read(index, &text, &mut cases.binder).ok_or(None)
}

/// Values by the cell of one column.
#[derive(Debug, Default)]
struct Values {
    key: String,
    rows: HashMap<String, Vec<SetValue>>,
}

impl Values {
    fn read(table: &Table, rows: &Table, binder: &mut Binder) -> Option<Values> {
        let before = binder.faults.len();
        let (key, paths) = table.header.split_first()?;
        if !rows.header.iter().any(|title| title.value == key.value) {
            let message = format!("the table of experiments has no column `{}`", key.value);
            let known = rows.header.iter().map(|title| title.value.as_str());
            binder.fault(
                Diagnostic::new(Code::UnknownName, key.place, message).help(suggest(&key.value, known)),
            );
            return None;
        }
        let mut read = HashMap::new();
        for row in &table.rows {
            let Some((word, cells)) = row.split_first() else { continue };
            let filled = paths.iter().zip(cells).filter(|(_, cell)| !cell.value.is_empty());
            let values = filled.filter_map(|(title, cell)| {
                let (path, unit) = split(&title.value);
                let text = literal(cell, unit, binder)?;
                Some(SetValue { path: path.to_owned(), text, place: cell.place })
            });
            if read.insert(word.value.clone(), values.collect()).is_some() {
                let message = format!("there are two rows for `{}` {}", key.value, word.value);
                binder.fault(Diagnostic::new(Code::Conflict, word.place, message));
            }
        }
        (binder.faults.len() == before).then(|| Values { key: key.value.clone(), rows: read })
    }

    /// Sets the values of the case's group in place of what it set itself.
    fn apply(&self, case: &mut Case) -> Result<(), Box<Diagnostic>> {
        let Some((_, word)) = case.tags.iter().find(|(title, _)| *title == self.key) else {
            return Ok(()); // no file of values
        };
        let Some(values) = self.rows.get(word) else {
            let message = format!("there are no values for `{}` {word}", self.key);
            return Err(Box::new(Diagnostic::new(Code::MissingKey, case.place, message).help(
                "the file of values needs a row for every group of rows, or parameters that saw the row would predict it",
            )));
        };
        for value in values {
            match case.values.iter_mut().find(|own| own.path == value.path) {
                Some(own) => *own = value.clone(),
                None => case.values.push(value.clone()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::diagnostic::Diagnostics;

    const CASES: &str = "format = 1\nsource = \"nogueira2026\"\n[[tables]]\nprocess = \"cobalt/cathode\"\nfile = \"rows.csv\"\n\
                         kind = \"interpolation\"\nset = \"held\"\nvalues = \"values.csv\"\n";
    const ROWS: &str = "series,cathode,ni_mol_frac,mn_mol_frac,co_mol_frac,acid,acid_mol_L,h2o2_recorded,temperature_C,solid_to_liquid_g_L,time_min,x_Li,x_Ni,x_Mn,x_Co\n\
                        1,LCO,0,0,1,HCl,2,0,60,20,30,0.5,,,0.25\n2,LCO,0,0,1,HCl,2,0,60,20,60,0.7,,,0.35\n";

    fn read(values: &str) -> Result<Cases, Box<Diagnostics>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("cases.toml", CASES), ("rows.csv", ROWS), ("values.csv", values)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Cases::load(&folder.path().join("cases.toml"), &Library::load(None).unwrap())
    }

    #[test]
    fn each_group_of_rows_has_its_own_values() {
        let values = "series,parameters.surface [%],parameters.k_1.ea [kJ/mol]\n1,50,40\n2,60,\n";
        let cases = read(values).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
        let of = |case: &Case, path: &str| -> Vec<String> {
            let values = case.values.iter().filter(|value| value.path == path);
            values.map(|value| value.text.clone()).collect()
        };
        let surfaces: Vec<_> = cases.list.iter().map(|case| of(case, "parameters.surface")).collect();
        assert_eq!(surfaces, [["\"50 %\""], ["\"60 %\""]], "in place of what the columns set, not beside it");
        assert_eq!(of(&cases.list[0], "parameters.k_1.ea"), ["\"40 kJ/mol\""]);
        assert!(of(&cases.list[1], "parameters.k_1.ea").is_empty(), "an empty cell sets nothing");
        assert!(cases.list.iter().all(|case| case.set == "held" && case.kind.value == Kind::Interpolation));
        let model = cases.model(&cases.list[0], &Library::load(None).unwrap(), &[]).unwrap();
        let ea = model.parameters().find(|record| record.name == "k_1").unwrap().arrhenius.unwrap().1;
        assert!((ea - 40e3).abs() < 1e-6);
    }

    #[test]
    fn a_group_without_values_is_a_fault() {
        let faults = read("series,parameters.surface [%]\n1,50\n").unwrap_err();
        assert!(faults.json()[0].message.contains("no values for `series` 2"));
        let faults = read("serie,parameters.surface [%]\n1,50\n").unwrap_err();
        assert!(faults.json()[0].help.as_ref().unwrap().contains("did you mean `series`?"));
        let faults = read("series,parameters.surface [%]\n1,50\n1,60\n2,1\n").unwrap_err();
        assert!(faults.json()[0].message.contains("two rows for `series` 1"));
    }
}
