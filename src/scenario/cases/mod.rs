//! Published cases and a laboratory's own: what was done, what was observed, whence (validation/README.md).
//!
//! | file        | reads                                                                              |
//! |-------------|------------------------------------------------------------------------------------|
//! | [`toml`]    | a TOML file, one source with its cases                                             |
//! | [`csv`]     | a CSV file, one row for each observation, columns named as parameter paths         |
//! | [`held_out`] | tables that a TOML file names, with values of their own for groups of rows           |
//! | [`columns`] | a CSV file with columns of its own, as `[columns]` of a process file reads them    |

mod columns;
mod csv;
mod held_out;
mod share;
mod toml;

pub use csv::{Table, split as split_title};

use std::path::{Path, PathBuf};

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic, Diagnostics, Source, Sources, nearest, suggest};
use super::document::read_text;
use super::library::{Library, shipped_cases, shipped_scenario, shipped_scenarios};
use super::model::Model;
use crate::quantity::Dimension;
use crate::unit::parameters::{Located, Place};

/// What a case is to the process that is held against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A parameter comes from this very work.
    Reproduction,
    /// Parameters were fitted to other points of the same series.
    Interpolation,
    /// No datum of this work was used.
    Prediction,
    /// The result of another program.
    CodeToCode,
}

/// Words of [`Kind`], in its order.
pub const KINDS: [&str; 4] = ["reproduction", "interpolation", "prediction", "code-to-code"];

impl Kind {
    /// The word in files.
    pub fn word(self) -> &'static str {
        KINDS[self as usize]
    }
    fn from_word(word: &str) -> Option<Kind> {
        [Kind::Reproduction, Kind::Interpolation, Kind::Prediction, Kind::CodeToCode]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// Whether a printed value is the value itself or a limit of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// The value.
    Equal,
    /// "More than", "over", "at least".
    AtLeast,
    /// "Less than", "up to".
    AtMost,
}

/// Words of [`Bound`], in its order.
pub const BOUNDS: [&str; 3] = ["equal", "at-least", "at-most"];

impl Bound {
    /// The word in files.
    pub fn word(self) -> &'static str {
        BOUNDS[self as usize]
    }
    fn from_word(word: &str) -> Option<Bound> {
        [Bound::Equal, Bound::AtLeast, Bound::AtMost].into_iter().find(|bound| bound.word() == word)
    }
    /// How far `predicted` lies from what `observed` allows; zero where an inequality is met.
    pub fn miss(self, predicted: f64, observed: f64) -> f64 {
        let difference = predicted - observed;
        match self {
            Bound::Equal => difference,
            Bound::AtLeast => difference.min(0.0),
            Bound::AtMost => difference.max(0.0),
        }
    }
}

/// One observed value.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Element or other short name.
    pub element: String,
    /// The value of the solved plant that it is.
    pub of: Located<String>,
    /// What was observed, SI.
    pub value: f64,
    /// Its dimension.
    pub dimension: Dimension,
    /// Value or limit.
    pub bound: Bound,
    /// Standard error, SI.
    pub error: f64,
    /// Where it stands.
    pub place: Place,
}

/// A value of the scenario that a case changes.
#[derive(Debug, Clone, PartialEq)]
pub struct SetValue {
    /// Parameter path.
    pub path: String,
    /// Value as `--set` takes it.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// One run of a scenario and what was observed of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Experiment; runs of a time course share it.
    pub id: String,
    /// Set that it belongs to: `end points`, or the name of the CSV file.
    pub set: String,
    /// Process that is tested.
    pub process: Located<String>,
    /// Scenario that is run.
    pub scenario: Located<String>,
    /// What it is to the process.
    pub kind: Located<Kind>,
    /// Key of the work.
    pub source: Located<String>,
    /// Conditions as printed.
    pub stated: String,
    /// How they were read.
    pub note: String,
    /// Values of the scenario that it changes.
    pub values: Vec<SetValue>,
    /// Values whose statement leaves a spread: path and standard deviation as text.
    pub spread: Vec<SetValue>,
    /// What was observed.
    pub observed: Vec<Observation>,
    /// Further columns of its rows, for grouping: name and cell.
    pub tags: Vec<(String, String)>,
    /// Where it stands.
    pub place: Place,
}

/// Cases of some files, with the texts that they stand in.
#[derive(Debug, Default)]
pub struct Cases {
    /// The cases, in the order of the files.
    pub list: Vec<Case>,
    /// The texts.
    pub sources: Sources,
    /// Folder of each text, for scenarios that are named relative to it.
    folders: Vec<Option<PathBuf>>,
    binder: Binder,
}

