//! Exact derivatives of a batch leach: its accepted steps repeated over dual numbers.
//!
//! What is differentiated is the numerical result with its steps held (H. G. Bock's internal differentiation), so that
//! derivatives and result belong together; both come close to the true ones as the tolerance falls. Derivatives of the Jacobian
//! are part of it, by duals of duals.

use super::batch::{Batch, BatchOutcome, Thermal};
use super::course::Course;
use super::define::ParameterSet;
use super::error::LeachError;
use super::model::{LeachModel, Volume, Workspace};
use crate::chemistry::Population;
use crate::numerics::Dual;
use crate::numerics::rosenbrock::{Statistics, Step};

/// Directions that one repetition carries.
const WIDE: usize = 8;
/// The same where there are no more than these.
const NARROW: usize = 2;

/// How the arguments of a [`Batch`] move with one number: their derivatives by it. An empty list stands for zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Direction {
    /// Of [`ParameterSet::values`].
    pub values: Vec<f64>,
    /// Of [`ParameterSet::activation`].
    pub activation: Vec<f64>,
    /// Of the amounts.
    pub amounts: Vec<f64>,
    /// Of the temperature held, or of that at the start, K; it leaves a profile where it is.
    pub temperature: f64,
    /// Of the heat capacity of a heat balance, J/K.
    pub heat_capacity: f64,
    /// Of the volume, m³: of a fixed one, or of the part that depends on no amount.
    pub volume: f64,
    /// Of the volume per amount, m³/mol, by species.
    pub per_amount: Vec<f64>,
    /// Of [`Population::fresh`] and [`Population::top`], `[mineral][population]`.
    pub particles: Vec<Vec<(f64, f64)>>,
}

impl Direction {
    /// The direction of a parameter's value.
    ///
    /// # Panics
    /// If there is no such parameter.
    pub fn value(parameters: &ParameterSet, index: usize) -> Direction {
        Direction { values: unit(parameters.values.len(), index), ..Direction::default() }
    }

    /// The direction of a parameter's activation energy.
    ///
    /// # Panics
    /// If there is no such parameter.
    pub fn activation(parameters: &ParameterSet, index: usize) -> Direction {
        Direction { activation: unit(parameters.activation.len(), index), ..Direction::default() }
    }

    /// The direction of a species' amount at the start.
    ///
    /// # Panics
    /// If there is no such species.
    pub fn amount(species: usize, index: usize) -> Direction {
        Direction { amounts: unit(species, index), ..Direction::default() }
    }
}

fn unit(length: usize, index: usize) -> Vec<f64> {
    let mut direction = vec![0.0; length];
    direction[index] = 1.0;
    direction
}

impl LeachModel {
    /// Runs a batch leach and differentiates all it gives along `directions`.
    ///
    /// Each derivative is a [`BatchOutcome`] whose numbers are derivatives: amounts, extents, temperature, unreacted shares, cores
    /// and, of its populations, `fresh` and `top`; times, sizes and statistics are the run's own.
    ///
    /// # Errors
    /// As [`LeachModel::batch`].
    /// # Example
    /// With `outcome` and `slopes` of `model.batch_along(&batch, &[Direction::value(model.parameters(), 0)], &mut workspace)?`,
    /// `slopes[0].amounts[t][s]` is the derivative of `outcome.amounts[t][s]` by the first parameter.
    pub fn batch_along(
        &self,
        batch: &Batch<'_>,
        directions: &[Direction],
        workspace: &mut Workspace,
    ) -> Result<(BatchOutcome, Vec<BatchOutcome>), LeachError> {
        let outcome = self.batch(batch, workspace)?;
        let steps = workspace.steps();
        let mut slopes = Vec::with_capacity(directions.len());
        if directions.len() <= NARROW {
            self.repeat::<NARROW>(batch, directions, steps, &mut slopes)?;
        } else {
            self.repeat::<WIDE>(batch, directions, steps, &mut slopes)?;
        }
        slopes.iter_mut().for_each(|slope| slope.statistics = outcome.statistics);
        Ok((outcome, slopes))
    }

    /// Repeats `steps` along `directions`, `N` at a time.
    fn repeat<const N: usize>(
        &self,
        batch: &Batch<'_>,
        directions: &[Direction],
        steps: &[Step],
        slopes: &mut Vec<BatchOutcome>,
    ) -> Result<(), LeachError> {
        let mut workspace = Workspace::<Dual<f64, N>>::default();
        for along in directions.chunks(N) {
            let course = self.along(batch, along, steps, &mut workspace)?;
            slopes.extend((0..along.len()).map(|lane| course.slope(lane)));
        }
        Ok(())
    }

