//! Particles through a perfectly mixed tank at steady state: the population balance over cores.
//!
//! Cores shrink at a rate `r(y)`; the exceedance of the outlet obeys `N - τ r dN/dy = N_in` with `N = 0` at the
//! largest core. It is solved by collocation on the points that hold it.

use super::law::{AUTOCATALYTIC, AVRAMI, POWER, Place, Progress, Resistance, Timed};
use super::model::Mineral;
use crate::chemistry::Population;
use crate::chemistry::population::points;
use crate::kinetics::shrinking_core::Coefficients;
use crate::kinetics::{autocatalytic, avrami, power_law};
use crate::numerics::Dual;
use crate::numerics::dense::DenseLu;

/// Derivatives by the four coefficients of a mineral.
pub(super) type ByCoefficient = Dual<f64, 4>;

/// Residence times after which none of the particles that came in is left (e^-32 = 1e-14).
const LONGEST: usize = 32;
/// Cores below this are gone; keeps laws that end infinitely fast finite.
const SMALLEST: f64 = 1e-7;

/// Rate `-dy/dt` of a core, 1/s.
fn rate(mineral: &Mineral, y: f64, radius: f64, coefficients: &Coefficients<ByCoefficient>) -> ByCoefficient {
    let y = y.max(SMALLEST);
    let timed = |theta: f64, density: &dyn Fn(f64) -> f64| {
        coefficients.driving * (density(1.0 - theta) / (3.0 * y * y))
    };
    match (mineral.progress, mineral.resistance) {
        (Progress::Core(_), resistance) => {
            let core = ByCoefficient::from(y);
            let flux = match resistance {
                Resistance::None => coefficients.driving,
                Resistance::Core(law) => law.flux(core, radius, coefficients),
                Resistance::Particle(law) => law.flux(core, radius, coefficients),
            };
            flux * (mineral.molar_volume / radius)
        }
        (Progress::Avrami { n }, _) => {
            timed(avrami::reduced_time(y.powi(3), n), &|w| Timed::<AVRAMI>(n).density(w, 1.0))
        }
        (Progress::PowerLaw { m }, _) => {
            timed(power_law::reduced_time(y.powi(3), m), &|w| Timed::<POWER>(m).density(w, 1.0))
        }
        (Progress::Autocatalytic { seed }, _) => {
            let theta = autocatalytic::reduced_time(y.powi(3), seed);
            timed(theta, &|w| Timed::<AUTOCATALYTIC>(seed).density(w, 1.0))
        }
    }
}

/// Memory for the collocation.
#[derive(Clone, Debug, Default)]
pub(super) struct Collocation {
    lu: DenseLu,
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
    memory: &mut Collocation,
) -> Passed {
    let radius = 0.5 * inlet.diameter;
    let start = rate(mineral, inlet.top, radius, coefficients);
    let bottom = lowest(mineral, inlet, tau, radius, coefficients);
    let span = inlet.top - bottom;
    if span <= 1e-9 * inlet.top || inlet.top <= SMALLEST {
        return unchanged(inlet, start, tau);
    }
    let set = points();
    let n = set.len();
    memory.lu.reset(n);
    let entries = memory.lu.entries_mut();
    let mut inflow = vec![0.0; n];
    let mut weights = Vec::with_capacity(n); // shares of flow and of renewal in each row, with derivatives
    for (i, node) in set.nodes().iter().enumerate() {
        let y = bottom + span * node;
        let (flow, renewal) = if i + 1 < n {
            inflow[i] = inlet.below_top(y);
            balance(rate(mineral, y, radius, coefficients) * (tau / span))
        } else {
            (ByCoefficient::from(0.0), ByCoefficient::from(1.0)) // nothing exceeds the largest core
        };
        let row = &mut entries[i * n..(i + 1) * n];
        for (entry, slope) in row.iter_mut().zip(&set.differentiation()[i * n..(i + 1) * n]) {
            *entry = -flow.value * slope;
        }
        row[i] += renewal.value;
        weights.push((flow, renewal));
    }
    let mut exceedance: Vec<f64> = weights.iter().zip(&inflow).map(|(w, share)| w.1.value * share).collect();
    if !memory.lu.factorise() {
        return unchanged(inlet, start, tau);
    }
    memory.lu.solve(&mut exceedance);
    let mut gradient = [0.0; 4];
    for (direction, slot) in gradient.iter_mut().enumerate() {
        if weights.iter().all(|w| w.0.gradient[direction] == 0.0) {
            continue;
        }
        let mut change: Vec<f64> = (0..n)
            .map(|i| {
                let row = &set.differentiation()[i * n..(i + 1) * n];
                let slope: f64 = row.iter().zip(&exceedance).map(|(d, share)| d * share).sum();
                let (flow, renewal) = (&weights[i].0.gradient, &weights[i].1.gradient);
                flow[direction] * slope - renewal[direction] * (exceedance[i] - inflow[i])
            })
            .collect();
        memory.lu.solve(&mut change);
        *slot = mean(&change, bottom, inlet.top, inlet.exponent);
    }
    exceedance.iter_mut().for_each(|share| *share = share.clamp(0.0, 1.0));
    let population = Population { bottom, exceedance, ..inlet.emptied() };
    let value = population.unreacted();
    Passed { population, unreacted: Dual { value, gradient } }
}

/// Splits a row between flow (derivative) and renewal (value) so that neither fast nor slow cores overflow.
fn balance(pace: ByCoefficient) -> (ByCoefficient, ByCoefficient) {
    let one = ByCoefficient::from(1.0);
    if pace.value <= 1.0 {
        let renewal = one / (pace + 1.0);
        (pace * renewal, renewal)
    } else {
        let inverse = one / pace;
        let flow = one / (inverse + 1.0);
        (flow, inverse * flow)
    }
}

/// Mean unreacted fraction of an exceedance; linear in it.
fn mean(exceedance: &[f64], bottom: f64, top: f64, exponent: f64) -> f64 {
    let set = points();
    let span = top - bottom;
    let inner: f64 = (set.nodes().iter().zip(set.weights()).zip(exceedance))
        .map(|((node, weight), share)| weight * (bottom + span * node).powf(exponent - 1.0) * share)
        .sum();
    inner * span * exponent + exceedance[0] * bottom.powf(exponent)
}

/// Where the last of the particles are after the longest stay.
fn lowest(
    mineral: &Mineral,
    inlet: &Population,
    tau: f64,
    radius: f64,
    coefficients: &Coefficients<ByCoefficient>,
) -> f64 {
    let mut y = if inlet.is_uniform() { inlet.top } else { inlet.bottom };
    for _ in 0..LONGEST {
        let fall = tau * rate(mineral, y, radius, coefficients).value;
        // laws that start from rest are asked again a little further on
        y -= fall.max(tau * rate(mineral, y - 0.5 * fall.min(y), radius, coefficients).value);
        if y.is_nan() || y <= 1e-3 {
            return 0.0;
        }
    }
    y
}

/// A tank too slow, or particles too far gone, for any change but a first-order one.
fn unchanged(inlet: &Population, start: ByCoefficient, tau: f64) -> Passed {
    let slope = -tau * inlet.exponent * inlet.top.max(0.0).powf(inlet.exponent - 1.0);
    let gradient = if inlet.top > SMALLEST { start.gradient.map(|g| g * slope) } else { [0.0; 4] };
    Passed { unreacted: Dual { value: inlet.unreacted(), gradient }, population: inlet.clone() }
}
