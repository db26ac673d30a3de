//! Response surfaces over two factors, Pareto fronts and distributions.

use super::correlations;
use super::loess::{Cloud, evenly};
use std::collections::HashSet;

/// One of the two factors of a surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Along<'a> {
    /// Value in each case, SI.
    pub values: &'a [f64],
    /// Whether ratios count, not differences.
    pub logarithmic: bool,
    /// Whether the values stand for names, which have no order.
    pub named: bool,
}

/// An output over two factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// Values of the first factor, rising.
    pub x: Vec<f64>,
    /// Values of the second factor, rising.
    pub y: Vec<f64>,
    /// Output at each pair, rows of constant `y`; NaN where there is none.
    pub values: Vec<f64>,
    /// Share of the output's variance that the surface explains; NaN where the cases do not tell.
    pub explained: f64,
    /// What it is made of.
    pub kind: Kind,
}

/// What a surface is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Means over the other factors, every cell over the same set of their values; it explains its part of the variance exactly.
    Means,
    /// Means over sets of the other factors that differ from cell to cell; explained is what the other cases of a cell tell of a case.
    UnlikeMeans,
    /// Local regression; explained is what all other cases tell of a case.
    Local,
}

/// Why there is no surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSurface {
    /// A factor does not vary.
    #[error("one of them is the same in all cases")]
    Fixed,
    /// One factor at a time.
    #[error("the cases vary one of them at a time, so that they lie on two lines")]
    Cross,
    /// On a curve.
    #[error("they rise and fall together, so that the cases lie on a line")]
    Together,
    /// Nothing but chance.
    #[error("left-out cases are foretold no better by them than by the mean; other factors decide")]
    Nothing,
    /// Names without a grid.
    #[error("names have no order, and the cases are no grid")]
    Names,
    /// Too few cases.
    #[error("{0} cases are too few ({FEWEST} are needed)")]
    Few(usize),
}

/// Share of the cells that hold cases in what counts as a grid.
const FILLED: f64 = 0.9;
/// Points along each axis of a smooth surface, and most levels of a factor that keep their own places there.
const STEPS: usize = 31;
/// Fewest cases of a smooth surface.
const FEWEST: usize = 12;
/// Most cases of which a smooth surface is made; more tell nothing that could be seen on its points.
const MOST: usize = 20_000;
/// Rank correlation of factors above which their effects cannot be told apart.
const TOGETHER: f64 = 0.99;

/// Surface of `z` over `x` and `y`: means over the `others` (each factor's value in each case) where the two form a grid, else local
/// regression (LOESS).
///
/// # Errors
/// [`NoSurface`] where the cases do not spread over both factors.
pub fn surface(x: Along<'_>, y: Along<'_>, others: &[&[f64]], z: &[f64]) -> Result<Surface, NoSurface> {
    let kept: Vec<usize> = (0..z.len())
        .filter(|&k| x.values[k].is_finite() && y.values[k].is_finite() && z[k].is_finite())
        .collect();
    let pick = |column: &[f64]| -> Vec<f64> { kept.iter().map(|&k| column[k]).collect() };
    let (xs, ys, z) = (pick(x.values), pick(y.values), pick(z));
    let (across, up) = (levels(&xs), levels(&ys));
    if across.len() < 2 || up.len() < 2 {
        return Err(if z.is_empty() { NoSurface::Few(0) } else { NoSurface::Fixed });
    }
    if is_cross(&xs, &ys) {
        return Err(NoSurface::Cross);
    }
    let cells: HashSet<[u64; 2]> = xs.iter().zip(&ys).map(|(x, y)| [x.to_bits(), y.to_bits()]).collect();
    if cells.len() as f64 >= FILLED * (across.len() * up.len()) as f64 {
        let others: Vec<Vec<f64>> = others.iter().map(|column| pick(column)).collect();
        return Ok(means(&xs, &ys, &z, across, up, &others));
    }
    if x.named || y.named {
        return Err(NoSurface::Names);
    }
    if z.len() < FEWEST {
        return Err(NoSurface::Few(z.len()));
    }
    if correlations(std::slice::from_ref(&xs), &ys)[0].rank.abs() > TOGETHER {
        return Err(NoSurface::Together);
    }
    let found = local((&xs, x.logarithmic, across), (&ys, y.logarithmic, up), &z, cells.len());
    if found.explained > 0.0 { Ok(found) } else { Err(NoSurface::Nothing) }
}

