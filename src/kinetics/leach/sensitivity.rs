//! Exact derivatives of a batch leach: its accepted steps repeated over dual numbers; and leaches over either number type.
//!
//! What is differentiated is the numerical result with its steps held (H. G. Bock's internal differentiation), so that
//! derivatives and result belong together; both come close to the true ones as the tolerance falls. Derivatives of the Jacobian
//! are part of it, by duals of duals.

use super::batch::{Batch, BatchOutcome, Thermal};
use super::error::LeachError;
use super::model::{LeachModel, Volume, Workspace};
use super::tank::{Tank, TankOutcome};
use crate::chemistry::Population;
use crate::numerics::{Dual, Scalar};

/// A number over which leaches run: plain, or with derivatives.
pub trait Leaching: Scalar {
    /// Memory of a run; reused from run to run.
    type Memory: Default;

    /// A value whose derivatives are not known: where there are any, they are NaN.
    fn without_slope(value: f64) -> Self;

    /// As [`LeachModel::batch`].
    ///
    /// # Errors
    /// As there.
    fn batch(
        model: &LeachModel,
        batch: &Batch<'_, Self>,
        memory: &mut Self::Memory,
    ) -> Result<BatchOutcome<Self>, LeachError>;

    /// As [`LeachModel::tank`].
    ///
    /// # Errors
    /// As there.
    fn tank(
        model: &LeachModel,
        tank: &Tank<'_, Self>,
        memory: &mut Self::Memory,
    ) -> Result<TankOutcome<Self>, LeachError>;
}

impl Leaching for f64 {
    type Memory = Workspace;

    fn without_slope(value: f64) -> f64 {
        value
    }

    fn batch(
        model: &LeachModel,
        batch: &Batch<'_>,
        memory: &mut Workspace,
    ) -> Result<BatchOutcome, LeachError> {
        model.batch(batch, memory)
    }

    fn tank(model: &LeachModel, tank: &Tank<'_>, memory: &mut Workspace) -> Result<TankOutcome, LeachError> {
        model.tank(tank, memory)
    }
}

impl<const N: usize> Leaching for Dual<f64, N> {
    type Memory = (Workspace, Workspace<Self>);

    fn without_slope(value: f64) -> Self {
        Dual { value, gradient: [f64::NAN; N] }
    }

    fn batch(
        model: &LeachModel,
        batch: &Batch<'_, Self>,
        (plain, along): &mut Self::Memory,
    ) -> Result<BatchOutcome<Self>, LeachError> {
        model.batch_along(batch, plain, along)
    }

    fn tank(
        model: &LeachModel,
        tank: &Tank<'_, Self>,
        (plain, along): &mut Self::Memory,
    ) -> Result<TankOutcome<Self>, LeachError> {
        model.tank_along(tank, plain, along)
    }
}

impl LeachModel {
    /// Runs a batch leach over numbers that carry derivatives.
    ///
    /// The steps are those of the plain run, so the values of the outcome are its values; times and statistics likewise.
    ///
    /// # Errors
    /// As [`LeachModel::batch`].
    pub fn batch_along<const N: usize>(
        &self,
        batch: &Batch<'_, Dual<f64, N>>,
        workspace: &mut Workspace,
        along: &mut Workspace<Dual<f64, N>>,
    ) -> Result<BatchOutcome<Dual<f64, N>>, LeachError> {
        let statistics = self.plain(batch, workspace)?.statistics;
        self.load(batch, along)?;
        let course = self.course(batch, along, Some(workspace.steps()))?;
        Ok(course.outcome(statistics))
    }

    /// The run without its derivatives.
    fn plain<S: Scalar>(
        &self,
        batch: &Batch<'_, S>,
        workspace: &mut Workspace,
    ) -> Result<BatchOutcome, LeachError> {
        let parameters = batch.parameters.map(|value| value.real());
        let minerals: Vec<Vec<Population>> = batch
            .minerals
            .iter()
            .map(|classes| classes.iter().map(|class| class.map(|x| x.real())).collect())
            .collect();
        let per_amount;
        let volume = match batch.volume {
            Volume::Fixed(volume) => Volume::Fixed(volume.real()),
            Volume::Linear { base, per_amount: own } => {
                per_amount = values(own);
                Volume::Linear { base: base.real(), per_amount: &per_amount }
            }
        };
        let points: Vec<(f64, f64)>;
        let thermal = match batch.thermal {
            Thermal::Isothermal(held) => Thermal::Isothermal(held.real()),
            Thermal::Profile(own) => {
                points = own.iter().map(|(time, held)| (*time, held.real())).collect();
                Thermal::Profile(&points)
            }
            Thermal::Balance { start, heat_capacity, loss, ambient, heat_input } => Thermal::Balance {
                start: start.real(),
                heat_capacity: heat_capacity.real(),
                loss: loss.real(),
                ambient: ambient.real(),
                heat_input: heat_input.real(),
            },
        };
        let plain = Batch {
            parameters: &parameters,
            amounts: &values(batch.amounts),
            minerals: &minerals,
            volume,
            thermal,
            times: batch.times,
            tolerance: batch.tolerance,
        };
        self.batch(&plain, workspace)
    }
}

