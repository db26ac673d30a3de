//! The search for the best values, and how well the data fix them.

use super::problem::{Against, Derivatives, Problem};
use crate::numerics::least_squares::{Ended, Loss, Minimum, minimise};
use crate::sweep::design::Sobol;
use nalgebra::{DMatrix, DVector};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use std::collections::BTreeSet;

/// Share of the confidence intervals.
pub const CONFIDENCE: f64 = 0.95;

/// One estimate, on the scale of the search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Best value.
    pub x: f64,
    /// Standard error; NaN for one that is fixed or at a bound, infinite where the data do not fix it.
    pub error: f64,
    /// Ends of the confidence interval.
    pub interval: [f64; 2],
    /// Whether it ended at a bound.
    pub at_bound: bool,
}

/// A fitted model.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Estimates, in the order of the unknowns.
    pub estimates: Vec<Estimate>,
    /// Covariance on the scale of the search; zero for unknowns without a standard error.
    pub covariance: DMatrix<f64>,
    /// Predictions of the rows, SI.
    pub predicted: Vec<f64>,
    /// Derivatives of the predictions by the unknowns.
    pub derivatives: DMatrix<f64>,
    /// Units whose derivatives are differences; empty where all is exact.
    pub differenced: BTreeSet<String>,
    /// Where the search ended.
    pub minimum: Minimum,
    /// Ends of all searches: `½ Σ ρ(r²)`, NaN where the start has no solution.
    pub starts: Vec<f64>,
    /// How well it fits.
    pub quality: Quality,
}

/// How well a model fits, for its number of parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Observations.
    pub values: usize,
    /// Estimated parameters.
    pub parameters: usize,
    /// Sum of losses in squared standard errors.
    pub chi2: f64,
    /// Estimated standard deviation of a residual of unit weight.
    pub deviation: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// The same, corrected for few observations; infinite where there are too few.
    pub aicc: f64,
    /// Schwarz's criterion.
    pub bic: f64,
}

impl Quality {
    /// With errors as stated `-2 ln L` is χ²; where only their ratios hold it is `n ln(χ²/n)`, and their scale is one more
    /// parameter. Constants that all models of the same data share are left out.
    ///
    /// # Source
    /// K. P. Burnham, D. R. Anderson, *Model Selection and Multimodel Inference*, 2nd ed. (2002), sections 2.2 and 2.4.
    fn of(chi2: f64, values: usize, parameters: usize, stated: bool) -> Quality {
        let (n, p) = (values as f64, parameters as f64);
        let (deviance, k) = if stated { (chi2, p) } else { (n * (chi2 / n).ln(), p + 1.0) };
        let aic = deviance + 2.0 * k;
        let rest = n - k - 1.0;
        let aicc = if rest > 0.0 { aic + 2.0 * k * (k + 1.0) / rest } else { f64::INFINITY };
        let freedom = (n - p).max(1.0);
        Quality {
            values,
            parameters,
            chi2,
            deviation: (chi2 / freedom).sqrt(),
            aic,
            aicc,
            bic: deviance + k * n.ln(),
        }
    }
}

/// Why there is no fit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The start values have no solution.
    #[error("experiment `{0}` has no solution at the start values; change `start`")]
    NoStart(String),
    /// More unknowns than observations.
    #[error("{unknowns} parameters cannot be estimated from {values} observations")]
    TooFew {
        /// Unknowns.
        unknowns: usize,
        /// Observations.
        values: usize,
    },
    /// A start point outside of finite bounds was asked for.
    #[error("`{0}` needs `min` and `max`: start points are spread between them")]
    Unbounded(String),
}

/// Fits a problem; `starts` search points beside its own are spread over the bounds.
///
/// # Errors
/// [`FitError`].
pub fn fit(
    problem: &Problem<'_>,
    starts: usize,
    seed: u64,
    iterations: usize,
    done: &dyn Fn(),
) -> Result<Fit, FitError> {
    let against = Against::own(problem);
    let free = problem.unknowns.iter().filter(|unknown| !unknown.fixed).count();
    let values = problem.rows().count();
    let priors = problem.unknowns.iter().filter(|unknown| unknown.prior.is_some() && !unknown.fixed).count();
    if free > values + priors {
        return Err(FitError::TooFew { unknowns: free, values });
    }
    let settings = problem.settings(iterations);
    let mut best: Option<Minimum> = None;
    let mut ends = Vec::new();
    for start in start_points(problem, starts, seed)? {
        let found = minimise(&against, &start, &settings);
        ends.push(found.as_ref().map_or(f64::NAN, |minimum| minimum.cost));
        if let Some(found) = found
            && best.as_ref().is_none_or(|best| found.cost < best.cost)
        {
            best = Some(found);
        }
        done();
    }
    let no_start = || FitError::NoStart(problem.failing(&problem.start()).unwrap_or_default().to_owned());
    let minimum = best.ok_or_else(no_start)?;
    finish(problem, &against, minimum, ends).ok_or_else(no_start)
}

