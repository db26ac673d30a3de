//! Newton's method on logarithmic unknowns, with an active set of solids.
//!
//! Unknowns are the logarithms of the activities of components and of water, the ionic strength (or, for Pitzer and SIT,
//! the activity coefficients, eliminated exactly), the logarithm of the mass of water, and the amounts of the solids that
//! are present. Every derivative is exact. Steps are shortened where they leave the region in which the linear model means
//! something; if Newton fails, the pH is bracketed and the rest solved at fixed pH. An answer leaves only after its
//! balances, mass action laws and saturation conditions have been checked.

use super::linear;
use super::liquor::TEMPERATURE_RANGE;
use super::problem::{Condition, Problem, Water};
use super::recombine;
use super::state::State;
use super::system::System;
use super::workspace::{MOLES_OF_WATER, Statistics, Workspace};
use crate::numerics::exp_in_place;
use crate::quantity::number;
use std::f64::consts::LN_10;
use thiserror::Error;

/// Largest imbalance, over the size of its terms, that an answer may have.
pub const RESIDUAL_LIMIT: f64 = 1e-9;
const STEPS: usize = 120;
/// pe + pH between hydrogen and oxygen of some thousand bar.
const WATER_STABLE: std::ops::RangeInclusive<f64> = -2.0..=23.0;
const EXPONENT_LIMIT: f64 = 300.0; // of ln m: larger only on the way, kept finite

/// Why there is no answer.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SolveError {
    /// Input that means nothing.
    #[error("{0}")]
    Input(String),
    /// A temperature outside the tables of the database.
    #[error("{0:.1} K is outside the temperatures of the database's activity model")]
    Temperature(f64),
    /// Activities that no solution can have: a pH and a potential at which water itself falls apart.
    #[error("at the activities given the solution would hold 10^{log_molality:.0} mol/kg of {species}")]
    Unstable {
        /// The species.
        species: String,
        /// `log10` of its molality, mol/kg.
        log_molality: f64,
    },
    /// No water is left: the salts bind all of it.
    #[error(
        "the solution dries out: {kilograms:.3e} kg of water left at ionic strength {strength:.3} mol/kg"
    )]
    DryOut {
        /// Mass of water where the search ended.
        kilograms: f64,
        /// Ionic strength there, mol/kg.
        strength: f64,
    },
    /// No answer, and more dissolved than there is water to dissolve it.
    #[error(
        "no equilibrium found: {} mol of solutes to one kilogram of water, {} of them {name}: less than one water to each, and no \
         solution (a salt that is solid there must be among the solids)", number(*.all, 5), number(*.amount, 5)
    )]
    Overfull {
        /// The component of the largest total.
        name: String,
        /// Its total, mol per kg of water.
        amount: f64,
        /// All totals together.
        all: f64,
    },
    /// No answer, and less water than what is dissolved or solid would bind.
    #[error("no water is left: hydroxides and what else lacks protons would bind {} mol of water, and there are {} mol", number(*.bound, 5), number(*.total, 5))]
    Bound {
        /// Water that would be bound, mol.
        bound: f64,
        /// Water that there is, mol.
        total: f64,
    },
    /// Newton's method found no answer.
    #[error(
        "no equilibrium found: largest relative imbalance {residual:.2e} ({row}) after {iterations} steps"
    )]
    NotConverged {
        /// Largest imbalance over the size of its terms.
        residual: f64,
        /// Where it is.
        row: String,
        /// Steps taken.
        iterations: usize,
    },
    /// The same where electrons have to balance.
    #[error(
        "no equilibrium found: largest relative imbalance {residual:.2e} ({row}) after {iterations} steps; if nothing in the liquor \
         can take the electrons of a metal, or give those of an oxide, no Eh balances them: feed an oxidant or reductant, or a \
         trace of the ion, or open the couple that is to take part, such as `H` or `O`"
    )]
    NoPotential {
        /// Largest imbalance over the size of its terms.
        residual: f64,
        /// Where it is.
        row: String,
        /// Steps taken.
        iterations: usize,
    },
    /// An answer at which nothing can be differentiated.
    #[error("the equations of the equilibrium are singular at the answer")]
    Singular,
    /// The set of solids does not settle.
    #[error("the set of solids does not settle after {0} changes")]
    Cycling(usize),
}

