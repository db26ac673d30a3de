//! A stirred leach tank at steady state.
//!
//! The outlet liquor drives every particle; particles leave with an exponential distribution of ages, so that the
//! conversion of each size is an integral over it (segregated flow), and the distribution over cores goes on to the next
//! tank. Unknowns are the extents: amounts leave as `n_in + ν ξ`.

use super::border::Border;
use super::course::share_out;
use super::define::ParameterSet;
use super::error::LeachError;
use super::kernel::Number;
use super::model::{LeachModel, Volume, Workspace};
use super::tank_flow::{ByCoefficient, Passed, pass};
use crate::chemistry::Population;
use crate::kinetics::shrinking_core::Coefficients;
use crate::numerics::dense::DenseLu;
use crate::numerics::{Dual, Scalar};

/// A tank to be solved.
#[derive(Clone, Copy, Debug)]
pub struct Tank<'a, S = f64> {
    /// Parameter values.
    pub parameters: &'a ParameterSet<S>,
    /// Amounts that enter, mol/s, by species; minerals included.
    pub amounts: &'a [S],
    /// Particles of each mineral that enter, `fresh` in mol/s.
    pub minerals: &'a [Vec<Population<S>>],
    /// Flow of liquor, m³/s.
    pub volume: Volume<'a, S>,
    /// Mean residence time of liquor and particles, s.
    pub residence_time: S,
    /// Temperature, K.
    pub temperature: S,
    /// Extents to start from, mol/s; empty: none.
    pub guess: &'a [f64],
}

/// What a tank does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TankOutcome<S = f64> {
    /// Amounts that leave, mol/s, by species.
    pub amounts: Vec<S>,
    /// Extents, mol/s, by reaction.
    pub extents: Vec<S>,
    /// Share of the mineral that entered which leaves unreacted.
    pub unreacted: Vec<S>,
    /// Particles of each mineral that leave.
    pub populations: Vec<Vec<Population<S>>>,
    /// Newton iterations.
    pub iterations: usize,
}

/// Iterations before giving up.
const ITERATIONS: usize = 200;
/// Largest imbalance of an extent, relative to the largest extent.
const BALANCED: f64 = 1e-11;
/// Imbalance below which the distance to the solution is asked for.
const NEARLY: f64 = 1e-6;

