//! Particles through a perfectly mixed tank at steady state: the population balance over cores.
//!
//! Cores shrink at a rate `r(y)`; the exceedance of the outlet obeys `N - τ r dN/dy = N_in` with `N = 0` at the
//! largest core. With the age `A(y)`, the time from 1 to `y`, the gap `M = N_in - N` follows from core to core as
//! `M(y) = M(y') exp(-(A(y) - A(y'))/τ) + ∫ exp(-(A(y) - A(s))/τ) dN_in(s)`, every term of which is bounded. Ages are the closed
//! forms of the laws. Regularisation is left out: it touches cores smaller than itself only.

use super::law::{Progress, Resistance};
use super::model::Mineral;
use crate::chemistry::Population;
use crate::chemistry::population::points;
use crate::kinetics::shrinking_core::Coefficients;
use crate::kinetics::{autocatalytic, avrami, power_law};
use crate::numerics::quadrature::GaussLegendre;
use crate::numerics::{Dual, Scalar};
use std::sync::OnceLock;

/// Derivatives by the four coefficients of a mineral.
pub(super) type ByCoefficient<S> = Dual<S, 4>;

/// Residence times after which none of the particles that came in is left (e^-32 = 1e-14).
const LONGEST: f64 = 32.0;
/// Quadrature points between two points of a distribution.
const BETWEEN: usize = 4;

/// Where the slope of a distribution is needed, with weights, and the matrix that gives it there from its values.
struct Slopes {
    nodes: Vec<f64>,
    weights: Vec<f64>,
    matrix: Vec<f64>,
}

fn slopes() -> &'static Slopes {
    static SLOPES: OnceLock<Slopes> = OnceLock::new();
    SLOPES.get_or_init(|| {
        let (set, rule) = (points(), GaussLegendre::new(BETWEEN));
        let n = set.len();
        let pairs = set.nodes().windows(2);
        let (nodes, weights): (Vec<f64>, Vec<f64>) =
            pairs.flat_map(|pair| rule.points(pair[0], pair[1]).collect::<Vec<_>>()).unzip();
        let mut matrix = vec![0.0; nodes.len() * n];
        for column in 0..n {
            let slope: Vec<f64> = (0..n).map(|row| set.differentiation()[row * n + column]).collect();
            for (row, node) in nodes.iter().enumerate() {
                matrix[row * n + column] = set.interpolate(&slope, *node);
            }
        }
        Slopes { nodes, weights, matrix }
    })
}

/// Time from core size 1 to `y`, s.
fn age<S: Scalar>(
    mineral: &Mineral,
    y: S,
    radius: S,
    coefficients: &Coefficients<ByCoefficient<S>>,
) -> ByCoefficient<S> {
    let timed = |theta: S| ByCoefficient::constant(theta) / coefficients.driving;
    let volume = mineral.molar_volume;
    match (mineral.progress, mineral.resistance) {
        (Progress::Core(_), Resistance::None) => timed((S::from(1.0) - y) * radius / volume),
        (Progress::Core(_), Resistance::Core(law)) => {
            law.age(y, radius, coefficients).scaled(radius / volume)
        }
        (Progress::Core(_), Resistance::Particle(law)) => {
            law.age(y, radius, coefficients).scaled(radius / volume)
        }
        (Progress::Avrami { n }, _) => timed(avrami::reduced_time(y.powi(3), n)),
        (Progress::PowerLaw { m }, _) => timed(power_law::reduced_time(y.powi(3), m)),
        (Progress::Autocatalytic { seed }, _) => timed(autocatalytic::reduced_time(y.powi(3), seed)),
    }
}

/// A population after the tank, and the derivatives of its mean unreacted fraction by the coefficients.
pub(super) struct Passed<S> {
    pub(super) population: Population<S>,
    pub(super) unreacted: ByCoefficient<S>,
}

/// Sends a population through a tank of residence time `tau` (s).
pub(super) fn pass<S: Scalar>(
    mineral: &Mineral,
    inlet: &Population<S>,
    tau: S,
    coefficients: &Coefficients<ByCoefficient<S>>,
) -> Passed<S> {
    let radius = inlet.diameter * 0.5;
    let time = |y: S| age(mineral, y, radius, coefficients).scaled(tau.recip());
    let bottom = lowest(inlet, |y| time(y).value);
    let top = inlet.top;
    let span = top - bottom;
    let width = span.real();
    if width.is_nan() || width <= 1e-9 * top.real() || top.real() <= 0.0 {
        return unchanged(inlet, coefficients, |coefficients| {
            let near = top * (1.0 - 1e-6);
            let gone = age(mineral, top, radius, coefficients);
            (age(mineral, near, radius, coefficients) - gone).scaled((tau * (top - near)).recip())
        });
    }
    let set = points();
    let n = set.len();
    let cores: Vec<S> = set.nodes().iter().map(|node| bottom + span * *node).collect();
    let entering: Vec<S> = cores.iter().map(|y| inlet.below_top(*y)).collect();
    let mut leaving = vec![ByCoefficient::from(0.0); n];
    let mut gap = ByCoefficient::constant(entering[n - 1]); // nothing exceeds the largest core
    let mut upper = time(cores[n - 1]);
    let between = (!inlet.is_uniform()).then(|| slope_between(&entering));
    for i in (0..n - 1).rev() {
        let lower = time(cores[i]);
        gap *= decay(upper, lower);
        if let Some(between) = &between {
            let points = i * BETWEEN..(i + 1) * BETWEEN;
            for (node, slope) in slopes().nodes[points.clone()].iter().zip(&between[points]) {
                gap -= decay(time(bottom + span * *node), lower).scaled(*slope);
            }
        }
        leaving[i] = ByCoefficient::constant(entering[i]) - gap;
        upper = lower;
    }
    let (zero, one) = (S::from(0.0), S::from(1.0));
    let exceedance: Vec<S> = leaving.iter().map(|share| share.value.max(zero).min(one)).collect();
    let population = Population { bottom, exceedance, ..inlet.emptied() };
    let value = population.unreacted();
    let gradient = std::array::from_fn(|q| {
        let change = leaving.iter().map(|share| share.gradient[q]);
        mean(change, bottom, top, inlet.exponent)
    });
    Passed { population, unreacted: Dual { value, gradient } }
}

