//! A leach over time, over any number type: set up, integrated or repeated, and read off.

use super::batch::{Batch, Thermal};
use super::border::refill;
use super::error::LeachError;
use super::kernel::Number;
use super::model::{LeachModel, Workspace};
use super::particles::{self, Grain};
use super::system::{Heating, Problem, Scales, Scratch};
use crate::numerics::Scalar;
use crate::numerics::rosenbrock::{Limits, Step};

/// Output times beyond which steps no longer end at each of them; interpolation costs a digit and a half.
const MANY: usize = 50;

/// What a leach over time gave, as [`BatchOutcome`](super::BatchOutcome) says.
#[derive(Clone, Debug)]
pub(super) struct Course<S> {
    pub(super) times: Vec<f64>,
    pub(super) amounts: Vec<Vec<S>>,
    pub(super) extents: Vec<Vec<S>>,
    pub(super) temperature: Vec<S>,
    pub(super) unreacted: Vec<Vec<S>>,
    pub(super) cores: Vec<Vec<Vec<S>>>,
    /// Particles at the end, by mineral.
    pub(super) grains: Vec<Vec<Grain<S>>>,
}

impl<S> Default for Course<S> {
    fn default() -> Course<S> {
        Course {
            times: Vec::new(),
            amounts: Vec::new(),
            extents: Vec::new(),
            temperature: Vec::new(),
            unreacted: Vec::new(),
            cores: Vec::new(),
            grains: Vec::new(),
        }
    }
}

impl LeachModel {
    /// Puts the particles of a run into the workspace.
    pub(super) fn load<S: Scalar>(
        &self,
        batch: &Batch<'_, S>,
        workspace: &mut Workspace<S>,
    ) -> Result<(), LeachError> {
        let Workspace { scratch, state, .. } = workspace;
        state.clear();
        scratch.classes.resize_with(self.minerals.len(), Default::default);
        scratch.inventory.clear();
        for (j, mineral) in self.minerals.iter().enumerate() {
            let (classes, populations) = (&mut scratch.classes[j], &batch.minerals[j]);
            let amount = batch.amounts[mineral.species];
            scratch.inventory.push(particles::load(mineral, amount, populations, classes, state)?);
        }
        Ok(())
    }

    /// Runs what was loaded: integrates, or repeats the `steps` of another run of the same leach.
    pub(super) fn course<S: Number>(
        &self,
        batch: &Batch<'_, S>,
        workspace: &mut Workspace<S>,
        steps: Option<&[Step]>,
    ) -> Result<Course<S>, LeachError> {
        let begin = batch.times.first().copied().unwrap_or(0.0);
        let start = start_temperature(&batch.thermal, begin);
        let thermal = !matches!(batch.thermal, Thermal::Isothermal(_));
        let Workspace { border, scratch, method, state } = workspace;
        border.prepare(self, batch.parameters.view(), batch.amounts, batch.volume, start, thermal);
        let locals = state.len();
        state.resize(locals + self.reactions.len(), S::from(0.0));
        if thermal {
            state.push(start);
        }
        let amount = batch.volume.of(batch.amounts) * batch.tolerance.amount;
        let scales = Scales {
            relative: batch.tolerance.relative,
            core: batch.tolerance.core,
            amount,
            refused: amount * 10.0,
        };
        method.reset(state.len());
        let mut problem = Problem { model: self, border, scratch, heating: Heating::None, scales, locals };
        problem.shape_arrow();
        let mut course = Course::default();
        let mut from = begin.min(0.0);
        let (mut pending, mut steps) = (batch.times, steps);
        let end = batch.times.last().copied().unwrap_or(0.0);
        for (until, heating) in segments(&batch.thermal, from, end) {
            problem.heating = heating;
            let count = pending.partition_point(|time| *time <= until);
            let (now, later) = pending.split_at(count);
            let mut seen: Vec<(f64, Vec<S>)> = Vec::with_capacity(count);
            let keep = |i: usize, x: &[S]| seen.push((now[i], x.to_vec()));
            let interpolate = now.len() > MANY;
            match &mut steps {
                None => {
                    let limits = Limits { interpolate, ..Limits::default() };
                    let run = method.integrate(&mut problem, state, (from, until), now, limits, keep);
                    run.map_err(|error| problem.why(error))?;
                }
                Some(left) => {
                    let own;
                    (own, *left) = left.split_at(left.partition_point(|step| step.time < until));
                    let run = method.replay(&mut problem, state, (from, own), (now, interpolate), keep);
                    run.map_err(|error| problem.why(error))?;
                }
            }
            for (time, x) in seen {
                let temperature = if thermal { x[x.len() - 1] } else { start };
                self.record(batch.amounts, problem.scratch, (time, temperature), &x, &mut course);
            }
            (from, pending) = (until, later);
        }
        self.finish(problem.scratch, state, &mut course);
        Ok(course)
    }

    /// Adds one output to the course, with the extents of leaching taken from the cores.
    fn record<S: Scalar>(
        &self,
        start: &[S],
        scratch: &Scratch<S>,
        (time, temperature): (f64, S),
        x: &[S],
        course: &mut Course<S>,
    ) {
        let zero = S::from(0.0);
        let locals = scratch.classes.iter().map(|classes| classes.fresh.len()).sum();
        let (positions, z) = x.split_at(locals);
        let mut extents = z[..self.reactions.len()].to_vec();
        let (mut unreacted, mut cores, mut at) = (Vec::new(), Vec::new(), 0);
        for (j, mineral) in self.minerals.iter().enumerate() {
            let classes = &scratch.classes[j];
            let own = &positions[at..at + classes.fresh.len()];
            at += own.len();
            let left = own.iter().zip(&classes.fresh);
            let left = left.fold(zero, |sum, (w, n)| sum + *n * mineral.progress.unreacted(*w));
            let inventory = scratch.inventory[j];
            let left = left.max(zero).min(inventory);
            share_out(&mut extents[mineral.paths.clone()], inventory - left);
            unreacted.push(if inventory.real() > 0.0 { left / inventory } else { zero });
            cores.push(own.iter().map(|w| mineral.progress.core(*w)).collect());
        }
        let mut amounts = Vec::new();
        refill(&mut amounts, self.species, zero);
        self.settle(start, &mut extents, &mut amounts);
        course.times.push(time);
        course.temperature.push(temperature);
        course.amounts.push(amounts);
        course.extents.push(extents);
        course.unreacted.push(unreacted);
        course.cores.push(cores);
    }