/// The fit that ends at a minimum.
pub(super) fn finish(
    problem: &Problem<'_>,
    against: &Against<'_, '_>,
    minimum: Minimum,
    starts: Vec<f64>,
) -> Option<Fit> {
    let Derivatives { predicted, matrix: derivatives, differenced } = problem.derivatives(&minimum.x)?;
    let values = against.kept.iter().filter(|kept| **kept).count();
    let at_bound = |index: usize| {
        let (unknown, x) = (&problem.unknowns[index], minimum.x[index]);
        !unknown.fixed && (x <= unknown.lower || x >= unknown.upper)
    };
    let free: Vec<usize> =
        (0..minimum.x.len()).filter(|&index| !problem.unknowns[index].fixed && !at_bound(index)).collect();
    let chi2 = 2.0 * minimum.cost;
    let estimated = problem.unknowns.iter().filter(|unknown| !unknown.fixed).count();
    let quality = Quality::of(chi2, values, estimated, problem.stated);
    let scale = if problem.stated { 1.0 } else { quality.deviation * quality.deviation };
    let (covariance, loose) =
        covariance(against, &minimum, &derivatives, &predicted, &free, problem.loss, scale);
    let freedom = values.saturating_sub(estimated).max(1) as f64;
    let factor = if problem.stated { normal_quantile() } else { t_quantile(freedom) };
    let estimates = (0..minimum.x.len()).map(|index| {
        let x = minimum.x[index];
        let error = match (free.contains(&index), loose.contains(&index)) {
            (false, _) => f64::NAN,
            (true, true) => f64::INFINITY,
            (true, false) => covariance[(index, index)].sqrt(),
        };
        Estimate { x, error, interval: [x - factor * error, x + factor * error], at_bound: at_bound(index) }
    });
    let estimates = estimates.collect();
    Some(Fit { estimates, covariance, predicted, derivatives, differenced, minimum, starts, quality })
}

fn normal_quantile() -> f64 {
    Normal::standard().inverse_cdf(0.5 + 0.5 * CONFIDENCE)
}

fn t_quantile(freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom)
        .map_or_else(|_| normal_quantile(), |t| t.inverse_cdf(0.5 + 0.5 * CONFIDENCE))
}

/// Share of the largest eigenvalue below which a direction counts as not fixed by the data.
const FLAT: f64 = 1e-10;

/// Inverse of JᵀJ over the free unknowns, times `scale`, and the unknowns that the data do not fix.
fn covariance(
    against: &Against<'_, '_>,
    minimum: &Minimum,
    derivatives: &DMatrix<f64>,
    predicted: &[f64],
    free: &[usize],
    loss: Loss,
    scale: f64,
) -> (DMatrix<f64>, Vec<usize>) {
    let mut residuals: DVector<f64> = minimum.residuals.clone();
    let mut jacobian = against.jacobian_of(derivatives, predicted);
    loss.scale(&mut residuals, &mut jacobian);
    let count = minimum.x.len();
    if free.is_empty() {
        return (DMatrix::zeros(count, count), Vec::new());
    }
    let own = jacobian.select_columns(free);
    let norms: Vec<f64> = own.column_iter().map(|column| column.norm()).collect();
    let unit = DMatrix::from_fn(own.nrows(), own.ncols(), |row, column| {
        own[(row, column)] / if norms[column] > 0.0 { norms[column] } else { 1.0 }
    });
    let eigen = unit.tr_mul(&unit).symmetric_eigen();
    let largest = eigen.eigenvalues.iter().copied().fold(0.0, f64::max);
    let mut inverse = DMatrix::<f64>::zeros(free.len(), free.len());
    let mut loose: Vec<usize> = (0..free.len()).filter(|&index| norms[index] == 0.0).collect();
    for (value, vector) in eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter()) {
        if *value > FLAT * largest {
            inverse += vector * vector.transpose() / *value;
        } else {
            loose.extend((0..free.len()).filter(|&index| vector[index].abs() > 0.1));
        }
    }
    let mut covariance = DMatrix::zeros(count, count);
    for (row, &a) in free.iter().enumerate() {
        for (column, &b) in free.iter().enumerate() {
            let norm = norms[row] * norms[column];
            if norm > 0.0 {
                covariance[(a, b)] = scale * inverse[(row, column)] / norm;
            }
        }
    }
    (covariance, loose.into_iter().map(|index| free[index]).collect())
}

