//! A liquor on the command line: options that `speciate` and `diagram` share, and what becomes of an answer.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Exit, Failure, Terminal};
use crate::equilibrium::curated;
use crate::equilibrium::curve::CurveError;
use crate::equilibrium::liquor::{EH_RANGE, Liquor, LiquorError, PH_RANGE};
use crate::equilibrium::medium::model_name;
use crate::equilibrium::{Database, Model, Options, SolveError, System};
use crate::quantity::{self, Dimension, Quantity};
use crate::report::aqueous::{self, Provenance};
use crate::report::chart::{self, Chart};
use crate::report::durable;
use crate::report::hdf5::{self, Group};
use crate::report::table::Table;

/// An activity model by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ModelName {
    /// What the database asks for; Lixivia's own: Davies.
    Database,
    /// All coefficients one.
    Ideal,
    /// Davies, good to 0.5 mol/kg.
    Davies,
    /// Extended Debye-Hückel, good to 0.1 mol/kg.
    ExtendedDebyeHueckel,
    /// B-dot, good to 1 mol/kg.
    BDot,
    /// Specific ion interaction theory, good to 3.5 mol/kg.
    Sit,
    /// Pitzer, good to 6 mol/kg and more.
    Pitzer,
}

impl ModelName {
    fn model(self) -> Model {
        match self {
            ModelName::Database => Model::FromDatabase,
            ModelName::Ideal => Model::Ideal,
            ModelName::Davies => Model::Davies,
            ModelName::ExtendedDebyeHueckel => Model::ExtendedDebyeHueckel,
            ModelName::BDot => Model::BDot,
            ModelName::Sit => Model::Sit,
            ModelName::Pitzer => Model::Pitzer,
        }
    }
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Tables for people.
    Text,
    /// One JSON object (docs/json.md).
    Json,
    /// CSV: the species of a liquor, or one row a point.
    Csv,
}

/// Which solids may form besides those named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Solids {
    /// Only those named.
    None,
    /// Those that form from solution within hours; only Lixivia's own set tells them.
    Fresh,
    /// All of the database.
    All,
}

/// Options that describe a liquor.
#[derive(Debug, Args)]
pub(super) struct LiquorArgs {
    /// PHREEQC database file (.dat); by default Lixivia's own set.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Total of an element, valence state or ligand per kilogram of water, `Cu=0.05 mol/kg`; again for each.
    #[arg(long = "total", value_name = "NAME=AMOUNT")]
    totals: Vec<String>,
    /// Temperature, such as `"60 degC"`; 25 degC if not given.
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    temperature: Option<String>,
    /// Potential against the standard hydrogen electrode, such as `"0.7 V"`, for the couples opened; without it the Eh follows
    /// from the valence states given, or from a gas such as O2(g).
    #[arg(long, value_name = "EH", allow_hyphen_values = true)]
    eh: Option<String>,
    /// Open the redox couples of this element; again for each.
    #[arg(long, value_name = "ELEMENT")]
    open: Vec<String>,
    /// Let this solid form, `Gypsum` or `Gypsum=0.3` for another saturation index; again for each.
    #[arg(long = "solid", value_name = "PHASE[=SI]")]
    named_solids: Vec<String>,
    /// Solids that must not form, with `--solids`; again for each.
    #[arg(long = "omit", value_name = "PHASE")]
    omitted: Vec<String>,
    /// Hold this gas at a pressure in atm, `"CO2(g)=0.0004"`; with a couple open `"O2(g)=0.2"` oxidises; again for each.
    #[arg(long = "gas", value_name = "GAS=ATM")]
    gases: Vec<String>,
    /// Add this reagent, `"Ca(OH)2=0.06 mol/kg"`; again for each.
    #[arg(long = "add", value_name = "FORMULA=AMOUNT")]
    reagents: Vec<String>,
    /// Activity model.
    #[arg(long, value_enum, default_value_t = ModelName::Database)]
    model: ModelName,
}

impl LiquorArgs {
    /// The database asked for.
    pub(super) fn database(&self) -> Result<Database, Failure> {
        database(self.database.as_deref())
    }

    /// Whether the constants are the user's own.
    pub(super) fn has_own_database(&self) -> bool {
        self.database.is_some()
    }

    /// Choices for compiling a system.
    pub(super) fn options(&self) -> Options {
        let model = match self.model {
            ModelName::Database if !self.has_own_database() => Model::Davies, // what Lixivia's own set is made for
            other => other.model(),
        };
        Options { model, ..Options::default() }
    }

