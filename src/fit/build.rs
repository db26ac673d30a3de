//! A fit file, its data and the scenarios to a problem.

use super::experiment::{Experiment, Row, compile, has};
use super::problem::Problem;
use super::unknown::Unknown;
use crate::numerics::least_squares::Loss;
use crate::scenario::cases::{Bound, Case, Cases, Table, process_named};
use crate::scenario::{
    CandidateEntry, Code, DataEntry, Diagnostic, Diagnostics, EstimateEntry, Library, Model, ReadFit, suggest,
};
use crate::unit::parameters::{Located, Place};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// What an experiment will be, before the unknowns are numbered.
enum Planned {
    Plant { set: usize, case: usize, model: Box<Model>, paths: Vec<(String, usize)> },
    Formula { row: Row, expression: Located<String>, names: Vec<String>, columns: Vec<f64> },
}

/// Gathers unknowns and experiments of one model.
pub(super) struct Builder<'f, 'a> {
    fit: &'f ReadFit,
    library: &'a Library,
    name: String,
    set: Vec<String>,
    entries: Vec<(Located<String>, EstimateEntry)>,
    candidate: Option<CandidateEntry>,
    cases: Vec<Cases>,
    unknowns: Vec<Unknown>,
    /// Number of an unknown by entry and group.
    numbers: BTreeMap<(usize, String), usize>,
    faults: Vec<Diagnostic>,
}

impl<'f, 'a> Builder<'f, 'a> {
    /// Of a fit file, or of one of its candidates; `more` is set in all scenarios.
    pub(super) fn new(
        fit: &'f ReadFit,
        library: &'a Library,
        more: &[String],
        name: &str,
        candidate: Option<CandidateEntry>,
    ) -> Builder<'f, 'a> {
        let own = fit.entry.set.iter().flatten();
        let others = candidate.iter().flat_map(|candidate| candidate.set.iter().flatten());
        let set = own.chain(others).map(|(path, text)| format!("{}={text}", path.value));
        let without: &[String] = candidate.as_ref().map_or(&[], |candidate| &candidate.without);
        let further = candidate.iter().flat_map(|candidate| candidate.parameters.iter().flatten());
        let entries =
            fit.entry.parameters.iter().filter(|(name, _)| !without.contains(&name.value)).chain(further);
        let entries =
            entries.filter_map(|(name, args)| Some((name.clone(), EstimateEntry::read(args).ok()?)));
        Builder {
            fit,
            library,
            name: name.to_owned(),
            set: set.chain(more.iter().cloned()).collect(),
            entries: entries.collect(),
            candidate,
            cases: Vec::new(),
            unknowns: Vec::new(),
            numbers: BTreeMap::new(),
            faults: Vec::new(),
        }
    }

