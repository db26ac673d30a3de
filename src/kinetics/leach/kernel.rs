//! Loops over the particles of one mineral: rates at a stage, slopes at a step.

use super::law::{AUTOCATALYTIC, AVRAMI, CoreOf, Flux, POWER, Place, Progress, Resistance, Timed, Uniform};
use crate::kinetics::Shape;
use crate::kinetics::shrinking_core::{Coefficients, Film, ShrinkingCore};
use crate::kinetics::shrinking_particle::ShrinkingParticle;
use crate::numerics::arrow::ArrowGroup;
use crate::numerics::{Dual, Scalar};
use std::ops::Mul;

/// The classes of one mineral: particles of one initial size and one position each.
#[derive(Clone, Debug)]
pub(super) struct Classes<S> {
    /// mol that a class held before any reaction.
    pub(super) fresh: Vec<S>,
    /// Initial radius, m.
    pub(super) radius: Vec<S>,
    /// Position lost per flux: molar volume over radius, m²/mol; 1 for laws in reduced time.
    pub(super) pace: Vec<S>,
    /// Classes before this one are gone.
    pub(super) first: usize,
    /// `-d(amount)/dt` of each class, mol/s: scratch.
    pub(super) losses: Vec<S>,
    /// Local variable and its derivative by position at the last linearisation.
    pub(super) local: Vec<(S, S)>,
}

impl<S> Default for Classes<S> {
    fn default() -> Classes<S> {
        Classes {
            fresh: Vec::new(),
            radius: Vec::new(),
            pace: Vec::new(),
            first: 0,
            losses: Vec::new(),
            local: Vec::new(),
        }
    }
}

/// Runs a generic loop for the law at hand.
macro_rules! dispatch {
    ($progress:expr, $resistance:expr, $call:ident ($($argument:expr),*)) => {
        match ($progress, $resistance) {
            (Progress::Core(core), resistance) => {
                let smooth = !core.is_sharp();
                match (core.shape, smooth) {
                    (Shape::Plate, true) => dispatch!(@flux CoreOf::<1, true>(core), Shape::Plate, resistance, $call ($($argument),*)),
                    (Shape::Plate, false) => dispatch!(@flux CoreOf::<1, false>(core), Shape::Plate, resistance, $call ($($argument),*)),
                    (Shape::Cylinder, true) => dispatch!(@flux CoreOf::<2, true>(core), Shape::Cylinder, resistance, $call ($($argument),*)),
                    (Shape::Cylinder, false) => dispatch!(@flux CoreOf::<2, false>(core), Shape::Cylinder, resistance, $call ($($argument),*)),
                    (Shape::Sphere, true) => dispatch!(@flux CoreOf::<3, true>(core), Shape::Sphere, resistance, $call ($($argument),*)),
                    (Shape::Sphere, false) => dispatch!(@flux CoreOf::<3, false>(core), Shape::Sphere, resistance, $call ($($argument),*)),
                }
            }
            (Progress::Avrami { n }, _) => $call(Timed::<AVRAMI>(n), Uniform, $($argument),*),
            (Progress::PowerLaw { m }, _) => $call(Timed::<POWER>(m), Uniform, $($argument),*),
            (Progress::Autocatalytic { seed }, _) => $call(Timed::<AUTOCATALYTIC>(seed), Uniform, $($argument),*),
        }
    };
    (@flux $place:expr, $shape:expr, $resistance:expr, $call:ident ($($argument:expr),*)) => {
        match $resistance {
            Resistance::None => $call($place, Uniform, $($argument),*),
            Resistance::Core(law) => {
                let law = ShrinkingCore { shape: $shape, ..law }; // known at compile time, so the loops hold no choice
                match law.film {
                    Film::Stagnant => $call($place, ShrinkingCore { film: Film::Stagnant, ..law }, $($argument),*),
                    Film::Coefficient => $call($place, ShrinkingCore { film: Film::Coefficient, ..law }, $($argument),*),
                }
            }
            Resistance::Particle(law) => match law.film {
                Film::Stagnant => $call($place, ShrinkingParticle { film: Film::Stagnant, ..law }, $($argument),*),
                Film::Coefficient => $call($place, ShrinkingParticle { film: Film::Coefficient, ..law }, $($argument),*),
            },
        }
    };
}

/// How a mineral's particles react.
pub(super) type Laws = (Progress, Resistance);

