//! `lixivia speciate`: what is dissolved in a liquor, its pH, Eh, ionic strength and saturation indices; titrations.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::PathBuf;

use clap::Args;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use super::liquor::{
    Form, LiquorArgs, Solids, amount, check_outputs, checked_pe, checked_ph, per_pe, remarks, told, unsolved,
    unsolved_curve, write, wrong,
};
use super::{Exit, Failure, Terminal};
use crate::equilibrium::curve::{Curve, End};
use crate::equilibrium::liquor::Liquor;
use crate::equilibrium::{Database, Problem, State, System, Workspace};
use crate::quantity::number;
use crate::report::aqueous::Provenance;
use crate::report::aqueous::curve::Course;
use crate::report::table::{Column, Table};

/// Speciate a liquor: species, pH, Eh, ionic strength, saturation indices; or titrate it.
///
/// Totals are per kilogram of water, as `"Cu=0.05 mol/kg"` or `"Fe(3)=20 mmol/kg"`. Redox couples are closed (each valence
/// state keeps its total) unless opened with `--open Fe`. With `--titrate` a reagent is added in equal steps to a dose or a pH.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia speciate --total \"Cu=0.05 mol/kg\" --total \"S(6)=0.05 mol/kg\"
  lixivia speciate --open Fe --total \"Fe(2)=0.01 mol/kg\" --total \"Fe(3)=0.02 mol/kg\" --total \"S(6)=0.1 mol/kg\"
  lixivia speciate --total \"Na=0.5 mol/kg\" --total \"Cl=0.5 mol/kg\" --ph 6 --balance Cl --format json
  lixivia speciate --total \"Fe(3)=0.02 mol/kg\" --total \"S(6)=0.1 mol/kg\" --titrate NaOH --to-ph 7 \\
      --solids fresh -o neutralisation.png -o neutralisation.h5
  lixivia speciate --total \"Citrate=0.1 mol/kg\" --titrate NaOH --to \"0.35 mol/kg\" --format csv
  lixivia speciate --database minteq.v4.dat --batch waters.jsonl")]
pub(super) struct Speciate {
    #[command(flatten)]
    liquor: LiquorArgs,
    /// pH; without it the pH follows from electroneutrality. Solids, gases and reagents move it afterwards, unless `--hold-ph`.
    #[arg(long, value_name = "PH", allow_negative_numbers = true)]
    ph: Option<f64>,
    /// Hold the pH while solids, gases and reagents act: acid or base is taken as needed.
    #[arg(long, requires = "ph", conflicts_with_all = ["titrate", "batch"])]
    hold_ph: bool,
    /// Change this total until the charges balance (with a given pH).
    #[arg(long, value_name = "NAME")]
    balance: Option<String>,
    /// Solids that may form besides those named with `--solid`.
    #[arg(long, value_enum, default_value_t = Solids::None)]
    solids: Solids,
    /// Titrate with this reagent, such as `NaOH`, `Ca(OH)2`, `H2SO4`, `NH3`, `Na2CO3`.
    #[arg(long, value_name = "FORMULA", conflicts_with = "batch")]
    titrate: Option<String>,
    /// Dose at which the titration ends, per kilogram of water.
    #[arg(
        long = "to",
        value_name = "AMOUNT",
        requires = "titrate",
        conflicts_with = "to_ph",
        allow_hyphen_values = true
    )]
    to: Option<String>,
    /// pH at which the titration ends.
    #[arg(long, value_name = "PH", requires = "titrate", allow_negative_numbers = true)]
    to_ph: Option<f64>,
    /// Equal steps of a titration.
    #[arg(long, default_value_t = 200, requires = "titrate", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    steps: u32,
    /// Files of a titration: .svg, .png, .csv or .h5; again for each.
    #[arg(short, long, value_name = "PATH", requires = "titrate")]
    output: Vec<PathBuf>,
    /// What to print.
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// One liquor a line (JSON with `temperature_c`, `totals` in mol/kg, `ph`, `hold_ph`, `pe`, `balance`, `open`, `solids`, `gases`,
    /// `reagents`); one JSON object a line comes out.
    #[arg(long, value_name = "FILE")]
    batch: Option<PathBuf>,
}

