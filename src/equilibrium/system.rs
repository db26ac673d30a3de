//! A database compiled for a set of components: what the solver works on.

use super::activity::classes::{self, Class};
use super::activity::pitzer::Interactions;
use super::activity::water::{DebyeHueckel, debye_hueckel};
use super::compile::Compiler;
use super::database::{BDotTable, Database, Gamma, LogK};
use super::fugacity::CriticalPoint;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::f64::consts::LN_10;
use std::sync::Arc;
use thiserror::Error;

/// Molar mass of water as the reference program of the databases rounds it, kg/mol.
pub const WATER_MOLAR_MASS: f64 = 0.018016;

/// Relative rounding of an ionic strength that is meant to stand at the limit of its model.
const ROUNDING: f64 = 1e-6;

/// Times the range of a model from which on its activities mean nothing.
const FAR: f64 = 10.0;

/// A value with as many digits as tell it from the limit that it is past, two at least.
fn telling(value: f64, limit: f64) -> String {
    let written = |digits: usize| format!("{value:.digits$}");
    let tells = |text: &String| text.parse().is_ok_and(|read: f64| read > limit);
    (2..12).map(written).find(tells).unwrap_or_else(|| value.to_string())
}

/// Why a system cannot be made.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SystemError {
    /// A component that the database does not have.
    #[error("the database has no component `{name}`{}", instead(.name, .parts, .nearest))]
    UnknownComponent {
        /// As given.
        name: String,
        /// Components that a formula is made of.
        parts: Vec<String>,
        /// Names close to it.
        nearest: Vec<String>,
    },
    /// A valence state that the database does not have of its element.
    #[error("the database has no state `{name}`: of `{element}` it has `{}`", .states.join("` and `"))]
    UnknownState {
        /// As given.
        name: String,
        /// Its element.
        element: String,
        /// The states that there are.
        states: Vec<String>,
    },
    /// Hydrogen, oxygen or electrons given as a total.
    #[error(
        "`{0}` is no total: hydrogen and oxygen are mostly water, and the rest follows from the pH (or the electroneutrality) and \
             from the Eh"
    )]
    NoTotal(String),
    /// One total under two names.
    #[error("`{one}` and `{other}` are given, which are one total (or part of one): it is given twice")]
    SameTotal {
        /// As given.
        one: String,
        /// As given.
        other: String,
    },
    /// A valence state to be opened.
    #[error(
        "couples are opened by their element, whose valence states then share one Eh: open `{element}`, not `{name}`"
    )]
    OpenState {
        /// As given.
        name: String,
        /// Its element.
        element: String,
    },
    /// An element to be opened that has no couple.
    #[error("couples of `{0}` cannot be opened: the database has one valence state of it and no metal")]
    NoCouple(String),
    /// An element to be opened of which there is nothing.
    #[error(
        "couples of `{0}` are opened, but the liquor has none of it: give its total, or a reagent with it"
    )]
    OpenAbsent(String),
    /// An element to be opened that the database does not have.
    #[error("couples of `{name}` cannot be opened: the database has no such element{}", did_you_mean(.nearest))]
    UnknownElement {
        /// As given.
        name: String,
        /// Names close to it.
        nearest: Vec<String>,
    },
    /// A solid or gas that the database does not have.
    #[error("the database has no {kind} `{name}`{}", did_you_mean(.nearest))]
    UnknownPhase {
        /// Solid or gas.
        kind: &'static str,
        /// As given.
        name: String,
        /// Names close to it.
        nearest: Vec<String>,
    },
    /// A solid or gas of something that the liquor does not hold.
    #[error("the {kind} `{name}` needs {}, which the liquor does not have{}", .needs.join(", "), bring(.needs))]
    PhaseWithout {
        /// Solid or gas.
        kind: &'static str,
        /// As given.
        name: String,
        /// Components that are missing.
        needs: Vec<String>,
    },
    /// A component without the record of its master species.
    #[error("component `{component}`: its master species `{species}` is not defined")]
    MissingSpecies {
        /// The component.
        component: String,
        /// Its master species.
        species: String,
    },
    /// Two components, solids or gases that are the same.
    #[error("`{0}` is given twice")]
    Twice(String),
    /// A model for which the database has no parameters.
    #[error("the database has no parameters of the {0} model")]
    NoParameters(&'static str),
}

