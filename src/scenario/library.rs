//! The process library: TOML files embedded in the program, with a user's folder laid over them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError};

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic, Diagnostics, Sources};
use super::document::{Document, read_text};
use super::process::Process;
use super::references::{Reference, parse_bibliography};
use super::species::{ReagentText, SaltText, read_reagents, read_salts, read_species};
use crate::chemistry::Species;
use crate::equilibrium::Database;

static PROCESSES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/processes");
static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");
static CASES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/validation/cases");

/// Folders of the library that hold something else than processes.
const NOT_PROCESSES: [&str; 2] = ["species/", "aqueous/"];

/// Bytes of the largest database that is read; the largest of the reference program has 2 MB.
const LARGEST_DATABASE: u64 = 64 << 20;

/// Texts of the library by path relative to `processes/`, and what every scenario shares of them.
#[derive(Debug)]
pub struct Library {
    texts: BTreeMap<String, (String, String)>,
    /// Species with data, by name.
    pub species: BTreeMap<String, Species>,
    /// Reagents as bought.
    pub reagents: Vec<ReagentText>,
    /// Volumes of dissolved salts.
    pub salts: Vec<SaltText>,
    /// The bibliography, by key.
    pub references: BTreeMap<String, Reference>,
    constants: OnceLock<Result<Arc<Database>, String>>,
    databases: super::equilibrium::Databases,
}

impl Library {
    /// The embedded library, with the files of `folder` laid over it.
    ///
    /// # Errors
    /// [`Diagnostics`] if a file of the folder cannot be read, or a species file is not sound.
    pub fn load(folder: Option<&Path>) -> Result<Library, Box<Diagnostics>> {
        let mut texts = BTreeMap::new();
        gather(&PROCESSES, &mut texts);
        if let Some(folder) = folder {
            overlay(folder, folder, &mut texts)?;
        }
        let mut library = Library {
            texts,
            species: BTreeMap::new(),
            reagents: Vec::new(),
            salts: Vec::new(),
            references: BTreeMap::new(),
            constants: OnceLock::new(),
            databases: Default::default(),
        };
        library.read_shared()?;
        Ok(library)
    }

    fn read_shared(&mut self) -> Result<(), Box<Diagnostics>> {
        let mut sources = Sources::default();
        let mut binder = Binder::default();
        for (path, (name, text)) in &self.texts {
            if path.ends_with(".bib") {
                self.references.extend(parse_bibliography(text));
            } else if path.starts_with("species/") {
                let document = Document::parse(&mut sources, name, text, &mut binder.faults);
                read_species(&document, &mut binder, &mut self.species);
                read_reagents(&document, &mut binder, &mut self.reagents);
                read_salts(&document, &mut binder, &mut self.salts);
            }
        }
        if binder.faults.is_empty() {
            Ok(())
        } else {
            Err(Box::new(Diagnostics::new(sources, binder.faults)))
        }
    }

    /// Lays the text of a process over the one of that name, or adds it.
    pub fn lay_over(&mut self, process: &str, text: &str) {
        self.texts.insert(format!("{process}.toml"), (format!("{process}.toml"), text.to_owned()));
    }

    /// Names of the processes: `cobalt/lco-sulfuric-peroxide`.
    pub fn processes(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().filter_map(|path| {
            let name = path.strip_suffix(".toml")?;
            (!NOT_PROCESSES.iter().any(|other| path.starts_with(other))).then_some(name)
        })
    }

    /// Display name and text of a process file.
    pub fn process(&self, name: &str) -> Option<(&str, &str)> {
        if NOT_PROCESSES.iter().any(|other| name.starts_with(other)) {
            return None;
        }
        self.texts.get(&format!("{name}.toml")).map(|(display, text)| (display.as_str(), text.as_str()))
    }

