//! `lixivia speciate`: what is dissolved in a liquor, its pH, Eh, ionic strength and saturation indices; titrations.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Exit, Failure, Terminal};
use crate::equilibrium::liquor::Liquor;
use crate::equilibrium::{Database, Model, Options, Problem, State, System, Workspace};

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tables for people.
    Text,
    /// One JSON object.
    Json,
    /// CSV of the species.
    Csv,
}

/// An activity model by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ModelName {
    /// What the database asks for.
    Database,
    /// All coefficients one.
    Ideal,
    /// Davies.
    Davies,
    /// Extended Debye-Hückel.
    ExtendedDebyeHueckel,
    /// B-dot.
    BDot,
    /// Specific ion interaction theory.
    Sit,
    /// Pitzer.
    Pitzer,
}

impl ModelName {
    pub(super) fn model(self) -> Model {
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

/// Speciate a liquor: species, pH, Eh, ionic strength, saturation indices.
///
/// Totals are per kilogram of water, as `Cu=0.05 mol/kg` or `"Fe(3)=20 g/kg"`. Redox couples are closed (each valence
/// state keeps its total) unless opened with `--open Fe`.
#[derive(Debug, Args)]
pub(super) struct Speciate {
    /// A TOML file with the liquor (keys as the options below); options win over it.
    file: Option<PathBuf>,
    /// PHREEQC database file (.dat); by default Lixivia's own set.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Total of an element or valence state, `Cu=0.05 mol/kg`; again for each.
    #[arg(long = "total", value_name = "NAME=AMOUNT")]
    totals: Vec<String>,
    /// Temperature, such as `"60 degC"`.
    #[arg(long, value_name = "T")]
    temperature: Option<String>,
    /// pH; without it the pH follows from electroneutrality.
    #[arg(long, value_name = "PH", allow_negative_numbers = true)]
    ph: Option<f64>,
    /// Potential against the standard hydrogen electrode, such as `"0.7 V"`, for the couples opened.
    #[arg(long, value_name = "EH", allow_hyphen_values = true)]
    eh: Option<String>,
    /// Change this total until the charges balance (with a given pH).
    #[arg(long, value_name = "NAME")]
    balance: Option<String>,
    /// Open the redox couples of this element; again for each.
    #[arg(long, value_name = "ELEMENT")]
    open: Vec<String>,
    /// Let this solid form, `Gypsum` or `Gypsum=0.3` for another saturation index; again for each.
    #[arg(long = "solid", value_name = "PHASE[=SI]")]
    solids: Vec<String>,
    /// Hold this gas at a pressure in atm, `"CO2(g)=0.0004"`; again for each.
    #[arg(long = "gas", value_name = "GAS=ATM")]
    gases: Vec<String>,
    /// Add this reagent, `"Ca(OH)2=0.06 mol/kg"`; again for each.
    #[arg(long = "add", value_name = "FORMULA=AMOUNT")]
    reagents: Vec<String>,
    /// Titrate with a reagent, `"NaOH=1 mol/kg"`: so much of it in `--steps` equal additions.
    #[arg(long, value_name = "FORMULA=AMOUNT")]
    titrate: Option<String>,
    /// Additions of a titration.
    #[arg(long, default_value_t = 100, value_name = "N")]
    steps: usize,
    /// Where the titration curve goes: .csv, .h5, .svg or .png; again for each.
    #[arg(short, long, value_name = "PATH")]
    output: Vec<PathBuf>,
    /// Activity model.
    #[arg(long, value_enum, default_value_t = ModelName::Database)]
    model: ModelName,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// One liquor a line (JSON with `temperature_c`, `totals` in mol/kg, `ph`, `pe`, `balance`, `open`, `solids`, `gases`,
    /// `reagents`); one JSON object a line comes out.
    #[arg(long, value_name = "FILE")]
    batch: Option<PathBuf>,
}

/// One line of a batch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    temperature_c: Option<f64>,
    totals: HashMap<String, f64>,
    ph: Option<f64>,
    pe: Option<f64>,
    balance: Option<String>,
    #[serde(default)]
    open: Vec<String>,
    #[serde(default)]
    held: Vec<(String, String, f64)>,
    #[serde(default)]
    solids: Vec<(String, f64)>,
    #[serde(default)]
    gases: Vec<(String, f64)>,
    #[serde(default)]
    reagents: Vec<(String, f64)>,
}

impl Speciate {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let db = database(self.database.as_deref())?;
        if let Some(path) = &self.batch {
            return self.batch(&db, path, terminal);
        }
        Err(Failure::new(Exit::Input, "give a liquor"))
    }

