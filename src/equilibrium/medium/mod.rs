//! A database compiled for the species of streams: which species of a stream is which of the database, and back.
//!
//! Streams carry totals (sulfuric acid is 2 H+ and SO4-2); what is free follows here. A [`Survey`] says which species a
//! plant needs beside its own, a [`Medium`] is the database compiled for all of them, a [`Cell`] solves one stream after
//! the other. Amounts change only by reactions written in the formulas of the species table, so that every element and
//! the charge balance whatever the solver's residual.

mod answer;
mod cell;
mod closing;
mod inert;
mod pairs;
mod stoichiometry;
mod survey;

pub use answer::Chemistry;
pub use cell::{Cell, Headspace};
pub use survey::{Survey, SurveyError};

use super::database::Database;
use super::system::{Model, Options, System, SystemError};
use crate::chemistry::{Formula, SpeciesId, SpeciesTable};
use inert::{Unabsorbed, Unnamed};
use std::collections::BTreeSet;
use std::sync::Arc;
use stoichiometry::{Made, Names};
use thiserror::Error;

/// Choices of a plant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Activity model.
    pub model: Model,
    /// Elements whose redox couples are open; all others are closed.
    pub open: Vec<String>,
    /// Solids that may form or dissolve: phases of the database or species of streams; `all` for every phase.
    pub solids: Vec<String>,
    /// Solids that may not, among those of `all`.
    pub exclude: Vec<String>,
    /// Species of streams that the database calls otherwise: stream, database.
    pub names: Vec<(String, String)>,
    /// Pascal in the unit of pressure in which the database counts gases: 1e5 (bar) or 101 325 (atm).
    pub pressure_unit: f64,
}

/// Why a stream has no equilibrium.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum MediumError {
    /// No liquor.
    #[error("there is no liquid water in the stream")]
    NoWater,
    /// The solver has no answer.
    #[error(transparent)]
    Solve(#[from] super::SolveError),
}

/// What a species of the table is to the equilibrium.
#[derive(Clone, Debug, PartialEq)]
enum Role {
    Water,
    Dissolved(Made),
    Solid(usize), // index of the candidate
    Gas(usize),   // index of the gas
    Other,
}

/// A master species: one valence state of an element or a ligand, and the species of the table that carries it.
#[derive(Clone, Debug, PartialEq)]
struct State {
    carrier: SpeciesId,
    /// Components of the system in one mole, and water.
    terms: Vec<(usize, f64)>,
    water: f64,
    /// For a state that another of its element turns into: that reaction, written in the table's formulas.
    half: Option<Half>,
    /// Count in each species of the system.
    counts: Vec<(usize, f64)>,
}

/// `state = ratio · primary + protons H+ + water H2O + electrons e-`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Half {
    primary: Option<usize>, // index of the state; none where the primary master is water or the proton
    ratio: f64,
    protons: f64,
    water: f64,
    electrons: f64,
}

/// A solid or gas that takes part.
#[derive(Clone, Debug, PartialEq)]
pub struct Reacting {
    /// Index of the phase in the system.
    pub phase: usize,
    /// Name in the database.
    pub name: String,
    /// Species of the table.
    pub species: SpeciesId,
    made: Made,
}

/// A database compiled for a species table. Shared between threads.
#[derive(Clone, Debug)]
pub struct Medium {
    table: Arc<SpeciesTable>,
    system: System,
    settings: Settings,
    title: String,
    roles: Vec<Role>,
    states: Vec<State>,
    solids: Vec<Reacting>,
    gases: Vec<Reacting>,
    inert: Vec<Unnamed>,
    unabsorbed: Vec<Unabsorbed>,
    idle: Vec<(String, String)>,
    opened_in_vain: Vec<String>,
    sources: Vec<String>,
}