    /// The liquor without pH; `solids` beyond those named are added by [`LiquorArgs::more_solids`].
    pub(super) fn liquor(&self, db: &Database) -> Result<Liquor, Failure> {
        if self.totals.is_empty() {
            return Err(wrong("give the totals of the liquor: `--total \"Cu=0.05 mol/kg\"`, again for each"));
        }
        let mut liquor = Liquor {
            open: self.open.clone(),
            totals: self.totals.iter().map(|text| amount(text)).collect::<Result<_, _>>()?,
            reagents: self.reagents.iter().map(|text| amount(text)).collect::<Result<_, _>>()?,
            ..Liquor::default()
        };
        if let Some(text) = &self.temperature {
            let value = quantity::parse_as(text, Dimension::TEMPERATURE);
            liquor.temperature = value.map_err(|error| wrong(error.to_string()))?;
        }
        if let Some(text) = &self.eh {
            if self.open.is_empty() {
                return Err(wrong("`--eh` acts on open couples: name them with `--open Fe`, again for each"));
            }
            liquor.pe = Some(checked_pe(volts(text)?, liquor.temperature)?);
        }
        for text in &self.named_solids {
            let (name, index) = text.rsplit_once('=').unwrap_or((text, "0"));
            let index: Option<f64> = index.trim().parse().ok().filter(|index: &f64| index.is_finite());
            let index = index.ok_or_else(|| wrong(format!("`{text}`: the saturation index is no number")))?;
            liquor.solids.push((name.trim().to_owned(), index));
        }
        for text in &self.gases {
            let pair =
                text.rsplit_once('=').and_then(|(name, p)| Some((name, p.trim().parse::<f64>().ok()?)));
            let (name, pressure) = pair
                .filter(|(_, p)| *p > 0.0 && p.is_finite())
                .ok_or_else(|| wrong(format!("`{text}` is no gas and pressure: write `O2(g)=0.21`")))?;
            liquor.gases.push((name.trim().to_owned(), pressure.log10()));
        }
        liquor.open_for_gases(db);
        Ok(liquor)
    }

    /// Lets the solids of a choice form, besides those named.
    pub(super) fn more_solids(
        &self,
        choice: Solids,
        system: &System,
        liquor: &mut Liquor,
    ) -> Result<(), Failure> {
        let fresh = match choice {
            Solids::None => return Ok(()),
            Solids::All => None,
            Solids::Fresh if self.database.is_some() => {
                return Err(wrong(
                    "a PHREEQC database does not tell which solids form fresh: name solids with `--solid`, or take \
                     `--solids all`",
                ));
            }
            Solids::Fresh => Some(fresh_solids()?),
        };
        for phase in system.phases().iter().filter(|p| !p.gas) {
            let named = liquor.solids.iter().any(|(name, _)| name.eq_ignore_ascii_case(&phase.name));
            let chosen = fresh.as_ref().is_none_or(|fresh| fresh.contains(&phase.name));
            if chosen && !named && !self.omitted.contains(&phase.name) {
                liquor.solids.push((phase.name.clone(), 0.0));
            }
        }
        if let Some(name) = self.omitted.iter().find(|name| system.find_phase(name).is_none()) {
            return Err(wrong(format!("`--omit {name}`: the components of this liquor form no such solid")));
        }
        Ok(())
    }

    /// What was asked, for files and pictures.
    pub(super) fn provenance(&self, db: &Database, liquor: &Liquor, system: &System) -> Provenance {
        let database = match &self.database {
            Some(path) => {
                path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
            }
            None => "lixivia".to_owned(),
        };
        let taken_as = liquor.taken_as(db);
        let meant = |name: &str| taken_as.iter().find(|(own, _)| own == name).map(|(_, state)| state.clone());
        let totals = liquor.totals.iter().filter(|(_, n)| *n > 0.0);
        let totals = totals.map(|(name, n)| {
            let name = meant(name).unwrap_or_else(|| name.clone());
            format!("{} {}", aqueous::pretty_component(&name), quantity::number(*n, 4))
        });
        Provenance {
            temperature: liquor.temperature,
            database,
            model: model_name(system.model()).to_owned(),
            asked: format!("{} mol/kg", totals.collect::<Vec<_>>().join(", ")),
            taken_as,
        }
    }
}

/// Tells beside a table or picture what to mind of it: its warnings, and which valence states names stand for.
pub(super) fn remarks(provenance: &Provenance, warning: Option<&str>, terminal: &Terminal) {
    if let Some(warning) = warning {
        terminal.remark(&format!("warning: {warning}"));
    }
    let states = provenance.states_told();
    if !states.is_empty() {
        terminal
            .remark(&format!("note: couples are closed, and names are taken as one valence state: {states}"));
    }
}

/// Names of the solids of Lixivia's own set that form fresh.
pub(super) fn fresh_solids() -> Result<Vec<String>, Failure> {
    let constants = curated::constants().map_err(|text| Failure::new(Exit::Other, text))?;
    Ok(constants.into_iter().filter(|c| c.fresh).map(|c| c.name).collect())
}

/// A pH that somebody gives.
pub(super) fn checked_ph(ph: f64) -> Result<f64, Failure> {
    match PH_RANGE.contains(&ph) {
        true => Ok(ph),
        false => {
            let (low, high) = (PH_RANGE.start(), PH_RANGE.end());
            Err(wrong(format!("pH {ph} is out of range ({low} to {high})")))
        }
    }
}

/// A potential that somebody gives, V, as pe at a temperature.
pub(super) fn checked_pe(eh: f64, temperature: f64) -> Result<f64, Failure> {
    match EH_RANGE.contains(&eh) {
        true => Ok(eh / per_pe(temperature)),
        false => {
            let (low, high) = (EH_RANGE.start(), EH_RANGE.end());
            Err(wrong(format!("an Eh of {} V is out of range ({low} to {high} V)", quantity::number(eh, 4))))
        }
    }
}

