//! A stirred leach tank at steady state.
//!
//! The outlet liquor drives every particle; particles leave with an exponential distribution of ages, so that the
//! conversion of each size is an integral over it (segregated flow), and the distribution over cores goes on to the next
//! tank. Unknowns are the extents: amounts leave as `n_in + ν ξ`.

use super::course::share_out;
use super::define::ParameterSet;
use super::error::LeachError;
use super::model::{LeachModel, Volume, Workspace};
use super::tank_flow::{ByCoefficient, Passed, pass};
use crate::chemistry::Population;
use crate::kinetics::shrinking_core::Coefficients;
use crate::numerics::Dual;
use crate::numerics::dense::DenseLu;

/// A tank to be solved.
#[derive(Clone, Copy, Debug)]
pub struct Tank<'a> {
    /// Parameter values.
    pub parameters: &'a ParameterSet,
    /// Amounts that enter, mol/s, by species; minerals included.
    pub amounts: &'a [f64],
    /// Particles of each mineral that enter, `fresh` in mol/s.
    pub minerals: &'a [Vec<Population>],
    /// Flow of liquor, m³/s.
    pub volume: Volume<'a>,
    /// Mean residence time of liquor and particles, s.
    pub residence_time: f64,
    /// Temperature, K.
    pub temperature: f64,
    /// Extents to start from, mol/s; empty: none.
    pub guess: &'a [f64],
}

/// What a tank does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TankOutcome {
    /// Amounts that leave, mol/s, by species.
    pub amounts: Vec<f64>,
    /// Extents, mol/s, by reaction.
    pub extents: Vec<f64>,
    /// Share of the mineral that entered which leaves unreacted.
    pub unreacted: Vec<f64>,
    /// Particles of each mineral that leave.
    pub populations: Vec<Vec<Population>>,
    /// Newton iterations.
    pub iterations: usize,
}

/// Iterations before giving up.
const ITERATIONS: usize = 200;
/// Largest imbalance of an extent, relative to the largest extent.
const BALANCED: f64 = 1e-11;
/// Imbalance below which the distance to the solution is asked for.
const NEARLY: f64 = 1e-6;

impl LeachModel {
    /// Solves a tank.
    ///
    /// Newton's method with exact derivatives on the transient of the tank in units of its residence time, whose steps
    /// grow as it comes to rest; from a cold start this is a damped approach, near the solution it is Newton's.
    ///
    /// # Errors
    /// [`LeachError`] for arguments outside their range and where no steady state is found.
    pub fn tank(&self, tank: &Tank<'_>, workspace: &mut Workspace) -> Result<TankOutcome, LeachError> {
        let feeds = self.feeds(tank)?;
        let border = &mut workspace.border;
        border.prepare(self, tank.parameters.view(), tank.amounts, tank.volume, tank.temperature, false);
        let m = self.reactions.len();
        let mut search = Search {
            model: self,
            tank,
            feeds: &feeds,
            lu: DenseLu::default(),
            target: vec![0.0; m],
            jacobian: vec![0.0; m * m],
            passed: Vec::new(),
        };
        let mut extents = if tank.guess.len() == m { tank.guess.to_vec() } else { vec![0.0; m] };
        let mut step = if tank.guess.len() == m { 100.0 } else { 1.0 };
        let mut worst = (f64::INFINITY, 0);
        for iteration in 0..ITERATIONS {
            search.evaluate(border, &extents);
            if let Some(why) = border.speciation.failure.take() {
                return Err(why.into());
            }
            let found = search.residual(&extents);
            if found.0 <= BALANCED || (found.0 <= 1e-9 && found.0 >= 0.5 * worst.0) {
                return Ok(self.conclude(tank, &feeds, search.passed, extents, iteration));
            }
            // A rate that an exhausted reagent holds answers to rounding of the extents with far more than rounding; what
            // counts then is how far the extents are from the solution.
            if found.0 <= NEARLY && search.distance(&extents) <= BALANCED {
                return Ok(self.conclude(tank, &feeds, search.passed, extents, iteration));
            }
            if !found.0.is_finite() {
                return Err(LeachError::NotConverged {
                    iterations: iteration,
                    reaction: self.reactions[found.1].name.clone(),
                    residual: found.0,
                });
            }
            step = (step * (worst.0 / found.0).clamp(0.2, 10.0)).clamp(1e-6, 1e12);
            worst = found;
            let Some(change) = search.newton(&extents, step) else {
                step *= 0.1;
                continue;
            };
            let share = search.longest(&extents, &change);
            if share < 0.5 {
                step *= 0.5;
            }
            for (extent, change) in extents.iter_mut().zip(&change) {
                *extent += share * change;
            }
        }
        Err(LeachError::NotConverged {
            iterations: ITERATIONS,
            reaction: self.reactions[worst.1].name.clone(),
            residual: worst.0,
        })
    }