impl System {
    /// Solves a problem. A workspace that holds an answer of the same system starts from it, or else cold.
    ///
    /// # Errors
    /// [`SolveError`]; the workspace starts cold afterwards.
    pub fn solve<'w>(&'w self, problem: &'w Problem, ws: &'w mut Workspace) -> Result<State<'w>, SolveError> {
        self.check(problem)?;
        ws.statistics = Statistics::default();
        if !self.at_temperature(problem.temperature, &mut ws.constants) {
            ws.constants.temperature = 0.0;
            return Err(SolveError::Temperature(problem.temperature));
        }
        let signature = (self.id, problem.candidates.len());
        let warm = ws.warm && ws.signature == signature;
        ws.signature = signature;
        ws.warm = false;
        ws.prepare(self, problem);
        self.stable(problem, ws)?;
        if !warm {
            self.cold_start(problem, ws);
        }
        let mut result = self.with_solids(problem, ws);
        if warm && result.is_err() {
            ws.statistics.restarts += 1;
            self.cold_start(problem, ws);
            result = self.with_solids(problem, ws);
        }
        if matches!(result, Err(SolveError::NotConverged { .. } | SolveError::NoPotential { .. })) {
            ws.careful = true;
            self.cold_start(problem, ws);
            result = self.with_solids(problem, ws);
            ws.careful = false;
        }
        if result.is_err() && self.with_water_held(problem, ws).is_ok() {
            result = Ok(());
        }
        if result.is_err() {
            ws.recombining = true;
            result = self.recombined(problem, ws, result);
            ws.recombining = false;
        }
        result.map_err(|error| self.overfull(problem).unwrap_or(error))?;
        ws.warm = true;
        self.keep(ws);
        Ok(State { system: self, problem, ws })
    }

    /// Says of a problem without an answer that it holds more solutes than water, or lacks more protons than water has to give.
    fn overfull(&self, problem: &Problem) -> Option<SolveError> {
        if let (Water::Total(total), Condition::Total(protons)) = (problem.water, problem.conditions[0])
            && total + protons <= 1e-3 * total
        {
            return Some(SolveError::Bound { bound: -protons, total });
        }
        let kilograms = match problem.water {
            Water::Mass(kilograms) => kilograms,
            Water::Total(moles) => moles / MOLES_OF_WATER,
        };
        let totals = self.components.iter().zip(&problem.conditions).enumerate();
        let totals = totals.filter_map(|(at, (component, condition))| match condition {
            Condition::Total(total) if !self.is_signed(at) => Some((total / kilograms, &component.name)),
            _ => None,
        });
        let all: f64 = totals.clone().map(|(amount, _)| amount).sum();
        let (amount, name) = totals.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (all > MOLES_OF_WATER).then(|| SolveError::Overfull { name: name.clone(), amount, all })
    }

    /// Refuses activities that fix a species at more than a thousand moles per kilogram.
    fn stable(&self, problem: &Problem, ws: &Workspace) -> Result<(), SolveError> {
        if !problem.conditions.iter().any(|condition| matches!(condition, Condition::LogActivity(_))) {
            return Ok(());
        }
        for (i, at) in ws.active.iter().enumerate().filter(|(_, at)| **at < self.aqueous) {
            let free = ws.columns.row(i).0.iter().any(|column| (*column as usize) < ws.layout.free);
            if !free && ws.fixed[i] > 3.0 * LN_10 {
                let species = self.species[*at].name.to_string();
                return Err(SolveError::Unstable { species, log_molality: ws.fixed[i] / LN_10 });
            }
        }
        Ok(())
    }

    fn check(&self, problem: &Problem) -> Result<(), SolveError> {
        let fail = |text: String| Err(SolveError::Input(text));
        if problem.conditions.len() != self.components.len() {
            return fail("one condition per component is needed".into());
        }
        check_temperature(problem.temperature).map_err(SolveError::Input)?;
        for (at, (component, condition)) in self.components.iter().zip(&problem.conditions).enumerate() {
            let (value, signed) = match condition {
                Condition::Total(total) => (*total, at == 0 || Some(at) == self.electron),
                Condition::LogActivity(v) | Condition::Charge(v) | Condition::Alkalinity(v) => (*v, true),
                Condition::Saturation { index, phase } => {
                    let reaction = self.phases.get(*phase).map(|p| &p.reaction);
                    if !reaction.is_some_and(|r| r.terms.iter().any(|(c, _)| *c == at)) {
                        return fail(format!("component {} is held by a phase without it", component.name));
                    }
                    (*index, true)
                }
            };
            if !value.is_finite() || (value < 0.0 && !signed) {
                return fail(format!("component {}: {value} is no amount", component.name));
            }
        }
        let water = match problem.water {
            Water::Mass(x) | Water::Total(x) => x,
        };
        if !(water > 0.0 && water.is_finite()) {
            return fail(format!("{water} is no amount of water"));
        }
        if problem.candidates.iter().any(|c| c.phase >= self.phases.len() || !c.index.is_finite()) {
            return fail("a candidate solid is not a phase of the system".into());
        }
        Ok(())
    }

    /// Molalities of the active species at the present unknowns.
    pub(super) fn molalities(&self, ws: &mut Workspace) {
        let n = ws.active.len();
        ws.m.resize(n, 0.0);
        ws.slope.resize(n, 0.0);
        let classes = ws.constants.classes.len();
        ws.class_value.resize(classes + 1, 0.0);
        ws.class_slope.resize(classes + 1, 0.0);
        let root = ws.strength.sqrt();
        for (k, class) in ws.constants.classes.iter().enumerate() {
            if ws.used_class[k] {
                (ws.class_value[k], ws.class_slope[k]) = class.at(ws.strength, root);
            }
        }
        ws.class_value[classes] = 0.0;
        ws.class_slope[classes] = 0.0;
        // the unknowns in the order of columns
        ws.saved.clear();
        for component in &ws.component_of {
            ws.saved.push(ws.ln_activity[*component]);
        }
        ws.saved.push(ws.ln_water);
        if ws.layout.strength.is_some() {
            ws.saved.push(0.0);
        }
        ws.saved.push(ws.ln_mass);
        let dense = self.interactions.is_some();
        for i in 0..n {
            let class = ws.class_of[i] as usize;
            let mut exponent = ws.fixed[i] - ws.class_value[class];
            if dense && ws.active[i] < self.aqueous {
                exponent -= ws.stored_gamma[ws.active[i]];
            }
            let (at, value) = ws.columns.row(i);
            for (c, n) in at.iter().zip(value) {
                exponent += n * ws.saved[*c as usize];
            }
            ws.m[i] = exponent.min(EXPONENT_LIMIT);
            ws.slope[i] = ws.class_slope[class];
        }
        exp_in_place(&mut ws.m);
    }

    /// Newton at a fixed set of solids. The unknowns end at the answer or anywhere.
    pub(super) fn newton(&self, problem: &Problem, ws: &mut Workspace) -> Result<(), SolveError> {
        self.molalities(ws);
        self.residuals(problem, ws);
        let n = ws.layout.solids + ws.solids.len();
        let mut last = f64::INFINITY;
        for iteration in 0..if ws.careful { 4 * STEPS } else { STEPS } {
            ws.statistics.iterations += 1;
            if ws.recombining && iteration % recombine::EVERY == 0 {
                self.recombine(problem, ws);
                self.residuals(problem, ws);
            }
            self.assemble(problem, ws);
            if !linear::solve(&mut ws.matrix, n, ws.width) {
                return Err(self.stuck(problem, ws));
            }
            ws.step.clear();
            for row in 0..n {
                ws.step.push(ws.matrix[row * ws.width + n]);
            }
            let factor = self.step_length(ws, iteration);
            let change = self.advance(problem, ws, factor);
            self.molalities(ws);
            if !change.is_finite() {
                return Err(self.stuck(problem, ws));
            }
            let residual = self.residuals(problem, ws);
            let settled = change < 1e-10 || change >= 0.5 * last;
            if change < 1e-6 && (residual <= 1e-12 || (residual <= RESIDUAL_LIMIT && settled)) {
                ws.statistics.residual = residual;
                return Ok(());
            }
            last = change;
            if ws.layout.mass.is_some() && (ws.ln_mass < -60.0 || ws.strength > 500.0) {
                break;
            }
        }
        Err(self.stuck(problem, ws))
    }

    fn stuck(&self, problem: &Problem, ws: &mut Workspace) -> SolveError {
        let kilograms = ws.kilograms(problem);
        let start = if let Water::Total(moles) = problem.water { moles / MOLES_OF_WATER } else { 0.0 };
        if ws.layout.mass.is_some() && (kilograms < 1e-3 * start || ws.strength > 200.0) {
            return SolveError::DryOut { kilograms, strength: ws.strength };
        }
        let residual = self.residuals(problem, ws);
        let mut worst = (0.0, 0);
        for (row, (r, s)) in ws.residual.iter().zip(&ws.scale).enumerate() {
            if (r / s).abs() > worst.0 {
                worst = ((r / s).abs(), row);
            }
        }
        let row = match ws.component_of.get(worst.1) {
            Some(component) => format!("balance of {}", self.components[*component].name),
            None => "water, ionic strength or a solid".into(),
        };
        let iterations = ws.statistics.iterations;
        // a metal in plain acid: no potential of water has the electrons balance, and the search leaves its range
        let lost = |at: &usize| {
            let range = -(ws.ln_activity[*at] + ws.ln_activity[0]) / LN_10;
            matches!(problem.conditions[*at], Condition::Total(_)) && !WATER_STABLE.contains(&range)
        };
        match self.electron.filter(lost) {
            Some(_) => SolveError::NoPotential { residual, row, iterations },
            None => SolveError::NotConverged { residual, row, iterations },
        }
    }

    /// Shortens a step that changes too much at once.
    fn step_length(&self, ws: &Workspace, iteration: usize) -> f64 {
        let mut largest = 0.0_f64;
        for column in 0..ws.layout.free {
            largest = largest.max(ws.step[column].abs());
        }
        let limit = if ws.careful {
            0.7
        } else if iteration < 12 {
            6.0
        } else {
            2.5
        };
        let mut factor = if largest > limit { limit / largest } else { 1.0 };
        let water = ws.step[ws.layout.activity].abs() * factor;
        if water > 0.3 {
            factor *= 0.3 / water;
        }
        if let Some(mass) = ws.layout.mass {
            let change = ws.step[mass].abs() * factor;
            if change > 0.7 {
                factor *= 0.7 / change;
            }
        }
        factor
    }

    /// Moves the unknowns; gives the largest change.
    fn advance(&self, problem: &Problem, ws: &mut Workspace, factor: f64) -> f64 {
        let mut change = 0.0_f64;
        for column in 0..ws.layout.free {
            let delta = factor * ws.step[column];
            ws.ln_activity[ws.component_of[column]] += delta;
            change = change.max(delta.abs());
        }
        let delta = factor * ws.step[ws.layout.activity];
        ws.ln_water += delta;
        change = change.max(delta.abs());
        if let Some(column) = ws.layout.strength {
            let old = ws.strength;
            let (low, high) = (0.2 * old, 4.0 * old + 0.05);
            let mut new = old + factor * ws.step[column];
            if new < low || new > high {
                // the linear model is lost: what the species of the last state say
                let charges = ws.active.iter().zip(&ws.m).filter_map(|(at, m)| {
                    let species = self.species.get(*at).filter(|s| s.aqueous)?;
                    Some(0.5 * species.charge * species.charge * m)
                });
                new = charges.sum::<f64>().clamp(low, high);
            }
            ws.strength = new.max(1e-10);
            change = change.max((ws.strength - old).abs() / ws.strength.max(1e-3));
        } else {
            change = change.max(self.advance_coefficients(problem, ws, factor));
        }
        if let Some(column) = ws.layout.mass {
            ws.ln_mass += factor * ws.step[column];
            change = change.max((factor * ws.step[column]).abs());
        }
        for k in 0..ws.solids.len() {
            let candidate = ws.solids[k];
            let delta = factor * ws.step[ws.layout.solids + k];
            ws.amounts[candidate] += delta;
            change = change.max(delta.abs() / ws.amounts[candidate].abs().max(1e-9));
        }
        change
    }

    /// The answer by species.
    fn keep(&self, ws: &mut Workspace) {
        ws.molality.clear();
        ws.molality.resize(self.species.len() + self.phases.len(), 0.0);
        for (i, at) in ws.active.iter().enumerate() {
            ws.molality[*at] = ws.m[i];
        }
        ws.ln_gamma.clear();
        let root = ws.strength.sqrt();
        for (at, species) in self.species.iter().enumerate() {
            let dense =
                ws.stored_gamma.get(at).copied().filter(|_| self.interactions.is_some() && species.aqueous);
            let value = dense.unwrap_or_else(|| ws.constants.classes[species.class].at(ws.strength, root).0);
            ws.ln_gamma.push(value);
        }
    }
}

/// Refuses what is no temperature of liquid water.
pub(super) fn check_temperature(temperature: f64) -> Result<(), String> {
    let celsius = temperature - 273.15;
    let (low, high) = (TEMPERATURE_RANGE.start() - 273.15, TEMPERATURE_RANGE.end() - 273.15);
    match TEMPERATURE_RANGE.contains(&temperature) {
        true => Ok(()),
        false => Err(format!("temperature {celsius:.6} degC is out of range ({low:.0} to {high:.0} degC)")),
    }
}
