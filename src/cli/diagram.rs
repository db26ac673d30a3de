//! `lixivia diagram`: solubility, precipitation and distribution of a liquor over pH.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::liquor::{
    Form, LiquorArgs, Solids, check_outputs, checked_ph, remarks, told, unsolved_curve, write, wrong,
};
use super::{Exit, Failure, Terminal};
use crate::equilibrium::curve::Curve;
use crate::report::aqueous::curve::Course;

/// What to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Total dissolved of each metal, mol/kg on a logarithmic axis, the limiting solids named.
    Solubility,
    /// Share of each metal that has precipitated, %.
    Precipitation,
    /// Share of one element in each of its species and solids, %.
    Species,
}

/// Draw a liquor over pH: solubility, precipitation, or the distribution of an element over its species.
///
/// The totals stay, the pH is moved by an acid or base that brings no ions of its own (`speciate --titrate` takes a real
/// one). Solids that form fresh may precipitate unless `--solids` says otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia diagram precipitation --total \"Fe(3)=0.02 mol/kg\" --total \"Al=0.02 mol/kg\" \\
      --total \"Cu=0.02 mol/kg\" --total \"Co=0.05 mol/kg\" --total \"S(6)=0.2 mol/kg\" -o hydroxides.svg
  lixivia diagram solubility --total \"Zn=0.01 mol/kg\" --total \"C=0.02 mol/kg\" -o zinc.png -o zinc.h5
  lixivia diagram species --of Cu --total \"Cu=1 mmol/kg\" --total \"N(-3)=1 mol/kg\" --solids none -o ammine.svg
  lixivia diagram solubility --database minteq.v4.dat --solids all --total \"Pb=1 mmol/kg\" --format csv")]
pub(super) struct Diagram {
    /// What to draw.
    #[arg(value_enum)]
    kind: Kind,
    #[command(flatten)]
    liquor: LiquorArgs,
    /// Solids that may form besides those named with `--solid`; `fresh`, or `all` with a database of your own.
    #[arg(long, value_enum)]
    solids: Option<Solids>,
    /// Draw this element or component only; again for each (one for `species`).
    #[arg(long, value_name = "NAME")]
    of: Vec<String>,
    /// pH from and to.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], default_values_t = [0.0, 14.0], allow_negative_numbers = true)]
    ph: Vec<f64>,
    /// Points along pH.
    #[arg(long, default_value_t = 281, value_parser = clap::value_parser!(u32).range(2..=20_000))]
    points: u32,
    /// Files to write: .svg, .png, .csv or .h5; again for each.
    #[arg(short, long, value_name = "PATH")]
    output: Vec<PathBuf>,
    /// What to print.
    #[arg(long, value_enum)]
    format: Option<Form>,
}

impl Diagram {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        told(self.format == Some(Form::Json), terminal, self.draw(terminal))
    }

    fn draw(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        check_outputs(&self.output)?;
        let (from, to) = match self.ph.as_slice() {
            [from, to] if from < to => (checked_ph(*from)?, checked_ph(*to)?),
            _ => return Err(wrong("`--ph` takes two rising values, such as `--ph 2 12`")),
        };
        let db = self.liquor.database()?;
        let mut liquor = self.liquor.liquor(&db)?;
        let system = liquor.system(&db, &self.liquor.options()).map_err(|error| wrong(error.to_string()))?;
        let choice = self.solids.unwrap_or(match self.liquor.has_own_database() {
            true => Solids::All,
            false => Solids::Fresh,
        });
        self.liquor.more_solids(choice, &system, &mut liquor)?;
        let curve = Curve::over_ph(&liquor, &system, (from, to), self.points as usize);
        let curve = curve.map_err(|error| unsolved_curve(&error))?;
        let provenance = self.liquor.provenance(&db, &liquor, &system);
        let course = Course { curve: &curve, reagent: None, provenance };
        let shown = self.shown(&course)?;
        for path in &self.output {
            let charts = || match self.kind {
                Kind::Solubility => vec![course.solubility_chart(&self.of)],
                Kind::Precipitation => vec![course.precipitation_chart(&self.of)],
                Kind::Species => vec![course.species_chart(shown)],
            };
            write(path, &charts, &|| course.table(true), &|| course.hdf5())?;
        }
        self.print(&course, terminal)
    }

    /// The component of a distribution; makes sure that all that are named exist.
    fn shown(&self, course: &Course<'_>) -> Result<usize, Failure> {
        let components = course.curve.components.join(", ");
        for name in &self.of {
            if course.shown(std::slice::from_ref(name)).is_empty() {
                return Err(wrong(format!("`--of {name}` is not in this liquor, which has {components}")));
            }
        }
        let shown = course.shown(&self.of);
        match (self.kind, shown.as_slice()) {
            (Kind::Species, [one]) => Ok(*one),
            (Kind::Species, _) => Err(wrong(format!("name one component with `--of`: {components}"))),
            (_, []) => Err(wrong("the liquor holds no metal to draw: name a component with `--of`")),
            (_, [first, ..]) => Ok(*first),
        }
    }

    fn print(&self, course: &Course<'_>, terminal: &Terminal) -> Result<Exit, Failure> {
        let written: Vec<String> = self.output.iter().map(|path| path.display().to_string()).collect();
        let text = match self.format {
            Some(Form::Json) => {
                let mut object = course.json();
                object["output"] = json!(written);
                format!("{object}\n")
            }
            Some(Form::Csv) => course.table(true).csv(),
            Some(Form::Text) => course.table(false).terminal(terminal.style()),
            None if written.is_empty() => course.table(false).terminal(terminal.style()),
            None => written.iter().map(|path| format!("Wrote {path}\n")).collect(),
        };
        terminal.say(&text)?;
        if self.format != Some(Form::Json) {
            remarks(&course.provenance, course.curve.warning.as_deref(), terminal);
        }
        Ok(Exit::Done)
    }
}
