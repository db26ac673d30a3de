//! Thermodynamic databases: elements and their master species, aqueous species, phases, gases, exchangers.

pub mod log_k;
mod check;
mod lines;
pub mod equation;
pub mod phreeqc;
pub mod expand;
mod models;
mod options;

pub(super) use check::bare;
pub use log_k::{Form, LogK};

use super::fugacity::CriticalPoint;
use std::collections::{BTreeMap, HashMap};

/// A total that can be given: an element, or one valence state of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Master {
    /// `Fe`, `Fe(3)`, `Cyanide`.
    pub name: String,
    /// The element without the valence.
    pub element: String,
    /// Its master species.
    pub species: String,
    /// Contribution of the master species to the alkalinity, equivalents per mole.
    pub alkalinity: f64,
    /// Formula of which a mass concentration is told; empty if none.
    pub gram_formula: String,
    /// Molar mass of the element, kg/mol; zero if not given.
    pub molar_mass: f64,
    /// The row that stands for the element as a whole.
    pub primary: bool,
}

/// How the activity coefficient of a species follows ionic strength.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gamma {
    /// Davies if charged, `10^(0.1 I)` if neutral.
    Default,
    /// `-A z² √I/(1 + B å √I) + b I`: extended Debye–Hückel and WATEQ; å in ångström, b in kg/mol.
    Extended {
        /// Ion size å, Å.
        size: f64,
        /// Slope b, kg/mol.
        slope: f64,
    },
    /// B-dot with the ion size in Å; constants from the database's table, neutral species ideal.
    BDot(f64),
    /// The B-dot model's polynomial for CO2 and other non-polar solutes.
    BDotGas,
    /// Always one.
    One,
}

/// One aqueous or exchange species and the reaction that forms it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeciesRecord {
    /// Name as written.
    pub name: String,
    /// Charge number.
    pub charge: f64,
    /// Elements of the database in it.
    pub elements: BTreeMap<String, f64>,
    /// The species is formed from these (negative: they are formed too).
    pub reaction: Vec<(String, f64)>,
    /// Constant of that formation.
    pub log_k: LogK,
    /// Activity coefficient.
    pub gamma: Gamma,
    /// Equivalents of exchanger in it; zero for an aqueous species.
    pub equivalents: f64,
    /// What it counts to balances where that is not its reaction: masters and counts.
    pub balance: Vec<(String, f64)>,
    /// Where the constant comes from; empty if the file does not tell.
    pub source: String,
}

/// A solid or a gas and the reaction of its dissolution.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseRecord {
    /// Name as written.
    pub name: String,
    /// Formula as written.
    pub formula: String,
    /// Elements of the database in it.
    pub elements: BTreeMap<String, f64>,
    /// What one formula unit gives on dissolving (negative: what it takes).
    pub reaction: Vec<(String, f64)>,
    /// Constant of the dissolution.
    pub log_k: LogK,
    /// A gas: its fugacity (bar or atm as the file holds it) takes the place of unit activity.
    pub gas: bool,
    /// Of a gas that the database does not take for ideal.
    pub critical: Option<CriticalPoint>,
    /// Where the constant comes from; empty if the file does not tell.
    pub source: String,
}

/// One row of a table of interaction parameters (Pitzer or SIT), in the order of the temperature function
/// `a0 + a1 (1/T - 1/Tr) + a2 ln(T/Tr) + a3 (T - Tr) + a4 (T² - Tr²) + a5 (1/T² - 1/Tr²)`, Tr = 298.15 K.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// Which parameter.
    pub kind: InteractionKind,
    /// The two or three species.
    pub species: Vec<String>,
    /// a0..a5.
    pub coefficients: [f64; 6],
}

/// The parameters of the Pitzer and SIT models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum InteractionKind {
    B0,
    B1,
    B2,
    C0,
    Theta,
    Lambda,
    Zeta,
    Psi,
    Alphas,
    Mu,
    Eta,
    Epsilon,
}

/// Debye–Hückel constants over temperature for the B-dot model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BDotTable {
    /// Temperatures, °C.
    pub temperatures: Vec<f64>,
    /// A.
    pub a: Vec<f64>,
    /// B, 1/Å.
    pub b: Vec<f64>,
    /// The slope, kg/mol.
    pub slope: Vec<f64>,
    /// Coefficients of the CO2 polynomial.
    pub co2: [f64; 5],
}

/// Which activity model a database asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DatabaseModel {
    /// Each species by its own [`Gamma`].
    #[default]
    PerSpecies,
    /// Pitzer's equations.
    Pitzer {
        /// Single-ion coefficients scaled after MacInnes.
        macinnes: bool,
        /// Unsymmetrical mixing terms.
        etheta: bool,
    },
    /// Specific ion interaction theory.
    Sit,
}