/// Process of the cases that test a plant's equilibrium alone, such as a precipitation: Lixivia's own constants.
pub const AQUEOUS: &str = "aqueous";

/// Set of the cases in TOML files.
pub const END_POINTS: &str = "end points";

impl Cases {
    /// The cases that ship with the program.
    ///
    /// # Errors
    /// All faults of the files.
    pub fn shipped(library: &Library) -> Result<Cases, Box<Diagnostics>> {
        let mut cases = Cases::default();
        for (name, text) in shipped_cases() {
            cases.read(&format!("validation/cases/{name}"), text, None, library);
        }
        cases.sound()
    }

    /// A file of cases, or all TOML and CSV files of a folder (or of its folder `cases`).
    ///
    /// # Errors
    /// All faults of the files.
    pub fn load(path: &Path, library: &Library) -> Result<Cases, Box<Diagnostics>> {
        let mut cases = Cases::default();
        for file in files(path)? {
            let text = read_text(&file)?;
            cases.read(&file.display().to_string(), &text, file.parent(), library);
        }
        cases.sound()
    }

    /// A CSV file for one process: in the documented form, or as the process's `[columns]` read it.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn table(path: &Path, process: &str, library: &Library) -> Result<Cases, Box<Diagnostics>> {
        let mut cases = Cases::default();
        let text = read_text(path)?;
        let file = cases.add(&path.display().to_string(), &text, path.parent());
        let own = csv::Table::read(file, &text, &mut cases.binder);
        let Some(own) = own else { return cases.sound() };
        let name = process_named(process, library).map_err(|words| cases.refuse(words))?;
        if own.is_documented() {
            csv::read(&mut cases, &own, set_of(path), Some(&name));
            return cases.sound();
        }
        let read = library.process(&name).and_then(|(display, text)| {
            cases.folders.push(None);
            columns::Mapping::read(&name, display, text, &mut cases.sources, &mut cases.binder)
        });
        match read {
            Some(mapping) => columns::read(&mut cases, &own, &set_of(path), &mapping, |_| Ok(())),
            None if cases.binder.faults.is_empty() => {
                let message = format!("`{name}` does not say how to read these columns");
                cases.binder.fault(Diagnostic::new(Code::MissingKey, own.header_place(), message).help(
                    "give the columns of docs/validate.md (`element`, `of`, `value [%]`, ...), or the process a table `[columns]`",
                ));
            }
            None => {}
        }
        cases.sound()
    }

    fn refuse(&mut self, words: String) -> Box<Diagnostics> {
        let place = Place::default();
        let fault = Diagnostic::new(Code::UnknownName, place, words);
        Box::new(Diagnostics::new(std::mem::take(&mut self.sources), vec![fault]))
    }

    fn add(&mut self, name: &str, text: &str, folder: Option<&Path>) -> u32 {
        self.folders.push(folder.map(Path::to_path_buf));
        self.sources.add(name, text)
    }

    fn read(&mut self, name: &str, text: &str, folder: Option<&Path>, library: &Library) {
        if name.ends_with(".csv") {
            let file = self.add(name, text, folder);
            if let Some(table) = csv::Table::read(file, text, &mut self.binder) {
                csv::read(self, &table, set_of(Path::new(name)), None);
            }
        } else {
            self.folders.push(folder.map(Path::to_path_buf));
            toml::read(self, name, text, folder, library);
        }
    }

    fn sound(mut self) -> Result<Cases, Box<Diagnostics>> {
        self.unique_ids();
        if self.binder.faults.is_empty() {
            return Ok(self);
        }
        Err(Box::new(Diagnostics::new(self.sources, self.binder.faults)))
    }

    /// One `id` is one experiment of one file.
    fn unique_ids(&mut self) {
        let mut first: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
        let mut faults = Vec::new();
        for case in &self.list {
            let file = *first.entry(case.id.as_str()).or_insert(case.place.file);
            if file != case.place.file {
                let other = self.sources.get(file).map_or("another file", |source| source.name.as_str());
                let message = format!("the experiment `{}` stands in {other} too", case.id);
                faults.push(
                    Diagnostic::new(Code::Conflict, case.place, message).help("give it an `id` of its own"),
                );
            }
        }
        self.binder.faults.extend(faults);
    }

    /// The scenario of a case with its values set, and `more` after them.
    ///
    /// # Errors
    /// All faults, those of values placed where they stand in the case's file.
    pub fn model(&self, case: &Case, library: &Library, more: &[String]) -> Result<Model, Box<Diagnostics>> {
        let (name, text) = self.scenario(case)?;
        let set: Vec<String> = case
            .values
            .iter()
            .map(|value| format!("{}={}", value.path, value.text))
            .chain(more.iter().cloned())
            .collect();
        let model = Model::parse(&name, &text, library, &set).map_err(|faults| self.moved(case, *faults))?;
        let equilibrium = model.flowsheet.context.equilibrium.is_some().then_some(AQUEOUS);
        let used = model.processes.iter().map(|process| process.name.as_str()).chain(equilibrium);
        if used.clone().any(|name| name == case.process.value) {
            return Ok(model);
        }
        let message = format!("the scenario `{}` does not use `{}`", case.scenario.value, case.process.value);
        let help = suggest(&case.process.value, used);
        Err(self.faults(vec![Diagnostic::new(Code::UnknownName, case.process.place, message).help(help)]))
    }

    /// Name and text of the scenario that a case runs.
    fn scenario(&self, case: &Case) -> Result<(String, String), Box<Diagnostics>> {
        let name = &case.scenario.value;
        if let Some(text) = shipped_scenario(name) {
            return Ok((name.clone(), text.to_owned()));
        }
        let folder = self.folders.get(case.scenario.place.file as usize).and_then(Option::as_deref);
        let path = folder.unwrap_or(Path::new("")).join(name);
        if path.is_file() {
            return Ok((path.display().to_string(), read_text(&path)?));
        }
        let message = format!("there is no scenario `{name}`");
        let help = match nearest(name, shipped_scenarios()) {
            Some(meant) => format!("did you mean the shipped scenario `{meant}`?"),
            None => "give the name of a shipped scenario (`lixivia list`), or a path relative to this file"
                .to_owned(),
        };
        Err(self.faults(vec![Diagnostic::new(Code::UnknownName, case.scenario.place, message).help(help)]))
    }

    /// Faults in the values of a case, at the places that they have in its file.
    fn moved(&self, case: &Case, faults: Diagnostics) -> Box<Diagnostics> {
        let mut sources = self.sources.clone();
        let mut list = faults.list;
        for fault in &mut list {
            let own = |source: &&Source| source.name == "--set";
            // The scenario is the first text that is read, the values follow in their order.
            let index = (fault.place.file as usize).wrapping_sub(1);
            match (faults.sources.get(fault.place.file).filter(own), case.values.get(index)) {
                (Some(_), Some(value)) => {
                    fault.place = value.place;
                    fault.message = format!("`{}`: {}", value.path, fault.message);
                }
                (source, _) => {
                    if let Some(source) = source.or(faults.sources.get(fault.place.file)) {
                        fault.place.file = sources.add(&source.name, &source.text);
                    }
                }
            }
        }
        Box::new(Diagnostics::new(sources, list))
    }

    /// Diagnostics over the texts of these cases.
    pub fn faults(&self, list: Vec<Diagnostic>) -> Box<Diagnostics> {
        Box::new(Diagnostics::new(self.sources.clone(), list))
    }
}

