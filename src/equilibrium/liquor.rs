//! A liquor as a chemist describes it, turned into problems: totals of elements, pH or charge balance, Eh, gases, solids,
//! reagents added.

use super::problem::{Candidate, Condition, Problem, Water};
use super::system::{Options, System, SystemError};
use super::workspace::Workspace;
use super::{Database, SolveError, State};
use crate::chemistry::nearest;
use std::collections::BTreeMap;
use thiserror::Error;

const TRACE: f64 = 1e-30; // mol

/// pH that may be asked for: what acids and bases of water as a solvent reach, a margin beyond measured waters.
pub const PH_RANGE: std::ops::RangeInclusive<f64> = -2.0..=16.0;

/// Potentials that may be asked for, V: past what water stands, in which any couple is at its end.
pub const EH_RANGE: std::ops::RangeInclusive<f64> = -2.0..=3.0;

/// Temperatures of liquid water at which an equilibrium may be asked for, K: -30 to 350 °C.
pub const TEMPERATURE_RANGE: std::ops::RangeInclusive<f64> = 243.15..=623.15;

/// A liquor on one kilogram of water.
#[derive(Clone, Debug, PartialEq)]
pub struct Liquor {
    /// K.
    pub temperature: f64,
    /// Totals of elements or valence states, mol of the element per kg of water; `Alkalinity` in equivalents.
    pub totals: Vec<(String, f64)>,
    /// pH; none: from electroneutrality.
    pub ph: Option<f64>,
    /// pe of the open couples; none: from the valence states given, or from a gas that oxidises or reduces.
    pub pe: Option<f64>,
    /// The total that is changed until the charges balance.
    pub balance: Option<String>,
    /// Elements whose couples are open.
    pub open: Vec<String>,
    /// Phases that hold a component at a saturation index, without end: component, phase, index (gases: log10 pressure).
    pub held: Vec<(String, String, f64)>,
    /// Solids that may form afterwards, and their saturation index.
    pub solids: Vec<(String, f64)>,
    /// Gases at fixed log10 pressure in the same step.
    pub gases: Vec<(String, f64)>,
    /// Reagents added in the same step: formula, mol per kg of water.
    pub reagents: Vec<(String, f64)>,
    /// Whether the pH given holds in that step too, instead of moving with it.
    pub hold_ph: bool,
}

impl Default for Liquor {
    fn default() -> Liquor {
        Liquor {
            temperature: 298.15,
            totals: vec![],
            ph: None,
            pe: None,
            balance: None,
            open: vec![],
            held: vec![],
            solids: vec![],
            gases: vec![],
            reagents: vec![],
            hold_ph: false,
        }
    }
}

/// Why a liquor has no answer.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum LiquorError {
    /// The components do not make a system.
    #[error(transparent)]
    System(#[from] SystemError),
    /// The equilibrium is not found.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// The description does not fit.
    #[error("{0}")]
    Input(String),
}

fn input<T>(text: String) -> Result<T, LiquorError> {
    Err(LiquorError::Input(text))
}

impl Liquor {
    /// Compiles the system of the liquor, its solids, gases and reagents.
    ///
    /// # Errors
    /// [`SystemError`] for a name the database does not have.
    pub fn system(&self, db: &Database, options: &Options) -> Result<System, SystemError> {
        self.system_for(db, options, &[])
    }

