//! Nonlinear least squares between bounds: Levenberg-Marquardt with projected steps and robust losses.
//!
//! The sum that is made small is `½ Σ ρ(rᵢ²)`. Steps solve `(JᵀJ + μ D) p = −Jᵀr` over the parameters that no bound holds, end
//! at the bounds, and are kept if the sum falls; μ follows the ratio of the fall to its prediction. A robust loss enters by
//! scaled residuals and rows.
//!
//! # Source
//! K. Madsen, H. B. Nielsen, O. Tingleff, *Methods for Non-Linear Least Squares Problems*, 2nd ed. (2004), algorithm 3.16;
//! C. Kanzow, N. Yamashita, M. Fukushima, J. Comput. Appl. Math. 172 (2004) 375-397 (projection);
//! B. Triggs et al., *Bundle adjustment, a modern synthesis* (2000), section 4.3 (losses).

use nalgebra::{DMatrix, DVector};

/// How a residual counts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Loss {
    /// By its square.
    #[default]
    Linear,
    /// By its square up to this size, beyond it in proportion.
    Huber(f64),
    /// By the logarithm of one plus its square over that of this size.
    Cauchy(f64),
}

impl Loss {
    /// ρ, ρ' and ρ'' at the square `z` of a residual.
    fn rho(self, z: f64) -> [f64; 3] {
        match self {
            Loss::Linear => [z, 1.0, 0.0],
            Loss::Huber(size) if z <= size * size => [z, 1.0, 0.0],
            Loss::Huber(size) => {
                let root = z.sqrt();
                [2.0 * size * root - size * size, size / root, -0.5 * size / (z * root)]
            }
            Loss::Cauchy(size) => {
                let share = 1.0 + z / (size * size);
                [size * size * share.ln(), 1.0 / share, -1.0 / (size * size * share * share)]
            }
        }
    }

    /// `½ Σ ρ(rᵢ²)`.
    pub fn cost(self, residuals: &DVector<f64>) -> f64 {
        0.5 * residuals.iter().map(|r| self.rho(r * r)[0]).sum::<f64>()
    }

    /// Scales residuals and rows so that plain least squares takes the step of the robust problem.
    pub fn scale(self, residuals: &mut DVector<f64>, jacobian: &mut DMatrix<f64>) {
        if self == Loss::Linear {
            return;
        }
        for (index, residual) in residuals.iter_mut().enumerate() {
            let z = *residual * *residual;
            let [_, first, second] = self.rho(z);
            // the curvature of a loss that flattens is kept positive
            let weight = (first + 2.0 * second * z).max(1e-3 * first).sqrt();
            jacobian.row_mut(index).scale_mut(weight);
            *residual *= first / weight;
        }
    }
}

/// What is made small.
pub trait Objective {
    /// Residuals at `x`; `None` where they cannot be had.
    fn residuals(&self, x: &[f64]) -> Option<DVector<f64>>;
    /// Derivatives of the residuals, `[residual, parameter]`, at `x`, where the residuals are `at`.
    fn jacobian(&self, x: &[f64], at: &DVector<f64>) -> Option<DMatrix<f64>>;
}

/// Bounds and when to stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Lowest value of each parameter.
    pub lower: Vec<f64>,
    /// Highest value of each.
    pub upper: Vec<f64>,
    /// Parameters that stay at the start.
    pub fixed: Vec<bool>,
    /// Loss.
    pub loss: Loss,
    /// Jacobians that may be taken.
    pub iterations: usize,
    /// Relative fall of the sum below which it is at rest.
    pub tolerance: f64,
}

/// Why the search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The sum no longer falls.
    AtRest,
    /// The allowed number of Jacobians is used up.
    Exhausted,
}

/// The end of a search.
#[derive(Debug, Clone)]
pub struct Minimum {
    /// Parameters.
    pub x: Vec<f64>,
    /// `½ Σ ρ(rᵢ²)`.
    pub cost: f64,
    /// Residuals there.
    pub residuals: DVector<f64>,
    /// Their derivatives there.
    pub jacobian: DMatrix<f64>,
    /// Jacobians taken.
    pub iterations: usize,
    /// Why it ended.
    pub ended: Ended,
}

/// Growth of μ after which a step is too small to matter.
const LARGEST_DAMPING: f64 = 1e16;

