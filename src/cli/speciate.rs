//! `lixivia speciate`: what is dissolved in a liquor, its pH, Eh, ionic strength and saturation indices; titrations.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Exit, Failure, Terminal};
use crate::equilibrium::liquor::{Liquor, LiquorError};
use crate::equilibrium::{Database, Model, Options, Problem, State, System, Workspace};
use crate::quantity::{self, Dimension};
use crate::report::table::{Column, Table};

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
/// Totals are per kilogram of water, as `"Cu=0.05 mol/kg"` or `"Fe(3)=20 mmol/kg"`. Redox couples are closed (each valence
/// state keeps its total) unless opened with `--open Fe`.
#[derive(Debug, Args)]
pub(super) struct Speciate {
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
        let liquor = self.liquor()?;
        let wrong = |text: String| Failure::new(Exit::Input, text);
        let system = liquor.system(&db, &self.options()).map_err(|error| wrong(error.to_string()))?;
        let (mut ws, mut problem) = (Workspace::new(), Problem::new(&system));
        let state = liquor.solve(&system, &mut problem, &mut ws).map_err(|error| match error {
            LiquorError::Solve(error) => Failure::new(Exit::Calculation, error.to_string()),
            error => wrong(error.to_string()),
        })?;
        let text = match self.format {
            Form::Json => format!("{}\n", as_json(&state, &liquor)),
            Form::Csv => species_table(&state).csv(),
            Form::Text => {
                let style = terminal.style();
                format!(
                    "{}\n{}\n{}",
                    summary(&state, &liquor),
                    species_table(&state).terminal(style),
                    phase_table(&state).terminal(style)
                )
            }
        };
        terminal.say(&text)?;
        Ok(Exit::Done)
    }

    fn options(&self) -> Options {
        Options { model: self.model.model(), ..Options::default() }
    }

    /// The liquor of the options.
    fn liquor(&self) -> Result<Liquor, Failure> {
        let wrong = |text: String| Failure::new(Exit::Input, text);
        if self.totals.is_empty() {
            return Err(wrong(
                "give the totals of the liquor: `--total \"Cu=0.05 mol/kg\"`, again for each".into(),
            ));
        }
        let mut liquor = Liquor {
            ph: self.ph,
            balance: self.balance.clone(),
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
            let volts = quantity::Quantity::parse(text).map_err(|error| wrong(error.to_string()))?;
            let dimension =
                quantity::Quantity::parse("1 V").map_err(|error| wrong(error.to_string()))?.dimension;
            if volts.dimension != dimension {
                return Err(wrong(format!("`{text}` is no potential: write `0.7 V`")));
            }
            let per_pe = std::f64::consts::LN_10 * 8.314462618 * liquor.temperature / 96_485.332_12;
            liquor.pe = Some(volts.value / per_pe);
        }
        for text in &self.solids {
            let (name, index) = text.split_once('=').unwrap_or((text, "0"));
            let index =
                index.trim().parse().map_err(|_| wrong(format!("`{index}` is no saturation index")))?;
            liquor.solids.push((name.trim().to_owned(), index));
        }
        for text in &self.gases {
            let pair = text.split_once('=').and_then(|(name, p)| Some((name, p.trim().parse::<f64>().ok()?)));
            let (name, pressure) = pair
                .filter(|(_, p)| *p > 0.0)
                .ok_or_else(|| wrong(format!("`{text}` is no gas and pressure: write `O2(g)=0.21`")))?;
            liquor.gases.push((name.trim().to_owned(), pressure.log10()));
        }
        Ok(liquor)
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

/// `Cu=0.05 mol/kg`: a name and an amount per kilogram of water.
fn amount(text: &str) -> Result<(String, f64), Failure> {
    let wrong = |problem: String| Failure::new(Exit::Input, problem);
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| wrong(format!("`{text}`: write a name and an amount, `Cu=0.05 mol/kg`")))?;
    let moles = quantity::Quantity::parse("1 mol/kg").map_err(|error| wrong(error.to_string()))?.dimension;
    let value = quantity::parse_as(value.trim(), moles).map_err(|error| wrong(format!("{name}: {error}")))?;
    Ok((name.trim().to_owned(), value))
}

fn summary(state: &State<'_>, liquor: &Liquor) -> String {
    let mut text = format!("pH               {:.4}\n", state.ph());
    if let (Some(eh), Some(pe)) = (state.eh(), state.pe()) {
        text += &format!("Eh               {eh:.4} V (pe {pe:.3})\n");
    }
    text += &format!("ionic strength   {:.5} mol/kg\n", state.ionic_strength());
    text += &format!("water activity   {:.5}\n", state.water_activity());
    text += &format!("charge           {:.3e} mol/kg\n", state.charge());
    let open = if liquor.open.is_empty() { "none".to_owned() } else { liquor.open.join(", ") };
    text += &format!("open couples     {open}\n");
    for (k, (name, _)) in liquor.solids.iter().enumerate() {
        text += &format!("solid            {name} {:.6} mol\n", state.amount(k));
    }
    if let Some(warning) = state.warning() {
        text += &format!("warning: {warning}\n");
    }
    text
}

fn species_table(state: &State<'_>) -> Table {
    let columns = [
        Column::text("species"),
        Column::number("molality").unit("mol/kg").significant(6),
        Column::number("log10 activity").significant(5),
        Column::number("log10 gamma").significant(4),
    ];
    let mut table = Table::new("Species", columns);
    let mut order: Vec<usize> =
        (0..state.system().species().len()).filter(|at| state.molality(*at) > 1e-15).collect();
    order.sort_by(|a, b| state.molality(*b).total_cmp(&state.molality(*a)));
    for at in order {
        let name = state.system().species()[at].name.to_string();
        table.row([
            name.as_str().into(),
            state.molality(at).into(),
            state.log_activity(at).into(),
            state.log_gamma(at).into(),
        ]);
    }
    table
}

fn phase_table(state: &State<'_>) -> Table {
    let columns =
        [Column::text("phase"), Column::text("formula"), Column::number("saturation index").significant(4)];
    let mut table = Table::new("Saturation", columns);
    let phases = state.system().phases();
    let index = |at: &usize| state.saturation_index(*at).unwrap_or(f64::NEG_INFINITY);
    let mut order: Vec<usize> = (0..phases.len()).filter(|at| index(at).is_finite()).collect();
    order.sort_by(|a, b| index(b).total_cmp(&index(a)));
    for at in order {
        table.row([phases[at].name.as_str().into(), phases[at].formula.as_str().into(), index(&at).into()]);
    }
    table
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