    fn options(&self) -> Options {
        Options { model: self.model.model(), ..Options::default() }
    }

    fn batch(&self, db: &Database, path: &PathBuf, terminal: &Terminal) -> Result<Exit, Failure> {
        let file = std::fs::File::open(path)
            .map_err(|error| Failure::new(Exit::Input, format!("cannot read {}: {error}", path.display())))?;
        let mut systems: HashMap<String, System> = HashMap::new();
        let mut failed = false;
        for (at, line) in std::io::BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|error| Failure::new(Exit::Input, error.to_string()))?;
            if line.trim().is_empty() {
                continue;
            }
            let answer = self.batch_line(db, &line, &mut systems);
            let value = answer.unwrap_or_else(|text| {
                failed = true;
                json!({ "line": at + 1, "error": text })
            });
            terminal.say(&format!("{value}\n"))?;
        }
        Ok(if failed { Exit::Calculation } else { Exit::Done })
    }

    fn batch_line(
        &self,
        db: &Database,
        text: &str,
        systems: &mut HashMap<String, System>,
    ) -> Result<Value, String> {
        let line: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut totals: Vec<(String, f64)> = line.totals.into_iter().collect();
        totals.sort_by(|a, b| a.0.cmp(&b.0));
        let liquor = Liquor {
            temperature: line.temperature_c.unwrap_or(25.0) + 273.15,
            totals,
            ph: line.ph,
            pe: line.pe,
            balance: line.balance,
            open: line.open,
            held: line.held,
            solids: line.solids,
            gases: line.gases,
            reagents: line.reagents,
        };
        let names: Vec<&str> = liquor.totals.iter().map(|(name, _)| name.as_str()).collect();
        let key = format!("{names:?} {:?} {:?}", liquor.open, liquor.held);
        if !systems.contains_key(&key) {
            let system = liquor.system(db, &self.options()).map_err(|error| error.to_string())?;
            systems.insert(key.clone(), system);
        }
        let system = systems.get(&key).ok_or("no system")?;
        let (mut ws, mut problem) = (Workspace::new(), Problem::new(system));
        let state = liquor.solve(system, &mut problem, &mut ws).map_err(|error| error.to_string())?;
        Ok(as_json(&state, &liquor))
    }
}

/// The database of a path, or Lixivia's own.
pub(super) fn database(path: Option<&std::path::Path>) -> Result<Database, Failure> {
    match path {
        Some(path) => Database::read_phreeqc(path).map_err(|text| Failure::new(Exit::Input, text)),
        None => Database::curated().map_err(|text| Failure::new(Exit::Other, text)),
    }
}

fn as_json(state: &State<'_>, liquor: &Liquor) -> Value {
    let system = state.system();
    let mut molalities = Map::new();
    for (at, species) in system.species().iter().enumerate() {
        if state.molality(at) > 0.0 {
            molalities.insert(species.name.to_string(), json!(state.molality(at)));
        }
    }
    let mut indices = Map::new();
    for (at, phase) in system.phases().iter().enumerate() {
        if let Some(index) = state.saturation_index(at) {
            indices.insert(phase.name.clone(), json!(index));
        }
    }
    let mut solids = Map::new();
    for (k, (name, _)) in liquor.solids.iter().enumerate() {
        solids.insert(name.clone(), json!(state.amount(k)));
    }
    json!({
        "ph": state.ph(), "pe": state.pe(), "eh_V": state.eh(), "ionic_strength_mol_per_kg": state.ionic_strength(),
        "water_activity": state.water_activity(), "water_kg": state.water_mass(), "charge_eq": state.charge(),
        "molality_mol_per_kg": molalities, "saturation_index": indices, "solids_mol": solids,
        "residual": state.statistics().residual, "warning": state.warning(),
    })
}