/// The process of that name, or the only one whose last part begins with it.
///
/// # Errors
/// Words for the user.
pub fn process_named(name: &str, library: &Library) -> Result<String, String> {
    if name == AQUEOUS || library.process(name).is_some() {
        return Ok(name.to_owned());
    }
    let last = |full: &str| full.rsplit('/').next().unwrap_or(full).to_owned();
    let exact: Vec<&str> = library.processes().filter(|full| last(full) == name).collect();
    let begun: Vec<&str> = library.processes().filter(|full| last(full).starts_with(name)).collect();
    match (exact.as_slice(), begun.as_slice()) {
        ([only], _) | ([], [only]) => Ok((*only).to_owned()),
        ([], []) => Err(format!("there is no process `{name}`; {}", suggest(name, library.processes()))),
        ([], several) | (several, _) => Err(format!("`{name}` may be any of {}", several.join(", "))),
    }
}

/// Files of cases at a path.
fn files(path: &Path) -> Result<Vec<PathBuf>, Box<Diagnostics>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let inner = path.join("cases");
    let folder = if inner.is_dir() { inner } else { path.to_path_buf() };
    let fail = |message: String| {
        let mut sources = Sources::default();
        sources.add(&folder.display().to_string(), "");
        let fault = Diagnostic::new(Code::Unreadable, Place::default(), message)
            .help("expected TOML or CSV files in the forms of validation/README.md");
        Box::new(Diagnostics::new(sources, vec![fault]))
    };
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| fail(format!("cannot read the folder `{}`: {error}", folder.display())))?;
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml" || end == "csv"))
        .collect();
    found.sort_unstable();
    if found.is_empty() {
        return Err(fail(format!("there is no case in the folder `{}`", folder.display())));
    }
    Ok(found)
}

fn set_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "cases".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
