//! A first guess from the totals alone.

use super::problem::{Condition, Problem, Water};
use super::system::System;
use super::workspace::{MOLES_OF_WATER, Workspace, absent};
use std::f64::consts::LN_10;

impl System {
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
        match self.electron.map(|at| (at, problem.conditions[at])) {
            Some((at, Condition::Total(total))) if ws.column[at].is_some() => {
                self.start_potential(problem, ws, at, total / kg);
            }
            _ => self.relax(problem, ws),
        }
    }

    /// The potential at which the electrons of the relaxed start add up, by bisection. At any other one all of an element is
    /// in one valence state, its balance and that of the electrons are the same equation, and Newton's matrix is singular.
    fn start_potential(&self, problem: &Problem, ws: &mut Workspace, electron: usize, total: f64) {
        const STEPS: usize = 12;
        let usual = ws.ln_activity[electron];
        let mut surplus = |ln_activity: f64| {
            ws.ln_activity[electron] = ln_activity;
            self.relax(problem, ws);
            self.molalities(ws);
            let column = ws.column[electron].unwrap_or(usize::MAX);
            let held = |i: usize| {
                let (at, value) = ws.columns.row(i);
                at.iter().zip(value).find(|(c, _)| **c as usize == column).map_or(0.0, |(_, n)| n * ws.m[i])
            };
            (0..ws.active.len()).map(held).sum::<f64>() - total
        };
        let (mut low, mut high) = (-20.0 * LN_10, 20.0 * LN_10);
        let within = surplus(low) < 0.0 && surplus(high) > 0.0;
        for _ in 0..if within { STEPS } else { 0 } {
            let middle = 0.5 * (low + high);
            if surplus(middle) > 0.0 { high = middle } else { low = middle }
        }
        surplus(if within { 0.5 * (low + high) } else { usual });
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
}