/// A number that leaches are integrated over.
pub(super) trait Number: Scalar {
    /// Directions along which it carries derivatives.
    const LANES: usize;

    /// Its derivative along a direction.
    fn lane(self, at: usize) -> f64;

    /// The number with these derivatives.
    fn with_lanes(value: f64, lane: impl Fn(usize) -> f64) -> Self;

    /// Writes `dw/dt` of each class and returns the mineral's dissolution, mol/s.
    fn rates(
        laws: Laws,
        classes: &mut Classes<Self>,
        w: &[Self],
        coefficients: &Coefficients<Self>,
        out: &mut [Self],
    ) -> Self;

    /// Fills the diagonal and a group of the arrow matrix; returns dissolution (mol/s) and its slopes by the coefficients.
    fn slopes(
        laws: Laws,
        classes: &mut Classes<Self>,
        w: &[Self],
        coefficients: &Coefficients<Self>,
        diagonal: &mut [Self],
        group: &mut ArrowGroup<Self>,
    ) -> (Self, [Self; 4]);
}

/// A loop for each law, compiled with its choices made.
impl Number for f64 {
    const LANES: usize = 0;

    fn lane(self, _at: usize) -> f64 {
        0.0
    }

    fn with_lanes(value: f64, _lane: impl Fn(usize) -> f64) -> f64 {
        value
    }

    fn rates(
        (progress, resistance): Laws,
        classes: &mut Classes<f64>,
        w: &[f64],
        coefficients: &Coefficients<f64>,
        out: &mut [f64],
    ) -> f64 {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has just been seen to have the feature.
            return unsafe { rates_avx2((progress, resistance), classes, w, coefficients, out) };
        }
        dispatch!(progress, resistance, rates_of(classes, w, coefficients, out))
    }

    fn slopes(
        (progress, resistance): Laws,
        classes: &mut Classes<f64>,
        w: &[f64],
        coefficients: &Coefficients<f64>,
        diagonal: &mut [f64],
        group: &mut ArrowGroup<f64>,
    ) -> (f64, [f64; 4]) {
        match group.intermediates {
            1 => dispatch!(progress, resistance, slopes_1(classes, w, coefficients, diagonal, group)),
            2 => dispatch!(progress, resistance, slopes_2(classes, w, coefficients, diagonal, group)),
            _ => dispatch!(progress, resistance, slopes_4(classes, w, coefficients, diagonal, group)),
        }
    }
}

/// One loop for all laws: the choice costs little beside the arithmetic of so many derivatives, and compiles fast.
impl<const N: usize> Number for Dual<f64, N> {
    const LANES: usize = N;

    fn lane(self, at: usize) -> f64 {
        self.gradient[at]
    }

    fn with_lanes(value: f64, lane: impl Fn(usize) -> f64) -> Dual<f64, N> {
        Dual { value, gradient: std::array::from_fn(lane) }
    }

    fn rates(
        (progress, resistance): Laws,
        classes: &mut Classes<Self>,
        w: &[Self],
        coefficients: &Coefficients<Self>,
        out: &mut [Self],
    ) -> Self {
        rates_of(progress, resistance, classes, w, coefficients, out)
    }

    fn slopes(
        (progress, resistance): Laws,
        classes: &mut Classes<Self>,
        w: &[Self],
        coefficients: &Coefficients<Self>,
        diagonal: &mut [Self],
        group: &mut ArrowGroup<Self>,
    ) -> (Self, [Self; 4]) {
        match group.intermediates {
            1 => slopes_1(progress, resistance, classes, w, coefficients, diagonal, group),
            2 => slopes_2(progress, resistance, classes, w, coefficients, diagonal, group),
            _ => slopes_4(progress, resistance, classes, w, coefficients, diagonal, group),
        }
    }
}

/// The loop in registers of four lanes; the same bits, for nothing is fused or reordered.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn rates_avx2(
    (progress, resistance): Laws,
    classes: &mut Classes<f64>,
    w: &[f64],
    coefficients: &Coefficients<f64>,
    out: &mut [f64],
) -> f64 {
    dispatch!(progress, resistance, rates_of(classes, w, coefficients, out))
}

/// Speed of a class (position per s) and what it loses (mol/s per mol it held fresh), at the local variable `y` whose
/// derivative by position is `alive`.
#[inline(always)]
fn motion<S: Scalar + Mul<R, Output = S>, R: Copy, P: Place, F: Flux>(
    (place, flux): (P, F),
    (y, alive): (S, S),
    (radius, pace): (R, R),
    coefficients: &Coefficients<S>,
) -> (S, S) {
    let speed = flux.flux(y, radius, coefficients) * pace;
    (speed, place.density(y, alive) * speed)
}