/// The minimum found from `start`; `None` if the objective has no value there.
pub fn minimise(objective: &dyn Objective, start: &[f64], settings: &Settings) -> Option<Minimum> {
    let mut x: Vec<f64> = start.to_vec();
    clamp(&mut x, settings);
    let mut residuals = objective.residuals(&x)?;
    let mut cost = settings.loss.cost(&residuals);
    let mut jacobian = objective.jacobian(&x, &residuals)?;
    let mut damping = 1e-3;
    let mut growth = 2.0;
    let mut scale = DVector::<f64>::zeros(x.len());
    for iteration in 1..=settings.iterations {
        let (mut r, mut j) = (residuals.clone(), jacobian.clone());
        settings.loss.scale(&mut r, &mut j);
        let gradient = j.tr_mul(&r);
        let normal = j.tr_mul(&j);
        for (own, diagonal) in scale.iter_mut().zip(normal.diagonal().iter()) {
            *own = own.max(*diagonal);
        }
        let free = free(&x, &gradient, settings);
        let mut fell = None;
        while fell.is_none() && damping < LARGEST_DAMPING && !free.is_empty() {
            let Some(step) = step(&normal, &gradient, &scale, damping, &free) else {
                damping *= growth;
                growth *= 2.0;
                continue;
            };
            let mut next: Vec<f64> = x.iter().zip(step.iter()).map(|(x, p)| x + p).collect();
            clamp(&mut next, settings);
            let moved = DVector::from_iterator(x.len(), next.iter().zip(&x).map(|(next, x)| next - x));
            let predicted = -(gradient.dot(&moved) + 0.5 * moved.dot(&(&normal * &moved)));
            let found = objective.residuals(&next).map(|r| (settings.loss.cost(&r), r));
            match found {
                Some((lower, r)) if lower < cost && predicted > 0.0 => {
                    let ratio: f64 = (cost - lower) / predicted;
                    damping *= (1.0 - (2.0 * ratio - 1.0).powi(3)).clamp(1.0 / 3.0, 2.0);
                    damping = damping.max(1e-12);
                    growth = 2.0;
                    fell = Some((next, lower, r));
                }
                _ if predicted.abs() <= settings.tolerance * cost.max(f64::MIN_POSITIVE) => break,
                _ => {
                    damping *= growth;
                    growth *= 2.0;
                }
            }
        }
        let Some((next, lower, r)) = fell else {
            return Some(Minimum {
                x,
                cost,
                residuals,
                jacobian,
                iterations: iteration,
                ended: Ended::AtRest,
            });
        };
        let fall = (cost - lower) / cost.max(f64::MIN_POSITIVE);
        (x, cost, residuals) = (next, lower, r);
        jacobian = objective.jacobian(&x, &residuals)?;
        if fall <= settings.tolerance {
            return Some(Minimum {
                x,
                cost,
                residuals,
                jacobian,
                iterations: iteration,
                ended: Ended::AtRest,
            });
        }
    }
    let iterations = settings.iterations;
    Some(Minimum { x, cost, residuals, jacobian, iterations, ended: Ended::Exhausted })
}

fn clamp(x: &mut [f64], settings: &Settings) {
    for ((x, low), high) in x.iter_mut().zip(&settings.lower).zip(&settings.upper) {
        *x = x.clamp(*low, *high);
    }
}

/// Parameters that may move: not fixed, and not pressed against a bound.
fn free(x: &[f64], gradient: &DVector<f64>, settings: &Settings) -> Vec<usize> {
    let held = |index: usize| {
        (x[index] <= settings.lower[index] && gradient[index] > 0.0)
            || (x[index] >= settings.upper[index] && gradient[index] < 0.0)
    };
    (0..x.len()).filter(|&index| !settings.fixed[index] && !held(index)).collect()
}