/// `exp(-(later - sooner))`; 0 without derivatives where the later never comes.
fn decay<S: Scalar>(sooner: ByCoefficient<S>, later: ByCoefficient<S>) -> ByCoefficient<S> {
    let time = later - sooner;
    if time.real() < 700.0 { (-time).exp() } else { ByCoefficient::from(0.0) }
}

/// Slope times weight, in nodes of the unit interval, at the quadrature points.
fn slope_between<S: Scalar>(values: &[S]) -> Vec<S> {
    let own = slopes();
    let rows = own.matrix.chunks_exact(values.len());
    let slope = |row: &[f64]| row.iter().zip(values).fold(S::from(0.0), |sum, (a, b)| sum + *b * *a);
    rows.zip(&own.weights).map(|(row, weight)| slope(row) * *weight).collect()
}

/// Mean unreacted fraction of an exceedance; linear in it.
fn mean<S: Scalar>(exceedance: impl Iterator<Item = S>, bottom: S, top: S, exponent: f64) -> S {
    let set = points();
    let (span, zero) = (top - bottom, S::from(0.0));
    let mut flat = None;
    let shares = set.nodes().iter().zip(set.weights()).zip(exceedance);
    let inner = shares.fold(zero, |sum, ((node, weight), share)| {
        flat.get_or_insert(share);
        sum + (bottom + span * *node).powf(exponent - 1.0) * *weight * share
    });
    inner * span * exponent + flat.unwrap_or(zero) * bottom.powf(exponent)
}

/// Core size that the last particles reach after the longest stay, given times in residence times.
fn lowest<S: Scalar>(inlet: &Population<S>, time: impl Fn(S) -> S) -> S {
    let begin_at = if inlet.is_uniform() { inlet.top } else { inlet.bottom };
    let (start, begin) = (begin_at.real(), time(begin_at));
    let plain = |y: f64| time(S::from(y)).real();
    let zero = S::from(0.0);
    if !begin.real().is_finite() {
        return begin_at; // nothing drives them
    }
    if plain(0.0) - begin.real() <= LONGEST || start <= 1e-3 {
        return zero;
    }
    let (mut low, mut high) = (0.0, start);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if plain(middle) - begin.real() > LONGEST { low = middle } else { high = middle }
    }
    if low < 1e-3 {
        return zero;
    }
    // it moves so that its time stays the longest
    let found = S::from(low);
    let late = time(found) - begin;
    let late = late - late.real();
    if late.is_zero() {
        return found;
    }
    let width = 1e-6 * (start - low);
    let slope = (plain(low + width) - plain(low - width)) / (2.0 * width);
    found - late / slope
}

/// A tank too slow for any change but a first-order one; `slowness` is residence times per core size.
fn unchanged<S: Scalar>(
    inlet: &Population<S>,
    coefficients: &Coefficients<ByCoefficient<S>>,
    slowness: impl Fn(&Coefficients<ByCoefficient<S>>) -> ByCoefficient<S>,
) -> Passed<S> {
    let zero = S::from(0.0);
    let mut value = inlet.unreacted();
    let mut gradient = [zero; 4];
    if inlet.top.real() > 0.0 {
        // without driving force the rate is zero but its slope is not: take it at a driving force of one
        let still = coefficients.driving.real() <= 0.0;
        let driving = if still { ByCoefficient::variable(S::from(1.0), 0) } else { coefficients.driving };
        let pace = slowness(&Coefficients { driving, ..*coefficients }).recip();
        let per_core = inlet.top.powf(inlet.exponent - 1.0) * -inlet.exponent;
        gradient = pace.gradient.map(|slope| if slope.real().is_finite() { slope * per_core } else { zero });
        if still {
            gradient[1..].fill(zero);
        }
        // the change itself is left out, how it moves is not
        let Coefficients { driving, surface, layer, film } = *coefficients;
        for (slope, own) in gradient.iter().zip([driving, surface, layer, film]) {
            if own.real().is_finite() {
                value += *slope * (own.value - own.real());
            }
        }
    }
    Passed { unreacted: Dual { value, gradient }, population: inlet.clone() }
}
