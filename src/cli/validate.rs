//! `lixivia validate`: published cases, or one's own, held against predictions.

use std::path::{Path, PathBuf};

use clap::Args;

use super::deliver::Format;
use super::input::Input;
use super::progress::Count;
use super::{Exit, Failure, Terminal};
use crate::report::durable;
use crate::scenario::cases::{Cases, process_named};
use crate::scenario::{Diagnostics, Library};
use crate::validate::baseline::{self, Baseline, Worse};
use crate::validate::margin::{self, Misfits};
use crate::validate::run::{self, Outcome};
use crate::validate::summary::{Scored, scored};
use crate::validate::{check, plots, show};

/// Hold published cases, or your own, against predictions: predicted beside observed, errors by route, element and kind.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia validate
  lixivia validate --all --plots plots
  lixivia validate --cases mine.csv                 (forms: docs/validate.md)
  lixivia validate --process cathode --csv runs.csv
  lixivia validate --format json --draws 200

Exit code 4 if an experiment is worse than in the baseline (validation/baseline.json).")]
pub(super) struct Validate {
    /// A file of cases (TOML or CSV) or a folder of them, in place of the shipped ones.
    #[arg(long, value_name = "PATH", conflicts_with = "csv")]
    cases: Option<PathBuf>,
    /// Only cases of this process; with --csv, the process that the table is read for.
    #[arg(long, value_name = "NAME")]
    process: Option<String>,
    /// A table of experiments for the process, in the documented form or with columns that the process knows.
    #[arg(long, value_name = "FILE", requires = "process")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    input: Input,
    /// Draws of the parameters' uncertainties behind each 90 % interval, a quarter of them in tables; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 64)]
    draws: usize,
    /// Print every value; otherwise those of CSV sets only in the groups.
    #[arg(long)]
    all: bool,
    /// Draw parity plots and lists of the intervals into this folder, as SVG and PNG.
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Compare with this baseline in place of the one beside the cases.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the errors found as the new baseline.
    #[arg(long)]
    update_baseline: bool,
}

