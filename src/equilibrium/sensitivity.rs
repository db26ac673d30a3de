//! How an equilibrium answers to what it is given: exact derivatives by the implicit function theorem.
//!
//! At the answer `F(x, p) = 0`, so `J dx/dp = -∂F/∂p` with the Jacobian of the last Newton step; one elimination serves all
//! parameters. Derivatives hold as long as the set of solids does: at the point where a solid enters or leaves they are
//! those of the side that the answer is on.

use super::activity::pitzer::Coefficients;
use super::assemble::total_of;
use super::linear;
use super::problem::{Condition, Problem, Water};
use super::solver::SolveError;
use super::state::State;
use super::system::{Constants, System};
use super::workspace::Workspace;
use std::f64::consts::LN_10;

const STEP: f64 = 0.02; // K, of the central difference of constants, which are smooth; error below 1e-8 of the slope

/// What is varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// The number in a component's [`Condition`]: a total (mol), `log10` of an activity, a charge or alkalinity
    /// (equivalents), a saturation index.
    Condition(usize),
    /// The number in [`Water`]: kg of liquid water, or mol of H2O in all.
    Water,
    /// Temperature, K.
    Temperature,
}

/// Derivatives of an answer by everything it was given; memory that is used again from solve to solve.
///
/// Filled by [`System::solve_with_sensitivities`]. Every getter gives none for what is absent: a component with a total of
/// zero, its species, a temperature at the edge of the database's tables.
#[derive(Clone, Debug, Default)]
pub struct Sensitivities {
    count: usize, // parameters: components, water, temperature
    gone: Vec<bool>,
    species: Vec<f64>,
    present: Vec<bool>, // of species
    components: Vec<f64>,
    amounts: Vec<f64>,
    water: Vec<f64>, // ln a_w, then ln (mass of liquid water)
    matrix: Vec<f64>,
    direct: Vec<f64>, // ∂ ln m/∂p at fixed unknowns, [active species, parameter]
    dense: Vec<f64>,
    low: Constants,
    high: Constants,
    coefficients: Coefficients,
    gamma: [Vec<f64>; 2], // ln γ and, last, ln a_w at the two temperatures
}

impl Sensitivities {
    /// Empty memory; it grows on the first use and then stays.
    pub fn new() -> Sensitivities {
        Sensitivities::default()
    }

    fn place(&self, parameter: Parameter) -> Option<usize> {
        let at = match parameter {
            Parameter::Condition(component) if component + 2 < self.count => component,
            Parameter::Condition(_) => return None,
            Parameter::Water => self.count.checked_sub(2)?,
            Parameter::Temperature => self.count.checked_sub(1)?,
        };
        (!self.gone[at]).then_some(at)
    }

    fn get(&self, values: &[f64], row: usize, parameter: Parameter) -> Option<f64> {
        values.get(row * self.count + self.place(parameter)?).copied()
    }

    /// `d ln m / dp` of a species.
    pub fn ln_molality(&self, species: usize, by: Parameter) -> Option<f64> {
        self.present.get(species).filter(|present| **present)?;
        self.get(&self.species, species, by)
    }

    /// `d ln a / dp` of the master species of a component; that of the proton is `-ln 10 dpH/dp`.
    pub fn ln_activity(&self, component: usize, by: Parameter) -> Option<f64> {
        self.gone.get(component).filter(|gone| !**gone)?;
        self.get(&self.components, component, by)
    }

    /// `dn / dp` of a candidate solid, mol per unit of the parameter; zero while it is absent.
    pub fn amount(&self, candidate: usize, by: Parameter) -> Option<f64> {
        self.get(&self.amounts, candidate, by)
    }

    /// `d ln a_w / dp`.
    pub fn ln_water_activity(&self, by: Parameter) -> Option<f64> {
        self.get(&self.water, 0, by)
    }

    /// `d ln (kg of liquid water) / dp`.
    pub fn ln_water_mass(&self, by: Parameter) -> Option<f64> {
        self.get(&self.water, 1, by)
    }
}

