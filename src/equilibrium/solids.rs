//! The active set: which candidate solids are present.

use super::linear;
use super::problem::{Condition, Problem};
use super::solver::SolveError;
use super::system::System;
use super::workspace::Workspace;
use std::f64::consts::LN_10;

const SATURATION_LIMIT: f64 = 1e-9; // in ln (IAP/K)

impl System {
    /// Solids enter while supersaturated and leave when used up, until none does either.
    pub(super) fn with_solids(&self, problem: &Problem, ws: &mut Workspace) -> Result<(), SolveError> {
        let limit = 20 + 6 * problem.candidates.len();
        let mut blocked: u64 = 0; // solids that have left twice wait
        let mut leavings = [0_u8; 64];
        for reservoir in problem.first_reservoir()..problem.candidates.len() {
            if !ws.present[reservoir] {
                ws.present[reservoir] = true;
                ws.solids.push(reservoir);
            }
        }
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
        let limited = |(_, candidate): &(usize, &usize)| **candidate < problem.first_reservoir();
        for (k, candidate) in ws.solids.iter().enumerate().filter(limited) {
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

    /// Whether a component has no activity: there is nothing of it, or of the electron no couple.
    pub(super) fn undefined(&self, problem: &Problem, ws: &Workspace, component: usize) -> bool {
        ws.column[component].is_none() && matches!(problem.conditions[component], Condition::Total(_))
    }

    /// `ln (IAP/K)` above a saturation index; none if the phase holds an absent component.
    pub(super) fn excess(&self, problem: &Problem, ws: &Workspace, phase: usize, index: f64) -> Option<f64> {
        let reaction = &self.phases[phase].reaction;
        let mut sum = -ws.constants.phases[phase] + reaction.water * ws.ln_water - index * LN_10;
        for (c, n) in &reaction.terms {
            if self.undefined(problem, ws, *c) {
                return None;
            }
            sum += n * ws.ln_activity[*c];
        }
        Some(sum)
    }

    /// Lets a solid in. If what it binds of the totals, or its reaction, follows from those present, one of these leaves for
    /// it: the first to be used up. (Over a charge balance or a fixed activity solids bind nothing, so that with pH from
    /// electroneutrality a hydroxide and a carbonate of one metal under fixed CO2 exclude each other.)
    fn enter(&self, problem: &Problem, ws: &mut Workspace, candidate: usize) {
        let total = |c: usize| matches!(problem.conditions[c], Condition::Total(_));
        let free = |ws: &Workspace, c: usize| ws.column[c].is_some();
        let by_amounts = self.replaced(problem, ws, candidate, false, |_, c| total(c));
        let replaced = by_amounts.or_else(|| self.replaced(problem, ws, candidate, true, free));
        if let Some((leaving, amount)) = replaced {
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
    fn replaced(
        &self,
        problem: &Problem,
        ws: &mut Workspace,
        candidate: usize,
        with_held: bool,
        counts: impl Fn(&Workspace, usize) -> bool,
    ) -> Option<(usize, f64)> {
        let solids = ws.solids.len();
        let held = problem.conditions.iter().filter_map(|condition| match condition {
            Condition::Saturation { phase, .. } if with_held => Some(*phase),
            _ => None,
        });
        let n = solids + held.clone().count();
        if n == 0 {
            return None;
        }
        let target = problem.candidates[candidate].phase;
        let width = linear::width(n, 1);
        let mut system = std::mem::take(&mut ws.dense);
        system.clear();
        system.resize(n * width, 0.0);
        let overlap = |one: usize, other: usize| self.overlap(one, other, |c| counts(ws, c));
        let present = || ws.solids.iter().map(|k| problem.candidates[*k].phase).chain(held.clone());
        for (row, a) in system.chunks_exact_mut(width).zip(present()) {
            row.iter_mut().zip(present()).for_each(|(x, b)| *x = overlap(a, b));
            row[n] = overlap(a, target);
        }
        let size = overlap(target, target);
        let fitted = present().map(|a| overlap(a, target)); // times the factors: the part that is explained
        let mut best: Option<(usize, f64)> = None;
        if linear::solve(&mut system, n, width) {
            let factors = || system.chunks_exact(width).map(|row| row[n]);
            let rest = size - fitted.zip(factors()).map(|(x, factor)| x * factor).sum::<f64>();
            if rest <= 1e-10 * size {
                for (k, factor) in factors().enumerate().take(solids).filter(|(_, factor)| *factor > 1e-9) {
                    if ws.solids[k] >= problem.first_reservoir() {
                        continue;
                    }
                    let amount = (ws.amounts[ws.solids[k]] / factor).max(0.0);
                    if best.is_none_or(|(_, other)| amount < other) {
                        best = Some((k, amount));
                    }
                }
            }
        }
        ws.dense = system;
        best
    }

    /// Scalar product of two dissolutions over the components that count.
    fn overlap(&self, one: usize, other: usize, counts: impl Fn(usize) -> bool) -> f64 {
        let (one, other) = (&self.phases[one].reaction.terms, &self.phases[other].reaction.terms);
        let counted = one.iter().filter(|(c, _)| counts(*c));
        counted.map(|(c, n)| n * other.iter().find(|t| t.0 == *c).map_or(0.0, |t| t.1)).sum()
    }
}
