//! Newton's method on logarithmic unknowns, with an active set of solids.
//!
//! Unknowns are the logarithms of the activities of components and of water, the ionic strength (or, for Pitzer and SIT,
//! the activity coefficients, eliminated exactly), the logarithm of the mass of water, and the amounts of the solids that
//! are present. Every derivative is exact. Steps are shortened where they leave the region in which the linear model means
//! something; if Newton fails, the pH is bracketed and the rest solved at fixed pH. An answer leaves only after its
//! balances, mass action laws and saturation conditions have been checked.

use super::linear;
use super::problem::{Condition, Problem, Water};
use super::state::State;
use super::system::System;
use super::workspace::{MOLES_OF_WATER, Statistics, Workspace, absent};
use std::f64::consts::LN_10;
use thiserror::Error;

/// Largest imbalance, over the size of its terms, that an answer may have.
pub const RESIDUAL_LIMIT: f64 = 1e-9;
const SATURATION_LIMIT: f64 = 1e-9; // in ln (IAP/K)
const STEPS: usize = 120;
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
        let signature = (std::ptr::from_ref(self) as usize, problem.candidates.len());
        let warm = ws.warm && ws.signature == signature;
        ws.signature = signature;
        ws.warm = false;
        ws.prepare(self, problem);
        if !warm {
            self.cold_start(problem, ws);
        }
        let mut result = self.with_solids(problem, ws);
        if warm && result.is_err() {
            ws.statistics.restarts += 1;
            self.cold_start(problem, ws);
            result = self.with_solids(problem, ws);
        }
        if matches!(result, Err(SolveError::NotConverged { .. })) {
            ws.careful = true;
            self.cold_start(problem, ws);
            result = self.with_solids(problem, ws);
            ws.careful = false;
        }
        if result.is_err() && !matches!(result, Err(SolveError::Cycling(_))) {
            let first = result;
            result = self.bracketed(problem, ws).map_err(|second| match (&first, second) {
                (Err(error @ SolveError::DryOut { .. }), _) => error.clone(),
                (_, second) => second,
            });
        }
        result?;
        ws.warm = true;
        self.keep(ws);
        Ok(State { system: self, problem, ws })
    }

    fn check(&self, problem: &Problem) -> Result<(), SolveError> {
        let fail = |text: String| Err(SolveError::Input(text));
        if problem.conditions.len() != self.components.len() {
            return fail("one condition per component is needed".into());
        }
        if !(problem.temperature > 200.0 && problem.temperature < 700.0) {
            return fail(format!("temperature {} K is out of range (200 to 700 K)", problem.temperature));
        }
        for (component, condition) in self.components.iter().zip(&problem.conditions) {
            let (value, signed) = match condition {
                Condition::Total(total) => (*total, matches!(component.species.as_str(), "H+" | "e-")),
                Condition::LogActivity(v) | Condition::Charge(v) | Condition::Alkalinity(v) => (*v, true),
                Condition::Saturation { index, phase } => {
                    let reaction = self.phases.get(*phase).map(|p| &p.reaction);
                    let at = self.components.iter().position(|c| std::ptr::eq(c, component));
                    if !reaction.is_some_and(|r| r.terms.iter().any(|(c, _)| Some(*c) == at)) {
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

    /// A first guess from the totals alone.
    pub(super) fn cold_start(&self, problem: &Problem, ws: &mut Workspace) {
        let kg = match problem.water {
            Water::Mass(kg) => kg,
            Water::Total(moles) => moles / MOLES_OF_WATER,
        };
        ws.ln_mass = kg.ln();
        ws.amounts.clear();
        ws.amounts.resize(problem.candidates.len(), 0.0);
        ws.present.clear();
        ws.present.resize(problem.candidates.len(), false);
        ws.solids.clear();
        let (mut charge, mut strength, mut solutes) = (0.0, 0.0, 0.0);
        for (at, condition) in problem.conditions.iter().enumerate() {
            let z = self.components[at].charge;
            let molality = match condition {
                Condition::Total(total) => (total / kg).abs().max(1e-14),
                Condition::LogActivity(_) => continue,
                Condition::Alkalinity(eq) => (eq / kg).abs().max(1e-9),
                Condition::Charge(_) | Condition::Saturation { .. } => 1e-3,
            };
            if absent(self, at, condition) || at == 0 || Some(at) == self.electron {
                continue;
            }
            ws.ln_activity[at] = molality.ln();
            if matches!(condition, Condition::Total(_)) {
                charge += z * molality;
                strength += 0.5 * z * z * molality;
                solutes += molality;
            }
        }
        if ws.column[0].is_some() {
            let proton = match problem.conditions[0] {
                Condition::Total(total) if total > 1e-7 * kg => total / kg,
                Condition::Total(total) if total < -1e-7 * kg => 1e-14 / (-total / kg),
                Condition::Charge(_) if charge < -1e-7 => -charge,
                Condition::Charge(_) if charge > 1e-7 => 1e-14 / charge,
                _ => 1e-7,
            };
            ws.ln_activity[0] = proton.ln();
            strength += 0.5 * if proton > 1e-7 { proton } else { 1e-14 / proton };
        }
        if let Some(electron) = self.electron.filter(|at| ws.column[*at].is_some()) {
            ws.ln_activity[electron] = -4.0 * LN_10;
        }
        ws.strength = (0.6 * strength).clamp(1e-7, 20.0);
        ws.ln_water = -(0.017 * solutes).min(2.0);
        ws.stored_gamma.clear();
        ws.stored_gamma.resize(self.aqueous, 0.0);
        if self.interactions.is_some() {
            let root = ws.strength.sqrt();
            for (slot, species) in ws.stored_gamma.iter_mut().zip(&self.species) {
                *slot = -1.17
                    * species.charge
                    * species.charge
                    * (root / (1.0 + root) - 0.2 * ws.strength.min(1.0));
            }
        }
        self.relax(problem, ws);
    }

    /// Takes each component down to its total, a few times: puts Newton's start near the valley.
    fn relax(&self, problem: &Problem, ws: &mut Workspace) {
        let free = ws.layout.free;
        for round in 0..80 {
            self.molalities(ws);
            ws.step.clear();
            ws.step.resize(2 * free, 0.0);
            for i in 0..ws.active.len() {
                let m = ws.m[i];
                let (at, value) = ws.columns.row(i);
                for (c, n) in at.iter().zip(value) {
                    if let Some(sum) =
                        ws.step.get_mut(2 * *c as usize..2 * *c as usize + 2).filter(|_| (*c as usize) < free)
                    {
                        sum[0] += n * m;
                        sum[1] += n * n * m;
                    }
                }
            }
            let kg = ws.kilograms(problem);
            let mut worst = (0.0_f64, 0);
            for column in 0..free {
                let component = ws.component_of[column];
                let Condition::Total(total) = problem.conditions[component] else { continue };
                let (sum, square) = (ws.step[2 * column], ws.step[2 * column + 1]);
                if component == 0 || Some(component) == self.electron || sum.is_nan() || sum <= 0.0 {
                    continue;
                }
                let change = ((total / kg / sum).ln() * sum / square).clamp(-300.0, 100.0);
                if change.abs() > worst.0.abs() {
                    worst = (change, component);
                }
                if round < 4 {
                    ws.ln_activity[component] +=
                        if change < 0.0 { 0.85 * change } else { 0.5 * change.min(6.0) };
                }
            }
            if worst.0.abs() < if round < 3 { 1.0 } else { 4.0 } {
                break;
            }
            if round >= 4 {
                ws.ln_activity[worst.1] += worst.0; // one at a time where they pull each other
            }
        }
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
            ws.m[i] = exponent.min(EXPONENT_LIMIT).exp();
            ws.slope[i] = ws.class_slope[class];
        }
    }

    /// Newton at a fixed set of solids. The unknowns end at the answer or anywhere.
    fn newton(&self, problem: &Problem, ws: &mut Workspace) -> Result<(), SolveError> {
        self.molalities(ws);
        let n = ws.layout.solids + ws.solids.len();
        let mut last = f64::INFINITY;
        for iteration in 0..if ws.careful { 4 * STEPS } else { STEPS } {
            ws.statistics.iterations += 1;
            self.assemble(problem, ws);
            if !linear::solve(&mut ws.matrix, n, 1) {
                return Err(self.stuck(problem, ws));
            }
            ws.step.clear();
            let width = n + 1;
            for row in 0..n {
                ws.step.push(ws.matrix[row * width + n]);
            }
            let factor = self.step_length(ws, iteration);
            let change = self.advance(problem, ws, factor);
            self.molalities(ws);
            if !change.is_finite() {
                return Err(self.stuck(problem, ws));
            }
            if change < 1e-6 {
                let residual = self.residuals(problem, ws);
                if residual <= 1e-12
                    || (residual <= RESIDUAL_LIMIT && (change < 1e-10 || change >= 0.5 * last))
                {
                    ws.statistics.residual = residual;
                    return Ok(());
                }
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
        SolveError::NotConverged { residual, row, iterations: ws.statistics.iterations }
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

    /// Solids enter while supersaturated and leave when used up, until none does either.
    pub(super) fn with_solids(&self, problem: &Problem, ws: &mut Workspace) -> Result<(), SolveError> {
        let limit = 20 + 6 * problem.candidates.len();
        let mut blocked: u64 = 0; // solids that have left twice wait
        let mut leavings = [0_u8; 64];
        for changes in 0..limit {
            ws.statistics.set_changes = changes;
            self.newton(problem, ws)?;
            if let Some(worst) = self.exhausted(problem, ws) {
                let candidate = ws.solids.remove(worst);
                ws.amounts[candidate] = 0.0;
                ws.present[candidate] = false;
                if let Some(count) = leavings.get_mut(candidate) {
                    *count += 1;
                    if *count >= 3 {
                        blocked |= 1 << candidate;
                    }
                }
                continue;
            }
            match self.supersaturated(problem, ws, blocked) {
                Some(candidate) => self.enter(problem, ws, candidate),
                None if blocked != 0 => blocked = 0,
                None => return Ok(()),
            }
        }
        Err(SolveError::Cycling(limit))
    }

    /// The solid of the largest negative amount, if any.
    fn exhausted(&self, problem: &Problem, ws: &Workspace) -> Option<usize> {
        let mut worst = (0.0, None);
        for (k, candidate) in ws.solids.iter().enumerate() {
            let reaction = &self.phases[problem.candidates[*candidate].phase].reaction;
            let mut size = 0.0_f64;
            for (c, n) in &reaction.terms {
                if let Condition::Total(total) = problem.conditions[*c] {
                    size = size.max(total.abs() / n.abs());
                }
            }
            let relative = ws.amounts[*candidate] / size.max(1e-30);
            if relative < worst.0 {
                worst = (relative, Some(k));
            }
        }
        worst.1
    }

    /// The candidate of the largest supersaturation per component, if any.
    fn supersaturated(&self, problem: &Problem, ws: &Workspace, blocked: u64) -> Option<usize> {
        let mut best = (0.0, None);
        for (at, candidate) in problem.candidates.iter().enumerate() {
            if ws.present[at] || (at < 64 && blocked >> at & 1 == 1) {
                continue;
            }
            let Some(excess) = self.excess(problem, ws, candidate.phase, candidate.index) else { continue };
            let size: f64 = self.phases[candidate.phase].reaction.terms.iter().map(|t| t.1.abs()).sum();
            if excess > SATURATION_LIMIT && excess / size > best.0 {
                best = (excess / size, Some(at));
            }
        }
        best.1
    }

    /// `ln (IAP/K)` above a saturation index; none if the phase holds an absent component.
    pub(super) fn excess(&self, problem: &Problem, ws: &Workspace, phase: usize, index: f64) -> Option<f64> {
        let reaction = &self.phases[phase].reaction;
        let mut sum = -ws.constants.phases[phase] + reaction.water * ws.ln_water - index * LN_10;
        for (c, n) in &reaction.terms {
            if absent(self, *c, &problem.conditions[*c]) {
                return None;
            }
            sum += n * ws.ln_activity[*c];
        }
        Some(sum)
    }

    /// Lets a solid in. If its reaction follows from those present, one of these leaves for it: the first to be used up.
    fn enter(&self, problem: &Problem, ws: &mut Workspace, candidate: usize) {
        if let Some((leaving, amount)) = self.replaced(problem, ws, candidate) {
            let old = ws.solids.remove(leaving);
            ws.amounts[old] = 0.0;
            ws.present[old] = false;
            ws.amounts[candidate] = amount;
        } else {
            ws.amounts[candidate] = 0.0;
        }
        ws.solids.push(candidate);
        ws.present[candidate] = true;
    }

    /// Least squares of the candidate's reaction by those present (normal equations); if it fits, who leaves.
    fn replaced(&self, problem: &Problem, ws: &mut Workspace, candidate: usize) -> Option<(usize, f64)> {
        let held = problem.conditions.iter().filter_map(|condition| match condition {
            Condition::Saturation { phase, .. } => Some(*phase),
            _ => None,
        });
        let mut list: Vec<usize> = ws.solids.iter().map(|k| problem.candidates[*k].phase).collect();
        let solids = list.len();
        list.extend(held);
        if list.is_empty() {
            return None;
        }
        // over the components whose totals balance; fixed activities carry no stoichiometry
        let vector = |phase: usize| {
            let terms = &self.phases[phase].reaction.terms;
            let mut v: Vec<f64> = vec![0.0; self.components.len() + 1];
            for (c, n) in terms.iter().filter(|(c, _)| ws.column[*c].is_some()) {
                v[*c] = *n;
            }
            v
        };
        let target = vector(problem.candidates[candidate].phase);
        let basis: Vec<Vec<f64>> = list.iter().map(|phase| vector(*phase)).collect();
        let n = basis.len();
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
        let mut system = Vec::with_capacity(n * (n + 1));
        for a in &basis {
            system.extend(basis.iter().map(|b| dot(a, b)));
            system.push(dot(a, &target));
        }
        if !linear::solve(&mut system, n, 1) {
            return None;
        }
        let factors: Vec<f64> = (0..n).map(|k| system[k * (n + 1) + n]).collect();
        let mut rest = target.clone();
        for (factor, v) in factors.iter().zip(&basis) {
            rest.iter_mut().zip(v).for_each(|(x, y)| *x -= factor * y);
        }
        if dot(&rest, &rest) > 1e-10 * dot(&target, &target) {
            return None;
        }
        let mut best: Option<(usize, f64)> = None;
        for (k, factor) in factors.iter().enumerate().take(solids) {
            if *factor > 1e-9 {
                let amount = (ws.amounts[ws.solids[k]] / factor).max(0.0);
                if best.is_none_or(|(_, other)| amount < other) {
                    best = Some((k, amount));
                }
            }
        }
        best
    }

    /// The pH bracketed, all else solved at fixed pH; then Newton on the whole.
    fn bracketed(&self, problem: &Problem, ws: &mut Workspace) -> Result<(), SolveError> {
        ws.statistics.restarts += 1;
        if ws.column[0].is_none() {
            return self.creep(problem, ws);
        }
        let mut fixed = problem.clone();
        let (mut low, mut high) = (-2.0, 16.0);
        let mut best: Option<Result<(), SolveError>> = None;
        for round in 0..80 {
            let ph = 0.5 * (low + high);
            fixed.conditions[0] = Condition::LogActivity(-ph);
            ws.prepare(self, &fixed);
            let start = self.at_fixed(&fixed, ws);
            if let Err(error) = start {
                best.get_or_insert(Err(error));
                // a pH that cannot be solved says nothing: nudge
                if round % 2 == 0 {
                    high = ph + 0.45 * (high - ph)
                } else {
                    low = ph - 0.45 * (ph - low)
                }
                continue;
            }
            let imbalance = self.proton_imbalance(problem, ws);
            if round >= 8 {
                ws.prepare(self, problem);
                let keep = (ws.ln_activity.clone(), ws.strength, ws.ln_water, ws.ln_mass);
                if self.with_solids(problem, ws).is_ok() {
                    return Ok(());
                }
                (ws.ln_activity, ws.strength, ws.ln_water, ws.ln_mass) = keep;
            }
            if imbalance > 0.0 { low = ph } else { high = ph }
        }
        ws.prepare(self, problem);
        self.with_solids(problem, ws)
    }

    fn at_fixed(&self, fixed: &Problem, ws: &mut Workspace) -> Result<(), SolveError> {
        let ph = ws.ln_activity[0];
        if self.with_solids(fixed, ws).is_ok() {
            return Ok(());
        }
        self.cold_start(fixed, ws);
        ws.ln_activity[0] = ph;
        if self.with_solids(fixed, ws).is_ok() {
            return Ok(());
        }
        self.creep(fixed, ws)
    }

    /// Totals raised from a dilute start, each answer the start of the next.
    fn creep(&self, problem: &Problem, ws: &mut Workspace) -> Result<(), SolveError> {
        let mut part = problem.clone();
        self.cold_start(problem, ws);
        let mut result = Ok(());
        for step in 0..=12 {
            let share = 10_f64.powf(-6.0 + 0.5 * f64::from(step));
            for (now, whole) in part.conditions.iter_mut().zip(&problem.conditions) {
                if let (Condition::Total(x), Condition::Total(total)) = (&mut *now, whole) {
                    *x = total * share;
                }
            }
            ws.prepare(self, &part);
            if step == 0 {
                self.cold_start(&part, ws);
            } else {
                for column in 0..ws.layout.free {
                    ws.ln_activity[ws.component_of[column]] +=
                        if ws.component_of[column] == 0 { 0.0 } else { 1.15 };
                }
            }
            result = self.with_solids(&part, ws);
            if result.is_err() && step < 12 {
                self.cold_start(&part, ws);
                result = self.with_solids(&part, ws);
            }
        }
        result
    }

    /// Protons (or charge) too many at the present state of a fixed pH: positive means the pH must rise.
    fn proton_imbalance(&self, problem: &Problem, ws: &Workspace) -> f64 {
        let kg = ws.kilograms(problem);
        let mut sum = 0.0;
        for (i, at) in ws.active.iter().enumerate() {
            let (charge, terms, alkalinity) = match self.species.get(*at) {
                Some(s) => (if s.aqueous { s.charge } else { 0.0 }, &s.balance, s.alkalinity),
                None => (0.0, &self.phases[at - self.species.len()].reaction.terms, 0.0),
            };
            sum += ws.m[i]
                * match problem.conditions[0] {
                    Condition::Total(_) => terms.iter().find(|t| t.0 == 0).map_or(0.0, |t| t.1),
                    Condition::Charge(_) => charge,
                    _ => -alkalinity,
                };
        }
        sum *= kg;
        match problem.conditions[0] {
            Condition::Total(total) => {
                for (k, amount) in ws.amounts.iter().enumerate() {
                    let terms = &self.phases[problem.candidates[k].phase].reaction.terms;
                    sum += amount * terms.iter().find(|t| t.0 == 0).map_or(0.0, |t| t.1);
                }
                sum - total
            }
            Condition::Charge(charge) => sum - charge,
            Condition::Alkalinity(eq) => sum + eq,
            Condition::Saturation { phase, index } => self.excess(problem, ws, phase, index).unwrap_or(0.0),
            Condition::LogActivity(_) => 0.0,
        }
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
