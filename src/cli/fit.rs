//! `lixivia fit`: parameters from data, with confidence intervals.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::deliver::Format;
use super::input::Input;
use super::progress::Count;
use super::{Exit, Failure, Terminal};
use crate::fit::cross::{self, Left};
use crate::fit::estimate::{Fit as Fitted, FitError, fit, profile};
use crate::fit::problem::Problem;
use crate::fit::show::{self, Profiles};
use crate::fit::synthetic::{self, Coverage};
use crate::fit::write::{self, Provenance, WriteError};
use crate::report::durable;
use crate::scenario::{Code, DataEntry, Diagnostic, Library, ReadFit};

/// Estimate parameters of processes or scenarios from data.
///
/// A fit file names the observations, the parameters with their bounds, and the models to compare (docs/fit.md).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia fit validation/fits/nmc111-lactic.toml
  lixivia fit my.toml --profile --plots plots
  lixivia fit my.toml --write my-process.toml                (a process file with the estimates and their covariance)
  lixivia fit my.toml --cross-validate experiment --rows rows.csv
  lixivia fit my.toml --cross-validate cathode,acid --refits 3
  lixivia fit my.toml --synthetic 200                        (how often the intervals hold the truth)")]
pub(super) struct Fit {
    /// The fit file.
    #[arg(value_name = "FIT")]
    file: PathBuf,
    #[command(flatten)]
    input: Input,
    /// Confidence intervals from profiles of the sum, beside those from its curvature.
    #[arg(long)]
    profile: bool,
    /// Predict each group by a fit without it: `experiment`, `source`, or columns of the data with commas between them.
    #[arg(long, value_name = "COLUMNS")]
    cross_validate: Option<String>,
    /// Jacobians that each fit without a group may take; 0 for the first-order step from the fit of all.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "cross_validate")]
    refits: usize,
    /// Fit that many data sets made from the fitted model, and count how often the intervals hold the truth.
    #[arg(long, value_name = "N")]
    synthetic: Option<usize>,
    /// Write the process with the estimates, their covariance and whence they come.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Process to write, where the fit has parameters of several.
    #[arg(long, value_name = "NAME", requires = "write")]
    process: Option<String>,
    /// Write every observation with its fitted value (and that without its group) as CSV.
    #[arg(long, value_name = "FILE")]
    rows: Option<PathBuf>,
    /// Draw residuals and parity into this folder, as SVG and PNG.
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What was found beside the estimates of the best model.
#[derive(Default)]
struct Further {
    profiles: Option<Profiles>,
    left: Option<Vec<Left>>,
    coverage: Option<(Vec<Coverage>, usize)>,
}

impl Fit {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let wrong = |faults: Box<crate::scenario::Diagnostics>| Failure::of_input(&faults, terminal);
        let library = self.input.library_for(&self.file).map_err(wrong)?;
        let read = ReadFit::load(&self.file).map_err(wrong)?;
        let problems = Problem::read(&read, &library, self.input.values()).map_err(wrong)?;
        let (starts, iterations) = (read.entry.starts, read.entry.iterations);
        let bar = Count::new(problems.len() * starts, "searches");
        let mut fits = Vec::new();
        for problem in &problems {
            let found = fit(problem, starts, read.entry.seed as u64, iterations, &|| bar.one());
            fits.push(found.map_err(|error| failure(&error, &read, terminal))?);
        }
        bar.clear();
        let best = (0..fits.len())
            .min_by(|&a, &b| fits[a].quality.aicc.total_cmp(&fits[b].quality.aicc))
            .unwrap_or(0);
        let further = self.further(&problems[best], &fits[best], &read, terminal)?;
        self.write_files(&problems[best], &fits[best], &further, &read, &library)?;
        if let Some(folder) = &self.plots {
            problems.iter().zip(&fits).try_for_each(|(problem, fit)| show::plots(problem, fit, folder))?;
        }
        match self.format {
            Format::Json => {
                let object = self.json(&problems, &fits, best, &further);
                terminal.say(&format!("{object}\n"))?;
            }
            Format::Text => self.tell(&problems, &fits, best, &further, terminal)?,
        }
        Ok(Exit::Done)
    }

