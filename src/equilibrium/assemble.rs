//! Residuals and Jacobian of a Newton step.

use super::linear;
use super::problem::{Condition, Problem, Water};
use super::system::System;
use super::workspace::{MOLES_OF_WATER, Workspace};
use std::f64::consts::LN_10;

impl System {
    /// Fills the matrix (Jacobian and, behind it, minus the residual) from the molalities and residuals at the present
    /// unknowns.
    pub(super) fn assemble(&self, problem: &Problem, ws: &mut Workspace) {
        let n = ws.layout.solids + ws.solids.len();
        let width = linear::width(n, 1);
        ws.width = width;
        if self.interactions.is_some() {
            self.eliminate_coefficients(ws);
            self.residuals(problem, ws); // the activity of water has been computed anew
        }
        ws.matrix.clear();
        ws.matrix.resize(n * width, 0.0);
        if self.interactions.is_some() {
            self.dense_jacobian(ws, width, n);
        } else {
            sparse_jacobian(ws, width);
        }
        let kg = ws.kilograms(problem);
        for row in 0..ws.layout.free {
            let component = ws.component_of[row];
            match problem.conditions[component] {
                Condition::Total(_) => self.total_columns(problem, ws, row, kg, width),
                Condition::Charge(x) | Condition::Alkalinity(x) => {
                    if let Some(mass) = ws.layout.mass {
                        ws.matrix[row * width + mass] += x / kg;
                    }
                }
                Condition::Saturation { phase, .. } => self.mass_action(ws, row, phase, width),
                Condition::LogActivity(_) => {}
            }
        }
        let activity = ws.layout.activity;
        if self.interactions.is_some() {
            ws.matrix[activity * width + activity] += 1.0;
        } else {
            ws.matrix[activity * width + activity] += ws.ln_water.exp();
        }
        if let Some(strength) = ws.layout.strength {
            ws.matrix[strength * width + strength] += 1.0;
        }
        if let (Some(mass), Water::Total(total)) = (ws.layout.mass, problem.water) {
            let mut solids = 0.0;
            for k in 0..ws.solids.len() {
                let nu = self.phases[problem.candidates[ws.solids[k]].phase].reaction.water;
                solids += nu * ws.amounts[ws.solids[k]];
                ws.matrix[mass * width + ws.layout.solids + k] += nu / kg;
            }
            ws.matrix[mass * width + mass] += (total - solids) / kg;
        }
        for k in 0..ws.solids.len() {
            self.mass_action(ws, ws.layout.solids + k, problem.candidates[ws.solids[k]].phase, width);
        }
        for row in ws.held_rows() {
            ws.matrix[row * width..row * width + n].fill(0.0);
            ws.matrix[row * width + row] = 1.0;
        }
        for row in 0..n {
            ws.matrix[row * width + n] -= ws.residual[row];
        }
    }

    fn total_columns(&self, problem: &Problem, ws: &mut Workspace, row: usize, kg: f64, width: usize) {
        let mut solids = 0.0;
        for k in 0..ws.solids.len() {
            let nu = self.in_phase(ws, row, problem.candidates[ws.solids[k]].phase);
            solids += nu * ws.amounts[ws.solids[k]];
            ws.matrix[row * width + ws.layout.solids + k] += nu / kg;
        }
        if let Some(mass) = ws.layout.mass {
            ws.matrix[row * width + mass] += (total_of(problem, ws, row) - solids) / kg;
        }
    }

    /// How often a phase stands in a balance.
    pub(super) fn in_phase(&self, ws: &Workspace, row: usize, phase: usize) -> f64 {
        let (components, times) = ws.parts.row(row);
        let terms = &self.phases[phase].reaction.terms;
        let count = |c: u32| terms.iter().find(|t| t.0 == c as usize).map_or(0.0, |t| t.1);
        components.iter().zip(times).map(|(c, times)| times * count(*c)).sum()
    }

    fn mass_action(&self, ws: &mut Workspace, row: usize, phase: usize, width: usize) {
        let reaction = &self.phases[phase].reaction;
        for (c, nu) in &reaction.terms {
            if let Some(column) = ws.column[*c] {
                ws.matrix[row * width + column] += nu;
            }
        }
        ws.matrix[row * width + ws.layout.activity] += reaction.water;
    }

