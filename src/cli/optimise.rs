//! `lixivia optimise`: best values of factors for an aim under limits, or the front between aims.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::deliver::Format;
use super::input::Input;
use super::{Exit, Failure, Terminal};
use crate::quantity::Unit;
use crate::report::chart::{Axis, Chart, Layer};
use crate::report::durable::{self, FileError};
use crate::report::hdf5::{self, Dataset, Group};
use crate::report::number;
use crate::report::table::{Cell, Column, Table};
use crate::scenario::OptimiseEntry;
use crate::sweep::design::Marginal;
use crate::sweep::engine::{Factor, FactorKind, Model as _, Source};
use crate::sweep::optimise::{self, Aim, Best, Broken, Individual, Nsga2, OptimiseError, Problem};
use crate::sweep::plant::Plant;
use crate::sweep::ready::Sought;

/// Seek the best values of factors: `[optimise]` of a scenario.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia optimise plant.toml
  lixivia optimise plant.toml --method cma-es --evaluations 2000
  lixivia optimise plant.toml --method nsga2 -o front.h5       (two aims or more)")]
pub(super) struct Optimise {
    /// The scenario.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    #[command(flatten)]
    input: Input,
    /// Method in place of the scenario's: slsqp, cobyla, cma-es, nsga2.
    #[arg(long, value_parser = ["slsqp", "cobyla", "cma-es", "nsga2"], value_name = "NAME")]
    method: Option<String>,
    /// Most runs, in place of the scenario's number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    evaluations: Option<u64>,
    /// Write the result to an HDF5 file; a front also as a chart beside it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace a file, or a picture beside it, that is not of `lixivia optimise`.
    #[arg(long)]
    overwrite: bool,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Optimise {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let wrong = |faults: Box<crate::scenario::Diagnostics>| Failure::of_input(&faults, terminal);
        if let Some(path) = &self.output {
            hdf5::check_own(path, COMMAND, self.overwrite)?; // before the work is done
        }
        let library = self.input.library_for(&self.scenario).map_err(wrong)?;
        let model = self.input.load_with(&self.scenario, &library).map_err(wrong)?;
        let sought = Sought::new(model, &library, self.method.as_deref());
        let Sought { plant, ranges, aims, limits, entry, source } =
            sought.map_err(|error| Failure::not_ready(error, terminal))?;
        if entry.method == "nsga2" && self.evaluations.is_some() {
            let words = "`--evaluations` has no meaning with the method nsga2: `population` and `generations` of `[optimise]` say how much is run";
            return Err(Failure::new(Exit::Input, words));
        }
        if entry.method == "nsga2" {
            self.output.as_deref().map_or(Ok(()), |path| self.check_picture(path))?;
        }
        let head = head(&source, &entry);
        let start = vec![0.5; ranges.len()];
        let problem = Problem::new(&plant, ranges.clone(), aims, limits).map_err(failure)?;
        let evaluations = self.evaluations.map_or(entry.evaluations, |count| count as usize);
        let best = match entry.method.as_str() {
            "nsga2" => {
                let settings = Nsga2 {
                    population: entry.population,
                    generations: entry.generations,
                    seed: entry.seed as u64,
                };
                let front = optimise::front(&problem, &settings).map_err(failure)?;
                return self.tell_front(&front, &problem, (&plant, head), terminal);
            }
            "cobyla" => optimise::cobyla(&problem, &start, evaluations),
            "cma-es" => optimise::cma_es(&problem, &start, evaluations, entry.seed as u64),
            _ => optimise::slsqp(&problem, &start, evaluations),
        };
        self.tell_best(&best.map_err(failure)?, (&plant, head), &ranges, terminal)
    }

    /// Whether the picture of a front may be written beside `output`: a foreign one is not replaced unasked.
    fn check_picture(&self, output: &Path) -> Result<(), Failure> {
        let picture = output.with_extension("svg");
        if picture == output {
            let words = "the picture of the front is to bear this name: give --output another ending";
            return Err(Failure::new(Exit::Input, format!("`{}`: {words}", output.display())));
        }
        durable::check(&picture)?;
        let is_own = || hdf5::text_of(output, "method").is_some_and(|method| method == "nsga2");
        match self.overwrite || !picture.exists() || is_own() {
            true => Ok(()),
            false => Err(FileError::NotOwn { path: picture, command: COMMAND.to_owned() }.into()),
        }
    }