    /// The problem.
    ///
    /// # Errors
    /// All faults of the file, its data and the scenarios.
    pub(super) fn build(mut self) -> Result<Problem<'a>, Box<Diagnostics>> {
        let mut planned = Vec::new();
        for args in &self.fit.entry.data {
            let Ok(entry) = DataEntry::read(args) else { continue };
            planned.extend(self.data(&entry, args.place)?);
        }
        if planned.is_empty() && self.faults.is_empty() {
            let fault = Diagnostic::new(
                Code::MissingKey,
                self.fit.root,
                "there is nothing to fit to: no experiment is left",
            );
            self.faults.push(fault.help("look at `process`, `experiments` and `without` of the data"));
        }
        self.unused();
        if !self.faults.is_empty() {
            return Err(self.fit.faults(self.faults));
        }
        let made: Vec<Result<Experiment<'a>, Box<Diagnostics>>> =
            planned.into_par_iter().map(|one| self.experiment(one)).collect();
        let experiments = made.into_iter().collect::<Result<Vec<_>, _>>()?;
        let weight = |row: &Row| {
            let weights = self.fit.entry.weights.iter().flatten();
            weights
                .clone()
                .find(|(name, _)| name.value == row.element)
                .map_or(1.0, |(_, weight)| weight.sqrt())
        };
        let weights = experiments.iter().flat_map(|experiment| experiment.rows.iter().map(weight)).collect();
        let loss = match self.fit.entry.loss.as_str() {
            "huber" => Loss::Huber(self.fit.entry.loss_scale),
            "cauchy" => Loss::Cauchy(self.fit.entry.loss_scale),
            _ => Loss::Linear,
        };
        let stated = self.fit.entry.errors == "stated";
        Ok(Problem { name: self.name, unknowns: self.unknowns, experiments, weights, loss, stated })
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(&self.fit.name).parent().unwrap_or(Path::new("")).join(name)
    }

    fn data(&mut self, entry: &DataEntry, place: Place) -> Result<Vec<Planned>, Box<Diagnostics>> {
        let process = match &entry.process {
            None => None,
            Some(name) => match process_named(&name.value, self.library) {
                Ok(found) => Some(found),
                Err(words) => {
                    self.faults.push(Diagnostic::new(Code::UnknownName, name.place, words));
                    return Ok(Vec::new());
                }
            },
        };
        if let Some(file) = entry.cases.as_ref().or(entry.csv.as_ref())
            && !self.path(&file.value).exists()
        {
            let message = format!("there is no file `{}`", self.path(&file.value).display());
            let fault = Diagnostic::new(Code::Unreadable, file.place, message);
            self.faults.push(fault.help("give a path relative to the fit file"));
            return Ok(Vec::new());
        }
        let cases = match (&entry.cases, &entry.csv, &process) {
            (Some(name), None, _) => Cases::load(&self.path(&name.value), self.library)?,
            (None, Some(name), Some(process)) => {
                Cases::table(&self.path(&name.value), process, self.library)?
            }
            (None, Some(name), None) if entry.formula.is_some() => return self.table(entry, name),
            _ => {
                let fault =
                    Diagnostic::new(Code::Conflict, place, "which observations are meant is not clear");
                self.faults
                    .push(fault.help("give `cases`, or `csv` with a `process`, or `csv` with a `formula`"));
                return Ok(Vec::new());
            }
        };
        let set = self.cases.len();
        self.cases.push(cases);
        let wanted = |case: &Case| {
            process.as_ref().is_none_or(|name| case.process.value == *name)
                && entry.experiments.as_ref().is_none_or(|list| list.contains(&case.id))
                && !entry.without.contains(&case.id)
        };
        let (library, more) = (self.library, &self.set);
        let read: Vec<Result<(usize, Model), Box<Diagnostics>>> = {
            let cases = &self.cases[set];
            let numbered: Vec<(usize, &Case)> =
                cases.list.iter().enumerate().filter(|(_, case)| wanted(case)).collect();
            numbered.par_iter().map(|(index, case)| Ok((*index, cases.model(case, library, more)?))).collect()
        };
        let mut planned = Vec::new();
        for one in read {
            let (case, model) = one?;
            let paths = self.paths(set, case, &model);
            planned.push(Planned::Plant { set, case, model: Box::new(model), paths });
        }
        Ok(planned)
    }

    /// The paths that unknowns set in a scenario, those that it has.
    fn paths(&mut self, set: usize, case: usize, model: &Model) -> Vec<(String, usize)> {
        let mut paths = Vec::new();
        for index in 0..self.entries.len() {
            let (name, entry) = &self.entries[index];
            let Some(of) = entry.of.clone() else { continue };
            let Ok(held) = has(model, &of.value) else { continue };
            let case = &self.cases[set].list[case];
            let group = match &entry.per {
                None => String::new(),
                Some(column) => {
                    let row = Row {
                        id: case.id.clone(),
                        source: case.source.value.clone(),
                        process: case.process.value.clone(),
                        element: String::new(),
                        observed: 0.0,
                        bound: Bound::Equal,
                        error: 1.0,
                        share: true,
                        tags: case.tags.clone(),
                    };
                    match row.group(&column.value) {
                        Some(group) => group,
                        None => {
                            let known = case
                                .tags
                                .iter()
                                .map(|(name, _)| name.as_str())
                                .chain(["experiment", "source"]);
                            let message = format!("`{}` has no column `{}`", case.id, column.value);
                            let fault = Diagnostic::new(Code::UnknownName, column.place, message);
                            self.faults.push(fault.help(suggest(&column.value, known)));
                            continue;
                        }
                    }
                }
            };
            match Unknown::read(name, entry, Some(held)) {
                Ok(unknown) => paths.push((of.value, self.number(index, group, unknown))),
                Err(fault) => self.faults.push(*fault),
            }
        }
        paths
    }

    fn number(&mut self, entry: usize, group: String, mut unknown: Unknown) -> usize {
        let next = self.unknowns.len();
        let number = *self.numbers.entry((entry, group.clone())).or_insert(next);
        if number == next {
            if !group.is_empty() {
                unknown.name += &format!("[{group}]");
                unknown.grouped = true;
            }
            self.unknowns.push(unknown);
        }
        number
    }

    /// Entries that no experiment has are faults.
    fn unused(&mut self) {
        for (index, (name, entry)) in self.entries.iter().enumerate() {
            if self.numbers.keys().any(|(used, _)| *used == index) || !self.faults.is_empty() {
                continue;
            }
            let (place, message) = match &entry.of {
                Some(of) => (of.place, format!("no experiment has a number `{}` to estimate", of.value)),
                None => (
                    name.place,
                    format!("nothing depends on `{}`: give `of`, the value that it sets", name.value),
                ),
            };
            let help = "expected a parameter of the process, such as `parameters.k_p` or `parameters.k_p.ea` (`lixivia explain` lists them), or a number \
                        that the scenario writes for a unit, such as `units.leach.temperature`; one that comes with a feedstock must be written there first";
            self.faults.push(Diagnostic::new(Code::UnknownName, place, message).help(help));
        }
    }

    /// Rows of a table under a formula.
    fn table(&mut self, entry: &DataEntry, file: &Located<String>) -> Result<Vec<Planned>, Box<Diagnostics>> {
        let mut sources = self.fit.sources.clone();
        let table = Table::load(&self.path(&file.value), &mut sources)?;
        let own = self.candidate.as_ref().and_then(|candidate| candidate.formula.clone());
        let (Some(formula), Some(value), Some(error)) =
            (own.or(entry.formula.clone()), &entry.value, &entry.error)
        else {
            let fault = Diagnostic::new(Code::MissingKey, file.place, "a formula needs `value` and `error`");
            self.faults
                .push(fault.help("expressions over the columns: `value = \"k\"`, `error = \"0.05*k\"`"));
            return Ok(Vec::new());
        };
        let columns = table.names();
        let names: Vec<String> = self.entries.iter().map(|(name, _)| name.value.clone()).collect();
        let names: Vec<String> = columns.iter().cloned().chain(names).collect();
        let (value, error, read) =
            match (compile(value, &columns), compile(error, &columns), compile(&formula, &names)) {
                (Ok(value), Ok(error), Ok(formula)) => {
                    let read = [&value, &error, &formula].map(|plain| plain.reads().to_vec()).concat();
                    let read: Vec<usize> = read.into_iter().filter(|at| *at < columns.len()).collect();
                    (value, error, read)
                }
                (value, error, formula) => {
                    let faults = [value.err(), error.err(), formula.err()].into_iter().flatten();
                    self.faults.extend(faults.map(|fault| *fault));
                    return Ok(Vec::new());
                }
            };
        for index in 0..self.entries.len() {
            let (name, entry) = &self.entries[index];
            match Unknown::read(name, entry, None) {
                Ok(unknown) => {
                    self.number(index, String::new(), unknown);
                }
                Err(fault) => self.faults.push(*fault),
            }
        }
        let mut planned = Vec::new();
        for (index, cells) in table.rows.iter().enumerate() {
            if let Err(fault) = table.readable(cells, &read) {
                return Err(Box::new(Diagnostics::new(sources, vec![*fault])));
            }
            let numbers = Table::numbers(cells);
            let (observed, error) = (value.value(&numbers), error.value(&numbers));
            if observed.is_nan() {
                continue; // an empty cell is no observation
            }
            if !(error > 0.0 && error.is_finite() && observed.is_finite()) {
                let place = cells.first().map_or(table.header_place(), |cell| cell.place);
                let message = format!("the row gives the value {observed} and the standard error {error}");
                let fault =
                    Diagnostic::new(Code::Range, place, message).help("a standard error must be positive");
                return Err(Box::new(Diagnostics::new(sources, vec![fault])));
            }
            let titles = table.header.iter().map(|title| title.value.clone());
            let row = Row {
                id: (index + 1).to_string(),
                source: entry.source.as_ref().map_or(file.value.clone(), |key| key.value.clone()),
                process: String::new(),
                element: "value".to_owned(),
                observed,
                bound: Bound::Equal,
                error,
                share: false,
                tags: titles.zip(cells.iter().map(|cell| cell.value.clone())).collect(),
            };
            planned.push(Planned::Formula {
                row,
                expression: formula.clone(),
                names: names.clone(),
                columns: numbers,
            });
        }
        Ok(planned)
    }

    fn experiment(&self, planned: Planned) -> Result<Experiment<'a>, Box<Diagnostics>> {
        match planned {
            Planned::Plant { set, case, model, paths } => {
                let cases = &self.cases[set];
                Experiment::plant(cases, &cases.list[case], *model, self.library, &paths)
            }
            Planned::Formula { row, expression, names, columns } => {
                let compiled = compile(&expression, &names).map_err(|fault| self.fit.faults(vec![*fault]))?;
                let unknowns = (0..self.entries.len())
                    .filter_map(|index| self.numbers.get(&(index, String::new())).copied())
                    .collect();
                Ok(Experiment::formula(row, &compiled, unknowns, columns))
            }
        }
    }
}