    fn further(
        &self,
        problem: &Problem<'_>,
        fit: &Fitted,
        read: &ReadFit,
        terminal: &Terminal,
    ) -> Result<Further, Failure> {
        let mut further = Further::default();
        if self.profile {
            let bar = Count::new(fit.estimates.len(), "profiles");
            let one = |index| {
                let ends = profile(problem, fit, index);
                bar.one();
                ends
            };
            further.profiles = Some((0..fit.estimates.len()).map(one).collect());
            bar.clear();
        }
        if let Some(column) = &self.cross_validate {
            let groups = cross::groups(problem, column).ok_or_else(|| {
                let known: Vec<&str> = problem
                    .rows()
                    .next()
                    .into_iter()
                    .flat_map(|row| row.tags.iter().map(|(name, _)| name.as_str()))
                    .collect();
                let words = format!(
                    "the data have no column `{column}` to group by; there are experiment, source{}{}",
                    if known.is_empty() { "" } else { ", " },
                    known.join(", ")
                );
                Failure::new(Exit::Input, words)
            })?;
            if groups.len() < 2 {
                return Err(Failure::new(
                    Exit::Input,
                    format!("`{column}` makes one group of all: there is nothing to leave out"),
                ));
            }
            let bar = Count::new(groups.len(), "groups");
            further.left = Some(cross::validate(problem, fit, &groups, self.refits, &|| bar.one()));
            bar.clear();
        }
        if let Some(sets) = self.synthetic {
            let bar = Count::new(sets, "data sets");
            let (seed, iterations) = (read.entry.seed as u64, read.entry.iterations);
            further.coverage = Some(synthetic::coverage(problem, fit, sets, seed, iterations, &|| bar.one()));
            bar.clear();
        }
        if !fit.at_rest() && self.format == Format::Json {
            terminal.remark("the search stopped before it was at rest: raise `iterations`");
        }
        Ok(further)
    }

    fn write_files(
        &self,
        problem: &Problem<'_>,
        fit: &Fitted,
        further: &Further,
        read: &ReadFit,
        library: &Library,
    ) -> Result<(), Failure> {
        if let Some(path) = &self.rows {
            let table = show::rows(problem, fit, further.left.as_deref());
            durable::replace(path, table.csv().as_bytes())?;
        }
        let Some(path) = &self.write else { return Ok(()) };
        let name = self.process_to_write(problem, library)?;
        let provenance = self.provenance(fit, read);
        let text = write::process(problem, fit, library, &name, &provenance).map_err(|error| {
            let exit =
                if matches!(error, WriteError::NotReadBack { .. }) { Exit::Other } else { Exit::Input };
            Failure::new(exit, error.to_string())
        })?;
        Ok(durable::replace(path, text.as_bytes())?)
    }

    /// The process of `--process`, or the only one that has all shared parameters of the fit.
    fn process_to_write(&self, problem: &Problem<'_>, library: &Library) -> Result<String, Failure> {
        let wrong = |words: String| Failure::new(Exit::Input, words);
        if let Some(name) = &self.process {
            return crate::scenario::cases::process_named(name, library).map_err(wrong);
        }
        let used: std::collections::BTreeSet<&str> = problem.processes().collect();
        match used.iter().collect::<Vec<_>>().as_slice() {
            [only] => Ok((**only).to_owned()),
            several => {
                let names: Vec<&str> = several.iter().map(|name| **name).collect();
                Err(wrong(format!("say which process to write with --process: {}", names.join(", "))))
            }
        }
    }

    fn provenance(&self, fit: &Fitted, read: &ReadFit) -> Provenance {
        let name = self.file.file_stem().map_or("fit".into(), |stem| stem.to_string_lossy().into_owned());
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let entries = read.entry.data.iter().filter_map(|args| DataEntry::read(args).ok());
        let files = entries.filter_map(|entry| entry.cases.or(entry.csv)).map(|file| file.value);
        let data = files.map(|file| match std::fs::read(folder.join(&file)) {
            Ok(bytes) => {
                let digest = Sha256::digest(&bytes);
                let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
                format!("{file} sha256:{hex}")
            }
            Err(_) => file,
        });
        let note = format!(
            "lixivia {}: {} values, {} parameters, {} loss, standard deviation of a residual {:.3} standard errors",
            env!("CARGO_PKG_VERSION"),
            fit.quality.values,
            fit.quality.parameters,
            read.entry.loss,
            fit.quality.deviation
        );
        Provenance { name: name.replace(['.', ' '], "-"), data: data.collect(), note }
    }