/// The damped step over the free parameters; `None` if the matrix is not positive definite.
fn step(
    normal: &DMatrix<f64>,
    gradient: &DVector<f64>,
    scale: &DVector<f64>,
    damping: f64,
    free: &[usize],
) -> Option<DVector<f64>> {
    let count = free.len();
    // a parameter without any influence is held by the least damping
    let least = f64::EPSILON * scale.max().max(f64::MIN_POSITIVE);
    let matrix = DMatrix::from_fn(count, count, |row, column| {
        let own = if row == column { damping * scale[free[row]].max(least) } else { 0.0 };
        normal[(free[row], free[column])] + own
    });
    let right = DVector::from_iterator(count, free.iter().map(|&index| -gradient[index]));
    let solved = matrix.cholesky()?.solve(&right);
    let mut whole = DVector::zeros(gradient.len());
    for (&index, value) in free.iter().zip(solved.iter()) {
        whole[index] = *value;
    }
    whole.iter().all(|value| value.is_finite()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model y(x; b) with its data; derivatives by central differences.
    struct Curve {
        model: fn(f64, &[f64]) -> f64,
        data: Vec<[f64; 2]>,
    }

    impl Objective for Curve {
        fn residuals(&self, b: &[f64]) -> Option<DVector<f64>> {
            let r = DVector::from_iterator(
                self.data.len(),
                self.data.iter().map(|[y, x]| (self.model)(*x, b) - y),
            );
            r.iter().all(|r| r.is_finite()).then_some(r)
        }
        fn jacobian(&self, b: &[f64], _: &DVector<f64>) -> Option<DMatrix<f64>> {
            let mut j = DMatrix::zeros(self.data.len(), b.len());
            for column in 0..b.len() {
                let h = 1e-6 * b[column].abs().max(1e-8);
                let (mut low, mut high) = (b.to_vec(), b.to_vec());
                low[column] -= h;
                high[column] += h;
                let difference = (self.residuals(&high)? - self.residuals(&low)?) / (2.0 * h);
                j.set_column(column, &difference);
            }
            Some(j)
        }
    }

    fn settings(count: usize) -> Settings {
        Settings {
            lower: vec![f64::NEG_INFINITY; count],
            upper: vec![f64::INFINITY; count],
            fixed: vec![false; count],
            loss: Loss::Linear,
            iterations: 500,
            tolerance: 1e-14,
        }
    }

    /// NIST StRD Misra1a (lower difficulty), start 1, certified values and residual sum of squares.
    #[test]
    fn misra1a_agrees_with_nist() {
        let data = [
            [10.07, 77.6],
            [14.73, 114.9],
            [17.94, 141.1],
            [23.93, 190.8],
            [29.61, 239.9],
            [35.18, 289.0],
            [40.02, 332.8],
            [44.82, 378.4],
            [50.76, 434.8],
            [55.05, 477.3],
            [61.01, 536.8],
            [66.40, 593.1],
            [75.47, 689.1],
            [81.78, 760.0],
        ];
        let curve = Curve { model: |x, b| b[0] * (1.0 - (-b[1] * x).exp()), data: data.to_vec() };
        let found = minimise(&curve, &[500.0, 1e-4], &settings(2)).unwrap();
        assert!((found.x[0] / 2.3894212918e2 - 1.0).abs() < 1e-6, "{:?}", found.x);
        assert!((found.x[1] / 5.5015643181e-4 - 1.0).abs() < 1e-6, "{:?}", found.x);
        assert!((2.0 * found.cost / 1.2455138894e-1 - 1.0).abs() < 1e-8);
        assert_eq!(found.ended, Ended::AtRest);
    }

    /// NIST StRD MGH09 (higher difficulty), start 2, certified values.
    #[test]
    fn mgh09_agrees_with_nist() {
        let data = [
            [1.957000e-1, 4.0],
            [1.947000e-1, 2.0],
            [1.735000e-1, 1.0],
            [1.600000e-1, 5.0e-1],
            [8.440000e-2, 2.5e-1],
            [6.270000e-2, 1.67e-1],
            [4.560000e-2, 1.25e-1],
            [3.420000e-2, 1.0e-1],
            [3.230000e-2, 8.33e-2],
            [2.350000e-2, 7.14e-2],
            [2.460000e-2, 6.25e-2],
        ];
        let model = |x: f64, b: &[f64]| b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]);
        let curve = Curve { model, data: data.to_vec() };
        let found = minimise(&curve, &[0.25, 0.39, 0.415, 0.39], &settings(4)).unwrap();
        let certified = [1.9280693458e-1, 1.9128232873e-1, 1.2305650693e-1, 1.3606233068e-1];
        for (got, want) in found.x.iter().zip(certified) {
            assert!((got / want - 1.0).abs() < 1e-5, "{:?}", found.x);
        }
        assert!((2.0 * found.cost / 3.0750560385e-4 - 1.0).abs() < 1e-8);
    }

    #[test]
    fn a_bound_holds_and_the_others_find_their_place() {
        let line = Curve { model: |x, b| b[0] + b[1] * x, data: vec![[1.0, 0.0], [3.0, 1.0], [5.0, 2.0]] };
        let held = Settings { upper: vec![f64::INFINITY, 1.0], ..settings(2) };
        let found = minimise(&line, &[0.0, 0.0], &held).unwrap();
        // with the slope at 1, the intercept is the mean of y - x
        assert!((found.x[1] - 1.0).abs() < 1e-12 && (found.x[0] - 2.0).abs() < 1e-9, "{:?}", found.x);
        let fixed = Settings { fixed: vec![true, false], ..settings(2) };
        let found = minimise(&line, &[0.0, 0.0], &fixed).unwrap();
        assert!((found.x[1] - 13.0 / 5.0).abs() < 1e-9, "{:?}", found.x);
    }

    #[test]
    fn robust_losses_leave_an_outlier_aside() {
        let mut data: Vec<[f64; 2]> = (0..20).map(|k| [2.0 * f64::from(k), f64::from(k)]).collect();
        data[10][0] += 50.0;
        let line = Curve { model: |x, b| b[0] * x, data };
        let slope = |loss| minimise(&line, &[1.0], &Settings { loss, ..settings(1) }).unwrap().x[0];
        assert!(slope(Loss::Linear) > 2.15);
        assert!((slope(Loss::Huber(1.0)) - 2.0).abs() < 0.01, "{}", slope(Loss::Huber(1.0)));
        assert!((slope(Loss::Cauchy(1.0)) - 2.0).abs() < 0.001, "{}", slope(Loss::Cauchy(1.0)));
    }

    #[test]
    fn losses_have_the_derivatives_they_say() {
        for loss in [Loss::Huber(1.5), Loss::Cauchy(0.7)] {
            for z in [0.3, 2.0, 9.0] {
                let h = 1e-5;
                let [_, first, second] = loss.rho(z);
                let [up, down] = [loss.rho(z + h), loss.rho(z - h)];
                assert!(((up[0] - down[0]) / (2.0 * h) - first).abs() < 1e-8);
                assert!(((up[1] - down[1]) / (2.0 * h) - second).abs() < 1e-7);
            }
        }
    }
}
