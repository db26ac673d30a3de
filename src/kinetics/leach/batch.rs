//! A leach over time.

use super::border::refill;
use super::define::ParameterSet;
use super::error::LeachError;
use super::model::{LeachModel, Volume, Workspace};
use super::particles;
use super::system::{Heating, Problem, Scales};
use crate::chemistry::Population;
use crate::numerics::rosenbrock::{Limits, Statistics};

/// What happens to the temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Thermal<'a> {
    /// Held, K.
    Isothermal(f64),
    /// Prescribed: times (s, ascending) and temperatures (K), linear between, constant outside.
    Profile(&'a [(f64, f64)]),
    /// From a heat balance; adiabatic with `loss = 0`. Reaction enthalpies are those of 298.15 K.
    Balance {
        /// Temperature at the start, K.
        start: f64,
        /// Heat capacity of vessel and contents, J/K.
        heat_capacity: f64,
        /// Heat lost per kelvin above ambient, W/K.
        loss: f64,
        /// Ambient temperature, K.
        ambient: f64,
        /// Heat put in, W.
        heat_input: f64,
    },
}

/// Accuracy of an integration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Relative.
    pub relative: f64,
    /// Absolute, on relative core sizes.
    pub core: f64,
    /// Absolute, on amounts per liquor, mol/m³.
    pub amount: f64,
}

impl Default for Tolerance {
    fn default() -> Tolerance {
        Tolerance { relative: 1e-6, core: 1e-6, amount: 1e-6 }
    }
}

/// Output times beyond which steps no longer end at each of them; interpolation costs a digit and a half.
const MANY: usize = 50;

/// A batch leach to be run.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Parameter values.
    pub parameters: &'a ParameterSet,
    /// Amounts at the start, mol, by species; minerals included.
    pub amounts: &'a [f64],
    /// Particles of each mineral of the model.
    pub minerals: &'a [Vec<Population>],
    /// Volume of the liquor, m³.
    pub volume: Volume<'a>,
    /// Temperature.
    pub thermal: Thermal<'a>,
    /// Times of output, s, ascending; the last ends the run.
    pub times: &'a [f64],
    /// Accuracy.
    pub tolerance: Tolerance,
}

/// What a batch leach did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchOutcome {
    /// Times, s.
    pub times: Vec<f64>,
    /// Amounts, mol, `[time][species]`.
    pub amounts: Vec<Vec<f64>>,
    /// Extents, mol, `[time][reaction]`.
    pub extents: Vec<Vec<f64>>,
    /// Temperatures, K.
    pub temperature: Vec<f64>,
    /// Unreacted share of what each mineral held at the start, `[time][mineral]`.
    pub unreacted: Vec<Vec<f64>>,
    /// Relative core sizes, `[time][mineral][class]`; classes in the order of `populations`.
    pub cores: Vec<Vec<Vec<f64>>>,
    /// Particles at the end, by mineral.
    pub populations: Vec<Vec<Population>>,
    /// Cost.
    pub statistics: Statistics,
}