impl Fit {
    /// Correlation of two estimates; zero where one has no standard error.
    pub fn correlation(&self, a: usize, b: usize) -> f64 {
        let scale = (self.covariance[(a, a)] * self.covariance[(b, b)]).sqrt();
        if scale > 0.0 { self.covariance[(a, b)] / scale } else { 0.0 }
    }

    /// Whether the search ended at rest.
    pub fn at_rest(&self) -> bool {
        self.minimum.ended == Ended::AtRest
    }

    /// Searches that ended within a hundredth of the best sum.
    pub fn agreeing(&self) -> usize {
        let best = self.minimum.cost;
        self.starts.iter().filter(|cost| **cost <= 1.01 * best + 1e-12).count()
    }
}

/// The problem's own start, and points of a scrambled Sobol sequence between the bounds.
fn start_points(problem: &Problem<'_>, starts: usize, seed: u64) -> Result<Vec<Vec<f64>>, FitError> {
    let own = problem.start();
    let mut points = vec![own.clone()];
    if starts < 2 {
        return Ok(points);
    }
    let searched: Vec<usize> = (0..own.len()).filter(|&index| !problem.unknowns[index].fixed).collect();
    let unbounded = searched.iter().find(|&&index| {
        let unknown = &problem.unknowns[index];
        !(unknown.upper - unknown.lower).is_finite()
    });
    if let Some(&index) = unbounded {
        return Err(FitError::Unbounded(problem.unknowns[index].name.clone()));
    }
    // more unknowns than the sequence has dimensions share them
    let sobol = Sobol::new(searched.len().clamp(1, Sobol::MAX_DIMENSIONS), seed);
    for turn in 1..starts as u64 {
        let mut point = own.clone();
        for (dimension, &index) in searched.iter().enumerate() {
            let unknown = &problem.unknowns[index];
            let share =
                sobol.as_ref().map_or(0.5, |sobol| sobol.coordinate(turn, dimension % Sobol::MAX_DIMENSIONS));
            point[index] = unknown.lower + share * (unknown.upper - unknown.lower);
        }
        points.push(point);
    }
    Ok(points)
}

/// Confidence interval of one unknown from the profile of the sum: the others are fitted anew at each value.
///
/// The ends are where the sum has risen by `½ q² s²`, found by the secant rule on its root, which is nearly straight. `None`
/// where an end lies beyond a bound or is not found.
pub fn profile(problem: &Problem<'_>, fit: &Fit, index: usize) -> [Option<f64>; 2] {
    let estimate = fit.estimates[index];
    let scale = if problem.stated { 1.0 } else { fit.quality.deviation };
    let freedom = fit.quality.values.saturating_sub(fit.quality.parameters).max(1) as f64;
    let wanted = if problem.stated { normal_quantile() } else { t_quantile(freedom) };
    if !(estimate.error.is_finite() && estimate.error > 0.0) {
        return [None, None];
    }
    let against = Against::own(problem);
    let unknown = &problem.unknowns[index];
    [-1.0, 1.0].map(|side| {
        let mut start = fit.minimum.x.clone();
        let mut height = |distance: f64| -> Option<f64> {
            let value = estimate.x + side * distance;
            if !(unknown.lower..=unknown.upper).contains(&value) {
                return None;
            }
            start[index] = value;
            let mut settings = problem.settings(12);
            settings.fixed[index] = true;
            settings.tolerance = 1e-6;
            let found = minimise(&against, &start, &settings)?;
            start = found.x.clone();
            Some((2.0 * (found.cost - fit.minimum.cost)).max(0.0).sqrt() / scale)
        };
        let (mut near, mut low) = (0.0, 0.0);
        let mut far = wanted * estimate.error;
        for _ in 0..8 {
            let high = height(far)?;
            if (high - wanted).abs() < 0.01 * wanted {
                return Some(estimate.x + side * far);
            }
            if high <= low {
                return None; // flat: no end on this side
            }
            let next = near + (wanted - low) * (far - near) / (high - low);
            (near, low) = (far, high);
            far = next.clamp(0.2 * far, 4.0 * far);
        }
        None
    })
}

/// Residuals of a fit in standard errors, without weights, in the order of the rows.
pub fn residuals(problem: &Problem<'_>, fit: &Fit) -> Vec<f64> {
    let rows = problem.rows().zip(&fit.predicted);
    rows.map(|(row, predicted)| row.bound.miss(*predicted, row.observed) / row.error).collect()
}
