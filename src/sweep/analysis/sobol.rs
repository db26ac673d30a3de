//! Sobol' indices: which share of an output's variance comes from which factor.
//!
//! `first` is the share that would vanish if the factor were known; `total` the share that would be left if all others
//! were. From a Saltelli design: rows `A`, `B` and, for each factor, `A` with that column of `B`.
//!
//! # Source
//! First order: A. Saltelli et al., Comput. Phys. Commun. 181 (2010) 259, table 2, formula (b). Total: M. J. W. Jansen,
//! Comput. Phys. Commun. 117 (1999) 35. Confidence: bootstrap over base rows, G. E. B. Archer et al. (1997).

use crate::sweep::design::random::{Purpose, below, generator};
use rayon::prelude::*;

/// An estimate with its interval of 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Estimate from all rows.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// Estimate with the 2.5 % and 97.5 % quantiles of its resampled twins.
    pub(super) fn from_resamples(value: f64, mut twins: Vec<f64>) -> Estimate {
        twins.sort_by(f64::total_cmp);
        Estimate { value, low: super::quantile(&twins, 0.025), high: super::quantile(&twins, 0.975) }
    }
}

/// Indices of one factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Indices {
    /// Main effect.
    pub first: Estimate,
    /// Main effect and all interactions.
    pub total: Estimate,
}

/// Resamples of the bootstrap.
pub const RESAMPLES: u64 = 500;

/// Indices of each factor from the outputs of a Saltelli design over `factors` factors, and the base rows used; rows
/// with a case that has no value are left out. `None` with fewer than 8 whole rows or an output that does not vary.
pub fn indices(outputs: &[f64], factors: usize, seed: u64) -> Option<(Vec<Indices>, usize)> {
    let width = factors + 2;
    let mut rows: Vec<f64> = Vec::with_capacity(outputs.len());
    for row in outputs.chunks_exact(width) {
        if row.iter().all(|value| value.is_finite()) {
            rows.extend_from_slice(row);
        }
    }
    let count = rows.len() / width;
    if count < 8 {
        return None;
    }
    // a common offset cancels in exact arithmetic only; taking it off lowers the variance of the estimator
    let mean = rows.chunks_exact(width).map(|row| row[0] + row[1]).sum::<f64>() / (2 * count) as f64;
    rows.iter_mut().for_each(|value| *value -= mean);
    let whole = estimate(&rows, width, 0..count)?;
    let resampled: Vec<Vec<(f64, f64)>> = (0..RESAMPLES)
        .into_par_iter()
        .filter_map(|twin| {
            let mut draws = generator(seed, Purpose::Bootstrap, twin);
            estimate(&rows, width, (0..count).map(|_| below(&mut draws, count as u64) as usize))
        })
        .collect();
    let indices = whole.iter().enumerate().map(|(factor, (first, total))| Indices {
        first: Estimate::from_resamples(*first, resampled.iter().map(|twin| twin[factor].0).collect()),
        total: Estimate::from_resamples(*total, resampled.iter().map(|twin| twin[factor].1).collect()),
    });
    Some((indices.collect(), count))
}

fn estimate(rows: &[f64], width: usize, picks: impl Iterator<Item = usize>) -> Option<Vec<(f64, f64)>> {
    let factors = width - 2;
    let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
    let mut sums = vec![(0.0, 0.0); factors];
    for pick in picks {
        let row = &rows[pick * width..][..width];
        let (a, b) = (row[0], row[1]);
        sum += a + b;
        squares += a * a + b * b;
        count += 1.0;
        for ((first, total), crossed) in sums.iter_mut().zip(&row[2..]) {
            *first += b * (crossed - a);
            *total += (a - crossed) * (a - crossed);
        }
    }
    let mean = sum / (2.0 * count);
    let variance = squares / (2.0 * count) - mean * mean;
    let varies = variance > 1e-24 * squares / count;
    varies.then(|| {
        sums.iter()
            .map(|(first, total)| (first / count / variance, total / (2.0 * count) / variance))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::design::{Design, Marginal, Method, Scale};
    use std::f64::consts::PI;

    fn sampled(factors: usize, low: f64, high: f64, f: impl Fn(&[f64]) -> f64) -> Vec<Indices> {
        let range = Marginal::Range { from: low, to: high, scale: Scale::Linear, points: 1 };
        let names = (0..factors).map(|place| (place.to_string(), range.clone())).collect();
        let design = Design::new(Method::Saltelli(4096), names, 20).unwrap();
        let mut point = vec![0.0; factors];
        let outputs: Vec<f64> = (0..design.cases())
            .map(|index| {
                design.point(index, &mut point);
                f(&point)
            })
            .collect();
        indices(&outputs, factors, 1).unwrap().0
    }

    fn covers(estimate: Estimate, analytic: f64, name: &str) {
        assert!(
            estimate.low <= analytic && analytic <= estimate.high,
            "{name}: {analytic} outside {}..{}",
            estimate.low,
            estimate.high
        );
        assert!((estimate.value - analytic).abs() < 0.03, "{name}: {} for {analytic}", estimate.value);
    }

    /// T. Ishigami, T. Homma (1990), a = 7, b = 0.1: V1 = ½(1 + bπ⁴/5)², V2 = a²/8, V13 = b²π⁸(1/18 - 1/50).
    #[test]
    fn ishigami_indices_lie_in_their_confidence_intervals() {
        let (a, b) = (7.0, 0.1);
        let got =
            sampled(3, -PI, PI, |x| x[0].sin() + a * x[1].sin().powi(2) + b * x[2].powi(4) * x[0].sin());
        let v1 = 0.5 * (1.0 + b * PI.powi(4) / 5.0).powi(2);
        let v2 = a * a / 8.0;
        let v13 = b * b * PI.powi(8) * (1.0 / 18.0 - 1.0 / 50.0);
        let v = v1 + v2 + v13;
        for (factor, (first, total)) in [(v1, v1 + v13), (v2, v2), (0.0, v13)].into_iter().enumerate() {
            covers(got[factor].first, first / v, "first");
            covers(got[factor].total, total / v, "total");
        }
    }

    /// I. M. Sobol' g-function, Π (|4x - 2| + a)/(1 + a): Vᵢ = (1/3)/(1 + aᵢ)², V = Π(1 + Vᵢ) - 1.
    #[test]
    fn g_function_indices_lie_in_their_confidence_intervals() {
        let a = [0.0, 0.5, 3.0, 9.0, 99.0, 99.0];
        let got = sampled(6, 0.0, 1.0, |x| {
            x.iter().zip(a).map(|(x, a)| ((4.0 * x - 2.0).abs() + a) / (1.0 + a)).product()
        });
        let parts = a.map(|a| (1.0 / 3.0) / (1.0 + a).powi(2));
        let product: f64 = parts.iter().map(|part| 1.0 + part).product();
        for (factor, part) in parts.into_iter().enumerate() {
            covers(got[factor].first, part / (product - 1.0), "first");
            covers(got[factor].total, part * product / (1.0 + part) / (product - 1.0), "total");
        }
    }

    #[test]
    fn constant_outputs_and_lost_rows_are_told() {
        assert!(indices(&[1.0; 500], 3, 1).is_none());
        let mut outputs: Vec<f64> = (0..100 * 5).map(|k| f64::from(k % 7)).collect();
        outputs[12] = f64::NAN;
        assert_eq!(indices(&outputs, 3, 1).unwrap().1, 99);
    }
}