impl LeachModel {
    /// Runs a batch leach.
    ///
    /// # Errors
    /// [`LeachError`] for arguments outside their range and where the integration fails.
    pub fn batch(&self, batch: &Batch<'_>, workspace: &mut Workspace) -> Result<BatchOutcome, LeachError> {
        self.check(batch)?;
        let start = start_temperature(&batch.thermal, batch.times.first().copied().unwrap_or(0.0));
        let thermal = !matches!(batch.thermal, Thermal::Isothermal(_));
        let Workspace { border, scratch, method, state } = workspace;
        border.prepare(self, batch.parameters.view(), batch.amounts, batch.volume, start, thermal);
        state.clear();
        scratch.classes.resize_with(self.minerals.len(), Default::default);
        scratch.inventory.clear();
        for (mineral, (classes, populations)) in
            self.minerals.iter().zip(scratch.classes.iter_mut().zip(batch.minerals))
        {
            let amount = batch.amounts[mineral.species];
            scratch.inventory.push(particles::load(mineral, amount, populations, classes, state)?);
        }
        let locals = state.len();
        state.resize(locals + self.reactions.len(), 0.0);
        if thermal {
            state.push(start);
        }
        let litres = batch.volume.of(batch.amounts);
        let scales = Scales {
            relative: batch.tolerance.relative,
            core: batch.tolerance.core,
            amount: batch.tolerance.amount * litres,
            refused: 10.0 * batch.tolerance.amount * litres,
        };
        method.reset(state.len());
        let mut problem = Problem { model: self, border, scratch, heating: Heating::None, scales, locals };
        problem.shape_arrow();
        let mut outcome = BatchOutcome::default();
        let isothermal = start;
        let mut from = batch.times.first().copied().unwrap_or(0.0).min(0.0);
        let mut pending = batch.times;
        let end = batch.times.last().copied().unwrap_or(0.0);
        for (until, heating) in segments(&batch.thermal, from, end) {
            problem.heating = heating;
            let count = pending.partition_point(|time| *time <= until);
            let (now, later) = pending.split_at(count);
            let mut seen: Vec<(f64, Vec<f64>)> = Vec::with_capacity(count);
            let keep = |i: usize, x: &[f64]| seen.push((now[i], x.to_vec()));
            let limits = Limits { interpolate: now.len() > MANY, ..Limits::default() };
            method.integrate(&mut problem, state, (from, until), now, limits, keep)?;
            for (time, x) in seen {
                self.record(batch, &problem, time, &x, isothermal, &mut outcome);
            }
            (from, pending) = (until, later);
        }
        self.finish(&problem, state, &mut outcome);
        outcome.statistics = method.statistics;
        Ok(outcome)
    }

    fn check(&self, batch: &Batch<'_>) -> Result<(), LeachError> {
        let domain = |what: &str, value: f64, allowed| {
            Err(LeachError::Domain { what: what.to_owned(), value, allowed })
        };
        if batch.amounts.len() != self.species {
            return domain("number of amounts", batch.amounts.len() as f64, "that of the model's species");
        }
        if batch.minerals.len() != self.minerals.len() {
            return domain("number of population lists", batch.minerals.len() as f64, "that of the minerals");
        }
        if let Some(bad) = batch.amounts.iter().find(|n| !n.is_finite()) {
            return domain("an amount, mol", *bad, "finite");
        }
        let volume = batch.volume.of(batch.amounts);
        if !(volume > 0.0 && volume.is_finite()) {
            return domain("volume of the liquor, m³", volume, "positive");
        }
        if batch.times.is_empty() || batch.times.windows(2).any(|pair| pair[0] > pair[1]) {
            return domain("number of times", batch.times.len() as f64, "at least one, ascending");
        }
        if let Some(bad) = batch.times.iter().find(|t| !(t.is_finite() && **t >= 0.0)) {
            return domain("a time, s", *bad, "finite and not negative");
        }
        let temperatures: Vec<f64> = match batch.thermal {
            Thermal::Isothermal(t) => vec![t],
            Thermal::Profile(points) => points.iter().map(|point| point.1).collect(),
            Thermal::Balance { start, ambient, .. } => vec![start, ambient],
        };
        if let Some(bad) = temperatures.iter().find(|t| !(**t > 0.0 && t.is_finite())) {
            return domain("a temperature, K", *bad, "positive");
        }
        if let Thermal::Balance { heat_capacity, .. } = batch.thermal {
            if heat_capacity <= 0.0 || heat_capacity.is_nan() {
                return domain("heat capacity, J/K", heat_capacity, "positive");
            }
            if let Some(missing) = self.reactions.iter().find(|reaction| reaction.enthalpy.is_none()) {
                let what = format!("enthalpy of reaction `{}`", missing.name);
                return domain(&what, f64::NAN, "known: give its species enthalpies of formation");
            }
        }
        Ok(())
    }