/// Corrections of the derivatives of extents before they are taken as they are.
const REFINED: usize = 20;

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
        let mut search = Search::new(self, tank, &feeds, &mut workspace.border);
        let (extents, iterations) = search.steady(&mut workspace.border)?;
        Ok(self.conclude(tank, &feeds, search.passed, extents, iterations))
    }

    /// Solves a tank over numbers that carry derivatives: those of the extents by the implicit function theorem.
    ///
    /// # Errors
    /// As [`LeachModel::tank`].
    pub fn tank_along<const N: usize>(
        &self,
        tank: &Tank<'_, Dual<f64, N>>,
        workspace: &mut Workspace,
        along: &mut Workspace<Dual<f64, N>>,
    ) -> Result<TankOutcome<Dual<f64, N>>, LeachError> {
        let value = |number: Dual<f64, N>| number.value;
        let parameters = tank.parameters.map(value);
        let list = |numbers: &[Dual<f64, N>]| numbers.iter().map(|own| own.value).collect::<Vec<f64>>();
        let classes =
            |own: &Vec<Population<Dual<f64, N>>>| own.iter().map(|class| class.map(value)).collect();
        let minerals: Vec<Vec<Population>> = tank.minerals.iter().map(classes).collect();
        let per_amount;
        let plain = Tank {
            parameters: &parameters,
            amounts: &list(tank.amounts),
            minerals: &minerals,
            volume: match tank.volume {
                Volume::Fixed(volume) => Volume::Fixed(volume.value),
                Volume::Linear { base, per_amount: own } => {
                    per_amount = list(own);
                    Volume::Linear { base: base.value, per_amount: &per_amount }
                }
            },
            residence_time: tank.residence_time.value,
            temperature: tank.temperature.value,
            guess: tank.guess,
        };
        let plain_feeds = self.feeds(&plain)?;
        let mut search = Search::new(self, &plain, &plain_feeds, &mut workspace.border);
        let (extents, iterations) = search.steady(&mut workspace.border)?;
        let feeds = self.feeds(tank)?;
        let mut moving = Search::new(self, tank, &feeds, &mut along.border);
        let mut moved: Vec<Dual<f64, N>> = extents.iter().map(|extent| (*extent).into()).collect();
        // (1 - ∂target/∂ξ) dξ = ∂target/∂p dp, refined: the matrix leaves out how the smallest core moves
        let mut last = f64::INFINITY;
        for _ in 0..REFINED {
            moving.evaluate(&mut along.border, &moved);
            let mut off = 0.0_f64;
            for lane in 0..N {
                let pairs = moving.target.iter().zip(&moved);
                let mut change: Vec<f64> =
                    pairs.map(|(target, own)| target.gradient[lane] - own.gradient[lane]).collect();
                let largest =
                    |list: &mut dyn Iterator<Item = f64>| list.fold(0.0_f64, |most, x| most.max(x.abs()));
                let scale = largest(&mut moving.target.iter().map(|target| target.gradient[lane]));
                let worst = largest(&mut change.iter().copied());
                if scale == 0.0 || worst == 0.0 {
                    continue;
                }
                off = off.max(worst / scale);
                search.solve(f64::INFINITY, &mut change).ok_or_else(|| LeachError::NotConverged {
                    iterations,
                    reaction: "the derivatives of all reactions".to_owned(),
                    residual: f64::NAN,
                })?;
                moved.iter_mut().zip(change).for_each(|(own, change)| own.gradient[lane] += change);
            }
            if off <= BALANCED || off >= last {
                break;
            }
            last = off;
        }
        moving.evaluate(&mut along.border, &moved);
        if let Some(why) = along.border.speciation.failure.take() {
            return Err(why.into());
        }
        Ok(self.conclude(tank, &feeds, moving.passed, moved, iterations))
    }

    /// Populations that enter, each in terms of its mineral's law and scaled to the amounts.
    fn feeds<S: Scalar>(&self, tank: &Tank<'_, S>) -> Result<Vec<Vec<Population<S>>>, LeachError> {
        let domain = |what: &str, value: f64, allowed| {
            Err(LeachError::Domain { what: what.to_owned(), value, allowed })
        };
        if tank.amounts.len() != self.species || tank.minerals.len() != self.minerals.len() {
            return domain("number of amounts or minerals", tank.amounts.len() as f64, "that of the model");
        }
        if let Some(bad) = tank.amounts.iter().find(|n| !n.real().is_finite()) {
            return domain("an amount, mol/s", bad.real(), "finite");
        }
        let flow = tank.volume.of(tank.amounts).real();
        let positive = |value: f64| value > 0.0 && value.is_finite();
        if !positive(flow) {
            return domain("flow of liquor, m³/s", flow, "positive");
        }
        if !positive(tank.residence_time.real()) {
            return domain("residence time, s", tank.residence_time.real(), "positive");
        }
        if !positive(tank.temperature.real()) {
            return domain("temperature, K", tank.temperature.real(), "positive");
        }
        let mut all = Vec::new();
        for (mineral, populations) in self.minerals.iter().zip(tank.minerals) {
            let exponent = mineral.progress.exponent();
            let amount = tank.amounts[mineral.species];
            let mut own: Vec<Population<S>> = populations
                .iter()
                .filter(|population| population.fresh.real() > 0.0)
                .map(|population| population.with_exponent(exponent))
                .collect();
            let listed = held(&own);
            let (wanted, counted) = (amount.real(), listed.real());
            if own.is_empty() && !mineral.is_sized() && wanted > 0.0 {
                own.push(Population::uniform(S::from(0.0), amount, exponent, S::from(1.0)));
            } else if (counted - wanted).abs() > 1e-6 * wanted.max(counted) {
                let what = format!("amount of `{}` less that of its particles, mol/s", mineral.name);
                return domain(&what, wanted - counted, "0: every particle has a size");
            } else if counted > 0.0 {
                own.iter_mut().for_each(|population| population.fresh *= amount / listed);
            }
            let sizes = own.iter().map(|population| population.diameter.real());
            if let Some(bad) = sizes.into_iter().find(|d| mineral.is_sized() && !positive(*d)) {
                return domain("particle size, m", bad, "positive");
            }
            all.push(own);
        }
        Ok(all)
    }

    fn conclude<S: Scalar>(
        &self,
        tank: &Tank<'_, S>,
        feeds: &[Vec<Population<S>>],
        passed: Vec<Vec<Passed<S>>>,
        mut extents: Vec<S>,
        iterations: usize,
    ) -> TankOutcome<S> {
        let zero = S::from(0.0);
        for (mineral, passed) in self.minerals.iter().zip(&passed) {
            let left = passed.iter().fold(zero, |sum, own| sum + own.population.amount());
            let total = (tank.amounts[mineral.species] - left).max(zero);
            share_out(&mut extents[mineral.paths.clone()], total);
        }
        let mut amounts = vec![zero; self.species];
        self.settle(tank.amounts, &mut extents, &mut amounts);
        let mut outcome = TankOutcome {
            amounts: Vec::new(),
            extents,
            unreacted: Vec::new(),
            populations: Vec::new(),
            iterations,
        };
        for ((mineral, passed), feed) in self.minerals.iter().zip(passed).zip(feeds) {
            let left = amounts[mineral.species].max(zero);
            let mut own: Vec<Population<S>> = passed.into_iter().map(|own| own.population).collect();
            let listed = held(&own);
            if listed.real() > 0.0 {
                own.iter_mut().for_each(|population| population.fresh *= left / listed);
            }
            let entered = held(feed);
            outcome.unreacted.push(if entered.real() > 0.0 { left / entered } else { zero });
            outcome.populations.push(own);
        }
        outcome.amounts = amounts;
        outcome
    }
}