/// One line of a batch.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    temperature_c: Option<f64>,
    totals: Totals,
    ph: Option<f64>,
    pe: Option<f64>,
    balance: Option<String>,
    #[serde(default)]
    hold_ph: bool,
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

/// Totals of a line, each name once: of a name given twice JSON would keep the last and say nothing.
#[derive(Debug)]
struct Totals(Vec<(String, f64)>);

impl<'de> Deserialize<'de> for Totals {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Totals, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Totals;

            fn expecting(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                text.write_str("an object of totals in mol/kg")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Totals, M::Error> {
                let mut totals: Vec<(String, f64)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if totals.iter().any(|(own, _)| *own == name) {
                        return Err(M::Error::custom(format!("total `{name}` is given twice")));
                    }
                    totals.push((name, map.next_value()?));
                }
                Ok(Totals(totals))
            }
        }
        reader.deserialize_map(Pairs)
    }
}

impl Speciate {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        told(self.format == Some(Form::Json) && self.batch.is_none(), terminal, self.answer(terminal))
    }

    fn answer(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        check_outputs(&self.output)?;
        let db = self.liquor.database()?;
        if let Some(path) = &self.batch {
            return self.batch(&db, path, terminal);
        }
        let mut liquor = self.liquor.liquor(&db)?;
        liquor.ph = self.ph.map(checked_ph).transpose()?;
        liquor.balance = self.balance.clone();
        liquor.hold_ph = self.hold_ph;
        let reagents: Vec<&str> = self.titrate.as_deref().into_iter().collect();
        let system = liquor.system_for(&db, &self.liquor.options(), &reagents);
        let system = system.map_err(|error| wrong(error.to_string()))?;
        self.liquor.more_solids(self.solids, &system, &mut liquor)?;
        match &self.titrate {
            Some(reagent) => self.titration(
                (&liquor, &system, reagent),
                self.liquor.provenance(&db, &liquor, &system),
                terminal,
            ),
            None => {
                self.speciation((&liquor, &system), &self.liquor.provenance(&db, &liquor, &system), terminal)
            }
        }
    }

    fn speciation(
        &self,
        (liquor, system): (&Liquor, &System),
        provenance: &Provenance,
        terminal: &Terminal,
    ) -> Result<Exit, Failure> {
        let (mut ws, mut problem) = (Workspace::new(), Problem::new(system));
        let state = liquor.solve(system, &mut problem, &mut ws).map_err(|error| unsolved(&error))?;
        let text = match self.format {
            Some(Form::Json) => {
                let mut object = provenance.json();
                if let (Some(object), Value::Object(answer)) =
                    (object.as_object_mut(), as_json(&state, liquor))
                {
                    object.extend(answer);
                }
                format!("{object}\n")
            }
            Some(Form::Csv) => species_table(&state).csv(),
            Some(Form::Text) | None => {
                let style = terminal.style();
                format!(
                    "{}\n{}\n{}",
                    summary(&state, liquor, &provenance.states_told()),
                    species_table(&state).terminal(style),
                    phase_table(&state).terminal(style)
                )
            }
        };
        terminal.say(&text)?;
        Ok(Exit::Done)
    }

    fn titration(
        &self,
        (liquor, system, reagent): (&Liquor, &System, &str),
        provenance: Provenance,
        terminal: &Terminal,
    ) -> Result<Exit, Failure> {
        let end = match (&self.to, self.to_ph) {
            (Some(text), None) => End::Dose(amount(&format!("{reagent}={text}"))?.1),
            (None, Some(ph)) => End::Ph(checked_ph(ph)?),
            _ => return Err(wrong("say where the titration ends: `--to \"0.2 mol/kg\"` or `--to-ph 7`")),
        };
        let curve = Curve::titration(liquor, system, reagent, end, self.steps as usize);
        let curve = curve.map_err(|error| unsolved_curve(&error))?;
        let course = Course { curve: &curve, reagent: Some(reagent.to_owned()), provenance };
        for path in &self.output {
            write(path, &|| course.titration_charts(), &|| course.table(true), &|| course.hdf5())?;
        }
        let written: Vec<String> = self.output.iter().map(|path| path.display().to_string()).collect();
        let text = match self.format {
            Some(Form::Json) => {
                let mut object = course.json();
                object["output"] = json!(written);
                format!("{object}\n")
            }
            Some(Form::Csv) => course.table(true).csv(),
            None if !written.is_empty() => written.iter().map(|path| format!("Wrote {path}\n")).collect(),
            Some(Form::Text) | None => course.table(false).terminal(terminal.style()),
        };
        terminal.say(&text)?;
        if self.format != Some(Form::Json) {
            remarks(&course.provenance, curve.warning.as_deref(), terminal);
        }
        Ok(Exit::Done)
    }

    fn batch(&self, db: &Database, path: &PathBuf, terminal: &Terminal) -> Result<Exit, Failure> {
        let file = std::fs::File::open(path)
            .map_err(|error| wrong(format!("cannot read {}: {error}", path.display())))?;
        let mut systems: HashMap<String, System> = HashMap::new();
        let (mut worst, mut lines) = (Exit::Done, 0);
        for (at, line) in std::io::BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|error| wrong(format!("{}: {error}", path.display())))?;
            if line.trim().is_empty() {
                continue;
            }
            lines += 1;
            let answer = self.batch_line(db, &line, &mut systems);
            let value = answer.unwrap_or_else(|Unfit { failure, column }| {
                let calculation = failure.exit == Exit::Calculation && worst != Exit::Input;
                worst = if calculation { Exit::Calculation } else { Exit::Input };
                let mut told = json!({ "line": at + 1, "error": failure.message });
                if let Some(column) = column {
                    told["column"] = json!(column);
                }
                told
            });
            terminal.say(&format!("{value}\n"))?;
        }
        if lines == 0 {
            return Err(wrong(format!(
                "{}: no liquor in it: one JSON object a line is expected",
                path.display()
            )));
        }
        Ok(worst)
    }

    fn batch_line(
        &self,
        db: &Database,
        text: &str,
        systems: &mut HashMap<String, System>,
    ) -> Result<Value, Unfit> {
        let line: Line = serde_json::from_str(text).map_err(|error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            Unfit { failure: wrong(error.to_string().replace(&place, "")), column: Some(error.column()) }
        })?;
        line.check(text)?;
        let mut totals = line.totals.0;
        totals.sort_by(|a, b| a.0.cmp(&b.0));
        let temperature = line.temperature_c.unwrap_or(25.0) + 273.15;
        let checked = |pe: f64| checked_pe(pe * per_pe(temperature), temperature);
        let mut liquor = Liquor {
            temperature,
            totals,
            ph: line.ph.map(checked_ph).transpose()?,
            pe: line.pe.map(checked).transpose()?,
            balance: line.balance,
            open: line.open,
            held: line.held,
            solids: line.solids,
            gases: line.gases,
            reagents: line.reagents,
            hold_ph: line.hold_ph,
        };
        liquor.open_for_gases(db);
        let names: Vec<&str> = liquor.totals.iter().map(|(name, _)| name.as_str()).collect();
        let formulas: Vec<&str> = liquor.reagents.iter().map(|(formula, _)| formula.as_str()).collect();
        let phases = liquor.solids.iter().chain(&liquor.gases).map(|(name, _)| name.as_str());
        let phases: Vec<&str> = phases.collect();
        let key = format!("{names:?} {:?} {:?} {formulas:?} {phases:?}", liquor.open, liquor.held);
        if !systems.contains_key(&key) {
            let system = liquor.system(db, &self.liquor.options());
            let system = system.map_err(|error| wrong(error.to_string()))?;
            systems.insert(key.clone(), system);
        }
        let system = systems.get(&key).ok_or_else(|| wrong("no system"))?;
        let (mut ws, mut problem) = (Workspace::new(), Problem::new(system));
        let state = liquor.solve(system, &mut problem, &mut ws).map_err(|error| unsolved(&error))?;
        let taken_as = liquor.taken_as(db).into_iter().map(|(name, state)| (name, json!(state)));
        let mut object = as_json(&state, &liquor);
        object["taken_as"] = Value::Object(taken_as.collect());
        Ok(object)
    }
}

