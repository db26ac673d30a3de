//! `lixivia new`: a commented scenario to start from.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Failure, Terminal};
use crate::report::durable;
use crate::scenario::{shipped_scenario, shipped_scenarios, suggest};

/// Templates by name.
pub(super) const TEMPLATES: &[(&str, &str)] =
    &[("batch", include_str!("templates/batch.toml")), ("plant", include_str!("templates/plant.toml"))];

/// Write a commented scenario to start from.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia new batch
  lixivia new plant work
  lixivia new pcb-sulfuric-peroxide")]
pub(super) struct New {
    /// A template (`lixivia list templates`) or a shipped scenario.
    template: String,
    /// Folder to write it into.
    #[arg(default_value = ".")]
    dir: PathBuf,
}

impl New {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let found = TEMPLATES.iter().find(|(name, _)| *name == self.template).map(|(_, text)| *text);
        let Some(text) = found.or_else(|| shipped_scenario(&self.template)) else {
            let known = TEMPLATES.iter().map(|(name, _)| *name).chain(shipped_scenarios());
            let help = suggest(&self.template, known);
            return Err(Failure::new(
                Exit::Input,
                format!("there is no template `{}`; {help}", self.template),
            ));
        };
        let file = PathBuf::from(format!("{}.toml", self.template));
        let path = if self.dir.as_os_str() == "." { file } else { self.dir.join(file) };
        if path.exists() {
            let message = format!("`{}` exists; it is left as it is", path.display());
            return Err(Failure::new(Exit::Input, message));
        }
        std::fs::create_dir_all(&self.dir).map_err(|e| {
            Failure::new(Exit::Other, format!("cannot make the folder `{}`: {e}", self.dir.display()))
        })?;
        durable::replace(&path, text.as_bytes())?;
        terminal.say(&format!("Wrote {0}; run it with: lixivia run {0}\n", path.display()))?;
        Ok(Exit::Done)
    }
}
