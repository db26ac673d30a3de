//! The leach as equations for the integrator: positions of all classes, then the border of extents and temperature.

use super::border::Border;
use super::error::LeachError;
use super::kernel::{Classes, Number};
use super::model::LeachModel;
use crate::kinetics::shrinking_core::Coefficients;
use crate::numerics::Scalar;
use crate::numerics::arrow::Arrow;
use crate::numerics::rosenbrock::{IntegrationError, System};

/// Memory of the particles' side of a run.
#[derive(Clone, Debug)]
pub(super) struct Scratch<S> {
    pub(super) classes: Vec<Classes<S>>,
    /// Unreacted amount of each mineral at the start, mol.
    pub(super) inventory: Vec<S>,
    /// What the cores have lost beyond the extents of their mineral at the last linearisation, mol.
    drift: Vec<S>,
    pub(super) arrow: Arrow<S>,
}

impl<S: Scalar> Default for Scratch<S> {
    fn default() -> Scratch<S> {
        Scratch { classes: Vec::new(), inventory: Vec::new(), drift: Vec::new(), arrow: Arrow::default() }
    }
}

/// What moves the temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Heating<S> {
    /// Nothing.
    None,
    /// A prescribed rate, K/s.
    Ramp(S),
    /// A heat balance.
    Balance { capacity: S, loss: S, ambient: S, input: S },
}

/// Tolerances in the units of the states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scales<S> {
    pub(super) relative: f64,
    pub(super) core: f64,
    pub(super) amount: S,  // mol
    pub(super) refused: S, // mol: an amount may fall this far below zero
}

/// One run, as the integrator sees it.
pub(super) struct Problem<'a, S> {
    pub(super) model: &'a LeachModel,
    pub(super) border: &'a mut Border<S>,
    pub(super) scratch: &'a mut Scratch<S>,
    pub(super) heating: Heating<S>,
    pub(super) scales: Scales<S>,
    pub(super) locals: usize,
}

impl<S: Scalar> Problem<'_, S> {
    #[inline(always)]
    fn coefficients(&self, mineral: usize) -> Coefficients<S> {
        let mineral = &self.model.minerals[mineral];
        let own = &self.border.outputs[mineral.output..];
        match mineral.coefficients {
            1 => {
                let (one, zero) = (S::from(1.0), S::from(0.0));
                Coefficients { driving: own[0], surface: one, layer: zero, film: zero }
            }
            _ => Coefficients { driving: own[0], surface: own[1], layer: own[2], film: own[3] },
        }
    }

    /// What made an integration fail: the equilibrium, where that had no answer at the end.
    pub(super) fn why(&mut self, error: IntegrationError) -> LeachError {
        self.border.speciation.failure.take().map_or(LeachError::Integration(error), LeachError::Equilibrium)
    }

    /// First output that is the rate of a reaction in the liquor, and the first such reaction.
    fn liquor(&self) -> (usize, usize) {
        let reaction = self.model.minerals.last().map_or(0, |mineral| mineral.paths.end);
        (self.model.outputs.len() - (self.model.reactions.len() - reaction), reaction)
    }

    /// Temperature rate from the rates of all extents.
    fn temperature_rate(&self, temperature: S, rates: &[S]) -> S {
        match self.heating {
            Heating::None => S::from(0.0),
            Heating::Ramp(slope) => slope,
            Heating::Balance { capacity, loss, ambient, input } => {
                let heats = self.model.reactions.iter().zip(rates);
                let released = heats.fold(S::from(0.0), |sum, (reaction, rate)| {
                    sum - *rate * reaction.enthalpy.unwrap_or(0.0)
                });
                (released + input - loss * (temperature - ambient)) / capacity
            }
        }
    }

    /// Sets up the arrow matrix for the classes that were loaded.
    pub(super) fn shape_arrow(&mut self) {
        let thermal = self.border.thermal;
        let classes = &self.scratch.classes;
        let groups = self.model.minerals.iter().zip(classes).map(|(mineral, classes)| {
            let moving = if thermal { mineral.coefficients } else { mineral.varying };
            (classes.fresh.len(), moving)
        });
        self.scratch.arrow.reset(groups, self.border.states);
    }

    /// Rows of the temperature in the matrix, from those of the extents.
    fn linearise_temperature(&mut self) {
        let m = self.border.states;
        let Heating::Balance { capacity, loss, .. } = self.heating else { return };
        let arrow = &mut self.scratch.arrow;
        for (r, reaction) in self.model.reactions.iter().enumerate() {
            let warming = S::from(-reaction.enthalpy.unwrap_or(0.0)) / capacity;
            for column in 0..m {
                let through = warming * arrow.corner[r * m + column];
                arrow.corner[(m - 1) * m + column] += through;
            }
            for group in &mut arrow.groups {
                let through = warming * group.effect[r];
                group.effect[m - 1] += through;
            }
        }
        arrow.corner[m * m - 1] -= loss / capacity;
    }
}