impl Medium {
    /// Compiles what a survey has found. `title` says which database it is.
    ///
    /// # Errors
    /// [`SystemError`] where the database has no such model, or a component without its species.
    pub fn new(
        db: &Database,
        title: &str,
        settings: &Settings,
        survey: &Survey,
        table: &Arc<SpeciesTable>,
    ) -> Result<Medium, SystemError> {
        let mut names = Names::new(db, &settings.names);
        let components = survey.components(db, &settings.open);
        let list: Vec<&str> = components.iter().map(String::as_str).collect();
        let options = Options { model: settings.model, open: settings.open.clone(), ..Options::default() };
        let system = System::new(db, &list, &options)?;
        let mut medium = Medium {
            states: stoichiometry::states(&mut names, &system, survey, &settings.open, table),
            table: table.clone(),
            system,
            settings: settings.clone(),
            title: title.to_owned(),
            roles: vec![Role::Other; table.len()],
            solids: Vec::new(),
            gases: Vec::new(),
            inert: Vec::new(),
            unabsorbed: Vec::new(),
            idle: survey.idle.clone(),
            opened_in_vain: survey.opened_in_vain.clone(),
            sources: Vec::new(),
        };
        medium.assign(&mut names, survey);
        medium.inert = inert::solids(&medium, &mut names);
        medium.unabsorbed = inert::gases(&medium, db);
        medium.sources = medium.find_sources(db);
        Ok(medium)
    }

    fn assign(&mut self, names: &mut Names<'_>, survey: &Survey) {
        let table = self.table.clone();
        for (id, species) in table.iter().filter(|(_, s)| s.phase == crate::chemistry::Phase::Aqueous) {
            self.roles[id.0] = match (species.name.as_str(), names.made(species, survey, &table)) {
                ("H2O", _) => Role::Water,
                (_, Some(made)) if made.electrons == 0.0 || self.system.electron.is_some() => {
                    Role::Dissolved(made)
                }
                _ => Role::Other,
            };
        }
        for (list, gas) in [(&survey.solids, false), (&survey.gases, true)] {
            for (record, own) in list {
                let Some(species) = table.index(own) else { continue };
                let made = names.made_phase(record, species, survey, &table);
                let (Some(phase), Some(made)) = (self.system.find_phase(record), made) else { continue };
                let into = if gas { &mut self.gases } else { &mut self.solids };
                self.roles[species.0] = if gas { Role::Gas(into.len()) } else { Role::Solid(into.len()) };
                into.push(Reacting { phase, name: record.clone(), species, made });
            }
        }
    }

    fn find_sources(&self, db: &Database) -> Vec<String> {
        let species =
            self.system.species.iter().filter_map(|s| Some(db.find_species(&s.name)?.source.clone()));
        let reacting = self.solids.iter().chain(&self.gases);
        let phases = reacting.filter_map(|r| Some(db.find_phase(&r.name)?.source.clone()));
        let all: BTreeSet<String> = species.chain(phases).filter(|key| !key.is_empty()).collect();
        all.into_iter().collect()
    }

    /// The species that amounts are counted in.
    pub fn table(&self) -> &Arc<SpeciesTable> {
        &self.table
    }

    /// The compiled system.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// Solids that may form or dissolve, in the order of the settings.
    pub fn solids(&self) -> &[Reacting] {
        &self.solids
    }

    /// Solids named in the settings that cannot form in this plant, and why.
    pub fn idle(&self) -> &[(String, String)] {
        &self.idle
    }

    /// What of the settings has no effect in this plant.
    pub fn cautions(&self) -> Vec<String> {
        let idle = self.idle.iter().map(|(name, why)| format!("`{name}` cannot form: {why}"));
        let opened = self.opened_in_vain.iter();
        let opened = opened
            .map(|element| format!("`open` names `{element}`, of which no liquor of the plant has any"));
        idle.chain(opened).collect()
    }

    /// Gases that dissolve.
    pub fn gases(&self) -> &[Reacting] {
        &self.gases
    }