    /// Says what was written; with JSON wanted its one object stands alone.
    fn tell_written(&self, path: &Path, terminal: &Terminal) -> Result<(), Failure> {
        if self.format == Format::Text {
            terminal.say(&format!("Wrote {}\n", path.display()))?;
        }
        Ok(())
    }

    fn tell_best(
        &self,
        best: &Best,
        (plant, head): (&Plant<'_>, Group),
        spreads: &[Marginal],
        terminal: &Terminal,
    ) -> Result<Exit, Failure> {
        let mut table = Table::new(
            "Best point",
            [
                Column::text("quantity"),
                Column::number("value").significant(7),
                Column::text("unit"),
                Column::text(""),
            ],
        );
        for ((factor, value), spread) in plant.factors().iter().zip(&best.point).zip(spreads) {
            let (shown, unit) = shown(factor, *value);
            let at_end = match spread {
                Marginal::Range { from, to, .. } if (value - from).abs() < 1e-6 * (to - from) => {
                    "at its lower end"
                }
                Marginal::Range { from, to, .. } if (to - value).abs() < 1e-6 * (to - from) => {
                    "at its upper end"
                }
                _ => "",
            };
            table.row([Cell::from(factor.name.as_str()), shown.into(), unit.as_str().into(), at_end.into()]);
        }
        for (output, value) in plant.outputs().iter().zip(&best.row) {
            table.row([output.name.as_str().into(), (*value).into(), output.unit.as_str().into(), "".into()]);
        }
        let gradients = match best.gradients {
            0 => String::new(),
            count => format!(" and {count} gradients"),
        };
        let (ended, runs) = (&best.ended, best.evaluations);
        table.note(format!("{ended}; {runs} runs{gradients}, {} of the runs failed", best.failed));
        for broken in &best.broken {
            table.note(missed(broken));
        }
        if let Some(path) = &self.output {
            let mut group = head;
            group.attribute("ended", best.ended.as_str()).attribute("runs", best.evaluations as i64);
            for (factor, value) in plant.factors().iter().zip(&best.point) {
                group.dataset(
                    &factor.name,
                    Dataset::scalar(vec![*value]).units(si_unit(factor)).long_name(&factor.long_name),
                );
            }
            for (output, value) in plant.outputs().iter().zip(&best.row) {
                group.dataset(&output.name, Dataset::scalar(vec![*value]).units(&output.unit));
            }
            hdf5::write(path, &group)?;
        }
        match self.format {
            Format::Text => terminal.say(&table.terminal(terminal.style()))?,
            Format::Json => {
                let named =
                    |names: Vec<&str>, values: &[f64]| -> serde_json::Map<String, serde_json::Value> {
                        names
                            .into_iter()
                            .map(str::to_owned)
                            .zip(values.iter().map(|value| json!(value)))
                            .collect()
                    };
                let factors =
                    named(plant.factors().iter().map(|factor| factor.name.as_str()).collect(), &best.point);
                let outputs =
                    named(plant.outputs().iter().map(|output| output.name.as_str()).collect(), &best.row);
                let of_limit =
                    |one: &Broken| json!({ "limit": one.limit, "missed": one.missed, "unit": one.unit });
                let broken: Vec<_> = best.broken.iter().map(of_limit).collect();
                let object = json!({
                    "factors": factors, "outputs": outputs, "violation": best.violation, "broken": broken,
                    "runs": best.evaluations, "gradients": best.gradients, "failed": best.failed, "ended": best.ended,
                });
                terminal.say(&format!("{object}\n"))?;
            }
        }
        self.output.as_deref().map_or(Ok(()), |path| self.tell_written(path, terminal))?;
        Ok(if best.violation > 0.0 { Exit::Calculation } else { Exit::Done })
    }

    fn tell_front(
        &self,
        front: &[Individual],
        problem: &Problem<'_, Plant<'_>>,
        (plant, head): (&Plant<'_>, Group),
        terminal: &Terminal,
    ) -> Result<Exit, Failure> {
        let number = |name: &str, unit: &str| Column::number(name).unit(unit).significant(5);
        let aims = problem.aims.iter().map(|aim| number(&aim.name, &plant.outputs()[aim.column].unit));
        let factors = plant.factors().iter().map(|factor| number(&factor.name, &shown(factor, 0.0).1));
        let mut table = Table::new("Front", aims.chain(factors));
        for one in front {
            let point = problem.point(&one.at);
            let aims = problem.aims.iter().map(|aim| Cell::from(one.row[aim.column]));
            let values =
                plant.factors().iter().zip(point).map(|(factor, value)| Cell::from(shown(factor, value).0));
            table.row(aims.chain(values).collect::<Vec<_>>());
        }
        let broken = front.iter().any(|one| one.violation > 0.0);
        if broken {
            table.note("no point that was tried keeps all limits; these break them least");
            let nearest = front.iter().min_by(|a, b| a.violation.total_cmp(&b.violation));
            let limits = nearest.map(|one| problem.broken(&one.row)).unwrap_or_default();
            for broken in &limits {
                table.note(missed(broken));
            }
        }
        if let Some(path) = &self.output {
            write_front(path, front, problem, (plant, head))?;
        }
        match self.format {
            Format::Text => terminal.say(&table.terminal(terminal.style()))?,
            Format::Json => terminal.say(&format!("{}\n", table.json()))?,
        }
        if let Some(path) = &self.output {
            self.tell_written(path, terminal)?;
            self.tell_written(&path.with_extension("svg"), terminal)?;
        }
        Ok(if broken { Exit::Calculation } else { Exit::Done })
    }
}

/// Writes a front and its picture.
fn write_front(
    path: &Path,
    front: &[Individual],
    problem: &Problem<'_, Plant<'_>>,
    (plant, head): (&Plant<'_>, Group),
) -> Result<(), Failure> {
    let mut group = head;
    group.dataset("point", Dataset::row((0..front.len() as i64).collect::<Vec<_>>(), "point"));
    let points: Vec<Vec<f64>> = front.iter().map(|one| problem.point(&one.at)).collect();
    for (column, factor) in plant.factors().iter().enumerate() {
        let values: Vec<f64> = points.iter().map(|point| point[column]).collect();
        group.dataset(
            &factor.name,
            Dataset::row(values, "point").units(si_unit(factor)).long_name(&factor.long_name),
        );
    }
    for (column, output) in plant.outputs().iter().enumerate() {
        let values: Vec<f64> = front.iter().map(|one| one.row[column]).collect();
        group.dataset(&output.name, Dataset::row(values, "point").units(&output.unit));
    }
    hdf5::write(path, &group)?;
    let [first, second] = [&problem.aims[0], &problem.aims[1]];
    let axis = |aim: &Aim| {
        let unit = &plant.outputs()[aim.column].unit;
        Axis::new(&aim.name).unit(if unit == "1" { "" } else { unit })
    };
    let pairs = front.iter().map(|one| [one.row[first.column], one.row[second.column]]).collect();
    let title = format!("{} against {}", second.name, first.name);
    let chart = Chart::new(&title, axis(first), axis(second)).layer(Layer::points("front", pairs));
    Ok(chart.save(&path.with_extension("svg"))?)
}

/// The command, as its files name it.
const COMMAND: &str = "optimise";

/// Where a result file comes from.
fn head(source: &Source, entry: &OptimiseEntry) -> Group {
    let mut group = Group::new();
    group
        .attribute("title", source.title.as_str())
        .attribute("program", "lixivia")
        .attribute(hdf5::WRITER, COMMAND)
        .attribute("version", env!("CARGO_PKG_VERSION"))
        .attribute("scenario", source.scenario.as_str())
        .attribute("scenario_hash", source.hash())
        .attribute("overrides", source.overrides.join("\n"))
        .attribute("method", entry.method.as_str())
        .attribute("seed", entry.seed as i64);
    group
}

/// What a limit is missed by.
fn missed(broken: &Broken) -> String {
    let amount = format!("{} {}", number::significant(broken.missed, 3), broken.unit);
    format!("the limit `{}` is missed by {}", broken.limit, amount.trim_end())
}

/// Unit of a factor in the result file.
fn si_unit(factor: &Factor) -> &str {
    match &factor.kind {
        FactorKind::Number { unit, .. } => unit,
        FactorKind::Choice(_) => "1",
    }
}

/// A factor's value in the unit in which it was written.
fn shown(factor: &Factor, si: f64) -> (f64, String) {
    match &factor.kind {
        FactorKind::Number { unit, shown_in } => match Unit::parse(shown_in) {
            Ok(parsed) => (parsed.from_si(si), shown_in.clone()),
            Err(_) => (si, unit.clone()),
        },
        FactorKind::Choice(_) => (si, String::new()),
    }
}

fn failure(error: OptimiseError) -> Failure {
    let exit = match error {
        OptimiseError::Start(_) | OptimiseError::Nothing(_) => Exit::Calculation,
        _ => Exit::Input,
    };
    Failure::new(exit, error.to_string())
}