/// What a name is made of, or names like it.
fn instead(name: &str, parts: &[String], nearest: &[String]) -> String {
    match parts {
        [] if crate::chemistry::Element::from_symbol(name).is_some() => {
            ": it holds nothing of this element, another database may".to_owned()
        }
        [] => did_you_mean(nearest),
        parts => format!("; give what it is made of: `{}`", parts.join("` and `")),
    }
}

/// How a liquor comes to hold what a phase needs.
fn bring(needs: &[String]) -> String {
    match needs {
        [name] if !name.contains(' ') => format!(": give a total of it, if only of 0 (`{name}=0 mol/kg`)"),
        _ => String::new(),
    }
}

pub(super) fn did_you_mean(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("; did you mean `{}`?", names.join("` or `")) }
}

/// Which activity model a system uses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Model {
    /// What the database asks for.
    #[default]
    FromDatabase,
    /// Every coefficient one.
    Ideal,
    /// Davies for every ion, `10^(0.1 I)` for neutral species.
    Davies,
    /// Extended Debye–Hückel with the ion sizes of the database (4 Å where it has none), no linear term.
    ExtendedDebyeHueckel,
    /// B-dot with the ion sizes of the database.
    BDot,
    /// Specific ion interaction theory.
    Sit,
    /// Pitzer's equations.
    Pitzer,
}

/// Choices on compiling a system.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The activity model.
    pub model: Model,
    /// Elements whose redox couples are open; all others are closed: each valence state its own component.
    pub open: Vec<String>,
    /// Solids and gases to carry; `None` for all that the components can form.
    pub phases: Option<Vec<String>>,
    /// `a_w = 1 - slope Σm` with this slope, kg/mol; `None` for 0.017. Not used by Pitzer and SIT.
    pub water_slope: Option<f64>,
}

/// A total that balances.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// As given: `Fe(3)`, `Na`, `H+`.
    pub name: String,
    /// Its master species.
    pub species: String,
    /// Element without the valence.
    pub element: String,
    /// Charge of the master species.
    pub charge: f64,
    /// Atoms of the element in the master species.
    pub atoms: f64,
    /// Index of the master species; none for the electron and for exchangers.
    pub own: Option<usize>,
    /// An exchanger, not a dissolved species.
    pub exchanger: bool,
    /// Elements in the master species.
    pub elements: BTreeMap<String, f64>,
    /// Molar mass of the element as the database gives it, kg/mol; zero if it does not.
    pub molar_mass: f64,
}

/// One species of the system.
#[derive(Clone, Debug, PartialEq)]
pub struct Species {
    /// Name.
    pub name: Arc<str>,
    /// Charge number.
    pub charge: f64,
    /// In the solution; an exchange species is not.
    pub aqueous: bool,
    /// Its class of activity coefficient.
    pub(super) class: usize,
    /// Equivalents of exchanger.
    pub(super) equivalents: f64,
    /// The exchanger it sits on.
    pub(super) exchanger: Option<usize>,
    /// Contribution to the alkalinity, eq/mol.
    pub(super) alkalinity: f64,
    pub(super) reaction: Stoichiometry,
    /// What it counts to the balances; mostly its reaction.
    pub(super) balance: Vec<(usize, f64)>,
}

/// A valence state of an element whose couples are open: a name for a total, and what it adds to the components.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OpenState {
    pub(super) name: String,
    pub(super) element: String,
    /// Its master species, in components.
    pub(super) terms: Vec<(usize, f64)>,
    /// Atoms of the element in the master species.
    pub(super) atoms: f64,
}

/// A reaction in components: coefficients, that of water, and the constants it adds up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stoichiometry {
    /// Component and coefficient.
    pub terms: Vec<(usize, f64)>,
    /// Coefficient of water.
    pub water: f64,
    pub(super) constants: Vec<(usize, f64)>,
}