    /// The same, able to take further reagents: their elements become components, every valence state of an element that
    /// the liquor does not hold yet.
    ///
    /// # Errors
    /// [`SystemError`] for a name the database does not have.
    pub fn system_for(
        &self,
        db: &Database,
        options: &Options,
        reagents: &[&str],
    ) -> Result<System, SystemError> {
        self.check_names(db, reagents)?;
        let mut names: Vec<String> = Vec::new();
        for (name, _) in &self.totals {
            names.push(if name == "Alkalinity" { alkalinity_component(db).to_owned() } else { name.clone() });
        }
        names.extend(self.held.iter().map(|h| h.0.clone()).filter(|c| !matches!(c.as_str(), "e-" | "H+")));
        for formula in
            self.reagents.iter().map(|(formula, _)| formula.as_str()).chain(reagents.iter().copied())
        {
            names.extend(new_components(db, formula, &names));
        }
        let mut seen: Vec<String> = Vec::new();
        names.retain(|name| {
            let found = db.find_master(name);
            let species = match found {
                Some(master) if self.open.contains(&master.element) => master.element.clone(),
                Some(master) => master.species.clone(),
                None => name.clone(),
            };
            let new = !seen.contains(&species);
            seen.push(species);
            new
        });
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let system = System::new(db, &names, &Options { open: self.open.clone(), ..options.clone() })?;
        for (names, gas) in [(&self.solids, false), (&self.gases, true)] {
            let of_kind = |name: &str| system.find_phase(name).is_some_and(|at| system.phases[at].gas == gas);
            if let Some((name, _)) = names.iter().find(|(name, _)| !of_kind(name)) {
                return Err(absent_phase(db, &system, name, gas));
            }
            let again =
                |at: &usize| names[..*at].iter().any(|(name, _)| name.eq_ignore_ascii_case(&names[*at].0));
            if let Some(at) = (0..names.len()).find(again) {
                return Err(SystemError::Twice(names[at].0.clone()));
            }
        }
        Ok(system)
    }

    /// The problem of the liquor as given, before solids and reagents.
    ///
    /// # Errors
    /// [`LiquorError::Input`] with what does not fit.
    pub fn problem(&self, system: &System) -> Result<Problem, LiquorError> {
        let mut problem = Problem::new(system);
        problem.temperature = self.temperature;
        let (mut electrons, mut unstated) = (0.0, Vec::new());
        for (name, total) in &self.totals {
            if name == "Alkalinity" {
                let carbonate =
                    system.components.iter().position(|c| matches!(c.species.as_str(), "CO3-2" | "HCO3-"));
                let Some(at) = carbonate else {
                    return input("alkalinity needs carbonate in the database".into());
                };
                if self.ph.is_none() {
                    return input(
                        "an alkalinity needs the pH: without it, it says no more than that the charges balance".into(),
                    );
                }
                let carbon = |total: &&(String, f64)| matches!(total.0.as_str(), "C" | "C(4)" | "C(+4)");
                if let Some((other, _)) = self.totals.iter().find(carbon) {
                    return input(format!(
                        "`Alkalinity` and `{other}` both tell the carbonate: leave out one"
                    ));
                }
                problem.conditions[at] = Condition::Alkalinity(*total);
                continue;
            }
            if let Some(state) = system.open_state(name) {
                let moles = total / state.atoms;
                for (at, n) in &state.terms {
                    match &mut problem.conditions[*at] {
                        _ if Some(*at) == system.electron => electrons += n * moles,
                        Condition::Total(sum) => *sum += n * moles,
                        _ => {} // the proton, by pH or charge
                    }
                }
                continue;
            }
            let at = component(system, name)?;
            if self.open.contains(&system.components[at].element) {
                unstated.push(name.as_str());
            }
            let atoms = if system.components[at].exchanger { 1.0 } else { system.components[at].atoms };
            if let Condition::Total(sum) = &mut problem.conditions[at] {
                *sum += total / atoms;
            }
        }
        if let Some(ph) = self.ph {
            problem.conditions[0] = Condition::LogActivity(-ph);
        }
        if let Some(at) = system.electron.filter(|_| !self.held.iter().any(|h| h.0 == "e-")) {
            problem.conditions[at] = self.potential(system, &problem, electrons, &unstated)?;
        }
        for (name, phase, index) in &self.held {
            let at = component(system, name)?;
            let phase = find_phase(system, phase)?;
            let index = system.phases[phase].held_index(*index, self.temperature);
            problem.conditions[at] = Condition::Saturation { phase, index };
        }
        if let Some(name) = &self.balance {
            problem.conditions[component(system, name)?] = Condition::Charge(0.0);
            if self.ph.is_none() {
                return input(format!("with `{name}` balancing the charge the pH must be given"));
            }
        }
        Ok(problem)
    }

    /// Whether anything happens after the first speciation.
    pub fn reacts(&self) -> bool {
        !(self.solids.is_empty() && self.gases.is_empty() && self.reagents.is_empty())
    }