/// A thermodynamic database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Database {
    /// Elements and valence states.
    pub masters: Vec<Master>,
    /// Aqueous and exchange species.
    pub species: Vec<SpeciesRecord>,
    /// Solids and gases.
    pub phases: Vec<PhaseRecord>,
    /// Exchangers: element name and master species.
    pub exchangers: Vec<(String, String)>,
    /// Interaction parameters.
    pub interactions: Vec<Interaction>,
    /// B-dot constants.
    pub b_dot: Option<BDotTable>,
    /// Debye–Hückel's constant A_φ of Pitzer's equations over temperature, in the form of [`Interaction`]; none: that of water's
    /// density and permittivity.
    pub a_phi: Option<[f64; 6]>,
    /// Species and phases of which the file gives no constant: it counts as 0.
    pub without_constant: Vec<String>,
    /// The model the file asks for.
    pub model: DatabaseModel,
    pub(crate) species_index: HashMap<String, usize>,
    pub(crate) phase_index: HashMap<String, usize>,
}

impl Database {
    /// Adds a species, or replaces the one of that name.
    pub fn put_species(&mut self, record: SpeciesRecord) {
        if let Some(&at) = self.species_index.get(&record.name) {
            self.species[at] = record;
        } else {
            self.species_index.insert(record.name.clone(), self.species.len());
            self.species.push(record);
        }
    }

    /// Adds a phase, or replaces the one of that name.
    pub fn put_phase(&mut self, record: PhaseRecord) {
        if let Some(&at) = self.phase_index.get(&record.name) {
            self.phases[at] = record;
        } else {
            self.phase_index.insert(record.name.clone(), self.phases.len());
            self.phases.push(record);
        }
    }

    /// The species of that name.
    pub fn find_species(&self, name: &str) -> Option<&SpeciesRecord> {
        self.species_index.get(name).map(|&at| &self.species[at])
    }

    /// The phase of that name; the case of letters is passed over if nothing matches exactly.
    pub fn find_phase(&self, name: &str) -> Option<&PhaseRecord> {
        match self.phase_index.get(name) {
            Some(&at) => Some(&self.phases[at]),
            None => self.phases.iter().find(|phase| phase.name.eq_ignore_ascii_case(name)),
        }
    }

    /// The master of that name: `Fe`, `Fe(3)`; also by its species, `Fe+3`, and by the state of an element that has one only, `Zn(2)`.
    pub fn find_master(&self, name: &str) -> Option<&Master> {
        let wanted = equation::plain_valence(name);
        let by_name = self.masters.iter().find(|m| m.name == wanted);
        by_name
            .or_else(|| self.masters.iter().filter(|m| m.species == name).max_by_key(|m| !m.primary))
            .or_else(|| self.only_state(name))
    }

    /// The master that `Zn(2)` stands for where the database has that one state of the element and calls it `Zn`.
    pub(super) fn only_state(&self, name: &str) -> Option<&Master> {
        let wanted = equation::plain_valence(name);
        let element = wanted.split_once('(')?.0;
        let master = self.masters.iter().find(|m| m.primary && m.name == element)?;
        (self.valences(element).is_empty() && self.states(element) == [wanted]).then_some(master)
    }

    /// Names of the valence states that the database has of an element, `Fe(2)` and `Fe(3)`; of one with a single state that of its
    /// master species. None for what is no element, and where the species does not tell its valence.
    pub(super) fn states(&self, element: &str) -> Vec<String> {
        let own = self.valences(element);
        if !own.is_empty() {
            return own.into_iter().map(|m| m.name.clone()).collect();
        }
        let valence = || {
            crate::chemistry::Element::from_symbol(element)?;
            let master = self.masters.iter().find(|m| m.primary && m.name == element)?;
            let species = self.find_species(&master.species)?;
            let count = |own: &str| species.elements.get(own).copied().unwrap_or(0.0);
            let alone = species.elements.keys().all(|own| own == element || own == "H" || own == "O");
            // hydrogen is H(1) and oxygen O(-2) in a species of the element with these
            let valence = (species.charge - count("H") + 2.0 * count("O")) / count(element);
            (alone && valence.fract() == 0.0).then_some(valence)
        };
        valence().map(|valence| format!("{element}({valence})")).into_iter().collect()
    }

    /// The valence states of an element that the database tells apart; empty if it has one only.
    pub fn valences(&self, element: &str) -> Vec<&Master> {
        self.masters.iter().filter(|m| m.element == element && !m.primary).collect()
    }
}
