//! `lixivia list`: the shipped processes, unit models, scenarios, templates and reagents.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::deliver::Format;
use super::input::Input;
use super::{Exit, Failure, Terminal};
use crate::report::table::{Column, Table};
use crate::scenario::{Library, shipped_scenario, shipped_scenarios};
use crate::unit::KINDS;

/// What may be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Units,
    Processes,
    Scenarios,
    Templates,
    Reagents,
}

/// List unit models, processes, scenarios, templates and reagents.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia list
  lixivia list processes
  lixivia list reagents --format json")]
pub(super) struct List {
    /// What to list; everything but the reagents if left out.
    what: Option<What>,
    #[command(flatten)]
    input: Input,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Names with a line on each.
type Entries = Vec<(String, String)>;

impl List {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let library = self.input.library().map_err(|faults| Failure::of_input(&faults, terminal))?;
        let everything = [What::Units, What::Processes, What::Scenarios, What::Templates];
        let wanted = self.what.map_or_else(|| everything.to_vec(), |what| vec![what]);
        if self.format == Format::Json {
            let object: serde_json::Map<_, _> = wanted
                .iter()
                .map(|what| {
                    let rows: Vec<_> = entries(*what, &library)
                        .into_iter()
                        .map(|(name, title)| json!({ "name": name, "title": title }))
                        .collect();
                    (title(*what).to_lowercase(), json!(rows))
                })
                .collect();
            terminal.say(&format!("{}\n", serde_json::Value::Object(object)))?;
            return Ok(Exit::Done);
        }
        for what in wanted {
            let mut table = Table::new(title(what), ["name", "title"].map(Column::text));
            for (name, line) in entries(what, &library) {
                table.row([name.into(), line.into()]);
            }
            terminal.say(&format!("{}\n", table.terminal(terminal.style())))?;
        }
        Ok(Exit::Done)
    }
}

fn title(what: What) -> &'static str {
    match what {
        What::Units => "Units",
        What::Processes => "Processes",
        What::Scenarios => "Scenarios",
        What::Templates => "Templates",
        What::Reagents => "Reagents",
    }
}

fn entries(what: What, library: &Library) -> Entries {
    match what {
        What::Units => KINDS.iter().map(|k| (k.name.to_owned(), k.title.to_owned())).collect(),
        What::Processes => library
            .processes()
            .map(|name| {
                let text = library.process(name).map_or("", |(_, text)| text);
                (name.to_owned(), first_title(text))
            })
            .collect(),
        What::Scenarios => shipped_scenarios()
            .map(|name| (name.to_owned(), first_title(shipped_scenario(name).unwrap_or(""))))
            .collect(),
        What::Templates => {
            super::new::TEMPLATES.iter().map(|(name, text)| ((*name).to_owned(), first_title(text))).collect()
        }
        What::Reagents => library.reagents.iter().map(|r| (r.name.clone(), r.title.clone())).collect(),
    }
}

/// The value of the first `title = "..."` of a file.
fn first_title(text: &str) -> String {
    text.lines()
        .find_map(|line| line.strip_prefix("title")?.trim_start().strip_prefix('='))
        .map_or_else(String::new, |value| value.trim().trim_matches('"').to_owned())
}
