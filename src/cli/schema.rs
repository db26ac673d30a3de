//! `lixivia schema`: the JSON Schema of scenario files.

use clap::Args;

use super::{Exit, Failure, Terminal};

/// Print the JSON Schema of scenario files, for completion and checks in editors.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  lixivia schema > scenario.schema.json")]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let text = serde_json::to_string_pretty(&crate::scenario::schema())
            .map_err(|error| Failure::new(Exit::Other, error.to_string()))?;
        terminal.say(&format!("{text}\n"))?;
        Ok(Exit::Done)
    }
}