    /// Populations that enter, each in terms of its mineral's law and scaled to the amounts.
    fn feeds(&self, tank: &Tank<'_>) -> Result<Vec<Vec<Population>>, LeachError> {
        let domain = |what: &str, value: f64, allowed| {
            Err(LeachError::Domain { what: what.to_owned(), value, allowed })
        };
        if tank.amounts.len() != self.species || tank.minerals.len() != self.minerals.len() {
            return domain("number of amounts or minerals", tank.amounts.len() as f64, "that of the model");
        }
        if let Some(bad) = tank.amounts.iter().find(|n| !n.is_finite()) {
            return domain("an amount, mol/s", *bad, "finite");
        }
        let flow = tank.volume.of(tank.amounts);
        let positive = |value: f64| value > 0.0 && value.is_finite();
        if !positive(flow) {
            return domain("flow of liquor, m³/s", flow, "positive");
        }
        if !positive(tank.residence_time) {
            return domain("residence time, s", tank.residence_time, "positive");
        }
        if !positive(tank.temperature) {
            return domain("temperature, K", tank.temperature, "positive");
        }
        let mut all = Vec::new();
        for (mineral, populations) in self.minerals.iter().zip(tank.minerals) {
            let exponent = mineral.progress.exponent();
            let amount = tank.amounts[mineral.species];
            let mut own: Vec<Population> = populations
                .iter()
                .filter(|population| population.fresh > 0.0)
                .map(|population| population.with_exponent(exponent))
                .collect();
            let listed: f64 = own.iter().map(Population::amount).sum();
            if own.is_empty() && !mineral.is_sized() && amount > 0.0 {
                own.push(Population::uniform(0.0, amount, exponent, 1.0));
            } else if (listed - amount).abs() > 1e-6 * amount.max(listed) {
                let what = format!("amount of `{}` less that of its particles, mol/s", mineral.name);
                return domain(&what, amount - listed, "0: every particle has a size");
            } else if listed > 0.0 {
                own.iter_mut().for_each(|population| population.fresh *= amount / listed);
            }
            let sizes = own.iter().map(|population| population.diameter);
            if let Some(bad) = sizes.into_iter().find(|d| mineral.is_sized() && !positive(*d)) {
                return domain("particle size, m", bad, "positive");
            }
            all.push(own);
        }
        Ok(all)
    }

    fn conclude(
        &self,
        tank: &Tank<'_>,
        feeds: &[Vec<Population>],
        passed: Vec<Vec<Passed>>,
        mut extents: Vec<f64>,
        iterations: usize,
    ) -> TankOutcome {
        for (mineral, passed) in self.minerals.iter().zip(&passed) {
            let left: f64 = passed.iter().map(|own| own.population.amount()).sum();
            let total = (tank.amounts[mineral.species] - left).max(0.0);
            share_out(&mut extents[mineral.paths.clone()], total);
        }
        let mut amounts = vec![0.0; self.species];
        self.settle(tank.amounts, &mut extents, &mut amounts);
        let mut outcome = TankOutcome { extents, iterations, ..TankOutcome::default() };
        for ((mineral, passed), feed) in self.minerals.iter().zip(passed).zip(feeds) {
            let left = amounts[mineral.species].max(0.0);
            let mut own: Vec<Population> = passed.into_iter().map(|own| own.population).collect();
            let listed: f64 = own.iter().map(Population::amount).sum();
            if listed > 0.0 {
                own.iter_mut().for_each(|population| population.fresh *= left / listed);
            }
            let entered: f64 = feed.iter().map(Population::amount).sum();
            outcome.unreacted.push(if entered > 0.0 { left / entered } else { 0.0 });
            outcome.populations.push(own);
        }
        outcome.amounts = amounts;
        outcome
    }
}

/// The equations `target(ξ) = ξ` and what their solution needs.
struct Search<'a> {
    model: &'a LeachModel,
    tank: &'a Tank<'a>,
    feeds: &'a [Vec<Population>],
    lu: DenseLu,
    /// Extents that the tank would make at the present liquor, mol/s.
    target: Vec<f64>,
    /// Their derivatives by the extents.
    jacobian: Vec<f64>,
    passed: Vec<Vec<Passed>>,
}