    /// Reads a process file; `None` if there is no such process.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn read_process(&self, name: &str) -> Option<Result<Process, Box<Diagnostics>>> {
        let (display, text) = self.process(name)?;
        let (mut sources, mut binder) = (Sources::default(), Binder::default());
        let document = Document::parse(&mut sources, display, text, &mut binder.faults);
        let process = Process::read(name, &document, &mut binder);
        let sound = binder.faults.is_empty();
        Some(if sound { Ok(process) } else { Err(Box::new(Diagnostics::new(sources, binder.faults))) })
    }

    /// The library's equilibrium constants, read when first asked for.
    ///
    /// # Errors
    /// A sentence with the file at fault.
    pub fn constants(&self) -> Result<Arc<Database>, String> {
        self.constants.get_or_init(|| Database::from_toml(self.folder("aqueous")).map(Arc::new)).clone()
    }

    /// A PHREEQC database, read when first asked for.
    ///
    /// # Errors
    /// A sentence about the file.
    pub fn database(&self, path: &Path) -> Result<Arc<Database>, String> {
        let mut read = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((database, _)) = read.get(path) {
            return Ok(database.clone());
        }
        let file = std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if !file.is_file() || file.len() > LARGEST_DATABASE {
            return Err(format!("{} is no file of at most {LARGEST_DATABASE} bytes", path.display()));
        }
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let read_in = Database::of_phreeqc(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        let database = Arc::new(read_in);
        read.insert(path.to_owned(), (database.clone(), hash_of([bytes.as_slice()])));
        Ok(database)
    }

    /// SHA-256 of the bytes of a PHREEQC database as it was read, in hexadecimal digits.
    ///
    /// # Errors
    /// As [`Library::database`].
    pub fn database_hash(&self, path: &Path) -> Result<String, String> {
        self.database(path)?;
        let read = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(read.get(path).map_or_else(String::new, |(_, hash)| hash.clone()))
    }

    /// Display names and texts of all files in a folder of the library: `aqueous`.
    pub fn folder(&self, folder: &str) -> impl Iterator<Item = (&str, &str)> {
        let prefix = format!("{folder}/");
        self.texts
            .iter()
            .filter(move |(path, _)| path.starts_with(&prefix))
            .map(|(_, (display, text))| (display.as_str(), text.as_str()))
    }
}

/// SHA-256 of texts one behind the other, in hexadecimal digits.
pub(crate) fn hash_of<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut sum = Sha256::new();
    for text in texts {
        sum.update((text.len() as u64).to_le_bytes());
        sum.update(text);
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names of the scenarios that ship with the program.
pub fn shipped_scenarios() -> impl Iterator<Item = &'static str> {
    SCENARIOS.files().filter_map(|file| file.path().to_str()?.strip_suffix(".toml"))
}

/// The text of a shipped scenario.
pub fn shipped_scenario(name: &str) -> Option<&'static str> {
    SCENARIOS.get_file(format!("{name}.toml"))?.contents_utf8()
}

/// Names and texts of the published cases that ship with the program, in the order of their names.
pub fn shipped_cases() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut files: Vec<_> = CASES
        .files()
        .filter_map(|file| Some((file.path().file_name()?.to_str()?, file.contents_utf8()?)))
        .collect();
    files.sort_unstable();
    files.into_iter()
}

/// A file below the shipped cases that is not read by itself: a table of experiments, or values for it.
pub fn shipped_case_file(path: &str) -> Option<&'static str> {
    CASES.get_file(path)?.contents_utf8()
}

fn gather(folder: &Dir<'_>, into: &mut BTreeMap<String, (String, String)>) {
    for file in folder.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            // Windows embeds its own separators.
            let path = path.replace('\\', "/");
            into.insert(path.clone(), (format!("processes/{path}"), text.to_owned()));
        }
    }
    for inner in folder.dirs() {
        gather(inner, into);
    }
}

fn overlay(
    root: &Path,
    folder: &Path,
    into: &mut BTreeMap<String, (String, String)>,
) -> Result<(), Box<Diagnostics>> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        let mut sources = Sources::default();
        sources.add(&folder.display().to_string(), "");
        let message = format!("cannot read the library folder `{}`: {error}", folder.display());
        let fault = Diagnostic::new(Code::Unreadable, Default::default(), message)
            .help("expected a folder laid out as `processes/`: `--library DIR`");
        Box::new(Diagnostics::new(sources, vec![fault]))
    })?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            overlay(root, &path, into)?;
        } else if path.extension().is_some_and(|e| e == "toml" || e == "bib")
            && let Ok(relative) = path.strip_prefix(root)
        {
            let key = relative.to_string_lossy().replace('\\', "/");
            into.insert(key, (path.display().to_string(), read_text(&path)?));
        }
    }
    Ok(())
}