    /// The problem of the reaction step: everything the first state holds, with reagents, gases and solids.
    ///
    /// # Errors
    /// [`LiquorError::Input`] with what does not fit.
    pub fn reaction(&self, first: &State<'_>) -> Result<Problem, LiquorError> {
        let system = first.system();
        let mut problem = conserved(first);
        for (formula, amount) in &self.reagents {
            let (terms, water) = system.dissolve(formula).map_err(LiquorError::Input)?;
            add_reagent(&mut problem, &terms, water, *amount);
        }
        for (name, index) in &self.solids {
            problem.candidates.push(Candidate { phase: find_phase(system, name)?, index: *index });
        }
        for (name, index) in &self.gases {
            let phase = find_phase(system, name)?;
            for (at, _) in &system.phases[phase].reaction.terms {
                if problem.conditions[*at] == Condition::Total(0.0) {
                    problem.conditions[*at] = Condition::Total(TRACE); // not absent: the gas brings it
                }
            }
            let index = system.phases[phase].held_index(*index, self.temperature);
            problem.candidates.push(Candidate { phase, index });
            problem.reservoirs += 1;
        }
        if let Some(ph) = self.ph.filter(|_| self.hold_ph) {
            problem.conditions[0] = Condition::LogActivity(-ph);
            if let Some(name) = &self.balance {
                problem.conditions[component(system, name)?] = Condition::Charge(0.0);
            }
        }
        Ok(problem)
    }

    /// Speciates, and lets it react if anything is to happen.
    ///
    /// # Errors
    /// [`LiquorError`].
    pub fn solve<'w>(
        &self,
        system: &'w System,
        problem: &'w mut Problem,
        ws: &'w mut Workspace,
    ) -> Result<State<'w>, LiquorError> {
        *problem = self.problem(system)?;
        if self.reacts() {
            let state = system.solve(problem, ws)?;
            let next = self.reaction(&state)?;
            *problem = next;
        }
        Ok(system.solve(problem, ws)?)
    }
}

/// The problem that conserves everything of a state, without candidates.
pub fn conserved(state: &State<'_>) -> Problem {
    let system = state.system();
    let conditions = (0..system.components.len()).map(|at| Condition::Total(state.total(at)));
    Problem {
        temperature: state.problem.temperature,
        conditions: conditions.collect(),
        water: Water::Total(state.total_water()),
        candidates: Vec::new(),
        reservoirs: 0,
        gas: None,
    }
}

/// Adds a reagent of known components to totals.
pub fn add_reagent(problem: &mut Problem, terms: &[(usize, f64)], water: f64, amount: f64) {
    for (at, n) in terms {
        if let Condition::Total(total) = &mut problem.conditions[*at] {
            *total += n * amount;
        }
    }
    if let Water::Total(moles) = &mut problem.water {
        *moles += water * amount;
    }
}

/// The components that a reagent brings along: those of its elements that no component holds yet.
pub(super) fn new_components(db: &Database, formula: &str, names: &[String]) -> Vec<String> {
    let (body, _) = super::database::equation::split_charge(formula);
    let elements = super::database::equation::elements(body).unwrap_or_default(); // told of by `dissolve`
    let held = |element: &str| names.iter().any(|n| db.find_master(n).is_some_and(|m| m.element == element));
    let missing = elements.keys().filter(|e| !matches!(e.as_str(), "H" | "O") && !held(e));
    missing
        .flat_map(|element| {
            let states: Vec<String> = db.valences(element).iter().map(|m| m.name.clone()).collect();
            let alone = db.find_master(element).map(|m| m.name.clone());
            if states.is_empty() { alone.into_iter().collect() } else { states }
        })
        .collect()
}

/// Why a system has no such phase: the database does not know it, or the liquor lacks what it is made of.
fn absent_phase(db: &Database, system: &System, name: &str, gas: bool) -> SystemError {
    let kind = if gas { "gas" } else { "solid" };
    let found = db.find_phase(name).filter(|record| record.gas == gas);
    let Some(at) = found.and_then(|record| db.phase_index.get(&record.name)) else {
        let known = db.phases.iter().filter(|phase| phase.gas == gas).map(|phase| phase.name.as_str());
        let made: Vec<String> = db.made_of(name, gas).into_iter().map(str::to_owned).collect();
        let nearest = if made.is_empty() { nearest(name, known) } else { made };
        return SystemError::UnknownPhase { kind, name: name.to_owned(), nearest };
    };
    let made_of = super::database::expand::Expander::new(db).phase(*at).unwrap_or_default();
    let held = |species: &str| system.components.iter().any(|c| c.species == species);
    let component = |species: &str| {
        let of_species = db.masters.iter().filter(|m| m.species == species && m.name != "Alkalinity");
        of_species.max_by_key(|m| !m.primary).map_or_else(|| species.to_owned(), |m| m.name.clone())
    };
    let mut needs: Vec<String> =
        made_of.masters.keys().filter(|s| !held(s) && &***s != "H2O").map(|s| component(s)).collect();
    if let Some(electron) = needs.iter().position(|name| matches!(name.as_str(), "E" | "e-")) {
        needs[electron] = "an open couple".to_owned();
    }
    if needs.is_empty() {
        needs.push("a species that the database does not define".to_owned());
    }
    SystemError::PhaseWithout { kind, name: name.to_owned(), needs }
}