impl Search<'_> {
    fn evaluate(&mut self, border: &mut super::border::Border<f64>, extents: &[f64]) {
        let m = extents.len();
        border.evaluate(self.model, extents);
        border.linearise(self.model, extents);
        self.jacobian.fill(0.0);
        self.passed.clear();
        let mut output = 0;
        for (mineral, feed) in self.model.minerals.iter().zip(self.feeds) {
            let value = |i: usize| ByCoefficient::variable(border.outputs[mineral.output + i], i);
            let coefficients = match mineral.coefficients {
                1 => Coefficients {
                    driving: value(0),
                    surface: 1.0.into(),
                    layer: 0.0.into(),
                    film: 0.0.into(),
                },
                _ => Coefficients { driving: value(0), surface: value(1), layer: value(2), film: value(3) },
            };
            let tau = self.tank.residence_time;
            let mut dissolved = Dual::<f64, 4>::from(0.0);
            let mut passed = Vec::with_capacity(feed.len());
            for population in feed {
                let own = pass(mineral, population, tau, &coefficients);
                let lost = Dual::from(population.unreacted()) - own.unreacted;
                dissolved += lost * population.fresh;
                passed.push(own);
            }
            self.passed.push(passed);
            for (p, path) in mineral.paths.clone().enumerate() {
                let share_output = mineral.output + mineral.coefficients + p;
                let share = border.outputs[share_output];
                self.target[path] = share * dissolved.value;
                let row = &mut self.jacobian[path * m..(path + 1) * m];
                for (entry, slope) in row.iter_mut().zip(border.slope(share_output)) {
                    *entry += dissolved.value * slope;
                }
                for q in 0..mineral.coefficients {
                    let factor = share * dissolved.gradient[q];
                    for (entry, slope) in row.iter_mut().zip(border.slope(mineral.output + q)) {
                        *entry += factor * slope;
                    }
                }
            }
            output = mineral.output + mineral.coefficients + mineral.paths.len();
        }
        let first = self.model.minerals.last().map_or(0, |mineral| mineral.paths.end);
        for r in first..m {
            let (rate, held) = (border.outputs[output + r - first], border.volume * self.tank.residence_time);
            self.target[r] = held * rate;
            let row = &mut self.jacobian[r * m..(r + 1) * m];
            let slopes = border.slope(output + r - first).iter().zip(&border.volume_slopes);
            for (entry, (slope, swell)) in row.iter_mut().zip(slopes) {
                *entry = held * slope + rate * self.tank.residence_time * swell;
            }
        }
    }

    /// Largest imbalance, relative to the largest extent, and its reaction.
    fn residual(&self, extents: &[f64]) -> (f64, usize) {
        let scale = self.scale(extents);
        let mut worst = (0.0, 0);
        for (r, (extent, target)) in extents.iter().zip(&self.target).enumerate() {
            let size = (target - extent).abs() / scale.max(f64::MIN_POSITIVE);
            if size > worst.0 || size.is_nan() {
                worst = (size, r);
            }
        }
        worst
    }

    /// The largest extent, mol/s.
    fn scale(&self, extents: &[f64]) -> f64 {
        let feed = self.feeds.iter().flatten().map(Population::amount).sum::<f64>();
        extents.iter().chain(&self.target).fold(1e-9 * feed, |largest, x| largest.max(x.abs()))
    }

    /// Newton's correction of the extents, the largest over the largest extent; infinite if singular.
    fn distance(&mut self, extents: &[f64]) -> f64 {
        let scale = self.scale(extents).max(f64::MIN_POSITIVE);
        self.newton(extents, f64::INFINITY).map_or(f64::INFINITY, |change| {
            if change.iter().any(|x| x.is_nan()) {
                return f64::INFINITY;
            }
            change.iter().fold(0.0_f64, |largest, x| largest.max(x.abs())) / scale
        })
    }

    /// Change of the extents over a pseudo-time step in units of the residence time; `None` if singular.
    fn newton(&mut self, extents: &[f64], step: f64) -> Option<Vec<f64>> {
        let m = extents.len();
        self.lu.reset(m);
        let entries = self.lu.entries_mut();
        for (entry, slope) in entries.iter_mut().zip(&self.jacobian) {
            *entry = -slope;
        }
        for r in 0..m {
            entries[r * m + r] += 1.0 + 1.0 / step;
        }
        let mut change: Vec<f64> =
            self.target.iter().zip(extents).map(|(target, extent)| target - extent).collect();
        (self.lu.factorise()).then(|| {
            self.lu.solve(&mut change);
            change
        })
    }

    /// Share of a change that keeps every reagent positive.
    fn longest(&self, extents: &[f64], change: &[f64]) -> f64 {
        let mut share = 1.0_f64;
        let noise = 1e-13 * extents.iter().chain(change).fold(0.0_f64, |largest, x| largest.max(x.abs()));
        for species in self.model.program.inputs() {
            let (mut amount, mut slope, mut throughput) = (self.tank.amounts[*species], 0.0, 0.0);
            throughput += amount;
            for (r, reaction) in self.model.reactions.iter().enumerate() {
                for (_, nu) in reaction.terms.iter().filter(|term| term.0 == *species) {
                    amount += nu * extents[r];
                    throughput += (nu * extents[r]).abs();
                    slope += nu * change[r];
                }
            }
            if amount > noise + 1e-12 * throughput && amount + slope < 0.02 * amount {
                share = share.min(0.98 * amount / -slope);
            }
        }
        share
    }
}