/// A line of a batch that has no answer, and the column at fault where one is.
struct Unfit {
    failure: Failure,
    column: Option<usize>,
}

impl From<Failure> for Unfit {
    fn from(failure: Failure) -> Unfit {
        Unfit { failure, column: None }
    }
}

impl Line {
    /// Refuses what would have no effect.
    fn check(&self, text: &str) -> Result<(), Unfit> {
        let idle = [
            (self.hold_ph && self.ph.is_none(), "hold_ph", "without a `ph` there is none to hold"),
            (
                self.pe.is_some() && self.open.is_empty(),
                "pe",
                "it acts on open couples: name their elements in `open`, such as `[\"Fe\"]`",
            ),
        ];
        match idle.into_iter().find(|(idle, ..)| *idle) {
            Some((_, key, why)) => {
                let column = text.find(&format!("\"{key}\"")).map(|at| text[..at].chars().count() + 1);
                Err(Unfit { failure: wrong(format!("`{key}`: {why}")), column })
            }
            None => Ok(()),
        }
    }
}

fn summary(state: &State<'_>, liquor: &Liquor, states: &str) -> String {
    let mut text = format!("pH               {:.4}\n", state.ph());
    if let (Some(eh), Some(pe)) = (state.eh(), state.pe()) {
        text += &format!("Eh               {eh:.4} V (pe {pe:.3})\n");
    }
    text += &format!("ionic strength   {:.5} mol/kg\n", state.ionic_strength());
    text += &format!("water activity   {:.5}\n", state.water_activity());
    text += &format!("charge           {:.3e} mol/kg\n", state.charge());
    let open = if liquor.open.is_empty() { "none".to_owned() } else { liquor.open.join(", ") };
    text += &format!("open couples     {open}\n");
    if !states.is_empty() {
        text += &format!("taken as         {states}\n");
    }
    let present: Vec<usize> = (0..liquor.solids.len()).filter(|k| state.amount(*k) > 0.0).collect();
    for k in &present {
        text += &format!("solid            {} {} mol\n", liquor.solids[*k].0, number(state.amount(*k), 6));
    }
    match (liquor.solids.as_slice(), present.is_empty()) {
        ([(name, _)], true) => text += &format!("solid            {name} does not form\n"),
        ([_, ..], true) => text += &format!("solid            none of {} forms\n", liquor.solids.len()),
        _ => {}
    }
    if let Some(warning) = warning(state, liquor) {
        text += &format!("warning: {warning}\n");
    }
    text
}

