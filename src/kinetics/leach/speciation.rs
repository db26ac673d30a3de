//! What rates read of the equilibrium: free concentrations and activities in the liquor, with their derivatives.
//!
//! The totals of the equilibrium's components are linear in the extents, since streams carry totals; what is free follows from
//! them by the engine, whose first derivatives are exact. Over dual numbers the derivatives of those derivatives, which only the
//! Jacobian of a repeated step asks for, are central differences of the exact ones.

use super::border::refill;
use super::kernel::Number;
use super::model::LeachModel;
use crate::equilibrium::medium::Medium;
use crate::equilibrium::{
    Condition, Parameter, Problem, Sensitivities, SolveError, System, WATER_MOLAR_MASS, Water, Workspace,
};
use crate::kinetics::expression::{Basis, Reading};
use std::sync::Arc;

/// Totals below this, mol per kg of water, are solved for at this, and what is read falls with them to zero.
const FLOOR: f64 = 1e-10;
/// Relative change of the totals by which second derivatives are taken.
const STEP: f64 = 1e-4;

/// Reads the equilibrium for a run. Without readings it holds nothing and costs nothing.
#[derive(Clone, Debug)]
pub(super) struct Speciation<S> {
    medium: Option<Arc<Medium>>,
    workspace: Workspace,
    sensitivities: Sensitivities,
    problem: Option<Problem>,
    /// Water at the start, kg (or kg/s): the problem is solved on one kilogram of it.
    kilograms: f64,
    /// Totals of the components, then of water, at zero extents, mol per kilogram.
    base: Vec<S>,
    /// Their change by each reaction, `[total][reaction]`.
    by_extent: Vec<f64>,
    /// Components of which a run can hold some.
    present: Vec<bool>,
    /// Totals, water and temperature where the readings were last filled.
    point: Vec<S>,
    trial: Vec<f64>,
    values: Vec<f64>,
    gradients: Vec<f64>, // [reading][total, water, temperature]
    steep: Vec<S>,       // the same, with their own derivatives
    /// Why the last solve failed, if it did.
    pub(super) failure: Option<SolveError>,
}

impl<S> Default for Speciation<S> {
    fn default() -> Speciation<S> {
        Speciation {
            medium: None,
            workspace: Workspace::new(),
            sensitivities: Sensitivities::new(),
            problem: None,
            kilograms: 0.0,
            base: Vec::new(),
            by_extent: Vec::new(),
            present: Vec::new(),
            point: Vec::new(),
            trial: Vec::new(),
            values: Vec::new(),
            gradients: Vec::new(),
            steep: Vec::new(),
            failure: None,
        }
    }
}

impl<S: Number> Speciation<S> {
    /// Prepares a run from amounts at zero extents. It starts cold, so that it depends on its arguments alone.
    pub(super) fn prepare(&mut self, model: &LeachModel, amounts: &[S]) {
        self.failure = None;
        self.medium = model.equilibrium.clone().filter(|_| !model.program.readings().is_empty());
        let Some(medium) = &self.medium else { return };
        let system = medium.system();
        let water = medium.table().index("H2O").map_or(0.0, |id| amounts[id.0].real());
        self.kilograms = water * WATER_MOLAR_MASS;
        self.workspace.cool();
        let (totals, reactions) = (system.components().len() + 1, model.reactions.len());
        self.problem = Some(Problem::new(system));
        refill(&mut self.base, totals, S::from(0.0));
        refill(&mut self.by_extent, totals * reactions, 0.0);
        let per = 1.0 / self.kilograms;
        for (species, amount) in amounts.iter().enumerate() {
            let zero = amount.is_zero();
            let touched = || model.reactions.iter().any(|r| r.terms.iter().any(|term| term.0 == species));
            if zero && !touched() {
                continue;
            }
            let Some(one) = medium.contribution(species) else { continue };
            for (total, count) in one.iter().enumerate().filter(|(_, count)| **count != 0.0) {
                self.base[total] += *amount * (count * per);
                for (r, reaction) in model.reactions.iter().enumerate() {
                    let own = reaction.terms.iter().filter(|term| term.0 == species);
                    self.by_extent[total * reactions + r] +=
                        own.map(|term| term.1).sum::<f64>() * count * per;
                }
            }
        }
        self.present.clear();
        let rows = self.base.iter().zip(self.by_extent.chunks(reactions.max(1)));
        self.present.extend(rows.map(|(base, row)| base.real() > 0.0 || row.iter().any(|x| *x != 0.0)));
        refill(&mut self.point, totals + 1, S::from(0.0));
        let readings = model.program.readings().len();
        refill(&mut self.values, readings, 0.0);
        refill(&mut self.gradients, readings * (totals + 1), 0.0);
        refill(&mut self.steep, readings * (totals + 1), S::from(0.0));
    }