    fn json(&self, problems: &[Problem<'_>], fits: &[Fitted], best: usize, further: &Further) -> Value {
        let own = |index: usize| further.profiles.as_ref().filter(|_| index == best);
        let models: Vec<Value> = problems
            .iter()
            .zip(fits)
            .enumerate()
            .map(|(index, (problem, fit))| show::json(problem, fit, own(index)))
            .collect();
        let problem = &problems[best];
        let left = further.left.as_ref().map(|left| {
            let predicted: Vec<f64> = left.iter().map(|one| one.predicted).collect();
            let elements = show::by_element(problem.rows(), &predicted);
            let elements: Vec<Value> =
                elements.iter().map(|(element, errors)| show::element_json(element, errors)).collect();
            let groups: std::collections::BTreeSet<&str> = left.iter().map(|one| one.group.as_str()).collect();
            json!({ "by": self.cross_validate, "groups": groups.len(), "refits": self.refits, "elements": elements })
        });
        let coverage = further.coverage.as_ref().map(|(found, fitted)| {
            let one = |one: &Coverage| {
                json!({ "name": problem.unknowns[one.unknown].name, "held": one.held as f64 / (*fitted).max(1) as f64 })
            };
            json!({ "data_sets": fitted, "parameters": found.iter().map(one).collect::<Vec<_>>() })
        });
        json!({
            "schema_version": 1, "version": env!("CARGO_PKG_VERSION"), "models": models, "best": problem.name,
            "cross_validation": left, "coverage": coverage,
        })
    }

    fn tell(
        &self,
        problems: &[Problem<'_>],
        fits: &[Fitted],
        best: usize,
        further: &Further,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let style = terminal.style();
        let mut text = String::new();
        for (index, (problem, fit)) in problems.iter().zip(fits).enumerate() {
            let profiles = further.profiles.as_ref().filter(|_| index == best);
            text += &format!("{}\n", show::estimates(problem, fit, profiles).terminal(style));
        }
        let (problem, fit) = (&problems[best], &fits[best]);
        text += &format!("{}\n", show::correlations(problem, fit).terminal(style));
        let left = self.cross_validate.as_deref().zip(further.left.as_deref());
        text += &show::elements(problem, fit, left).terminal(style);
        if problems.len() > 1 {
            let models: Vec<_> = problems.iter().zip(fits).collect();
            text += &format!("\n{}", show::comparison(&models).terminal(style));
        }
        if let Some((found, fitted)) = &further.coverage {
            text += &format!("\n{}", show::coverages(problem, fit, found, *fitted).terminal(style));
        }
        for path in [&self.write, &self.rows, &self.plots].into_iter().flatten() {
            text += &format!("\nWrote {}\n", path.display());
        }
        terminal.say(&text)
    }
}

/// Why there is no fit, with the line of the fit file that can mend it.
fn failure(error: &FitError, read: &ReadFit, terminal: &Terminal) -> Failure {
    let (code, place, help) = match error {
        FitError::NoStart(_) => return Failure::new(Exit::Calculation, error.to_string()),
        FitError::TooFew { .. } => {
            (Code::Range, read.root, "leave parameters out, give one a `prior`, or add data")
        }
        FitError::Unbounded(name) => {
            let entry = name.split('[').next().unwrap_or(name);
            let place = read.entry.parameters.iter().find(|(known, _)| known.value == entry);
            let place = place.map_or(read.root, |(known, _)| known.place);
            (Code::MissingKey, place, "give it both, or write `starts = 1`")
        }
    };
    let fault = Diagnostic::new(code, place, error.to_string()).help(help);
    Failure::of_input(&read.faults(vec![fault]), terminal)
}