/// Per cent of charge left over above which an analysis of a water is taken to be at fault.
const CHARGE_ERROR: f64 = 5.0;

/// What to mind: ranges of the models, and charges that do not balance where the pH was given.
fn warning(state: &State<'_>, liquor: &Liquor) -> Option<String> {
    let error = state.charge_error();
    let unbalanced = (liquor.ph.is_some() && error.abs() > CHARGE_ERROR).then(|| {
        format!(
            "at the pH given the charges do not balance: {error:+.1} % are left over, an ion is missing; `--balance NAME` lets a \
             total make up for it"
        )
    });
    let moved = liquor.ph.filter(|ph| liquor.reacts() && !liquor.hold_ph && (ph - state.ph()).abs() > 0.005);
    let moved = moved.map(|ph| {
        format!(
            "pH {ph} is that of the liquor before solids, gases and reagents moved it; `--hold-ph` keeps it"
        )
    });
    let shifted =
        liquor.pe.zip(state.pe()).filter(|(given, pe)| liquor.reacts() && (given - pe).abs() > 0.05);
    let shifted = shifted
        .map(|_| "the Eh given is that of the liquor before solids, gases and reagents moved it".to_owned());
    let all: Vec<String> =
        state.warning().into_iter().chain(unbalanced).chain(moved).chain(shifted).collect();
    (!all.is_empty()).then(|| all.join("; "))
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
        "charge_error_percent": state.charge_error(),
        "molality_mol_per_kg": molalities, "saturation_index": indices, "solids_mol": solids,
        "open_couples": liquor.open, "residual": state.statistics().residual, "warning": warning(state, liquor),
    })
}
