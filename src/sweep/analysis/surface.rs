//! Response surfaces over two factors, Pareto fronts and distributions.

use nalgebra::{DMatrix, DVector};

/// An output over two factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// Values of the first factor, rising.
    pub x: Vec<f64>,
    /// Values of the second factor, rising.
    pub y: Vec<f64>,
    /// Output at each pair, rows of constant `y`; NaN where there is none.
    pub values: Vec<f64>,
    /// Share of the output's variance that the surface explains.
    pub explained: f64,
    /// Whether it is a quadratic fitted to scattered points, not means over a grid.
    pub fitted: bool,
}

/// Most levels of a factor that still counts as a grid.
const GRID: usize = 60;
/// Points along each axis of a fitted surface.
const FITTED: usize = 31;

/// Surface of `z` over `x` and `y`: means over the other factors where the two form a grid, else a quadratic fit.
pub fn surface(x: &[f64], y: &[f64], z: &[f64]) -> Option<Surface> {
    let kept: Vec<usize> =
        (0..z.len()).filter(|&k| x[k].is_finite() && y[k].is_finite() && z[k].is_finite()).collect();
    if kept.len() < 4 {
        return None;
    }
    let pick = |column: &[f64]| -> Vec<f64> { kept.iter().map(|&k| column[k]).collect() };
    let (x, y, z) = (pick(x), pick(y), pick(z));
    let (across, up) = (levels(&x), levels(&y));
    if across.len() > 1 && up.len() > 1 && across.len() <= GRID && up.len() <= GRID {
        Some(means(&x, &y, &z, across, up))
    } else {
        quadratic(&x, &y, &z)
    }
}

fn levels(values: &[f64]) -> Vec<f64> {
    let mut levels = values.to_vec();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

fn means(x: &[f64], y: &[f64], z: &[f64], across: Vec<f64>, up: Vec<f64>) -> Surface {
    let place = |levels: &[f64], value: f64| levels.partition_point(|level| *level < value);
    let cell = |k: usize| place(&up, y[k]) * across.len() + place(&across, x[k]);
    let mut sums = vec![(0.0, 0.0); across.len() * up.len()];
    for (k, value) in z.iter().enumerate() {
        let (sum, count) = &mut sums[cell(k)];
        *sum += value;
        *count += 1.0;
    }
    let values: Vec<f64> = sums.iter().map(|(sum, count)| sum / count).collect();
    let explained = explained(z, |k| values[cell(k)]);
    Surface { x: across, y: up, values, explained, fitted: false }
}

fn quadratic(x: &[f64], y: &[f64], z: &[f64]) -> Option<Surface> {
    let ends = |values: &[f64]| {
        values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], v| [a.min(*v), b.max(*v)])
    };
    let ([x0, x1], [y0, y1]) = (ends(x), ends(y));
    if z.len() < 6 || x0 == x1 || y0 == y1 {
        return None;
    }
    let terms = |x: f64, y: f64| {
        let (u, v) = (2.0 * (x - x0) / (x1 - x0) - 1.0, 2.0 * (y - y0) / (y1 - y0) - 1.0);
        [1.0, u, v, u * u, u * v, v * v]
    };
    let matrix = DMatrix::from_fn(z.len(), 6, |row, column| terms(x[row], y[row])[column]);
    let weights = matrix.svd(true, true).solve(&DVector::from_column_slice(z), 1e-12).ok()?;
    let height = |x: f64, y: f64| {
        terms(x, y).iter().zip(weights.iter()).map(|(term, weight)| term * weight).sum::<f64>()
    };
    let steps = |from: f64, to: f64| -> Vec<f64> {
        (0..FITTED).map(|k| from + (to - from) * k as f64 / (FITTED - 1) as f64).collect()
    };
    let (across, up) = (steps(x0, x1), steps(y0, y1));
    let values =
        up.iter().flat_map(|&y| across.iter().map(move |&x| (x, y))).map(|(x, y)| height(x, y)).collect();
    let explained = explained(z, |k| height(x[k], y[k]));
    Some(Surface { x: across, y: up, values, explained, fitted: true })
}

fn explained(z: &[f64], model: impl Fn(usize) -> f64) -> f64 {
    let mean = z.iter().sum::<f64>() / z.len() as f64;
    let total: f64 = z.iter().map(|value| (value - mean).powi(2)).sum();
    let left: f64 = z.iter().enumerate().map(|(k, value)| (value - model(k)).powi(2)).sum();
    if total > 0.0 { 1.0 - left / total } else { f64::NAN }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// Less is better.
    Minimise,
    /// More is better.
    Maximise,
}