/// Wrong input.
pub(super) fn wrong(text: impl Into<String>) -> Failure {
    Failure::new(Exit::Input, text)
}

/// What went wrong with a liquor: its description, or the search for its equilibrium.
pub(super) fn unsolved(error: &LiquorError) -> Failure {
    let exit = match error {
        LiquorError::Solve(error) => exit_of(error),
        LiquorError::System(_) | LiquorError::Input(_) => Exit::Input,
    };
    Failure::new(exit, error.to_string())
}

/// The same for a course of states.
pub(super) fn unsolved_curve(error: &CurveError) -> Failure {
    match error {
        CurveError::Liquor(error) => unsolved(error),
        CurveError::Point { error: inner, .. } => Failure::new(exit_of(inner), error.to_string()),
        CurveError::Unreached { .. } => Failure::new(Exit::Calculation, error.to_string()),
    }
}

fn exit_of(error: &SolveError) -> Exit {
    match error {
        SolveError::Input(_)
        | SolveError::Temperature(_)
        | SolveError::Unstable { .. }
        | SolveError::Overfull { .. }
        | SolveError::Bound { .. } => Exit::Input,
        _ => Exit::Calculation,
    }
}

/// Volts per unit of pe.
pub(super) fn per_pe(temperature: f64) -> f64 {
    std::f64::consts::LN_10 * 8.314462618 * temperature / 96_485.332_12
}

/// A potential, V.
pub(super) fn volts(text: &str) -> Result<f64, Failure> {
    let parsed = Quantity::parse(text).map_err(|error| wrong(error.to_string()))?;
    let volt = Quantity::parse("1 V").map_err(|error| wrong(error.to_string()))?;
    match parsed.dimension == volt.dimension && parsed.value.abs() <= 10.0 {
        true => Ok(parsed.value),
        false => Err(wrong(format!("`{text}` is no potential of a solution: write `0.7 V`"))),
    }
}

/// `Cu=0.05 mol/kg`: a name and an amount per kilogram of water.
pub(super) fn amount(text: &str) -> Result<(String, f64), Failure> {
    let (name, value) = text
        .rsplit_once('=')
        .ok_or_else(|| wrong(format!("`{text}`: write a name and an amount, `Cu=0.05 mol/kg`")))?;
    let moles = Quantity::parse("1 mol/kg").map_err(|error| wrong(error.to_string()))?.dimension;
    let value = quantity::parse_as(value.trim(), moles).map_err(|error| wrong(format!("{name}: {error}")))?;
    match value >= 0.0 && value.is_finite() {
        true => Ok((name.trim().to_owned(), value)),
        false => Err(wrong(format!("{}: {value} mol/kg is no amount", name.trim()))),
    }
}

/// The database of a path, or Lixivia's own.
pub(super) fn database(path: Option<&Path>) -> Result<Database, Failure> {
    match path {
        Some(path) => Database::read_phreeqc(path).map_err(wrong),
        None => Database::curated().map_err(|text| Failure::new(Exit::Other, text)),
    }
}

/// Prints the object of a failure where one object was asked for, and hands the failure on.
pub(super) fn told(json: bool, terminal: &Terminal, result: Result<Exit, Failure>) -> Result<Exit, Failure> {
    if let (true, Err(failure)) = (json, &result) {
        let code = match failure.exit {
            Exit::Input => "A02",
            Exit::Calculation => "A03",
            _ => "A01",
        };
        terminal.say(&format!("{}\n", aqueous::failure(code, &failure.message)))?;
    }
    result
}

/// Endings of files that can be written.
const ENDINGS: &str = ".svg, .png, .csv or .h5";

/// Makes sure that every file can be written before anything is calculated.
pub(super) fn check_outputs(paths: &[PathBuf]) -> Result<(), Failure> {
    if let Some(path) =
        paths.iter().find(|path| !matches!(ending(path).as_str(), "svg" | "png" | "csv" | "h5"))
    {
        return Err(wrong(format!("{}: the name must end in {ENDINGS}", path.display())));
    }
    for path in paths {
        durable::check(path)?;
    }
    Ok(())
}

fn ending(path: &Path) -> String {
    path.extension().map_or_else(String::new, |ending| ending.to_string_lossy().to_ascii_lowercase())
}

/// Writes one file in the form its name asks for.
pub(super) fn write(
    path: &Path,
    charts: &dyn Fn() -> Vec<Chart>,
    table: &dyn Fn() -> Table,
    data: &dyn Fn() -> Group,
) -> Result<(), Failure> {
    match ending(path).as_str() {
        "svg" | "png" => match charts().as_slice() {
            [one] => one.save(path)?,
            several => chart::save_stacked(several, path)?,
        },
        "csv" => durable::replace(path, table().csv().as_bytes())?,
        "h5" => hdf5::write(path, &data())?,
        _ => return Err(wrong(format!("{}: the name must end in {ENDINGS}", path.display()))),
    }
    Ok(())
}