    /// Adds one output to the outcome, with the extents of leaching taken from the cores.
    fn record(
        &self,
        batch: &Batch<'_>,
        problem: &Problem<'_>,
        time: f64,
        x: &[f64],
        isothermal: f64,
        outcome: &mut BatchOutcome,
    ) {
        let (positions, z) = x.split_at(problem.locals);
        let mut extents = z[..self.reactions.len()].to_vec();
        let (mut unreacted, mut cores, mut at) = (Vec::new(), Vec::new(), 0);
        for (j, mineral) in self.minerals.iter().enumerate() {
            let classes = &problem.scratch.classes[j];
            let own = &positions[at..at + classes.fresh.len()];
            at += own.len();
            let left: f64 =
                own.iter().zip(&classes.fresh).map(|(w, n)| n * mineral.progress.unreacted(*w)).sum();
            let inventory = problem.scratch.inventory[j];
            let left = left.clamp(0.0, inventory);
            share_out(&mut extents[mineral.paths.clone()], inventory - left);
            unreacted.push(if inventory > 0.0 { left / inventory } else { 0.0 });
            cores.push(own.iter().map(|w| mineral.progress.core(*w)).collect());
        }
        let mut amounts = Vec::new();
        refill(&mut amounts, self.species, 0.0);
        self.settle(batch.amounts, &mut extents, &mut amounts);
        outcome.times.push(time);
        outcome.temperature.push(if problem.border.thermal { z[z.len() - 1] } else { isothermal });
        outcome.amounts.push(amounts);
        outcome.extents.push(extents);
        outcome.unreacted.push(unreacted);
        outcome.cores.push(cores);
    }

    /// Amounts at extents; where rounding within the tolerance made a reagent negative, the reaction that took most of
    /// it is taken back by as much, so that elements still balance.
    pub(super) fn settle(&self, start: &[f64], extents: &mut [f64], amounts: &mut [f64]) {
        for _ in 0..4 {
            self.apply(start, extents, amounts);
            let mut clean = true;
            for input in self.program.inputs() {
                let short = amounts[*input];
                if !(short < 0.0 && start[*input] >= 0.0) {
                    continue;
                }
                let taken = |r: &usize| -> f64 {
                    let terms = self.reactions[*r].terms.iter().filter(|term| term.0 == *input);
                    -terms.map(|term| term.1).sum::<f64>() * extents[*r]
                };
                let most = (0..extents.len()).max_by(|a, b| taken(a).total_cmp(&taken(b)));
                if let Some(r) = most.filter(|r| taken(r) > 0.0) {
                    extents[r] *= (1.0 + short * (1.0 + 1e-12) / taken(&r)).max(0.0);
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
    fn round_off(&self, start: &[f64], amounts: &mut [f64]) {
        let minerals = self.minerals.iter().map(|mineral| mineral.species);
        for species in
            self.program.inputs().iter().copied().chain(minerals).filter(|species| start[*species] >= 0.0)
        {
            amounts[species] = amounts[species].max(0.0);
        }
    }

    fn finish(&self, problem: &Problem<'_>, state: &[f64], outcome: &mut BatchOutcome) {
        let mut at = 0;
        for (j, mineral) in self.minerals.iter().enumerate() {
            let classes = &problem.scratch.classes[j];
            let own = &state[at..at + classes.fresh.len()];
            at += own.len();
            let left = outcome.amounts.last().map_or(0.0, |amounts| amounts[mineral.species]);
            outcome.populations.push(particles::unload(mineral, classes, own, left));
        }
    }
}

/// Scales the extents of a mineral's paths to a total.
pub(super) fn share_out(extents: &mut [f64], total: f64) {
    extents.iter_mut().for_each(|extent| *extent = extent.max(0.0));
    let sum: f64 = extents.iter().sum();
    if sum > 0.0 {
        extents.iter_mut().for_each(|extent| *extent *= total / sum);
    } else if let Some(first) = extents.first_mut() {
        *first = total;
    }
}

fn start_temperature(thermal: &Thermal<'_>, time: f64) -> f64 {
    match *thermal {
        Thermal::Isothermal(t) => t,
        Thermal::Balance { start, .. } => start,
        Thermal::Profile(points) => temperature_at(points, time.min(0.0)),
    }
}

fn temperature_at(points: &[(f64, f64)], time: f64) -> f64 {
    let next = points.partition_point(|point| point.0 <= time);
    match (points.get(next.wrapping_sub(1)), points.get(next)) {
        (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (time - a.0) / (b.0 - a.0),
        (Some(only), None) | (None, Some(only)) => only.1,
        (None, None) => 298.15,
    }
}

/// Stretches of time with one kind of heating each: end and kind.
fn segments(thermal: &Thermal<'_>, from: f64, to: f64) -> Vec<(f64, Heating)> {
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
                let slope = if end > start { rise / (end - start) } else { 0.0 };
                all.push((end, Heating::Ramp(slope)));
                start = end;
            }
            all
        }
    }
}
