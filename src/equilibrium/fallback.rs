//! What is tried when Newton's method fails: the pH bracketed, totals raised from a dilute start.

use super::problem::{Condition, Problem};
use super::solver::SolveError;
use super::system::System;
use super::workspace::Workspace;

impl System {
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
