//! How often the confidence intervals hold the truth, on data made from the fitted model.
//!
//! The estimates are taken as the truth; observations are drawn around the model's values with the stated standard errors
//! (times the estimated scale, where only their ratios hold), and fitted anew. Of nominal 95 % intervals about 95 % must hold
//! the truth.

use super::estimate::{Fit, finish};
use super::problem::{Against, Problem};
use crate::numerics::least_squares::minimise;
use crate::sweep::design::random::{Purpose, generator, open_unit};
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

/// Coverage of one unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// Number of the unknown.
    pub unknown: usize,
    /// Fits whose interval holds the truth.
    pub held: usize,
    /// Mean of the estimates, on the scale of the search.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
}

/// Coverage of each unknown with a standard error, and the number of data sets that could be fitted.
pub fn coverage(
    problem: &Problem<'_>,
    fit: &Fit,
    sets: usize,
    seed: u64,
    iterations: usize,
    done: &(dyn Fn() + Sync),
) -> (Vec<Coverage>, usize) {
    let normal = Normal::standard();
    let scale = if problem.stated { 1.0 } else { fit.quality.deviation };
    let refits: Vec<Option<Fit>> = (0..sets as u64)
        .into_par_iter()
        .map(|set| {
            let mut draws = generator(seed, Purpose::Synthetic, set);
            let mut against = Against::own(problem);
            for ((observed, row), predicted) in
                against.observed.iter_mut().zip(problem.rows()).zip(&fit.predicted)
            {
                *observed = predicted + scale * row.error * normal.inverse_cdf(open_unit(&mut draws));
            }
            let minimum = minimise(&against, &fit.minimum.x, &problem.settings(iterations));
            done();
            finish(problem, &against, minimum?, Vec::new())
        })
        .collect();
    let fitted: Vec<&Fit> = refits.iter().flatten().collect();
    let counted = (0..fit.estimates.len()).filter(|&index| fit.estimates[index].error.is_finite());
    let coverage = counted.map(|index| {
        let truth = fit.estimates[index].x;
        let holds = |refit: &&&Fit| {
            let [low, high] = refit.estimates[index].interval;
            (low..=high).contains(&truth)
        };
        let values: Vec<f64> = fitted.iter().map(|refit| refit.estimates[index].x).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let deviation = (square / (values.len() as f64 - 1.0)).sqrt();
        Coverage { unknown: index, held: fitted.iter().filter(holds).count(), mean, deviation }
    });
    (coverage.collect(), fitted.len())
}