fn levels(values: &[f64]) -> Vec<f64> {
    let mut levels = values.to_vec();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

/// Whether all points lie on one line of constant `x` and one of constant `y`.
fn is_cross(x: &[f64], y: &[f64]) -> bool {
    // the point where the lines meet has the most frequent value of each
    let usual = |values: &[f64]| -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let longest = sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len());
        longest.and_then(|run| run.first()).copied().unwrap_or(f64::NAN)
    };
    let (x0, y0) = (usual(x), usual(y));
    x.len() > 2 && x.iter().zip(y).all(|(x, y)| *x == x0 || *y == y0)
}

fn means(x: &[f64], y: &[f64], z: &[f64], across: Vec<f64>, up: Vec<f64>, others: &[Vec<f64>]) -> Surface {
    let place = |levels: &[f64], value: f64| levels.partition_point(|level| *level < value);
    let cell = |k: usize| place(&up, y[k]) * across.len() + place(&across, x[k]);
    let mut sums = vec![(0.0, 0.0); across.len() * up.len()];
    let mut sets = vec![Vec::new(); sums.len()];
    for (k, value) in z.iter().enumerate() {
        let at = cell(k);
        sums[at].0 += value;
        sums[at].1 += 1.0;
        sets[at].push(others.iter().map(|other| other[k].to_bits()).collect::<Vec<u64>>());
    }
    sets.iter_mut().for_each(|set| set.sort_unstable());
    let alike = sets.iter().filter(|set| !set.is_empty()).all(|set| *set == sets[cell(0)]);
    let values: Vec<f64> = sums.iter().map(|(sum, count)| sum / count).collect();
    let explained =
        if alike { explained(z, |k| values[cell(k)]) } else { explained_by_companions(z, |k| sums[cell(k)]) };
    let kind = if alike { Kind::Means } else { Kind::UnlikeMeans };
    Surface { x: across, y: up, values, explained, kind }
}

/// What the other cases of its cell (sum and count) tell of a case; NaN where most cases are alone.
fn explained_by_companions(z: &[f64], cell: impl Fn(usize) -> (f64, f64)) -> f64 {
    let paired: Vec<usize> = (0..z.len()).filter(|&k| cell(k).1 > 1.0).collect();
    if 2 * paired.len() <= z.len() {
        return f64::NAN;
    }
    let own: Vec<f64> = paired.iter().map(|&k| z[k]).collect();
    let told = |at: usize| {
        let (sum, count) = cell(paired[at]);
        (sum - own[at]) / (count - 1.0)
    };
    explained(&own, told).max(0.0)
}

fn local(
    (x, x_log, across): (&[f64], bool, Vec<f64>),
    (y, y_log, up): (&[f64], bool, Vec<f64>),
    z: &[f64],
    places: usize,
) -> Surface {
    let (x_scale, y_scale) = (Scale::over(&across, x_log), Scale::over(&up, y_log));
    let taken = evenly(z.len(), MOST);
    let points = taken.iter().map(|&k| [x_scale.share(x[k]), y_scale.share(y[k])]).collect();
    let cloud = Cloud::new(points, taken.iter().map(|&k| z[k]).collect());
    let fit = cloud.fit();
    let steps = |levels: Vec<f64>, scale: &Scale| -> Vec<f64> {
        if levels.len() <= STEPS && 3 * levels.len() <= z.len() {
            return levels;
        }
        (0..STEPS).map(|k| scale.value(k as f64 / (STEPS - 1) as f64)).collect()
    };
    let (across, up) = (steps(across, &x_scale), steps(up, &y_scale));
    let pairs: Vec<[f64; 2]> =
        up.iter().flat_map(|y| across.iter().map(|x| [x_scale.share(*x), y_scale.share(*y)])).collect();
    // the gap that this many points, drawn evenly over the square, are likely to leave in a corner: a quarter of a disc
    // of the area (ln n)/n has none of them with the chance 1/n
    let places = places as f64;
    let gap = 2.0 * (places.ln() / (std::f64::consts::PI * places)).sqrt();
    let values = cloud.at(&pairs, fit.span, gap);
    Surface { x: across, y: up, values, explained: fit.explained, kind: Kind::Local }
}

