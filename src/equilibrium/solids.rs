//! The active set: which candidate solids are present.

use super::linear;
use super::problem::{Condition, Problem};
use super::solver::SolveError;
use super::system::System;
use super::workspace::{Workspace, absent};
use std::f64::consts::LN_10;

const SATURATION_LIMIT: f64 = 1e-9; // in ln (IAP/K)

impl System {
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
}