    /// Writes the readings at extents: concentrations in mol/m³ of a liquor of this volume, activities as they are. NaN where the
    /// equilibrium has no answer.
    pub(super) fn fill(
        &mut self,
        model: &LeachModel,
        extents: &[S],
        (temperature, volume): (S, S),
        out: &mut [S],
    ) {
        if self.medium.is_none() {
            return;
        }
        let last = self.point.len() - 1;
        for (total, base) in self.base.iter().enumerate() {
            let own = &self.by_extent[total * extents.len()..(total + 1) * extents.len()];
            self.point[total] = own.iter().zip(extents).fold(*base, |sum, (nu, extent)| sum + *extent * *nu);
        }
        self.point[last] = temperature;
        self.trial.clear();
        self.trial.extend(self.point.iter().map(|x| x.real()));
        self.solve(model.program.readings(), S::LANES > 0);
        for (k, (reading, out)) in model.program.readings().iter().zip(out).enumerate() {
            let slopes = &self.gradients[k * (last + 1)..(k + 1) * (last + 1)];
            let along = |lane: usize| slopes.iter().zip(&self.point).map(|(g, x)| g * x.lane(lane)).sum();
            let value = S::with_lanes(self.values[k], along);
            *out = match reading.basis {
                Basis::Free => value * self.kilograms / volume,
                Basis::Activity => value,
            };
        }
    }

    /// Derivatives of the readings by the border's states, row by row, where [`Speciation::fill`] was last called and gave
    /// `readings`; `states` counts the extents and, if it varies, the temperature.
    pub(super) fn slopes(
        &mut self,
        model: &LeachModel,
        readings: &[S],
        (volume, swell): (S, &[S]),
        states: usize,
        out: &mut [S],
    ) {
        if self.medium.is_none() {
            return;
        }
        self.steepen(model.program.readings());
        let (count, reactions) = (self.point.len(), swell.len());
        let inverse = volume.recip();
        for (k, reading) in model.program.readings().iter().enumerate() {
            let by = &self.steep[k * count..(k + 1) * count];
            let row = &mut out[k * states..(k + 1) * states];
            let factor = match reading.basis {
                Basis::Free => inverse * self.kilograms,
                Basis::Activity => S::from(1.0),
            };
            for r in 0..reactions {
                let totals = by[..count - 1].iter().enumerate();
                let sum = totals.fold(S::from(0.0), |sum, (total, slope)| {
                    sum + *slope * self.by_extent[total * reactions + r]
                });
                row[r] = sum * factor;
                if reading.basis == Basis::Free {
                    row[r] += -(readings[k] * swell[r] * inverse);
                }
            }
            if states > reactions {
                row[reactions] = by[count - 1] * factor;
            }
        }
    }

    /// Gradients at the point, each with its own derivatives along the lanes of `S`.
    fn steepen(&mut self, readings: &[Reading]) {
        self.trial.clear();
        self.trial.extend(self.point.iter().map(|x| x.real()));
        self.solve(readings, true);
        for (steep, gradient) in self.steep.iter_mut().zip(&self.gradients) {
            *steep = S::from(*gradient);
        }
        for lane in 0..S::LANES {
            let step = self.step(lane);
            if step == 0.0 {
                continue;
            }
            for sign in [1.0, -1.0] {
                self.trial.clear();
                self.trial.extend(self.point.iter().map(|x| x.real() + sign * step * x.lane(lane)));
                self.solve(readings, true);
                for (steep, gradient) in self.steep.iter_mut().zip(&self.gradients) {
                    let part = sign * gradient / (2.0 * step);
                    *steep += S::with_lanes(0.0, |at| if at == lane { part } else { 0.0 });
                }
            }
        }
    }

    /// How far along a lane the totals may go for a difference; 0 where they do not move.
    fn step(&self, lane: usize) -> f64 {
        let last = self.point.len() - 1;
        let fastest = self.point.iter().enumerate().map(|(at, x)| {
            let size = if at == last { 1.0 } else { x.real().abs().max(1e3 * FLOOR) };
            x.lane(lane).abs() / size
        });
        let fastest = fastest.fold(0.0, f64::max);
        if fastest > 0.0 { STEP / fastest } else { 0.0 }
    }

