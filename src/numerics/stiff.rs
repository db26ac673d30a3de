//! Stiff equations without structure: written once over [`Scalar`], Jacobian by dual numbers, dense algebra.

use super::dense::DenseLu;
use super::rosenbrock::{IntegrationError, Limits, Rosenbrock, Statistics, System};
use super::{Dual, Scalar};

/// Autonomous equations `x' = f(x)`.
pub trait Equations {
    /// Number of states.
    fn len(&self) -> usize;
    /// Whether there are no states.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The right-hand side; every entry of `rates` is to be written.
    fn rates<S: Scalar>(&self, x: &[S], rates: &mut [S]);
    /// Whether a step may end here.
    fn admissible(&self, _x: &[f64]) -> bool {
        true
    }
}

/// Directions that one pass of dual numbers carries.
const PASS: usize = 4;

/// [`Equations`] with tolerances and their dense Jacobian; reusable.
#[derive(Clone, Debug)]
pub struct DenseSystem<E> {
    /// The equations.
    pub equations: E,
    /// Relative tolerance.
    pub relative: f64,
    /// Absolute tolerances, by state.
    pub absolute: Vec<f64>,
    jacobian: Vec<f64>,
    lu: DenseLu,
    arguments: Vec<Dual<f64, PASS>>,
    values: Vec<Dual<f64, PASS>>,
}

impl<E: Equations> DenseSystem<E> {
    /// Equations with a relative tolerance and absolute tolerances by state.
    pub fn new(equations: E, relative: f64, absolute: Vec<f64>) -> DenseSystem<E> {
        let n = equations.len();
        let zero = Dual::from(0.0);
        DenseSystem {
            equations,
            relative,
            absolute,
            jacobian: vec![0.0; n * n],
            lu: DenseLu::default(),
            arguments: vec![zero; n],
            values: vec![zero; n],
        }
    }

    /// Integrates from `from` to `to` and calls `output(i, x)` at each of `times`; see [`Rosenbrock::integrate`].
    ///
    /// # Errors
    /// [`IntegrationError`].
    pub fn integrate(
        &mut self,
        x: &mut [f64],
        interval: (f64, f64),
        times: &[f64],
        output: impl FnMut(usize, &[f64]),
    ) -> Result<Statistics, IntegrationError> {
        let mut method = Rosenbrock::default();
        method.reset(x.len());
        method.integrate(self, x, interval, times, Limits::default(), output)?;
        Ok(method.statistics)
    }
}

impl<E: Equations> System for DenseSystem<E> {
    fn len(&self) -> usize {
        self.equations.len()
    }

    fn rates(&mut self, x: &[f64], rates: &mut [f64]) {
        self.equations.rates(x, rates);
    }

    fn linearise(&mut self, x: &[f64]) {
        let n = self.len();
        for first in (0..n).step_by(PASS) {
            for (i, (argument, x)) in self.arguments.iter_mut().zip(x).enumerate() {
                *argument = Dual::from(*x);
                if (first..first + PASS).contains(&i) {
                    argument.gradient[i - first] = 1.0;
                }
            }
            self.equations.rates(&self.arguments, &mut self.values);
            for (row, value) in self.values.iter().enumerate() {
                for column in first..(first + PASS).min(n) {
                    self.jacobian[row * n + column] = value.gradient[column - first];
                }
            }
        }
    }

    fn factorise(&mut self, shift: f64) -> bool {
        let n = self.len();
        self.lu.reset(n);
        let entries = self.lu.entries_mut();
        for (entry, slope) in entries.iter_mut().zip(&self.jacobian) {
            *entry = -slope;
        }
        for i in 0..n {
            entries[i * n + i] += shift;
        }
        self.lu.factorise()
    }

    fn solve(&mut self, b: &mut [f64]) {
        self.lu.solve(b);
    }

    fn error_norm(&self, old: &[f64], new: &[f64], error: &[f64]) -> f64 {
        let mut sum = 0.0;
        for i in 0..error.len() {
            let scale = self.absolute[i] + self.relative * old[i].abs().max(new[i].abs());
            sum += (error[i] / scale).powi(2);
        }
        (sum / error.len() as f64).sqrt()
    }