impl Validate {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let wrong = |faults: &Diagnostics| Failure::of_input(faults, terminal);
        let library = self.input.library().map_err(|faults| wrong(&faults))?;
        let cases = self.read(&library).map_err(|faults| wrong(&faults))?;
        let cases = self.only(cases, &library)?;
        let models = check::models(&cases, &library, self.input.values()).map_err(|list| {
            let words: Vec<String> =
                list.iter().map(|faults| faults.render(terminal.colours_errors())).collect();
            Failure::new(Exit::Input, words.join("\n\n"))
        })?;
        let bar = Count::new(cases.list.len(), "runs");
        let mut outcomes = run::all(&cases, models, &library, self.draws, &|| bar.one());
        bar.clear();
        let faults = outcomes.iter().flat_map(|outcome| match outcome {
            Outcome::Wrong(faults) => faults.clone(),
            _ => Vec::new(),
        });
        let faults: Vec<_> = faults.collect();
        if !faults.is_empty() {
            return Err(wrong(&cases.faults(faults)));
        }
        let misfits = self.misfits(&scored(&cases.list, &outcomes))?;
        margin::widen(&cases.list, &mut outcomes, &misfits);
        let scored = scored(&cases.list, &outcomes);
        let worse = self.compare(&scored)?;
        if let Some(folder) = &self.plots {
            plots::write(&scored, folder)?;
        }
        match self.format {
            Format::Json => {
                let object = show::json(&scored, &cases.list, &worse, self.draws);
                terminal.say(&format!("{object}\n"))?;
            }
            Format::Text => self.tell(&scored, &cases, &library, terminal)?,
        }
        if self.update_baseline || worse.is_empty() {
            return Ok(Exit::Done);
        }
        Err(Failure::new(Exit::Missed, words_of(&worse)))
    }

    /// Whether the shipped cases are run, all of them.
    fn shipped(&self) -> bool {
        self.cases.is_none() && self.csv.is_none() && self.process.is_none()
    }

    /// What predictions miss: found in this run if it is one of all shipped cases as they are, else as it was found then.
    fn misfits(&self, scored: &[Scored<'_>]) -> Result<Misfits, Failure> {
        if !self.shipped() || !self.input.values().is_empty() || self.draws == 0 {
            return Misfits::shipped()
                .map_err(|words| Failure::new(Exit::Other, format!("validation/misfits.csv: {words}")));
        }
        let found = Misfits::of(scored);
        if self.update_baseline && self.baseline.is_none() {
            durable::replace(Path::new("validation/misfits.csv"), found.text().as_bytes())?;
        }
        Ok(found)
    }

    fn read(&self, library: &Library) -> Result<Cases, Box<Diagnostics>> {
        match (&self.cases, &self.csv, &self.process) {
            (Some(path), _, _) => Cases::load(path, library),
            (None, Some(file), Some(process)) => Cases::table(file, process, library),
            _ => Cases::shipped(library),
        }
    }

    /// The cases of `--process`.
    fn only(&self, mut cases: Cases, library: &Library) -> Result<Cases, Failure> {
        if let (Some(name), None) = (&self.process, &self.csv) {
            let name = process_named(name, library).map_err(|words| Failure::new(Exit::Input, words))?;
            cases.list.retain(|case| case.process.value == name);
            if cases.list.is_empty() {
                return Err(Failure::new(
                    Exit::Input,
                    format!("no case of `{name}`: nothing is scored for it"),
                ));
            }
        }
        Ok(cases)
    }

    /// Where the baseline of these cases is; `None` for the shipped one.
    fn baseline_file(&self) -> Option<PathBuf> {
        let beside = |path: &Path| match path.is_dir() {
            true => path.join("baseline.json"),
            false => path.with_extension("baseline.json"),
        };
        self.baseline.clone().or_else(|| self.cases.as_deref().or(self.csv.as_deref()).map(beside))
    }

    fn compare(&self, scored: &[Scored<'_>]) -> Result<Vec<Worse>, Failure> {
        let now = Baseline::of(scored);
        let file = self.baseline_file();
        if self.update_baseline {
            let file = file.unwrap_or_else(|| PathBuf::from("validation/baseline.json"));
            durable::replace(&file, now.text().as_bytes())?;
            return Ok(Vec::new());
        }
        if !self.input.values().is_empty() {
            return Ok(Vec::new()); // other values of the scenario are no regression
        }
        let text = match &file {
            None => baseline::SHIPPED.to_owned(),
            Some(file) if file.exists() => std::fs::read_to_string(file)
                .map_err(|error| Failure::from(durable::FileError::reading(file, &error)))?,
            Some(file) if self.baseline.is_some() => {
                let path = file.clone();
                return Err(durable::FileError::NotFound { path }.into());
            }
            Some(_) => return Ok(Vec::new()),
        };
        let name = file.map_or("validation/baseline.json".to_owned(), |file| file.display().to_string());
        let before = Baseline::parse(&text)
            .map_err(|words| Failure::new(Exit::Input, format!("`{name}` is no baseline: {words}")))?;
        Ok(before.worse(&now))
    }

    fn tell(
        &self,
        scored: &[Scored<'_>],
        cases: &Cases,
        library: &Library,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let style = terminal.style();
        let values = show::values(scored, self.all);
        let mut text = String::new();
        if !values.rows.is_empty() {
            text += &format!("{}\n", values.terminal(style));
        }
        text += &format!("{}\n{}", show::routes(scored).terminal(style), show::kinds(scored).terminal(style));
        let processes: Vec<&str> = if self.shipped() { library.processes().collect() } else { Vec::new() };
        for remark in show::remarks(&cases.list, processes.into_iter()) {
            text += &format!("\n{}\n", wrapped(&remark, style.width.min(110)));
        }
        if let Some(folder) = &self.plots {
            text += &format!("\nWrote plots into {}\n", folder.display());
        }
        terminal.say(&text)
    }
}

/// Words in lines of at most `width` signs.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(format!("  {word}"));
        } else if let Some(last) = lines.last_mut() {
            let gap = if last.is_empty() { "" } else { " " };
            *last += &format!("{gap}{word}");
        }
    }
    lines.join("\n")
}

fn words_of(worse: &[Worse]) -> String {
    let line = |one: &Worse| match one.now {
        Some(now) => format!("  {}: {:.2} points, {:.2} before", one.id, now, one.before),
        None => format!("  {}: its run fails, {:.2} points before", one.id, one.before),
    };
    let lines: Vec<String> = worse.iter().map(line).collect();
    format!(
        "{} experiment(s) worse than the baseline:\n{}\nif the change is wanted, write the baseline anew: --update-baseline",
        worse.len(),
        lines.join("\n")
    )
}