/// A solid or gas of the system.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Name.
    pub name: String,
    /// Formula.
    pub formula: String,
    /// A gas.
    pub gas: bool,
    /// Of a gas that the database does not take for ideal.
    pub critical: Option<CriticalPoint>,
    /// Its dissolution.
    pub reaction: Stoichiometry,
}

impl Phase {
    /// The saturation index, log10 (IAP/K), at which the phase is held: a solid's is what is asked for, a gas's the logarithm of
    /// the fugacity that it has at a log10 pressure (atm), at a temperature (K).
    pub fn held_index(&self, asked: f64, temperature: f64) -> f64 {
        let real = self.critical.map(|point| point.ln_coefficient(temperature, 10.0_f64.powf(asked)));
        asked + real.unwrap_or(0.0) / std::f64::consts::LN_10
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ClassRule {
    pub(super) gamma: Gamma,
    pub(super) charge: f64,
    pub(super) factor: f64, // a cation on an exchanger counts its coefficient
}

/// A set of components with all species and phases they form. Shared between threads; a [`super::Workspace`] solves it.
#[derive(Clone, Debug)]
pub struct System {
    pub(super) id: u64, // of its own, shared by its clones: a workspace knows by it what it has laid out
    pub(super) components: Vec<Component>,
    pub(super) species: Vec<Species>,
    pub(super) phases: Vec<Phase>,
    pub(super) aqueous: usize, // these come first
    pub(super) interactions: Option<Interactions>,
    pub(super) water_slope: f64,
    pub(super) electron: Option<usize>,
    pub(super) states: Vec<OpenState>,
    pub(super) order: Vec<usize>, // of components in the matrix: few partners first, so that elimination fills little in
    pub(super) model: Model,
    pub(super) rules: Vec<ClassRule>,
    pub(super) constants: Vec<LogK>,
    pub(super) b_dot: Option<BDotTable>,
    pub(super) without_constant: Vec<String>, // species and phases: the database gives none
    pub(super) index: HashMap<Arc<str>, usize>,
}

/// Everything of a system that depends on temperature.
#[derive(Clone, Debug, Default)]
pub(super) struct Constants {
    system: u64,
    pub(super) temperature: f64,
    pub(super) species: Vec<f64>, // ln K of formation
    pub(super) phases: Vec<f64>,  // ln K of dissolution
    pub(super) classes: Vec<Class>,
    pub(super) interactions: Option<Interactions>,
    scratch: Vec<f64>,
}

impl System {
    /// Compiles a database for components: names as `Fe(3)`, `Na`, `Cyanide`, or master species as `Fe+3`. `H+` is always
    /// one and need not be named; the electron is one when a couple is open.
    ///
    /// # Errors
    /// [`SystemError`] with the nearest names of an unknown component.
    pub fn new(db: &Database, components: &[&str], options: &Options) -> Result<System, SystemError> {
        Compiler::new(db, options)?.compile(components)
    }

    /// Components, the proton first.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Species, those in solution first.
    pub fn species(&self) -> &[Species] {
        &self.species
    }

    /// Solids and gases.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// Index of a species.
    pub fn find_species(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// Index of a phase; the case of letters is passed over if nothing matches exactly.
    pub fn find_phase(&self, name: &str) -> Option<usize> {
        let exact = self.phases.iter().position(|phase| phase.name == name);
        exact.or_else(|| self.phases.iter().position(|phase| phase.name.eq_ignore_ascii_case(name)))
    }

    /// Index of a component by its name or master species.
    pub fn find_component(&self, name: &str) -> Option<usize> {
        let by_name = self.components.iter().position(|c| c.name == name);
        by_name.or_else(|| self.components.iter().position(|c| c.species == name))
    }

    /// Components of which a species is made, with their coefficients.
    pub fn terms(&self, species: usize) -> &[(usize, f64)] {
        &self.species[species].reaction.terms
    }

    /// Whether the total of a component may have either sign: the proton and the electron.
    pub fn is_signed(&self, component: usize) -> bool {
        component == 0 || Some(component) == self.electron
    }

    /// The model in use.
    pub fn model(&self) -> Model {
        self.model
    }

    /// Up to which ionic strength (mol/kg) the model holds, as its authors tell.
    ///
    /// # Source
    /// W. Stumm, J. J. Morgan, *Aquatic Chemistry*, 3rd ed. (1996), table 3.3 (Debye–Hückel 0.1, Davies 0.5); B-dot: about
    /// 1 (C. M. Bethke, *Geochemical and Biogeochemical Reaction Modeling*, 2008, chapter 8); SIT: 3.5 (NEA TDB-2, 2000);
    /// Pitzer: 6 for most salts (Pitzer 1991), more where the parameters were fitted so far.
    pub fn valid_ionic_strength(&self) -> f64 {
        match self.model {
            Model::Ideal => 1e-3,
            Model::ExtendedDebyeHueckel => 0.1,
            Model::Davies => 0.5,
            Model::FromDatabase | Model::BDot => 1.0,
            Model::Sit => 3.5,
            Model::Pitzer => 6.0,
        }
    }

    /// That the activities, by an ionic strength (mol/kg), or the constants, by a temperature (K), are used past what they are good
    /// for. Most constants are measured near 25 °C and carried on by an enthalpy alone: a heat capacity of reaction of
    /// 200 J/(mol K), which is usual where charges join, then leaves 0.25 in log K at 100 °C and 0.8 at 180 °C
    /// (ΔCp/(R ln 10)·(T0/T − 1 + ln(T/T0))).
    pub(super) fn range_warning(&self, strength: f64, temperature: f64) -> Option<String> {
        let limit = self.valid_ionic_strength();
        let strong = (strength > limit * (1.0 + ROUNDING)).then(|| {
            let model = super::medium::model_name(self.model);
            let (far, cure) = match strength > FAR * limit {
                true if self.model != Model::Pitzer => {
                    ("far ", ": take a database with Pitzer coefficients, such as pitzer.dat, where it has what is dissolved")
                }
                true => ("far ", ""),
                false => ("", ""),
            };
            let told = telling(strength, limit);
            format!("ionic strength {told} mol/kg, {far}past the {limit} mol/kg up to which `{model}` activities hold{cure}")
        });
        let celsius = temperature - 273.15;
        let carried = !(-0.01..=100.01).contains(&celsius);
        let hot = carried.then(|| {
            format!("{celsius:.0} degC, outside the 0 to 100 degC in which constants hold that have an enthalpy and no heat capacity")
        });
        let all: Vec<String> = strong.into_iter().chain(hot).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Whether one of a reaction's constants is known at 25 °C alone.
    pub(super) fn lacks_temperature_data(&self, reaction: &Stoichiometry) -> bool {
        reaction.constants.iter().any(|(at, _)| !self.constants[*at].has_temperature_data())
    }

    /// Recomputes constants for a temperature (K); nothing if it has not changed.
    pub(super) fn at_temperature(&self, temperature: f64, out: &mut Constants) -> bool {
        if out.temperature == temperature && out.system == self.id {
            return true;
        }
        let table = match &self.b_dot {
            Some(table) => match table.at(temperature) {
                Some(constants) => Some(constants),
                None => return false,
            },
            None => None,
        };
        let water: DebyeHueckel = debye_hueckel(temperature);
        let same = out.system == self.id;
        (out.system, out.temperature) = (self.id, temperature);
        out.scratch.clear();
        out.scratch.extend(self.constants.iter().map(|k| k.at(temperature) * LN_10));
        let sum = |terms: &[(usize, f64)]| -> f64 { terms.iter().map(|(at, n)| n * out.scratch[*at]).sum() };
        out.species.clear();
        out.species.extend(self.species.iter().map(|s| sum(&s.reaction.constants)));
        out.phases.clear();
        out.phases.extend(self.phases.iter().map(|p| sum(&p.reaction.constants)));
        out.classes.clear();
        out.classes.extend(self.rules.iter().map(|rule| {
            let class = classes::class(rule.gamma, rule.charge, &water, table.as_ref());
            Class { a: class.a * rule.factor, b: class.b * rule.factor, g: class.g * rule.factor, c: class.c }
        }));
        if let Some(model) = &self.interactions {
            let now = match &mut out.interactions {
                Some(now) if same => now,
                slot => slot.insert(model.clone()),
            };
            now.set_temperature(temperature, &water);
        }
        true
    }
}