/// The equations `target(ξ) = ξ` and what their solution needs.
struct Search<'a, S> {
    model: &'a LeachModel,
    tank: &'a Tank<'a, S>,
    feeds: &'a [Vec<Population<S>>],
    lu: DenseLu,
    /// Extents that the tank would make at the present liquor, mol/s.
    target: Vec<S>,
    /// Their derivatives by the extents.
    jacobian: Vec<S>,
    passed: Vec<Vec<Passed<S>>>,
}

/// Amount that populations hold, mol/s.
fn held<S: Scalar>(populations: &[Population<S>]) -> S {
    populations.iter().fold(S::from(0.0), |sum, population| sum + population.amount())
}

impl<'a, S: Number> Search<'a, S> {
    fn new(
        model: &'a LeachModel,
        tank: &'a Tank<'a, S>,
        feeds: &'a [Vec<Population<S>>],
        border: &mut Border<S>,
    ) -> Search<'a, S> {
        border.prepare(model, tank.parameters.view(), tank.amounts, tank.volume, tank.temperature, false);
        let m = model.reactions.len();
        Search {
            model,
            tank,
            feeds,
            lu: DenseLu::default(),
            target: vec![S::from(0.0); m],
            jacobian: vec![S::from(0.0); m * m],
            passed: Vec::new(),
        }
    }

    fn evaluate(&mut self, border: &mut Border<S>, extents: &[S]) {
        let m = extents.len();
        border.evaluate(self.model, extents);
        border.linearise(self.model, extents);
        self.jacobian.fill(S::from(0.0));
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
            let mut dissolved = ByCoefficient::<S>::from(0.0);
            let mut passed = Vec::with_capacity(feed.len());
            for population in feed {
                let own = pass(mineral, population, tau, &coefficients);
                let lost = Dual::constant(population.unreacted()) - own.unreacted;
                dissolved += lost.scaled(population.fresh);
                passed.push(own);
            }
            self.passed.push(passed);
            for (p, path) in mineral.paths.clone().enumerate() {
                let share_output = mineral.output + mineral.coefficients + p;
                let share = border.outputs[share_output];
                self.target[path] = share * dissolved.value;
                let row = &mut self.jacobian[path * m..(path + 1) * m];
                for (entry, slope) in row.iter_mut().zip(border.slope(share_output)) {
                    *entry += dissolved.value * *slope;
                }
                for q in 0..mineral.coefficients {
                    let factor = share * dissolved.gradient[q];
                    for (entry, slope) in row.iter_mut().zip(border.slope(mineral.output + q)) {
                        *entry += factor * *slope;
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
                *entry = held * *slope + rate * self.tank.residence_time * *swell;
            }
        }
    }
}