    fn admissible(&self, new: &[f64]) -> bool {
        self.equations.admissible(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Oscillator;
    impl Equations for Oscillator {
        fn len(&self) -> usize {
            2
        }
        fn rates<S: Scalar>(&self, x: &[S], rates: &mut [S]) {
            rates[0] = x[1];
            rates[1] = -x[0] - x[0].powi(3) * 0.5; // Duffing
        }
    }

    /// Kinetics of H. H. Robertson (1966); end values at t = 40 as in Hairer & Wanner's and CVODE's printed tables.
    struct Robertson;
    impl Equations for Robertson {
        fn len(&self) -> usize {
            3
        }
        fn rates<S: Scalar>(&self, x: &[S], rates: &mut [S]) {
            let (slow, fast, back) = (x[0] * 0.04, x[1] * x[1] * 3e7, x[1] * x[2] * 1e4);
            rates[0] = back - slow;
            rates[1] = slow - back - fast;
            rates[2] = fast;
        }
    }

    struct Van;
    impl ode_solvers::System<f64, ode_solvers::Vector2<f64>> for Van {
        fn system(&self, _t: f64, x: &ode_solvers::Vector2<f64>, rates: &mut ode_solvers::Vector2<f64>) {
            let mut own = [0.0; 2];
            Oscillator.rates(&[x[0], x[1]], &mut own);
            rates[0] = own[0];
            rates[1] = own[1];
        }
    }

    #[test]
    fn agrees_with_dop853() {
        let start = ode_solvers::Vector2::new(1.0, 0.0);
        let mut other = ode_solvers::Dop853::new(Van, 0.0, 10.0, 0.5, start, 1e-13, 1e-13);
        other.integrate().unwrap();
        let (end, want) = (other.x_out()[10], other.y_out()[10]); // its last point is extrapolated
        let mut x = [1.0, 0.0];
        let statistics = DenseSystem::new(Oscillator, 1e-9, vec![1e-11; 2])
            .integrate(&mut x, (0.0, end), &[], |_, _| {})
            .unwrap();
        assert!((x[0] - want[0]).abs() < 1e-7 && (x[1] - want[1]).abs() < 1e-7, "{x:?} {want:?}");
        assert!(statistics.steps < 700, "{statistics:?}");
    }

    #[test]
    fn fourth_order_and_a_third_order_interpolant() {
        let error = |tolerance: f64| {
            let mut method = Rosenbrock::default();
            method.reset(2);
            let mut x = [1.0, 0.0];
            let mut system = DenseSystem::new(Oscillator, 0.0, vec![1e300; 2]);
            let limits = Limits {
                first_step: tolerance,
                longest_step: tolerance,
                interpolate: true,
                ..Limits::default()
            };
            let mut between = [0.0; 2];
            let times = [1.0 + 0.37 * tolerance];
            let keep = |_: usize, x: &[f64]| between.copy_from_slice(x);
            method.integrate(&mut system, &mut x, (0.0, 2.0), &times, limits, keep).unwrap();
            let mut reference = [1.0, 0.0];
            let mut precise = DenseSystem::new(Oscillator, 1e-12, vec![1e-13; 2]);
            let mut middle = [0.0; 2];
            precise.integrate(&mut reference, (0.0, times[0]), &[], |_, _| {}).unwrap();
            middle.copy_from_slice(&reference);
            precise.integrate(&mut reference, (times[0], 2.0), &[], |_, _| {}).unwrap();
            ((x[0] - reference[0]).abs(), (between[0] - middle[0]).abs())
        };
        let (coarse, fine) = (error(0.1), error(0.05));
        assert!(coarse.0 / fine.0 > 12.0, "{coarse:?} {fine:?}"); // 2^4 and a little less
        assert!(coarse.1 / fine.1 > 6.5, "{coarse:?} {fine:?}");
    }

    #[test]
    fn robertson() {
        let mut x = [1.0, 0.0, 0.0];
        let mut system = DenseSystem::new(Robertson, 1e-8, vec![1e-10, 1e-14, 1e-10]);
        let mut sums = Vec::new();
        let statistics = system
            .integrate(&mut x, (0.0, 40.0), &[0.4, 4.0], |_, x| sums.push(x.iter().sum::<f64>()))
            .unwrap();
        let want = [0.715827068718205, 9.18553476456e-6, 0.284163745746];
        for (got, want) in x.iter().zip(want) {
            assert!((got / want - 1.0).abs() < 1e-6, "{x:?}");
        }
        assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-12) && statistics.steps < 500, "{statistics:?}");
    }

    struct Pole;
    impl Equations for Pole {
        fn len(&self) -> usize {
            1
        }
        fn rates<S: Scalar>(&self, x: &[S], rates: &mut [S]) {
            rates[0] = x[0] * x[0];
        }
    }

    #[test]
    fn a_pole_and_a_nan_end_in_errors() {
        let mut system = DenseSystem::new(Pole, 1e-6, vec![1e-9]);
        let error = system.integrate(&mut [1.0], (0.0, 2.0), &[], |_, _| {}).unwrap_err();
        assert!(
            matches!(error, IntegrationError::StepTooSmall { time } if (time - 1.0).abs() < 1e-3),
            "{error}"
        );
        let error = system.integrate(&mut [f64::NAN], (0.0, 2.0), &[], |_, _| {}).unwrap_err();
        assert!(matches!(error, IntegrationError::NotFinite { .. }));
    }
}