fn values<S: Scalar>(numbers: &[S]) -> Vec<f64> {
    numbers.iter().map(|number| number.real()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{COEFFICIENT, SHAPES, liquor, single, table, tau};
    use super::super::{ParameterSet, Tank, Tolerance, w1};
    use super::*;
    use crate::kinetics::shrinking_core::reduced_time_of;

    type Moving = Dual<f64, 10>;

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
                let mut parameters = model.parameters().map(Dual::<f64, 1>::constant);
                let index = parameters.values.iter().position(|own| own.value == coefficient).unwrap();
                parameters.values[index].gradient = [1.0];
                let amounts: Vec<Dual<f64, 1>> = liquor(&table(), &[("H+", 1e9), ("MgO(s)", 1.0)])
                    .into_iter()
                    .map(Dual::constant)
                    .collect();
                let batch = Batch {
                    parameters: &parameters,
                    amounts: &amounts,
                    minerals: &[vec![Population::fresh(2e-5.into(), 1.0.into())]],
                    volume: Volume::Fixed(1.0.into()),
                    thermal: Thermal::Isothermal(300.0.into()),
                    times: &times,
                    tolerance: Tolerance { relative: 1e-10, core: 1e-10, amount: 1e-10 },
                };
                let found =
                    model.batch_along(&batch, &mut Workspace::default(), &mut Workspace::default()).unwrap();
                for (t, theta) in reduced.iter().enumerate() {
                    let got = -found.unreacted[t][0].gradient[0] * coefficient;
                    let want = theta.value / theta.gradient[0];
                    let place = (shape, regime, wanted[t]);
                    assert!((got / want - 1.0).abs() < 1e-6, "{place:?}: {got} {want}");
                }
            }
        }
    }

    /// Parameters, amounts, particles, temperature and volume.
    type Parts<S> = (ParameterSet<S>, Vec<S>, Vec<Vec<Population<S>>>, S, S);

    /// W1 with ten of its numbers multiplied.
    fn scaled<S: Scalar>(by: &[S; 10]) -> Parts<S> {
        let table = w1::table();
        let model = w1::builder().build(&table).unwrap();
        let case = w1::Case(343.15, 2000.0, 600.0, 50.0);
        let minerals = case.populations();
        let mut amounts: Vec<S> = case.amounts(&table, &minerals).into_iter().map(S::from).collect();
        let mut parameters = model.parameters().map(S::from);
        let index = |name: &str| model.parameters().names().iter().position(|own| own == name).unwrap();
        for (factor, name) in by.iter().zip(["k_b", "D_e", "K_PCu", "kLa"]) {
            parameters.values[index(name)] *= *factor;
        }
        for (factor, name) in by[4..].iter().zip(["k_b", "k_d"]) {
            parameters.activation[index(name)] *= *factor;
        }
        amounts[table.index("H+").unwrap().0] *= by[6];
        let lift = |class: &Population| {
            let mut own = class.map(S::from);
            own.diameter *= by[7];
            own
        };
        let minerals = minerals.iter().map(|classes| classes.iter().map(lift).collect()).collect();
        (parameters, amounts, minerals, by[8] * 343.15, by[9])
    }

    /// `(f(-2h), f(-h), f(h), f(2h))` to the derivative, with an error of the fourth order.
    fn slope(ends: [f64; 4], step: f64) -> f64 {
        (8.0 * (ends[2] - ends[1]) - (ends[3] - ends[0])) / (12.0 * step)
    }

    /// Runs of W1 with one number moved four times.
    fn moved(number: usize, step: f64) -> [[f64; 10]; 4] {
        [-2.0, -1.0, 1.0, 2.0].map(|times| {
            let mut by = [1.0; 10];
            by[number] += times * step;
            by
        })
    }

    fn check(what: &str, got: f64, want: f64) {
        let close = (got - want).abs() <= 1e-5 * want.abs() + 1e-5;
        assert!(close, "{what}: {got}, by differences {want}");
    }

    /// Workload W1 along a ramp of temperature and at a held one, against central differences at a tight tolerance.
    #[test]
    fn differences_of_tight_runs() {
        let model = w1::builder().build(&w1::table()).unwrap();
        let times = [1200.0, 3600.0, 7200.0];
        let tight = |relative| Tolerance { relative, core: relative, amount: relative };
        for ramp in [false, true] {
            let points = |held: f64| [(0.0, held - 13.0), (3000.0, held + 2.0), (7200.0, held)];
            let plain = |by: &[f64; 10]| {
                let (parameters, amounts, minerals, temperature, volume) = scaled(by);
                let profile = points(temperature);
                let batch = Batch {
                    parameters: &parameters,
                    amounts: &amounts,
                    minerals: &minerals,
                    volume: Volume::Fixed(volume),
                    thermal: if ramp { Thermal::Profile(&profile) } else { Thermal::Isothermal(temperature) },
                    times: &times,
                    tolerance: tight(1e-11),
                };
                model.batch(&batch, &mut Workspace::default()).unwrap()
            };
            let (parameters, amounts, minerals, temperature, volume) = scaled(&Moving::variables([1.0; 10]));
            let profile =
                points(temperature.value).map(|(t, held)| (t, temperature - temperature.value + held));
            let batch = Batch {
                parameters: &parameters,
                amounts: &amounts,
                minerals: &minerals,
                volume: Volume::Fixed(volume),
                thermal: if ramp { Thermal::Profile(&profile) } else { Thermal::Isothermal(temperature) },
                times: &times,
                tolerance: tight(1e-10),
            };
            let found =
                model.batch_along(&batch, &mut Workspace::default(), &mut Workspace::default()).unwrap();
            for number in 0..10 {
                // a core is gone within 0.1 % of its time; a third of a kelvin would smear that
                let step = if number == 8 { 3e-5 } else { 1e-3 };
                let ends = moved(number, step).map(|by| plain(&by));
                for (t, amounts) in found.amounts.iter().enumerate() {
                    for (s, got) in amounts.iter().enumerate() {
                        let want = slope([0, 1, 2, 3].map(|end: usize| ends[end].amounts[t][s]), step);
                        check(&format!("number {number}, time {t}, species {s}"), got.gradient[number], want);
                    }
                }
            }
        }
    }

    /// The minerals of W1 through two tanks, the second fed with the distribution of cores that leaves the first.
    #[test]
    fn differences_of_tanks() {
        let model = w1::builder().build(&w1::table()).unwrap();
        let tank = |by: &[f64; 10]| {
            let (parameters, mut amounts, mut minerals, temperature, volume) = scaled(by);
            for _ in 0..2 {
                let tank = Tank {
                    parameters: &parameters,
                    amounts: &amounts,
                    minerals: &minerals,
                    volume: Volume::Fixed(volume),
                    residence_time: 3600.0,
                    temperature,
                    guess: &[],
                };
                let out = model.tank(&tank, &mut Workspace::default()).unwrap();
                (amounts, minerals) = (out.amounts, out.populations);
            }
            amounts
        };
        let (parameters, mut amounts, mut minerals, temperature, volume) =
            scaled(&Moving::variables([1.0; 10]));
        for _ in 0..2 {
            let tank = Tank {
                parameters: &parameters,
                amounts: &amounts,
                minerals: &minerals,
                volume: Volume::Fixed(volume),
                residence_time: 3600.0.into(),
                temperature,
                guess: &[],
            };
            let out = model.tank_along(&tank, &mut Workspace::default(), &mut Workspace::default()).unwrap();
            (amounts, minerals) = (out.amounts, out.populations);
        }
        for number in 0..10 {
            let step = 1e-4;
            let ends = moved(number, step).map(|by| tank(&by));
            for (s, got) in amounts.iter().enumerate() {
                let want = slope([0, 1, 2, 3].map(|end: usize| ends[end][s]), step);
                check(&format!("number {number}, species {s}"), got.gradient[number], want);
            }
        }
    }
}