impl Search<'_, f64> {
    /// Extents at rest, and the iterations to them.
    fn steady(&mut self, border: &mut Border<f64>) -> Result<(Vec<f64>, usize), LeachError> {
        let m = self.model.reactions.len();
        let mut extents = if self.tank.guess.len() == m { self.tank.guess.to_vec() } else { vec![0.0; m] };
        let mut step = if self.tank.guess.len() == m { 100.0 } else { 1.0 };
        let mut worst = (f64::INFINITY, 0);
        for iteration in 0..ITERATIONS {
            self.evaluate(border, &extents);
            if let Some(why) = border.speciation.failure.take() {
                return Err(why.into());
            }
            let found = self.residual(&extents);
            if found.0 <= BALANCED || (found.0 <= 1e-9 && found.0 >= 0.5 * worst.0) {
                return Ok((extents, iteration));
            }
            // A rate that an exhausted reagent holds answers to rounding of the extents with far more than rounding; what
            // counts then is how far the extents are from the solution.
            if found.0 <= NEARLY && self.distance(&extents) <= BALANCED {
                return Ok((extents, iteration));
            }
            if !found.0.is_finite() {
                return Err(LeachError::NotConverged {
                    iterations: iteration,
                    reaction: self.model.reactions[found.1].name.clone(),
                    residual: found.0,
                });
            }
            step = (step * (worst.0 / found.0).clamp(0.2, 10.0)).clamp(1e-6, 1e12);
            worst = found;
            let Some(change) = self.newton(&extents, step) else {
                step *= 0.1;
                continue;
            };
            let share = self.longest(&extents, &change);
            if share < 0.5 {
                step *= 0.5;
            }
            for (extent, change) in extents.iter_mut().zip(&change) {
                *extent += share * change;
            }
        }
        Err(LeachError::NotConverged {
            iterations: ITERATIONS,
            reaction: self.model.reactions[worst.1].name.clone(),
            residual: worst.0,
        })
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
        let mut change: Vec<f64> =
            self.target.iter().zip(extents).map(|(target, extent)| target - extent).collect();
        self.solve(step, &mut change).map(|()| change)
    }

    /// Solves `(1 + 1/step - ∂target/∂ξ) x = change` in place; `None` if singular.
    fn solve(&mut self, step: f64, change: &mut [f64]) -> Option<()> {
        let m = change.len();
        self.lu.reset(m);
        let entries = self.lu.entries_mut();
        for (entry, slope) in entries.iter_mut().zip(&self.jacobian) {
            *entry = -slope;
        }
        for r in 0..m {
            entries[r * m + r] += 1.0 + 1.0 / step;
        }
        self.lu.factorise().then(|| self.lu.solve(change))
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
