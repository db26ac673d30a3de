//! What is tried when Newton's method fails: activity coefficients and water held while the solids settle, balances combined, the pH
//! bracketed, totals raised from a dilute start.

use super::problem::{Condition, Problem, Water};
use super::solver::SolveError;
use super::system::System;
use super::workspace::{MOLES_OF_WATER, Workspace};

/// How often ionic strength and water are held and let go.
const ROUNDS: usize = 12;
/// Ionic strength to begin with at most, and to go on with at most, mol/kg.
const STRENGTH: (f64, f64) = (1.0, 12.0);
/// Activity of water to go on with at least.
const LEAST_WATER: f64 = 0.3;

impl System {
    /// Activity coefficients, activity and mass of water held while solids settle; then, from there, the whole.
    ///
    /// The liquor without its solids, from which solids are let in one by one, need not exist: all hydroxide of a slurry dissolved at
    /// once dries it out. With coefficients and water held the equilibrium is the minimum of a convex function, which Newton's
    /// method with its active set finds from anywhere; it tells which solids there are and what ionic strength they leave.
    pub(super) fn with_water_held(&self, problem: &Problem, ws: &mut Workspace) -> Result<(), SolveError> {
        ws.statistics.restarts += 1;
        self.cold_start(problem, ws);
        ws.strength = ws.strength.min(STRENGTH.0);
        let mut last = SolveError::Singular;
        for _ in 0..ROUNDS {
            ws.held = true;
            let settled = self.with_solids(problem, ws);
            ws.held = false;
            settled?;
            let moved = self.let_go(problem, ws);
            let kept = (ws.ln_activity.clone(), ws.strength, ws.ln_water, ws.ln_mass);
            let coefficients = ws.stored_gamma.clone();
            let solids = (ws.solids.clone(), ws.present.clone(), ws.amounts.clone());
            match self.with_solids(problem, ws) {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
            (ws.ln_activity, ws.strength, ws.ln_water, ws.ln_mass) = kept;
            (ws.solids, ws.present, ws.amounts) = solids;
            ws.stored_gamma = coefficients;
            if moved < 1e-3 {
                break; // another round would begin where this one did
            }
        }
        Err(last)
    }

    /// Ionic strength, activity and mass of water as the species and solids at hand have them; the strength, or the activity
    /// coefficients that do not follow from it, halfway. Gives how far these moved.
    fn let_go(&self, problem: &Problem, ws: &mut Workspace) -> f64 {
        let (mut strength, mut solutes, mut bound) = (0.0, 0.0, 0.0);
        for (at, m) in ws.active.iter().zip(&ws.m) {
            let Some(species) = self.species.get(*at).filter(|species| species.aqueous) else { continue };
            strength += 0.5 * species.charge * species.charge * m;
            solutes += m;
            bound += species.reaction.water * m;
        }
        let before = ws.strength;
        ws.strength = (before * strength.clamp(1e-7, STRENGTH.1)).sqrt();
        ws.ln_water = (1.0 - self.water_slope * solutes).max(LEAST_WATER).ln();
        if let (Some(_), Water::Total(total)) = (ws.layout.mass, problem.water) {
            let nu = |candidate: &usize| self.phases[problem.candidates[*candidate].phase].reaction.water;
            let solids: f64 = ws.solids.iter().map(|candidate| nu(candidate) * ws.amounts[*candidate]).sum();
            let left = ((total - solids) / (MOLES_OF_WATER + bound)).max(0.1 * total / MOLES_OF_WATER);
            ws.ln_mass = left.ln();
        }
        match &self.interactions {
            Some(_) => self.coefficients_halfway(ws),
            None => (ws.strength / before).ln().abs(),
        }
    }

    /// Pitzer and SIT: activity coefficients halfway to those of the species at hand.
    fn coefficients_halfway(&self, ws: &mut Workspace) -> f64 {
        let Some(model) = &ws.constants.interactions else { return 0.0 };
        ws.all_m.clear();
        ws.all_m.resize(model.count(), 0.0);
        for (at, m) in ws.active.iter().zip(&ws.m).filter(|(at, _)| **at < self.aqueous) {
            ws.all_m[*at] = *m;
        }
        model.evaluate(&ws.all_m, &mut ws.coefficients);
        ws.ln_water = ws.coefficients.ln_water.max(LEAST_WATER.ln());
        let mut moved = 0.0_f64;
        for (now, new) in ws.stored_gamma.iter_mut().zip(&ws.coefficients.ln_gamma) {
            let half = (0.5 * (new - *now)).clamp(-3.0, 3.0);
            *now += half;
            moved = moved.max(half.abs());
        }
        moved
    }

    /// The last resorts, balances combined so that equal totals of strong partners do not hide what stays free. `first` is what
    /// failed before.
    pub(super) fn recombined(
        &self,
        problem: &Problem,
        ws: &mut Workspace,
        first: Result<(), SolveError>,
    ) -> Result<(), SolveError> {
        ws.statistics.restarts += 1;
        ws.careful = true;
        self.cold_start(problem, ws);
        let settled = self.with_solids(problem, ws);
        ws.careful = false;
        if settled.is_ok() || self.with_water_held(problem, ws).is_ok() {
            return Ok(());
        }
        self.bracketed(problem, ws).map_err(|second| match first {
            Err(first @ (SolveError::DryOut { .. } | SolveError::Cycling(_))) => first,
            _ => second,
        })
    }

    /// The pH bracketed, all else solved at fixed pH; then Newton on the whole.
    pub(super) fn bracketed(&self, problem: &Problem, ws: &mut Workspace) -> Result<(), SolveError> {
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
}