    fn along<const N: usize>(
        &self,
        batch: &Batch<'_>,
        along: &[Direction],
        steps: &[Step],
        workspace: &mut Workspace<Dual<f64, N>>,
    ) -> Result<Course<Dual<f64, N>>, LeachError> {
        let lift = |value: f64, slope: &dyn Fn(&Direction) -> f64| {
            let mut dual = Dual::<f64, N>::constant(value);
            dual.gradient.iter_mut().zip(along).for_each(|(own, direction)| *own = slope(direction));
            dual
        };
        let list = |values: &[f64], slopes: &dyn Fn(&Direction) -> &[f64]| -> Vec<Dual<f64, N>> {
            let one = |(i, value): (usize, &f64)| lift(*value, &|along| entry(slopes(along), i));
            values.iter().enumerate().map(one).collect()
        };
        let parameters = ParameterSet {
            names: Vec::new(),
            values: list(&batch.parameters.values, &|along| &along.values),
            activation: list(&batch.parameters.activation, &|along| &along.activation),
        };
        let amounts = list(batch.amounts, &|along| &along.amounts);
        let per_amount;
        let volume = match batch.volume {
            Volume::Fixed(volume) => Volume::Fixed(lift(volume, &|along| along.volume)),
            Volume::Linear { base, per_amount: own } => {
                per_amount = list(own, &|along| &along.per_amount);
                Volume::Linear { base: lift(base, &|along| along.volume), per_amount: &per_amount }
            }
        };
        let points: Vec<(f64, Dual<f64, N>)>;
        let thermal = match batch.thermal {
            Thermal::Isothermal(held) => Thermal::Isothermal(lift(held, &|along| along.temperature)),
            Thermal::Profile(own) => {
                points = own.iter().map(|(time, held)| (*time, Dual::constant(*held))).collect();
                Thermal::Profile(&points)
            }
            Thermal::Balance { start, heat_capacity, loss, ambient, heat_input } => Thermal::Balance {
                start: lift(start, &|along| along.temperature),
                heat_capacity: lift(heat_capacity, &|along| along.heat_capacity),
                loss: loss.into(),
                ambient: ambient.into(),
                heat_input: heat_input.into(),
            },
        };
        let lifted = Batch {
            parameters: &parameters,
            amounts: &amounts,
            minerals: batch.minerals,
            volume,
            thermal,
            times: batch.times,
            tolerance: batch.tolerance,
        };
        let grain = |mineral: usize, i: usize, population: &Population| {
            let slope = |along: &Direction| {
                along.particles.get(mineral).and_then(|list| list.get(i)).copied().unwrap_or_default()
            };
            let fresh = lift(population.fresh, &|along| slope(along).0);
            (fresh, lift(population.top, &|along| slope(along).1))
        };
        self.load(&lifted, grain, workspace)?;
        self.course(&lifted, workspace, Some(steps))
    }
}

fn entry(slopes: &[f64], i: usize) -> f64 {
    slopes.get(i).copied().unwrap_or(0.0)
}