#[inline(always)]
fn rates_of<S: Scalar, P: Place, F: Flux>(
    place: P,
    flux: F,
    classes: &mut Classes<S>,
    w: &[S],
    coefficients: &Coefficients<S>,
    out: &mut [S],
) -> S {
    let first = classes.first;
    let n = w.len() - first;
    out[..first].fill(S::from(0.0));
    let (w, out) = (&w[first..][..n], &mut out[first..][..n]);
    let (pace, radius) = (&classes.pace[first..][..n], &classes.radius[first..][..n]);
    let (fresh, losses) = (&classes.fresh[first..][..n], &mut classes.losses[first..][..n]);
    for i in 0..n {
        let (speed, loss) = motion((place, flux), place.place(w[i]), (radius[i], pace[i]), coefficients);
        out[i] = -speed;
        losses[i] = loss * fresh[i];
    }
    sum(losses)
}

macro_rules! slopes_for {
    ($name:ident, $q:literal, $directions:literal) => {
        fn $name<S: Scalar, P: Place, F: Flux>(
            place: P,
            flux: F,
            classes: &mut Classes<S>,
            w: &[S],
            coefficients: &Coefficients<S>,
            diagonal: &mut [S],
            group: &mut ArrowGroup<S>,
        ) -> (S, [S; 4])
        where
            Dual<S, $directions>: Mul<S, Output = Dual<S, $directions>>,
        {
            slopes_of::<S, P, F, $q, $directions>((place, flux), classes, w, coefficients, diagonal, group)
        }
    };
}

slopes_for!(slopes_1, 1, 2);
slopes_for!(slopes_2, 2, 3);
slopes_for!(slopes_4, 4, 5);

/// `D = Q + 1` directions: the position, then the first `Q` coefficients.
#[inline(always)]
fn slopes_of<S: Scalar, P: Place, F: Flux, const Q: usize, const D: usize>(
    (place, flux): (P, F),
    classes: &mut Classes<S>,
    w: &[S],
    coefficients: &Coefficients<S>,
    diagonal: &mut [S],
    group: &mut ArrowGroup<S>,
) -> (S, [S; 4])
where
    Dual<S, D>: Mul<S, Output = Dual<S, D>>,
{
    let n = w.len();
    let zero = S::from(0.0);
    let lifted = |value: S, q: usize| {
        if q < Q { Dual::<S, D>::variable(value, q + 1) } else { Dual::constant(value) }
    };
    let coefficients = Coefficients {
        driving: lifted(coefficients.driving, 0),
        surface: lifted(coefficients.surface, 1),
        layer: lifted(coefficients.layer, 2),
        film: lifted(coefficients.film, 3),
    };
    let gone = classes.first;
    classes.local[..gone].fill((zero, zero));
    diagonal[..gone].fill(zero);
    group.weight[..gone].fill(zero);
    (0..Q).for_each(|q| group.gain[q * n..][..gone].fill(zero));
    let mut total = Dual::<S, D>::from(0.0);
    for i in gone..n {
        let (value, alive) = place.place(w[i]);
        classes.local[i] = (value, alive);
        let mut y = Dual::<S, D>::constant(value);
        y.gradient[0] = alive;
        let size = (classes.radius[i], classes.pace[i]);
        let (speed, loss) = motion((place, flux), (y, Dual::constant(alive)), size, &coefficients);
        let loss = loss.scaled(classes.fresh[i]);
        diagonal[i] = -speed.gradient[0];
        group.weight[i] = loss.gradient[0];
        for q in 0..Q {
            group.gain[q * n + i] = -speed.gradient[q + 1];
        }
        total += loss;
    }
    let mut by = [zero; 4];
    by[..Q].copy_from_slice(&total.gradient[1..]);
    (total.value, by)
}

/// Sum in four lanes.
#[inline(always)]
pub(super) fn sum<S: Scalar>(values: &[S]) -> S {
    let zero = S::from(0.0);
    let mut sums = [zero; 4];
    let blocks = values.chunks_exact(4);
    let rest = blocks.remainder().iter().fold(zero, |sum, value| sum + *value);
    for block in blocks {
        for lane in 0..4 {
            sums[lane] += block[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