    /// Elements whose redox couples are open.
    pub fn open(&self) -> &[String] {
        &self.settings.open
    }

    /// Pascal in the unit in which the database counts gas pressures.
    pub fn pressure_unit(&self) -> f64 {
        self.settings.pressure_unit
    }

    /// What one mole of a species of the table, by its index, adds to a liquor: totals of the system's components, and last water;
    /// mol. None where it takes no part in the liquor.
    pub fn contribution(&self, species: usize) -> Option<Vec<f64>> {
        let mut totals = vec![0.0; self.system.components().len()];
        let water = match self.roles.get(species)? {
            Role::Water => 1.0,
            Role::Dissolved(made) => self.count(made, 1.0, &mut totals),
            _ => return None,
        };
        totals.push(water);
        Some(totals)
    }

    /// Index in the system of a dissolved species: as `names` of the settings has it, else by its name in the database, else by
    /// formula and charge.
    pub fn find_dissolved(&self, name: &str) -> Option<usize> {
        let given = self.settings.names.iter().find(|(own, _)| own == name);
        let dissolved = |at: &usize| self.system.species()[*at].aqueous;
        if let Some(found) = self.system.find_species(given.map_or(name, |(_, own)| own)).filter(dissolved) {
            return Some(found);
        }
        let wanted = stoichiometry::key(&Formula::parse(name).ok()?);
        let fits = |s: &super::Species| {
            s.aqueous && Formula::parse(&s.name).is_ok_and(|own| stoichiometry::key(&own) == wanted)
        };
        self.system.species().iter().position(fits)
    }

    /// Keys of the works that its constants come from; empty for databases that do not tell.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Index of a solid by its name in the database or in streams.
    pub fn find_solid(&self, name: &str) -> Option<usize> {
        let own = |solid: &Reacting| self.table.get(solid.species).name == name;
        self.solids
            .iter()
            .position(|s| s.name == name || own(s))
            .or_else(|| self.solids.iter().position(|s| s.name.eq_ignore_ascii_case(name)))
    }

    /// Dissolved species of the table that the database does not know: they are carried along and do not react.
    pub fn unknown(&self) -> impl Iterator<Item = SpeciesId> + '_ {
        let aqueous = |id: &SpeciesId| self.table.get(*id).phase == crate::chemistry::Phase::Aqueous;
        self.table.ids().filter(move |id| aqueous(id) && self.roles[id.0] == Role::Other)
    }

    /// What a run tells of it, in one line.
    pub fn summary(&self) -> String {
        let couples = match self.settings.open.as_slice() {
            [] => "every redox couple closed".to_owned(),
            open => format!("redox couples open: {}, all others closed", open.join(", ")),
        };
        let solids: Vec<&str> = self.solids.iter().map(|s| s.name.as_str()).collect();
        let solids = if solids.is_empty() { "none".to_owned() } else { solids.join(", ") };
        format!(
            "{}, {} species, {} activities; {couples}; solids that may form: {solids}",
            self.title,
            self.system.species.len(),
            model_name(self.system.model()),
        )
    }
}

/// A model as scenario files write it.
pub fn model_name(model: Model) -> &'static str {
    match model {
        Model::FromDatabase => "database",
        Model::Ideal => "ideal",
        Model::Davies => "davies",
        Model::ExtendedDebyeHueckel => "extended-debye-hueckel",
        Model::BDot => "b-dot",
        Model::Sit => "sit",
        Model::Pitzer => "pitzer",
    }
}

/// The model of a name that scenario files write.
pub fn model_of(name: &str) -> Option<Model> {
    let all = [
        Model::FromDatabase,
        Model::Ideal,
        Model::Davies,
        Model::ExtendedDebyeHueckel,
        Model::BDot,
        Model::Sit,
        Model::Pitzer,
    ];
    all.into_iter().find(|model| model_name(*model) == name)
}