fn alkalinity_component(db: &Database) -> &'static str {
    if db.find_master("C(4)").is_some() { "C(4)" } else { "C" }
}

fn component(system: &System, name: &str) -> Result<usize, LiquorError> {
    let plain = super::database::equation::plain_valence(name);
    let found = system.find_component(name).or_else(|| system.find_component(&plain));
    let element = plain.split('(').next().unwrap_or("").to_owned();
    let by_element = || system.components.iter().position(|c| c.element == element);
    found.or_else(by_element).ok_or_else(|| LiquorError::Input(format!("`{name}` is not in this liquor")))
}

fn find_phase(system: &System, name: &str) -> Result<usize, LiquorError> {
    let missing = || LiquorError::Input(format!("the components of this liquor form no phase `{name}`"));
    system.find_phase(name).ok_or_else(missing)
}

impl System {
    /// A neutral formula such as `Ca(OH)2` in components and water: each element by the component that holds it, oxygen by
    /// water, hydrogen by the proton.
    ///
    /// # Errors
    /// A sentence if an element is missing, or no choice of valence states balances the charge.
    pub fn dissolve(&self, formula: &str) -> Result<(Vec<(usize, f64)>, f64), String> {
        let (body, charge) = super::database::equation::split_charge(formula);
        let elements = super::database::equation::elements(body)?;
        let mut choices: Vec<Vec<(usize, f64)>> = vec![vec![]];
        for (element, count) in elements.iter().filter(|(e, _)| *e != "H" && *e != "O") {
            let holders: Vec<usize> = (0..self.components.len())
                .filter(|at| self.components[*at].element == *element && self.components[*at].species != "e-")
                .collect();
            if holders.is_empty() {
                return Err(format!("no component of the liquor holds {element} of `{formula}`"));
            }
            choices = choices
                .iter()
                .flat_map(|choice| {
                    holders.iter().map(move |at| {
                        let mut longer = choice.clone();
                        longer.push((*at, count / self.components[*at].atoms));
                        longer
                    })
                })
                .collect();
        }
        for mut choice in choices {
            let held = |element: &str, choice: &[(usize, f64)]| -> f64 {
                choice
                    .iter()
                    .map(|(at, n)| n * self.components[*at].elements.get(element).unwrap_or(&0.0))
                    .sum()
            };
            let count = |element: &str| elements.get(element).copied().unwrap_or(0.0);
            let water = count("O") - held("O", &choice);
            let protons = count("H") - held("H", &choice) - 2.0 * water;
            let rest =
                choice.iter().map(|(at, n)| n * self.components[*at].charge).sum::<f64>() + protons - charge;
            if rest.abs() < 1e-9 || self.electron.is_some() {
                choice.push((0, protons));
                if let (Some(electron), true) = (self.electron, rest.abs() > 1e-9) {
                    choice.push((electron, rest));
                }
                return Ok((choice, water));
            }
        }
        Err(format!(
            "`{formula}` cannot be made from the valence states of the liquor; open the couple or name the state"
        ))
    }
}

/// Totals of each element over the solution, mol.
pub fn element_totals(state: &State<'_>) -> BTreeMap<String, f64> {
    let system = state.system();
    let mut totals = BTreeMap::new();
    for (at, component) in system.components.iter().enumerate().skip(1).filter(|(_, c)| c.species != "e-") {
        *totals.entry(component.name.clone()).or_insert(0.0) += state.dissolved(at) * component.atoms;
    }
    totals
}