    /// Amounts at extents; where rounding within the tolerance made a reagent negative, the reaction that took most of
    /// it is taken back by as much, so that elements still balance.
    pub(super) fn settle<S: Scalar>(&self, start: &[S], extents: &mut [S], amounts: &mut [S]) {
        // A reaction that does not run, its reagent being absent, may still end at an extent of 1e-18 mol either way.
        let rounding = f64::EPSILON * start.iter().fold(0.0, |most, before| before.real().max(most));
        for extent in extents.iter_mut().filter(|extent| extent.all(|n| n.abs() < rounding)) {
            *extent = S::from(0.0);
        }
        for _ in 0..4 {
            self.apply(start, extents, amounts);
            let mut clean = true;
            for input in self.program.inputs() {
                let short = amounts[*input];
                if !(short.real() < 0.0 && start[*input].real() >= 0.0) {
                    continue;
                }
                let taken = |r: usize, extents: &[S]| {
                    let terms = self.reactions[r].terms.iter().filter(|term| term.0 == *input);
                    extents[r] * -terms.map(|term| term.1).sum::<f64>()
                };
                let size = |r: &usize| taken(*r, extents).real();
                let most = (0..extents.len()).max_by(|a, b| size(a).total_cmp(&size(b)));
                if let Some(r) = most.filter(|r| size(r) > 0.0) {
                    let back = short * (1.0 + 1e-12) / taken(r, extents);
                    extents[r] *= (back + 1.0).max(S::from(0.0));
                    clean = false;
                }
            }
            if clean {
                self.round_off(start, amounts);
                return;
            }
        }
        self.apply(start, extents, amounts);
        self.round_off(start, amounts);
    }

    /// Removes the rounding of the last correction: what is a rounding error below zero is zero.
    fn round_off<S: Scalar>(&self, start: &[S], amounts: &mut [S]) {
        let minerals = self.minerals.iter().map(|mineral| mineral.species);
        for species in self.program.inputs().iter().copied().chain(minerals) {
            if start[species].real() >= 0.0 {
                amounts[species] = amounts[species].max(S::from(0.0));
            }
        }
    }

    fn finish<S: Scalar>(&self, scratch: &Scratch<S>, state: &[S], course: &mut Course<S>) {
        let mut at = 0;
        for (j, mineral) in self.minerals.iter().enumerate() {
            let classes = &scratch.classes[j];
            let own = &state[at..at + classes.fresh.len()];
            at += own.len();
            let left = course.amounts.last().map_or(S::from(0.0), |amounts| amounts[mineral.species]);
            course.grains.push(particles::unload(mineral, classes, own, left));
        }
    }
}

/// Scales the extents of a mineral's paths to a total.
pub(super) fn share_out<S: Scalar>(extents: &mut [S], total: S) {
    let zero = S::from(0.0);
    extents.iter_mut().for_each(|extent| *extent = extent.max(zero));
    let sum = extents.iter().fold(zero, |sum, extent| sum + *extent);
    if sum.real() > 0.0 {
        let ratio = total / sum;
        extents.iter_mut().for_each(|extent| *extent *= ratio);
    } else if let Some(first) = extents.first_mut() {
        *first = total;
    }
}

fn start_temperature<S: Scalar>(thermal: &Thermal<'_, S>, time: f64) -> S {
    match *thermal {
        Thermal::Isothermal(t) => t,
        Thermal::Balance { start, .. } => start,
        Thermal::Profile(points) => temperature_at(points, time.min(0.0)),
    }
}

fn temperature_at<S: Scalar>(points: &[(f64, S)], time: f64) -> S {
    let next = points.partition_point(|point| point.0 <= time);
    match (points.get(next.wrapping_sub(1)), points.get(next)) {
        (Some(a), Some(b)) => a.1 + (b.1 - a.1) * ((time - a.0) / (b.0 - a.0)),
        (Some(only), None) | (None, Some(only)) => only.1,
        (None, None) => S::from(298.15),
    }
}

/// Stretches of time with one kind of heating each: end and kind.
fn segments<S: Scalar>(thermal: &Thermal<'_, S>, from: f64, to: f64) -> Vec<(f64, Heating<S>)> {
    match *thermal {
        Thermal::Isothermal(_) => vec![(to, Heating::None)],
        Thermal::Balance { heat_capacity: capacity, loss, ambient, heat_input: input, .. } => {
            vec![(to, Heating::Balance { capacity, loss, ambient, input })]
        }
        Thermal::Profile(points) => {
            let mut ends: Vec<f64> =
                points.iter().map(|point| point.0).filter(|t| *t > from && *t < to).collect();
            ends.push(to);
            let mut start = from;
            let mut all = Vec::new();
            for end in ends {
                let rise = temperature_at(points, end) - temperature_at(points, start);
                let slope = if end > start { rise / (end - start) } else { S::from(0.0) };
                all.push((end, Heating::Ramp(slope)));
                start = end;
            }
            all
        }
    }
}