    /// Residuals at the present unknowns and the sizes of their terms; gives the largest ratio.
    pub(super) fn residuals(&self, problem: &Problem, ws: &mut Workspace) -> f64 {
        let n = ws.layout.solids + ws.solids.len();
        ws.residual.clear();
        ws.residual.resize(n, 0.0);
        ws.scale.clear();
        ws.scale.resize(n, 0.0);
        for row in 0..ws.layout.solids {
            let (at, value) = ws.balance.row(row);
            let (mut sum, mut size) = (0.0, 0.0);
            for (i, c) in at.iter().zip(value) {
                let term = c * ws.m[*i as usize];
                sum += term;
                size += term.abs();
            }
            ws.residual[row] = sum;
            ws.scale[row] = size;
        }
        let kg = ws.kilograms(problem);
        for row in 0..ws.layout.free {
            let component = ws.component_of[row];
            match problem.conditions[component] {
                Condition::Total(_) => self.total_residual(problem, ws, row, kg),
                Condition::Charge(x) | Condition::Alkalinity(x) => {
                    ws.residual[row] -= x / kg;
                    ws.scale[row] += (x / kg).abs();
                }
                Condition::Saturation { phase, index } => {
                    ws.residual[row] = self.excess(problem, ws, phase, index).unwrap_or(0.0);
                    ws.scale[row] = 1.0;
                }
                Condition::LogActivity(_) => {}
            }
        }
        self.water_residuals(problem, ws, kg);
        for row in ws.held_rows() {
            (ws.residual[row], ws.scale[row]) = (0.0, 1.0);
        }
        for k in 0..ws.solids.len() {
            let candidate = problem.candidates[ws.solids[k]];
            let row = ws.layout.solids + k;
            ws.residual[row] = self.excess(problem, ws, candidate.phase, candidate.index).unwrap_or(0.0);
            ws.scale[row] = 1.0
                + self.phases[candidate.phase].reaction.terms.iter().map(|t| t.1.abs()).sum::<f64>() * LN_10;
        }
        let mut worst = 0.0_f64;
        for (r, s) in ws.residual.iter().zip(&ws.scale) {
            let ratio = r.abs() / s;
            worst = if ratio.is_nan() { f64::INFINITY } else { worst.max(ratio) };
        }
        worst
    }

    fn total_residual(&self, problem: &Problem, ws: &mut Workspace, row: usize, kg: f64) {
        let sum = ws.residual[row];
        let total = total_of(problem, ws, row);
        let positive = sum > 0.0 && total > 0.0 && sum >= 0.999_999 * ws.scale[row];
        let mut solids = 0.0;
        for k in 0..ws.solids.len() {
            let phase = problem.candidates[ws.solids[k]].phase;
            let part = self.in_phase(ws, row, phase) * ws.amounts[ws.solids[k]];
            solids += part;
            ws.scale[row] += (part / kg).abs();
        }
        let wanted = (total - solids) / kg;
        ws.scale[row] += (total / kg).abs();
        ws.residual[row] = match positive && solids == 0.0 {
            // far from its total the logarithm of the sum is the straighter function
            true if !(0.6..1.5).contains(&(sum / wanted)) => sum * (sum / wanted).ln(),
            _ => sum - wanted,
        };
        if ws.scale[row] == 0.0 {
            ws.scale[row] = 1.0;
        }
    }

    fn water_residuals(&self, problem: &Problem, ws: &mut Workspace, kg: f64) {
        let activity = ws.layout.activity;
        if self.interactions.is_some() {
            ws.residual[activity] = ws.ln_water - ws.coefficients.ln_water;
            ws.scale[activity] = 1.0;
        } else {
            ws.residual[activity] += ws.ln_water.exp() - 1.0;
            ws.scale[activity] += 1.0;
        }
        if let Some(strength) = ws.layout.strength {
            ws.residual[strength] += ws.strength;
            ws.scale[strength] += ws.strength;
        }
        if let (Some(mass), Water::Total(total)) = (ws.layout.mass, problem.water) {
            let mut solids = 0.0;
            for k in &ws.solids {
                solids += self.phases[problem.candidates[*k].phase].reaction.water * ws.amounts[*k];
            }
            ws.residual[mass] += MOLES_OF_WATER - (total - solids) / kg;
            ws.scale[mass] += MOLES_OF_WATER;
        }
    }