    /// Solves at the trial point; fills the values (mol per kilogram of water at the start, or activities) and, if asked, the
    /// gradients. NaN where there is no answer.
    fn solve(&mut self, readings: &[Reading], slopes: bool) {
        let (Some(medium), Some(problem)) = (&self.medium, &mut self.problem) else { return };
        let system = medium.system();
        let count = self.trial.len();
        if self.kilograms.is_nan() || self.kilograms <= 0.0 {
            self.failure = Some(SolveError::Input("there is no liquid water".to_owned()));
            self.values.fill(f64::NAN);
            self.gradients.fill(f64::NAN);
            return;
        }
        if self.trial.iter().any(|x| !x.is_finite()) {
            // the integrator went on from a point without an answer: why there was none is what to tell
            let lost = || SolveError::Input("the leach has left the amounts that it can have".to_owned());
            self.failure.get_or_insert_with(lost);
            self.values.fill(f64::NAN);
            self.gradients.fill(f64::NAN);
            return;
        }
        for (at, condition) in problem.conditions.iter_mut().enumerate() {
            *condition = Condition::Total(match (system.is_signed(at), self.present[at]) {
                (true, _) => self.trial[at],
                (false, true) => self.trial[at].max(FLOOR),
                (false, false) => 0.0,
            });
        }
        problem.water = Water::Total(self.trial[count - 2]);
        problem.temperature = self.trial[count - 1];
        let found = match slopes {
            true => system.solve_with_sensitivities(problem, &mut self.workspace, &mut self.sensitivities),
            false => system.solve(problem, &mut self.workspace),
        };
        let state = match found {
            Ok(state) => state,
            Err(error) => {
                self.failure = Some(error);
                self.values.fill(f64::NAN);
                self.gradients.fill(f64::NAN);
                return;
            }
        };
        self.failure = None;
        for (k, reading) in readings.iter().enumerate() {
            let species = reading.species;
            let full = match reading.basis {
                Basis::Free => state.molality(species) * state.water_mass(),
                Basis::Activity if state.molality(species) == 0.0 => 0.0,
                Basis::Activity => 10_f64.powf(state.log_activity(species)),
            };
            let thin = |except| thinned(system, species, &self.trial, except);
            self.values[k] = full * thin(None);
            if !slopes {
                continue;
            }
            for (j, gradient) in self.gradients[k * count..(k + 1) * count].iter_mut().enumerate() {
                let by = match count - j {
                    1 => Parameter::Temperature,
                    2 => Parameter::Water,
                    _ => Parameter::Condition(j),
                };
                let out = &self.sensitivities;
                let relative = match reading.basis {
                    Basis::Free => {
                        out.ln_molality(species, by).zip(out.ln_water_mass(by)).map(|(m, w)| m + w)
                    }
                    Basis::Activity => system.ln_activity_slope(species, by, out),
                };
                *gradient = match is_thin(system, j, &self.trial) {
                    true => full * thin(Some(j)), // the engine does not see it move
                    false => self.values[k] * relative.unwrap_or(0.0),
                };
            }
        }
    }
}

/// Whether a total is solved for at the floor instead.
fn is_thin(system: &System, total: usize, trial: &[f64]) -> bool {
    total < system.components().len() && !system.is_signed(total) && trial[total] < FLOOR
}

/// The share of a species that is left where totals of its components are below the floor; with `slope`, its derivative by that
/// component's total.
fn thinned(system: &System, species: usize, trial: &[f64], slope: Option<usize>) -> f64 {
    let mut share = 1.0;
    let mut met = false;
    for (component, count) in system.terms(species).iter().filter(|term| term.1 > 0.0) {
        if !is_thin(system, *component, trial) {
            continue;
        }
        let left = trial[*component].max(0.0) / FLOOR;
        let seen = trial[*component] >= 0.0; // one clipped at zero the rates no longer see
        share *= match slope == Some(*component) {
            true if seen => count * left.powf(count - 1.0) / FLOOR,
            true => 0.0,
            false => left.powf(*count),
        };
        met |= slope == Some(*component);
    }
    if slope.is_some() && !met { 0.0 } else { share }
}