impl<const N: usize> Course<Dual<f64, N>> {
    /// The derivatives along one of its directions.
    fn slope(&self, lane: usize) -> BatchOutcome {
        let list = |values: &Vec<Dual<f64, N>>| values.iter().map(|x| x.gradient[lane]).collect::<Vec<f64>>();
        let table = |rows: &[Vec<Dual<f64, N>>]| rows.iter().map(list).collect::<Vec<_>>();
        let populations = self.grains.iter().map(|grains| {
            let one = |grain: &super::particles::Grain<Dual<f64, N>>| {
                let (fresh, core) = (grain.fresh.gradient[lane], grain.core.gradient[lane]);
                Population::uniform(grain.diameter, fresh, grain.exponent, core)
            };
            grains.iter().map(one).collect()
        });
        BatchOutcome {
            times: self.times.clone(),
            amounts: table(&self.amounts),
            extents: table(&self.extents),
            temperature: list(&self.temperature),
            unreacted: table(&self.unreacted),
            cores: self.cores.iter().map(|cores| table(cores)).collect(),
            populations: populations.collect(),
            statistics: Statistics::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{COEFFICIENT, SHAPES, liquor, single, table, tau};
    use super::super::{Tolerance, w1};
    use super::*;
    use crate::kinetics::shrinking_core::reduced_time_of;

    /// `x` at `t/τ` of every shape and regime: `dx/d ln k = θ / (dθ/dx)`, for τ is inverse to the coefficient.
    #[test]
    fn closed_forms_of_the_shrinking_core() {
        for shape in SHAPES {
            for (regime, coefficient) in COEFFICIENT {
                let model = single(shape, regime);
                let tau = tau(shape, regime, 2e-5);
                let wanted = [0.1, 0.5, 0.9, 0.99];
                let reduced =
                    wanted.map(|x| reduced_time_of(shape, regime, Dual::<f64, 1>::variable(x, 0)).unwrap());
                let times = reduced.map(|theta| tau * theta.value);
                let batch = Batch {
                    parameters: model.parameters(),
                    amounts: &liquor(&table(), &[("H+", 1e9), ("MgO(s)", 1.0)]),
                    minerals: &[vec![Population::fresh(2e-5, 1.0)]],
                    volume: Volume::Fixed(1.0),
                    thermal: Thermal::Isothermal(300.0),
                    times: &times,
                    tolerance: Tolerance { relative: 1e-10, core: 1e-10, amount: 1e-10 },
                };
                let own = model.parameters();
                let index = own.values.iter().position(|value| *value == coefficient).unwrap();
                let along = [Direction::value(own, index)];
                let (_, slopes) = model.batch_along(&batch, &along, &mut Workspace::default()).unwrap();
                for (t, theta) in reduced.iter().enumerate() {
                    let (got, want) =
                        (-slopes[0].unreacted[t][0] * coefficient, theta.value / theta.gradient[0]);
                    let place = (shape, regime, wanted[t]);
                    assert!((got / want - 1.0).abs() < 1e-6, "{place:?}: {got} {want}");
                }
            }
        }
    }

    /// Workload W1 along a ramp of temperature and at a held one, against central differences at a tight tolerance.
    #[test]
    fn differences_of_tight_runs() {
        let table = w1::table();
        let model = w1::builder().build(&table).unwrap();
        let case = w1::Case(343.15, 2000.0, 600.0, 50.0);
        let (minerals, parameters) = (case.populations(), model.parameters().clone());
        let amounts = case.amounts(&table, &minerals);
        let index = |name: &str| parameters.names().iter().position(|own| own == name).unwrap();
        let acid = table.index("H+").unwrap().0;
        let along = [
            Direction::value(&parameters, index("k_b")),
            Direction::value(&parameters, index("D_e")),
            Direction::activation(&parameters, index("k_b")),
            Direction::amount(amounts.len(), acid),
            Direction { temperature: 1.0, ..Direction::default() },
            Direction { volume: 1.0, ..Direction::default() },
            Direction::value(&parameters, index("K_PCu")),
            Direction::value(&parameters, index("kLa")),
            Direction::activation(&parameters, index("k_d")),
        ];
        let sizes = [2e-7, 2e-12, 5e4, 4000.0, 343.0, 1.0, 50.0, 0.05, 7e4];
        let ramp = [(0.0, 330.0), (3000.0, 345.0), (7200.0, 343.0)];
        let times = [1200.0, 3600.0, 7200.0];
        for profile in [None, Some(&ramp)] {
            let run = |along: &Direction, by: f64, directions: &[Direction], relative: f64| {
                let moved = |values: &[f64], slopes: &[f64]| -> Vec<f64> {
                    values.iter().enumerate().map(|(i, value)| value + by * entry(slopes, i)).collect()
                };
                let parameters = ParameterSet {
                    values: moved(&parameters.values, &along.values),
                    activation: moved(&parameters.activation, &along.activation),
                    ..parameters.clone()
                };
                let batch = Batch {
                    parameters: &parameters,
                    amounts: &moved(&amounts, &along.amounts),
                    minerals: &minerals,
                    volume: Volume::Fixed(1.0 + by * along.volume),
                    thermal: match profile {
                        Some(points) => Thermal::Profile(points),
                        None => Thermal::Isothermal(343.15 + by * along.temperature),
                    },
                    times: &times,
                    tolerance: Tolerance { relative, core: relative, amount: relative },
                };
                model.batch_along(&batch, directions, &mut Workspace::default()).unwrap()
            };
            let (_, slopes) = run(&along[0], 0.0, &along, 1e-10);
            let mut wrong = Vec::new();
            for (i, direction) in along.iter().enumerate() {
                if profile.is_some() && direction.temperature != 0.0 {
                    continue;
                }
                // a core is gone within 0.1 % of its time; a third of a kelvin would smear that
                let step = if direction.temperature == 0.0 { 1e-3 } else { 3e-5 } * sizes[i];
                let ends = [-2.0, -1.0, 1.0, 2.0].map(|by| run(direction, by * step, &[], 1e-11).0);
                for t in 0..times.len() {
                    for (s, got) in slopes[i].amounts[t].iter().enumerate() {
                        let at = |end: usize| ends[end].amounts[t][s];
                        let want = (8.0 * (at(2) - at(1)) - (at(3) - at(0))) / (12.0 * step);
                        let scale = 1e-5 * want.abs() + 1e-5 / sizes[i];
                        if (got - want).abs() >= scale || got.is_nan() {
                            wrong.push(format!("direction {i}, time {t}, species {s}: {got} {want}"));
                        }
                    }
                }
            }
            assert!(wrong.is_empty(), "{wrong:#?}");
            let (_, alone) = run(&along[0], 0.0, &along[3..4], 1e-10);
            let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * a.abs();
            assert!(
                alone[0].amounts[2].iter().zip(&slopes[3].amounts[2]).all(close),
                "few and many directions"
            );
        }
    }
}