    /// Pitzer and SIT: `∂ ln m/∂ unknowns` with the activity coefficients following, by
    /// `(1 + ∂lnγ/∂ln m) d ln m = ν d ln a + (lnγ stored - lnγ(m))`.
    fn eliminate_coefficients(&self, ws: &mut Workspace) {
        let (Some(model), n) = (&ws.constants.interactions, self.aqueous) else { return };
        let stride = model.count();
        ws.all_m.clear();
        ws.all_m.resize(stride, 0.0);
        for (i, at) in ws.active.iter().enumerate() {
            if *at < n {
                ws.all_m[*at] = ws.m[i];
            }
        }
        model.evaluate(&ws.all_m, &mut ws.coefficients);
        let unknowns = ws.layout.solids;
        let count = ws.active.iter().filter(|at| **at < n).count();
        let width = linear::width(count, unknowns + 1);
        ws.dense.clear();
        ws.dense.resize(count * width, 0.0);
        for i in 0..count {
            let row = &mut ws.dense[i * width..(i + 1) * width];
            let slopes = &ws.coefficients.slopes[ws.active[i] * stride..(ws.active[i] + 1) * stride];
            for k in 0..count {
                row[k] = slopes[ws.active[k]] * ws.m[k];
            }
            row[i] += 1.0;
            let (at, value) = ws.columns.row(i);
            for (c, nu) in at.iter().zip(value) {
                row[count + *c as usize] += nu;
            }
            row[count + unknowns] = ws.stored_gamma[ws.active[i]] - ws.coefficients.ln_gamma[ws.active[i]];
        }
        // held, or the model is outside its stability: take the coefficients as constants for this step
        if ws.held || !linear::solve(&mut ws.dense, count, width) {
            for i in 0..count {
                let row = &mut ws.dense[i * width..(i + 1) * width];
                row.fill(0.0);
                let (at, value) = ws.columns.row(i);
                for (c, nu) in at.iter().zip(value) {
                    row[count + *c as usize] += nu;
                }
                let off = ws.stored_gamma[ws.active[i]] - ws.coefficients.ln_gamma[ws.active[i]];
                row[count + unknowns] = if ws.held { 0.0 } else { off };
            }
        }
    }

    fn dense_jacobian(&self, ws: &mut Workspace, width: usize, last: usize) {
        let unknowns = ws.layout.solids;
        let count = ws.active.iter().filter(|at| **at < self.aqueous).count();
        let dense = linear::width(count, unknowns + 1);
        let activity = ws.layout.activity;
        for i in 0..ws.active.len() {
            let m = ws.m[i];
            let (at, value) = ws.rows.row(i);
            if i < count {
                let row = &ws.dense[i * dense + count..(i + 1) * dense];
                for (r, c) in at.iter().zip(value) {
                    let target = &mut ws.matrix[*r as usize * width..(*r as usize + 1) * width];
                    for k in 0..unknowns {
                        target[k] += c * m * row[k];
                    }
                    target[last] -= c * m * row[unknowns];
                }
                let slope = ws.coefficients.water_slopes[ws.active[i]] * m;
                let target = &mut ws.matrix[activity * width..(activity + 1) * width];
                for k in 0..unknowns {
                    target[k] -= slope * row[k];
                }
                target[last] += slope * row[unknowns];
            } else {
                let (columns, nus) = ws.columns.row(i);
                for (r, c) in at.iter().zip(value) {
                    for (k, nu) in columns.iter().zip(nus) {
                        ws.matrix[*r as usize * width + *k as usize] += c * m * nu;
                    }
                }
            }
        }
    }

    /// Moves the stored coefficients along with the unknowns; gives how far they were off.
    pub(super) fn advance_coefficients(&self, _problem: &Problem, ws: &mut Workspace, factor: f64) -> f64 {
        let unknowns = ws.layout.solids;
        let count = ws.active.iter().filter(|at| **at < self.aqueous).count();
        let width = linear::width(count, unknowns + 1);
        let mut worst = 0.0_f64;
        let mut strength = 0.0;
        for i in 0..count {
            let row = &ws.dense[i * width + count..(i + 1) * width];
            let mut along = row[unknowns];
            along += row[..unknowns].iter().zip(&ws.step).map(|(x, step)| x * step).sum::<f64>();
            let (at, value) = ws.columns.row(i);
            let direct: f64 = at.iter().zip(value).map(|(c, nu)| nu * ws.step[*c as usize]).sum();
            let change = (factor * (direct - along)).clamp(-3.0, 3.0);
            ws.stored_gamma[ws.active[i]] += change;
            let z = self.species[ws.active[i]].charge;
            strength += 0.5 * z * z * ws.m[i];
            worst = worst.max(change.abs());
        }
        ws.strength = strength;
        worst
    }
}

/// What a balance of totals adds up to, mol.
pub(super) fn total_of(problem: &Problem, ws: &Workspace, row: usize) -> f64 {
    let (components, times) = ws.parts.row(row);
    let total = |c: u32| match problem.conditions[c as usize] {
        Condition::Total(total) => total,
        _ => 0.0,
    };
    components.iter().zip(times).map(|(c, times)| times * total(*c)).sum()
}

/// Every derivative of `Σ c m` where coefficients depend on ionic strength alone.
fn sparse_jacobian(ws: &mut Workspace, width: usize) {
    let strength = ws.layout.strength.unwrap_or(0);
    for (row, target) in ws.matrix.chunks_exact_mut(width).enumerate().take(ws.layout.solids) {
        let (at, value) = ws.balance.row(row);
        let mut along = 0.0;
        for (i, c) in at.iter().zip(value) {
            let i = *i as usize;
            let term = c * ws.m[i];
            let (columns, nus) = ws.columns.row(i);
            for (k, nu) in columns.iter().zip(nus) {
                target[*k as usize] += term * nu;
            }
            along += term * ws.slope[i];
        }
        target[strength] -= along;
    }
}