impl System {
    /// `d ln a / dp` of a species, by its mass action law; `out` was filled for the same problem.
    pub fn ln_activity_slope(&self, species: usize, by: Parameter, out: &Sensitivities) -> Option<f64> {
        out.present.get(species).filter(|present| **present)?;
        let reaction = &self.species[species].reaction;
        let mut slope = reaction.water * out.ln_water_activity(by)?;
        for (component, count) in &reaction.terms {
            slope += count * out.ln_activity(*component, by)?;
        }
        if by == Parameter::Temperature {
            slope += (out.high.species[species] - out.low.species[species]) / (2.0 * STEP);
        }
        Some(slope)
    }

    /// Solves a problem as [`System::solve`] does and differentiates the answer by every condition, by water and by
    /// temperature. Allocates nothing once `out` has grown.
    ///
    /// # Errors
    /// [`SolveError`], also if the Jacobian at the answer is singular.
    pub fn solve_with_sensitivities<'w>(
        &'w self,
        problem: &'w Problem,
        ws: &'w mut Workspace,
        out: &mut Sensitivities,
    ) -> Result<State<'w>, SolveError> {
        self.solve(problem, ws)?;
        self.residuals(problem, ws);
        self.assemble(problem, ws);
        out.lay_out(self, problem, ws);
        self.direct(problem, ws, out);
        self.right_sides(problem, ws, out);
        let unknowns = ws.layout.solids + ws.solids.len();
        if !linear::solve(&mut out.matrix, unknowns, linear::width(unknowns, out.count)) {
            return Err(SolveError::Singular);
        }
        self.collect(problem, ws, out);
        Ok(State { system: self, problem, ws })
    }

    /// `∂ ln m/∂p` of the active species at fixed unknowns.
    fn direct(&self, problem: &Problem, ws: &Workspace, out: &mut Sensitivities) {
        let (count, temperature) = (out.count, out.count - 1);
        let at_edge = |constants: &mut Constants, step: f64| -> bool {
            !self.at_temperature(problem.temperature + step, constants)
        };
        out.gone[temperature] = at_edge(&mut out.low, -STEP) || at_edge(&mut out.high, STEP);
        let root = ws.strength.sqrt();
        let slope = |low: f64, high: f64| (high - low) / (2.0 * STEP);
        for (i, at) in ws.active.iter().enumerate() {
            let row = &mut out.direct[i * count..(i + 1) * count];
            let (reaction, per_mass) = match self.species.get(*at) {
                Some(species) => (&species.reaction, !species.aqueous),
                None => (&self.phases[at - self.species.len()].reaction, true),
            };
            for (c, n) in &reaction.terms {
                if matches!(problem.conditions[*c], Condition::LogActivity(_)) {
                    row[*c] += n * LN_10;
                }
            }
            if let (Water::Mass(kg), true) = (problem.water, per_mass) {
                row[count - 2] -= 1.0 / kg;
            }
            match self.species.get(*at) {
                Some(species) => {
                    if let (Some(exchanger), false) = (species.exchanger, species.aqueous)
                        && let Condition::Total(capacity) = problem.conditions[exchanger]
                    {
                        row[exchanger] += 1.0 / capacity;
                    }
                    if !out.gone[temperature] {
                        let gamma =
                            |constants: &Constants| constants.classes[species.class].at(ws.strength, root).0;
                        row[temperature] += slope(out.low.species[*at], out.high.species[*at])
                            - slope(gamma(&out.low), gamma(&out.high));
                    }
                }
                None if !out.gone[temperature] => {
                    let phase = at - self.species.len();
                    row[temperature] -=
                        slope(out.low.phases[phase], out.high.phases[phase]) + 1.0 / problem.temperature;
                }
                None => {}
            }
        }
        if self.interactions.is_some() {
            self.direct_dense(ws, out);
        }
    }

    /// Pitzer and SIT: the coefficients answer too, `(1 + ∂lnγ/∂ln m) d ln m = d ln K - ∂lnγ/∂T dT + …`.
    fn direct_dense(&self, ws: &Workspace, out: &mut Sensitivities) {
        let (count, temperature) = (out.count, out.count - 1);
        let aqueous = ws.active.iter().filter(|at| **at < self.aqueous).count();
        let (slopes, stride) = (&ws.coefficients.slopes, ws.all_m.len());
        let edge = out.gone[temperature];
        for (constants, values) in [&out.low, &out.high].into_iter().zip(&mut out.gamma) {
            values.clear();
            if let (Some(model), false) = (&constants.interactions, edge) {
                model.evaluate(&ws.all_m, &mut out.coefficients);
                values.extend_from_slice(&out.coefficients.ln_gamma);
                values.push(out.coefficients.ln_water);
            }
        }
        let width = linear::width(aqueous, count);
        out.dense.clear();
        out.dense.resize(aqueous * width, 0.0);
        for i in 0..aqueous {
            let row = &mut out.dense[i * width..(i + 1) * width];
            let from = ws.active[i] * stride;
            for k in 0..aqueous {
                row[k] = slopes[from + ws.active[k]] * ws.m[k];
            }
            row[i] += 1.0;
            row[aqueous..aqueous + count].copy_from_slice(&out.direct[i * count..(i + 1) * count]);
            if !edge {
                let [low, high] = &out.gamma;
                row[aqueous + temperature] -= (high[ws.active[i]] - low[ws.active[i]]) / (2.0 * STEP);
            }
        }
        if linear::solve(&mut out.dense, aqueous, width) {
            for i in 0..aqueous {
                let row = &out.dense[i * width + aqueous..i * width + aqueous + count];
                out.direct[i * count..(i + 1) * count].copy_from_slice(row);
            }
        }
    }

    /// Behind the Jacobian of the last step: `-∂F/∂p`, one column per parameter.
    fn right_sides(&self, problem: &Problem, ws: &Workspace, out: &mut Sensitivities) {
        let unknowns = ws.layout.solids + ws.solids.len();
        let (count, width) = (out.count, linear::width(unknowns, out.count));
        out.matrix.clear();
        out.matrix.resize(unknowns * width, 0.0);
        for row in 0..unknowns {
            let jacobian = &ws.matrix[row * ws.width..row * ws.width + unknowns];
            out.matrix[row * width..row * width + unknowns].copy_from_slice(jacobian);
        }
        for i in 0..ws.active.len() {
            let direct = &out.direct[i * count..(i + 1) * count];
            let mut add = |row: usize, factor: f64| {
                let target = &mut out.matrix[row * width + unknowns..row * width + unknowns + count];
                target.iter_mut().zip(direct).for_each(|(x, d)| *x -= factor * d);
            };
            let (rows, values) = ws.rows.row(i);
            for (row, c) in rows.iter().zip(values) {
                add(*row as usize, c * ws.m[i]);
            }
            if self.interactions.is_some() && ws.active[i] < self.aqueous {
                add(ws.layout.activity, -ws.coefficients.water_slopes[ws.active[i]] * ws.m[i]);
            }
        }
        self.explicit(problem, ws, out);
    }

    /// What the residuals hold of the parameters themselves.
    fn explicit(&self, problem: &Problem, ws: &Workspace, out: &mut Sensitivities) {
        let unknowns = ws.layout.solids + ws.solids.len();
        let (count, width) = (out.count, linear::width(unknowns, out.count));
        let (water, temperature) = (count - 2, count - 1);
        let kg = ws.kilograms(problem);
        let mut add = |row: usize, parameter: usize, value: f64| {
            out.matrix[row * width + unknowns + parameter] += value
        };
        for row in 0..ws.layout.free {
            let component = ws.component_of[row];
            match problem.conditions[component] {
                Condition::Total(_) => {
                    let (parts, times) = ws.parts.row(row);
                    parts.iter().zip(times).for_each(|(part, times)| add(row, *part as usize, times / kg));
                    if matches!(problem.water, Water::Mass(_)) {
                        let dissolved = total_of(problem, ws, row) - self.in_solids(problem, ws, row);
                        add(row, water, -dissolved / (kg * kg));
                    }
                }
                Condition::Charge(x) | Condition::Alkalinity(x) => {
                    add(row, component, 1.0 / kg);
                    if matches!(problem.water, Water::Mass(_)) {
                        add(row, water, -x / (kg * kg));
                    }
                }
                Condition::Saturation { .. } => add(row, component, LN_10),
                Condition::LogActivity(_) => {}
            }
        }
        if let Some(mass) = ws.layout.mass {
            add(mass, water, 1.0 / kg);
        }
        let held = (0..ws.layout.free).filter_map(|row| match problem.conditions[ws.component_of[row]] {
            Condition::Saturation { phase, .. } => Some((row, phase)),
            _ => None,
        });
        let solids = ws.solids.iter().enumerate();
        let solids = solids.map(|(k, at)| (ws.layout.solids + k, problem.candidates[*at].phase));
        for (row, phase) in held.chain(solids) {
            for (c, n) in &self.phases[phase].reaction.terms {
                if matches!(problem.conditions[*c], Condition::LogActivity(_)) {
                    add(row, *c, -n * LN_10);
                }
            }
            if !out.gone[temperature] {
                add(row, temperature, (out.high.phases[phase] - out.low.phases[phase]) / (2.0 * STEP));
            }
        }
        if let ([low, high], true, false) = (&out.gamma, self.interactions.is_some(), out.gone[temperature])
            && let (Some(low), Some(high)) = (low.last(), high.last())
        {
            add(ws.layout.activity, temperature, (high - low) / (2.0 * STEP));
        }
    }

    fn in_solids(&self, problem: &Problem, ws: &Workspace, row: usize) -> f64 {
        let part = |at: &usize| self.in_phase(ws, row, problem.candidates[*at].phase) * ws.amounts[*at];
        ws.solids.iter().map(part).sum()
    }

    /// From the unknowns to what is told.
    fn collect(&self, problem: &Problem, ws: &Workspace, out: &mut Sensitivities) {
        let unknowns = ws.layout.solids + ws.solids.len();
        let (count, width) = (out.count, linear::width(unknowns, out.count));
        let solution = |row: usize| row * width + unknowns..row * width + unknowns + count;
        let dense = ws.active.iter().filter(|at| **at < self.aqueous).count();
        let dense_width = linear::width(dense, ws.layout.solids + 1);
        for (i, at) in ws.active.iter().enumerate() {
            let row = &mut out.species[at * count..(at + 1) * count];
            row.copy_from_slice(&out.direct[i * count..(i + 1) * count]);
            out.present[*at] = true;
            let mut add = |unknown: usize, factor: f64| {
                let along = &out.matrix[solution(unknown)];
                row.iter_mut().zip(along).for_each(|(x, d)| *x += factor * d);
            };
            if self.interactions.is_some() && *at < self.aqueous {
                let factors = &ws.dense[i * dense_width + dense..i * dense_width + dense + ws.layout.solids];
                factors.iter().enumerate().for_each(|(unknown, factor)| add(unknown, *factor));
                continue;
            }
            let (columns, values) = ws.columns.row(i);
            columns.iter().zip(values).for_each(|(unknown, nu)| add(*unknown as usize, *nu));
            if let Some(strength) = ws.layout.strength {
                add(strength, -ws.slope[i]);
            }
        }
        for component in 0..self.components.len() {
            let row = component * count..(component + 1) * count;
            match (ws.column[component], problem.conditions[component]) {
                (Some(column), _) => out.components[row].copy_from_slice(&out.matrix[solution(column)]),
                (None, Condition::LogActivity(_)) => out.components[row][component] = LN_10,
                (None, _) => {}
            }
        }
        for (k, candidate) in ws.solids.iter().enumerate() {
            let row = candidate * count..(candidate + 1) * count;
            out.amounts[row].copy_from_slice(&out.matrix[solution(ws.layout.solids + k)]);
        }
        out.water[..count].copy_from_slice(&out.matrix[solution(ws.layout.activity)]);
        match (ws.layout.mass, problem.water) {
            (Some(mass), _) => out.water[count..].copy_from_slice(&out.matrix[solution(mass)]),
            (None, Water::Mass(kg)) => out.water[2 * count - 2] = 1.0 / kg,
            (None, Water::Total(_)) => {}
        }
    }
}

impl Sensitivities {
    fn lay_out(&mut self, system: &System, problem: &Problem, ws: &Workspace) {
        let components = system.components.len();
        self.count = components + 2;
        self.gone.clear();
        self.gone.extend((0..components).map(|c| system.undefined(problem, ws, c)));
        self.gone.resize(self.count, false);
        let clear = |values: &mut Vec<f64>, rows: usize| {
            values.clear();
            values.resize(rows * (components + 2), 0.0);
        };
        clear(&mut self.direct, ws.active.len());
        clear(&mut self.species, system.species.len() + system.phases.len());
        clear(&mut self.components, components);
        clear(&mut self.amounts, problem.candidates.len());
        clear(&mut self.water, 2);
        self.present.clear();
        self.present.resize(system.species.len() + system.phases.len(), false);
    }
}