/// A range brought to 0..1, by its logarithm or not.
struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    fn over(levels: &[f64], logarithmic: bool) -> Scale {
        let (low, high) = (levels[0], levels[levels.len() - 1]);
        Scale { low, high, logarithmic: logarithmic && low > 0.0 }
    }

    fn share(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    fn value(&self, share: f64) -> f64 {
        if self.logarithmic {
            self.low * (self.high / self.low).powf(share)
        } else {
            self.low + (self.high - self.low) * share
        }
    }
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

    fn along(values: &[f64]) -> Along<'_> {
        Along { values, logarithmic: false, named: false }
    }

    /// 3 by 4 by 2 points of a grid, as columns.
    fn grid() -> [Vec<f64>; 3] {
        let grid: Vec<[f64; 3]> = (0..3)
            .flat_map(|i| (0..4).flat_map(move |j| (0..2).map(move |k| [i, j, k].map(f64::from))))
            .collect();
        [0, 1, 2].map(|of| grid.iter().map(|row| row[of]).collect())
    }

    #[test]
    fn grids_give_means() {
        let [x, y, w] = grid();
        let z: Vec<f64> = (0..24).map(|k| 10.0 * x[k] + y[k] + w[k]).collect();
        let got = surface(along(&x), along(&y), &[&w], &z).unwrap();
        assert_eq!(got.kind, Kind::Means);
        assert_eq!(got.values[2 * 3 + 1], 10.0 + 2.0 + 0.5);
        // variances of evenly spaced levels: (n² - 1)/12
        let parts = [100.0 * 8.0 / 12.0, 15.0 / 12.0, 3.0 / 12.0];
        assert!((got.explained - (parts[0] + parts[1]) / parts.iter().sum::<f64>()).abs() < 1e-12);
    }

    #[test]
    fn cells_that_average_other_cases_are_told() {
        let [x, y, w] = grid();
        let z: Vec<f64> = (0..24).map(|k| if k % 5 == 0 { f64::NAN } else { w[k] }).collect();
        let got = surface(along(&x), along(&y), &[&w], &z).unwrap();
        assert_eq!((got.kind, got.explained), (Kind::UnlikeMeans, 0.0));
        // one case a cell: nothing tells its part from that of the third factor
        let alone: Vec<f64> = (0..24).map(|k| if k % 2 == k / 8 % 2 { w[k] } else { f64::NAN }).collect();
        assert!(surface(along(&x), along(&y), &[&w], &alone).unwrap().explained.is_nan());
    }

    #[test]
    fn a_latin_hypercube_is_no_grid() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let y: Vec<f64> = (0..20).map(|k| f64::from(k * 7 % 20)).collect();
        let w: Vec<f64> = (0..20).map(|k| f64::from(k * 11 % 20)).collect();
        let z: Vec<f64> = x.iter().zip(&w).map(|(x, w)| x + w).collect();
        let got = surface(along(&x), along(&y), &[&w], &z).unwrap();
        assert_eq!((got.kind, got.x.len()), (Kind::Local, STEPS));
        assert!(got.explained < 0.6, "{}", got.explained);
        let chance: Vec<f64> = (0..20).map(|k| f64::from(k * k * 13 % 7)).collect();
        assert_eq!(surface(along(&x), along(&y), &[&w], &chance), Err(NoSurface::Nothing));
        let few = surface(along(&x[..8]), along(&y[..8]), &[], &w[..8]);
        assert_eq!(few, Err(NoSurface::Few(8)));
    }

    #[test]
    fn cases_on_lines_have_no_surface() {
        let x = [2.0, 1.0, 3.0, 2.0, 2.0, 2.0, 2.0];
        let y = [5.0, 5.0, 5.0, 4.0, 6.0, 5.0, 5.0];
        assert_eq!(surface(along(&x), along(&y), &[], &x), Err(NoSurface::Cross));
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| x * x).collect();
        assert_eq!(surface(along(&x), along(&y), &[], &x), Err(NoSurface::Together));
        assert_eq!(surface(along(&x), along(&[1.0; 20]), &[], &x), Err(NoSurface::Fixed));
    }

    #[test]
    fn logarithmic_factors_are_seen_by_their_logarithm() {
        let cube = |k: u32, by: f64| (f64::from(k) * by).fract();
        let x: Vec<f64> = (1..=200).map(|k| 10_f64.powf(4.0 * cube(k, 0.754_877_666) - 4.0)).collect();
        let y: Vec<f64> = (1..=200).map(|k| cube(k, 0.569_840_291)).collect();
        let z: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x.log10() + y).collect();
        let got = surface(Along { logarithmic: true, ..along(&x) }, along(&y), &[], &z).unwrap();
        let at = 15 * STEPS + 15;
        assert!((got.values[at] - (got.x[15].log10() + got.y[15])).abs() < 1e-9);
        assert!((got.x[15] / (got.x[0] * got.x[30]).sqrt() - 1.0).abs() < 1e-9);
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