impl Sense {
    /// Factor that makes less better.
    pub fn sign(self) -> f64 {
        match self {
            Sense::Minimise => 1.0,
            Sense::Maximise => -1.0,
        }
    }
}

/// Cases that no other case beats in both outputs, by the first output.
pub fn front(first: (&[f64], Sense), second: (&[f64], Sense)) -> Vec<usize> {
    let cost = |(values, sense): (&[f64], Sense), case: usize| values[case] * sense.sign();
    let mut order: Vec<usize> =
        (0..first.0.len()).filter(|&case| first.0[case].is_finite() && second.0[case].is_finite()).collect();
    order.sort_by(|&a, &b| {
        cost(first, a)
            .total_cmp(&cost(first, b))
            .then(cost(second, a).total_cmp(&cost(second, b)))
            .then(a.cmp(&b))
    });
    let mut best = f64::INFINITY;
    order.retain(|&case| {
        let better = cost(second, case) < best;
        best = best.min(cost(second, case));
        better
    });
    order
}

/// How an output is distributed.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// Cases with a value.
    pub count: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub deviation: f64,
    /// Least value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Quantiles at [`SHARES`].
    pub quantiles: [f64; 7],
}

/// Shares at which quantiles are told: intervals of 95, 90 and 50 %, and the median.
pub const SHARES: [f64; 7] = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975];

/// Distribution of the values that are numbers; `None` if there is none.
pub fn distribution(values: &[f64]) -> Option<Distribution> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let count = sorted.len();
    let mean = sorted.iter().sum::<f64>() / count as f64;
    let spread: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = if count > 1 { (spread / (count - 1) as f64).sqrt() } else { 0.0 };
    Some(Distribution {
        count,
        mean,
        deviation,
        min,
        max,
        quantiles: SHARES.map(|share| super::quantile(&sorted, share)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_give_means_and_clouds_a_quadratic() {
        let grid: Vec<[f64; 3]> = (0..3)
            .flat_map(|i| (0..4).flat_map(move |j| (0..2).map(move |k| [i, j, k].map(f64::from))))
            .collect();
        let column = |of: usize| -> Vec<f64> { grid.iter().map(|row| row[of]).collect() };
        let z: Vec<f64> = grid.iter().map(|row| 10.0 * row[0] + row[1] + row[2]).collect();
        let got = surface(&column(0), &column(1), &z).unwrap();
        assert!(!got.fitted);
        assert_eq!(got.values[2 * 3 + 1], 10.0 + 2.0 + 0.5);

        let x: Vec<f64> = (0..400).map(|k| (f64::from(k) * 0.618).fract() * 4.0 + 1.0).collect();
        let y: Vec<f64> = (0..400).map(|k| (f64::from(k) * 0.414).fract() - 3.0).collect();
        let z: Vec<f64> = x.iter().zip(&y).map(|(x, y)| 2.0 + x * x - 3.0 * x * y + y).collect();
        let got = surface(&x, &y, &z).unwrap();
        assert!(got.fitted && (got.explained - 1.0).abs() < 1e-12);
        let want = |x: f64, y: f64| 2.0 + x * x - 3.0 * x * y + y;
        assert!((got.values[5 * 31 + 7] - want(got.x[7], got.y[5])).abs() < 1e-9);
    }

    #[test]
    fn no_case_of_the_front_is_beaten() {
        let first: Vec<f64> = (0..300).map(|k| (f64::from(k) * 0.618).fract()).collect();
        let second: Vec<f64> = (0..300).map(|k| (f64::from(k) * 0.733).fract()).collect();
        let front = front((&first, Sense::Maximise), (&second, Sense::Minimise));
        let beats = |a: usize, b: usize| {
            first[a] >= first[b] && second[a] <= second[b] && (first[a] > first[b] || second[a] < second[b])
        };
        for case in 0..300 {
            assert_eq!(front.contains(&case), !(0..300).any(|other| beats(other, case)), "{case}");
        }
    }

    #[test]
    fn quantiles_interpolate_between_cases() {
        let got = distribution(&[4.0, 1.0, f64::NAN, 3.0, 2.0]).unwrap();
        assert_eq!((got.count, got.mean, got.quantiles[3]), (4, 2.5, 2.5));
    }
}
