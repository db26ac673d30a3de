//! What every command that reads a scenario takes: the library folder and values laid over the file.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::scenario::{Diagnostics, Library, Model, nearest, shipped_scenario, shipped_scenarios};

/// Options of reading a scenario.
#[derive(Debug, Args)]
pub(super) struct Input {
    /// Folder of process files laid over the shipped ones (same layout as `processes/`).
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// Put a value in place of the file's: `units.leach.temperature="80 degC"`; may be repeated.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
}

impl Input {
    /// The process library, with `--library` laid over it, or else a folder `processes` beside the scenario.
    pub(super) fn library_for(&self, scenario: &Path) -> Result<Library, Box<Diagnostics>> {
        let beside =
            scenario.parent().map(|folder| folder.join("processes")).filter(|folder| folder.is_dir());
        Library::load(self.library.as_deref().or(beside.as_deref()))
    }

    /// The process library, where there is no scenario.
    pub(super) fn library(&self) -> Result<Library, Box<Diagnostics>> {
        Library::load(self.library.as_deref())
    }

    /// Reads a scenario: a file, or a shipped one by name where there is no such file.
    pub(super) fn load(&self, scenario: &Path) -> Result<Model, Box<Diagnostics>> {
        self.load_with(scenario, &self.library_for(scenario)?)
    }

    /// Reads a scenario with a library that was loaded before.
    pub(super) fn load_with(&self, scenario: &Path, library: &Library) -> Result<Model, Box<Diagnostics>> {
        match scenario
            .to_str()
            .filter(|_| !scenario.exists())
            .and_then(|name| Some((name, shipped_scenario(name)?)))
        {
            Some((name, text)) => Model::parse(name, text, library, &self.set),
            None => Model::load(scenario, library, &self.set).map_err(|faults| hint(scenario, faults)),
        }
    }

    /// Values of `--set`, as written.
    pub(super) fn values(&self) -> &[String] {
        &self.set
    }

    /// These options as arguments of another process.
    pub(super) fn arguments(&self) -> Vec<String> {
        let library =
            self.library.iter().flat_map(|folder| ["--library".to_owned(), folder.display().to_string()]);
        library.chain(self.set.iter().flat_map(|value| ["--set".to_owned(), value.clone()])).collect()
    }
}

/// Where no file was found: the shipped scenario that may have been meant.
fn hint(scenario: &Path, mut faults: Box<Diagnostics>) -> Box<Diagnostics> {
    let meant = scenario.to_str().and_then(|name| nearest(name, shipped_scenarios()));
    if let (false, Some(meant), [fault]) = (scenario.exists(), meant, faults.list.as_mut_slice()) {
        fault.help = Some(format!("give the path of a file; did you mean the shipped scenario `{meant}`?"));
    }
    faults
}
