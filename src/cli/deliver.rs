//! What becomes of a run: the summary or the JSON object on standard output, the result file, the report.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Exit, Failure, Terminal};
use crate::report::durable::{self, FileError};
use crate::report::result::{RunFailure, RunResult, Scenario};
use crate::report::{hdf5, html};

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A summary for people.
    Text,
    /// Exactly one JSON object (its form: docs/json.md, or the page of the command).
    Json,
}

/// Where the result of a run goes.
#[derive(Debug, Args)]
pub struct Delivery {
    /// The result file; by default named after the scenario, in the current folder.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Replace a result file that is not of `lixivia run`.
    #[arg(long)]
    overwrite: bool,
    /// Also write a report, one HTML page that needs nothing else.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Delivery {
    /// Whether the one JSON object is wanted.
    pub fn wants_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Makes sure that the files of a run can be written before it is solved.
    ///
    /// # Errors
    /// [`Failure`] if not; with JSON wanted, the object of the failure is printed first.
    pub fn check(&self, scenario: &Scenario, terminal: &Terminal) -> Result<(), Failure> {
        let output = hdf5::check_own(&self.output_of(scenario), "run", self.overwrite);
        let files = output.and_then(|()| match &self.report {
            Some(report) => durable::check(report),
            None => Ok(()),
        });
        files.or_else(|error| self.unwritten(scenario, &error, terminal))
    }

    fn output_of(&self, scenario: &Scenario) -> PathBuf {
        self.output.clone().unwrap_or_else(|| default_output(&scenario.file))
    }

    fn unwritten(&self, scenario: &Scenario, error: &FileError, terminal: &Terminal) -> Result<(), Failure> {
        let unwritten = RunFailure {
            scenario: scenario.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            code: "W01".to_owned(),
            message: error.to_string(),
            ..RunFailure::default()
        };
        self.print_object(&unwritten, terminal)?;
        let exit = if matches!(error, FileError::NotOwn { .. }) { Exit::Input } else { Exit::Other };
        Err(Failure::new(exit, error.to_string()))
    }

    /// Writes the files of a converged run and prints its summary or JSON object.
    ///
    /// # Errors
    /// [`Failure`] if a file cannot be written; with JSON wanted, the object of the failure is printed first.
    pub fn succeed(&self, run: &RunResult, terminal: &Terminal) -> Result<Exit, Failure> {
        let output = self.output_of(&run.scenario);
        let written = run.write_hdf5(&output).and_then(|()| match &self.report {
            Some(report) => html::write(run, report),
            None => Ok(()),
        });
        if let Err(error) = written {
            self.unwritten(&run.scenario, &error, terminal)?;
        }
        match self.format {
            Format::Json => terminal.say(&format!("{}\n", run.json(Some(&output))))?,
            Format::Text => {
                let mut summary = run.summary(terminal.style(), Some(&output));
                if let Some(report) = &self.report {
                    summary += &format!("Wrote {}\n", report.display());
                }
                terminal.say(&summary)?;
            }
        }
        Ok(Exit::Done)
    }

    /// Tells of a run that failed: `words` for people on standard error, the JSON object where it is wanted.
    ///
    /// # Errors
    /// Always: [`Failure`] with that exit code.
    pub fn fail(
        &self,
        exit: Exit,
        failure: &RunFailure,
        words: &str,
        terminal: &Terminal,
    ) -> Result<Exit, Failure> {
        self.print_object(failure, terminal)?;
        let mut message = words.trim_end().to_owned();
        if let Some(residuals) = failure.residual_table() {
            message += &format!("\n\n{}", residuals.terminal(terminal.style()).trim_end());
        }
        Err(Failure::new(exit, message))
    }

    fn print_object(&self, failure: &RunFailure, terminal: &Terminal) -> Result<(), Failure> {
        if self.wants_json() { terminal.say(&format!("{}\n", failure.json())) } else { Ok(()) }
    }
}

/// The scenario's name with `.h5`, in the current folder.
fn default_output(scenario: &str) -> PathBuf {
    let stem = Path::new(scenario).file_stem().unwrap_or("result".as_ref());
    let mut name = stem.to_os_string(); // a point within the name is no ending
    name.push(".h5");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_named_after_their_scenario() {
        assert_eq!(default_output("scenarios/a.b.toml"), Path::new("a.b.h5"));
        assert_eq!(default_output("-"), Path::new("-.h5"));
        assert_eq!(default_output(""), Path::new("result.h5"));
    }
}