impl<S: Number> System<S> for Problem<'_, S> {
    fn len(&self) -> usize {
        self.locals + self.border.states
    }

    fn rates(&mut self, x: &[S], rates: &mut [S]) {
        let (positions, z) = x.split_at(self.locals);
        let (local, border) = rates.split_at_mut(self.locals);
        self.border.evaluate(self.model, z);
        if self.border.speciation.failure.is_some() {
            rates.fill(S::from(f64::NAN)); // a rate's `max` would hide it
            return;
        }
        let mut start = 0;
        for j in 0..self.model.minerals.len() {
            let mineral = &self.model.minerals[j];
            let coefficients = self.coefficients(j);
            let classes = &mut self.scratch.classes[j];
            let range = start..start + classes.fresh.len();
            start = range.end;
            let (w, out) = (&positions[range.clone()], &mut local[range]);
            let loss = S::rates((mineral.progress, mineral.resistance), classes, w, &coefficients, out);
            let shares = &self.border.outputs[mineral.output + mineral.coefficients..];
            for (path, share) in mineral.paths.clone().zip(shares) {
                border[path] = loss * *share;
            }
        }
        let (output, reaction) = self.liquor();
        for (rate, value) in border[reaction..].iter_mut().zip(&self.border.outputs[output..]) {
            *rate = self.border.volume * *value;
        }
        if self.border.thermal {
            let last = border.len() - 1;
            border[last] = self.temperature_rate(z[last], &border[..last]);
        }
    }

    fn linearise(&mut self, x: &[S]) {
        let (positions, z) = x.split_at(self.locals);
        let m = self.border.states;
        self.border.linearise(self.model, z);
        self.scratch.arrow.corner.fill(S::from(0.0));
        self.scratch.drift.clear();
        for j in 0..self.model.minerals.len() {
            let mineral = &self.model.minerals[j];
            let coefficients = self.coefficients(j);
            let Scratch { classes, arrow, inventory, drift } = &mut *self.scratch;
            let group = &mut arrow.groups[j];
            let range = group.start..group.end;
            for q in 0..group.intermediates {
                let row = self.border.slope(mineral.output + q);
                group.through[q * m..(q + 1) * m].copy_from_slice(row);
            }
            let (loss, by) = S::slopes(
                (mineral.progress, mineral.resistance),
                &mut classes[j],
                &positions[range.clone()],
                &coefficients,
                &mut arrow.diagonal[range],
                group,
            );
            let left = classes[j].local.iter().zip(&classes[j].fresh);
            let left = left.fold(S::from(0.0), |sum, (at, n)| sum + *n * mineral.progress.unreacted_at(at.0));
            let reacted = z[mineral.paths.clone()].iter().fold(S::from(0.0), |sum, extent| sum + *extent);
            drift.push(inventory[j] - left - reacted);
            group.effect.fill(S::from(0.0));
            for (p, path) in mineral.paths.clone().enumerate() {
                let output = mineral.output + mineral.coefficients + p;
                let share = self.border.outputs[output];
                group.effect[path] = share;
                let row = &mut arrow.corner[path * m..(path + 1) * m];
                for (entry, slope) in row.iter_mut().zip(self.border.slope(output)) {
                    *entry += loss * *slope;
                }
                for (q, by) in by[..group.intermediates].iter().enumerate() {
                    let factor = share * *by;
                    for (entry, through) in row.iter_mut().zip(&group.through[q * m..(q + 1) * m]) {
                        *entry += factor * *through;
                    }
                }
            }
        }
        let (output, reaction) = self.liquor();
        for r in reaction..self.model.reactions.len() {
            let o = output + r - reaction;
            let row = &mut self.scratch.arrow.corner[r * m..(r + 1) * m];
            for (entry, slope) in row.iter_mut().zip(self.border.slope(o)) {
                *entry += self.border.volume * *slope;
            }
            for (entry, slope) in row.iter_mut().zip(&self.border.volume_slopes) {
                *entry += self.border.outputs[o] * *slope;
            }
        }
        self.linearise_temperature();
    }

    fn factorise(&mut self, shift: f64) -> bool {
        self.scratch.arrow.factorise(shift)
    }

    fn solve(&mut self, b: &mut [S]) {
        self.scratch.arrow.solve(b);
    }

    /// Root mean square over cores (not positions: what is gone has no error), extents, amounts and temperature.
    fn error_norm(&self, old: &[S], new: &[S], error: &[S]) -> f64 {
        let scales = &self.scales;
        let (mut sum, mut count, mut at) = (S::from(0.0), 0usize, 0);
        for classes in &self.scratch.classes {
            let n = classes.fresh.len();
            let own = &error[at..at + n];
            for ((y, alive), error) in classes.local.iter().zip(own).skip(classes.first) {
                let size = *error * *alive / (y.abs() * scales.relative + scales.core);
                sum += size * size;
            }
            count += n - classes.first;
            at += n;
        }
        let reactions = self.model.reactions.len();
        let extents = at..at + reactions;
        for i in extents.clone() {
            let size = error[i] / (old[i].abs().max(new[i].abs()) * scales.relative + scales.amount);
            sum += size * size;
        }
        count += reactions;
        for row in 0..self.border.species() {
            let change = self.border.change_at(row, &error[extents.clone()]);
            let amount = self.border.amount_at(row, &new[extents.clone()]);
            let size = change / (amount.abs() * scales.relative + scales.amount);
            sum += size * size;
        }
        count += self.border.species();
        if self.border.thermal {
            let size = error[error.len() - 1] / (scales.relative * 1e2);
            sum += size * size;
            count += 1;
        }
        (sum.largest() / count.max(1) as f64).sqrt()
    }

    fn admissible(&self, new: &[S]) -> bool {
        let extents = &new[self.locals..self.locals + self.model.reactions.len()];
        let lowest = |row| self.border.amount_at(row, extents) + self.scales.refused;
        (0..self.border.species()).all(|row| lowest(row).all(|amount| amount >= 0.0))
    }

    fn lost(&self) -> bool {
        self.border.speciation.failure.is_some()
    }

    /// Takes what is gone out of the loops, and puts the extents of each mineral back onto what its cores have lost: both are
    /// integrated, each with its own error, and the sum of those errors would stay in the liquor. The correction is that of the
    /// state before, at which the cores are known.
    fn accepted(&mut self, x: &mut [S]) {
        for (mineral, drift) in self.model.minerals.iter().zip(&self.scratch.drift) {
            let extents = &mut x[self.locals..][mineral.paths.clone()];
            let reacted = extents.iter().fold(S::from(0.0), |sum, extent| sum + *extent);
            if reacted.real() > 0.0 {
                let ratio = *drift / reacted + 1.0;
                extents.iter_mut().for_each(|extent| *extent *= ratio);
            }
        }
        for classes in &mut self.scratch.classes {
            while classes.local.get(classes.first).is_some_and(|(_, alive)| alive.all(|alive| alive < 1e-10))
            {
                classes.first += 1;
            }
        }
    }
}
