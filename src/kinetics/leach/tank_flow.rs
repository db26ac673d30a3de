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
pub(super) type ByCoefficient = Dual<f64, 4>;

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
fn age(mineral: &Mineral, y: f64, radius: f64, coefficients: &Coefficients<ByCoefficient>) -> ByCoefficient {
    let timed = |theta: f64| ByCoefficient::from(theta) / coefficients.driving;
    let volume = mineral.molar_volume;
    match (mineral.progress, mineral.resistance) {
        (Progress::Core(_), Resistance::None) => timed((1.0 - y) * radius / volume),
        (Progress::Core(_), Resistance::Core(law)) => law.age(y, radius, coefficients) * (radius / volume),
        (Progress::Core(_), Resistance::Particle(law)) => {
            law.age(y, radius, coefficients) * (radius / volume)
        }
        (Progress::Avrami { n }, _) => timed(avrami::reduced_time(y.powi(3), n)),
        (Progress::PowerLaw { m }, _) => timed(power_law::reduced_time(y.powi(3), m)),
        (Progress::Autocatalytic { seed }, _) => timed(autocatalytic::reduced_time(y.powi(3), seed)),
    }
}

/// A population after the tank, and the derivatives of its mean unreacted fraction by the coefficients.
pub(super) struct Passed {
    pub(super) population: Population,
    pub(super) unreacted: ByCoefficient,
}

/// Sends a population through a tank of residence time `tau` (s).
pub(super) fn pass(
    mineral: &Mineral,
    inlet: &Population,
    tau: f64,
    coefficients: &Coefficients<ByCoefficient>,
) -> Passed {
    let radius = 0.5 * inlet.diameter;
    let time = |y: f64| age(mineral, y, radius, coefficients) / tau;
    let bottom = lowest(inlet, |y| time(y).value);
    let span = inlet.top - bottom;
    if span.is_nan() || span <= 1e-9 * inlet.top || inlet.top <= 0.0 {
        return unchanged(inlet, coefficients, |coefficients| {
            let near = inlet.top * (1.0 - 1e-6);
            let top = age(mineral, inlet.top, radius, coefficients);
            (age(mineral, near, radius, coefficients) - top) / (tau * (inlet.top - near))
        });
    }
    let set = points();
    let n = set.len();
    let cores: Vec<f64> = set.nodes().iter().map(|node| bottom + span * node).collect();
    let entering: Vec<f64> = cores.iter().map(|y| inlet.below_top(*y)).collect();
    let mut leaving = vec![ByCoefficient::from(0.0); n];
    let mut gap = ByCoefficient::from(entering[n - 1]); // nothing exceeds the largest core
    let mut upper = time(cores[n - 1]);
    let between = (!inlet.is_uniform()).then(|| slope_between(&entering));
    for i in (0..n - 1).rev() {
        let lower = time(cores[i]);
        gap *= decay(upper, lower);
        if let Some(between) = &between {
            let points = i * BETWEEN..(i + 1) * BETWEEN;
            for (node, slope) in slopes().nodes[points.clone()].iter().zip(&between[points]) {
                gap -= decay(time(bottom + span * node), lower) * *slope;
            }
        }
        leaving[i] = ByCoefficient::from(entering[i]) - gap;
        upper = lower;
    }
    let exceedance: Vec<f64> = leaving.iter().map(|share| share.value.clamp(0.0, 1.0)).collect();
    let population = Population { bottom, exceedance, ..inlet.emptied() };
    let value = population.unreacted();
    let gradient = std::array::from_fn(|q| {
        let change = leaving.iter().map(|share| share.gradient[q]);
        mean(change, bottom, inlet.top, inlet.exponent)
    });
    Passed { population, unreacted: Dual { value, gradient } }
}

/// `exp(-(later - sooner))`; 0 without derivatives where the later never comes.
fn decay(sooner: ByCoefficient, later: ByCoefficient) -> ByCoefficient {
    let time = later - sooner;
    if time.value < 700.0 { (-time).exp() } else { ByCoefficient::from(0.0) }
}

/// Slope times weight, in nodes of the unit interval, at the quadrature points.
fn slope_between(values: &[f64]) -> Vec<f64> {
    let own = slopes();
    let rows = own.matrix.chunks_exact(values.len());
    rows.zip(&own.weights).map(|(row, weight)| weight * crate::numerics::arrow::dot(row, values)).collect()
}

/// Mean unreacted fraction of an exceedance; linear in it.
fn mean(exceedance: impl Iterator<Item = f64>, bottom: f64, top: f64, exponent: f64) -> f64 {
    let set = points();
    let span = top - bottom;
    let mut flat = None;
    let inner: f64 = (set.nodes().iter().zip(set.weights()).zip(exceedance))
        .map(|((node, weight), share)| {
            flat.get_or_insert(share);
            weight * (bottom + span * node).powf(exponent - 1.0) * share
        })
        .sum();
    inner * span * exponent + flat.unwrap_or(0.0) * bottom.powf(exponent)
}

/// Core size that the last particles reach after the longest stay, given times in residence times.
fn lowest(inlet: &Population, time: impl Fn(f64) -> f64) -> f64 {
    let start = if inlet.is_uniform() { inlet.top } else { inlet.bottom };
    let begin = time(start);
    if !begin.is_finite() {
        return start; // nothing drives them
    }
    if time(0.0) - begin <= LONGEST || start <= 1e-3 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, start);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if time(middle) - begin > LONGEST { low = middle } else { high = middle }
    }
    if low < 1e-3 { 0.0 } else { low }
}

/// A tank too slow for any change but a first-order one; `slowness` is residence times per core size.
fn unchanged(
    inlet: &Population,
    coefficients: &Coefficients<ByCoefficient>,
    slowness: impl Fn(&Coefficients<ByCoefficient>) -> ByCoefficient,
) -> Passed {
    let value = inlet.unreacted();
    let mut gradient = [0.0; 4];
    if inlet.top > 0.0 {
        // without driving force the rate is zero but its slope is not: take it at a driving force of one
        let still = coefficients.driving.value <= 0.0;
        let driving = if still { ByCoefficient::variable(1.0, 0) } else { coefficients.driving };
        let pace = slowness(&Coefficients { driving, ..*coefficients }).recip();
        let per_core = -inlet.exponent * inlet.top.powf(inlet.exponent - 1.0);
        gradient = pace.gradient.map(|slope| if slope.is_finite() { slope * per_core } else { 0.0 });
        if still {
            gradient[1..].fill(0.0);
        }
    }
    Passed { unreacted: Dual { value, gradient }, population: inlet.clone() }
}
