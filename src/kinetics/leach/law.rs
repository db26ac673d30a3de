//! The local laws of particles, in the form the integrator wants: position `w` falls at a rate, unreacted fraction `U(w)`.

use super::coordinate::{coordinate, core_sharp, core_smooth};
use crate::kinetics::shrinking_core::{Coefficients, ShrinkingCore};
use crate::kinetics::shrinking_particle::ShrinkingParticle;
use crate::kinetics::{Shape, autocatalytic, avrami, power_law};
use crate::numerics::Scalar;

/// Exponent of populations whose law has no core.
const CUBE: f64 = 3.0;

/// How a position and an unreacted fraction belong together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Progress {
    Core(Core),
    Avrami { n: f64 },
    PowerLaw { m: f64 },
    Autocatalytic { seed: f64 },
}

/// A core of relative size `y` that keeps its shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Core {
    pub(super) shape: Shape,
    eps: f64,
    inverse_eps: f64,
    log_eps: f64,
}

impl Core {
    pub(super) fn new(shape: Shape, eps: f64) -> Core {
        let (inverse_eps, log_eps) = if eps > 0.0 { (1.0 / eps, eps.ln()) } else { (0.0, 0.0) };
        Core { shape, eps, inverse_eps, log_eps }
    }

    /// Whether the core ends sharply, without regularisation.
    pub(super) fn is_sharp(&self) -> bool {
        self.eps == 0.0
    }

    /// Core size at a position.
    fn size<S: Scalar>(&self, w: S) -> S {
        if self.is_sharp() {
            core_sharp(w).0
        } else {
            core_smooth(w, self.eps, self.inverse_eps, self.log_eps).0
        }
    }
}

/// One way of progress, known at compile time inside the loops over particles.
pub(super) trait Place: Copy {
    /// Local variable `y` of the laws at a position, and its derivative.
    fn place<S: Scalar>(self, w: S) -> (S, S);
    /// `dU/dw`; `alive` is the derivative that [`Place::place`] gave.
    fn density<S: Scalar>(self, y: S, alive: S) -> S;
    /// `U`.
    fn unreacted<S: Scalar>(self, y: S) -> S;
}

/// [`Core`] with its exponent as a constant and whether it is regularised.
#[derive(Clone, Copy)]
pub(super) struct CoreOf<const F: i32, const SMOOTH: bool>(pub(super) Core);

impl<const F: i32, const SMOOTH: bool> Place for CoreOf<F, SMOOTH> {
    #[inline(always)]
    fn place<S: Scalar>(self, w: S) -> (S, S) {
        if SMOOTH { core_smooth(w, self.0.eps, self.0.inverse_eps, self.0.log_eps) } else { core_sharp(w) }
    }
    #[inline(always)]
    fn density<S: Scalar>(self, y: S, alive: S) -> S {
        let area = match F {
            1 => S::from(1.0),
            2 => y,
            _ => y * y,
        };
        if SMOOTH { area * y * f64::from(F) / (y + self.0.eps) } else { area * alive * f64::from(F) }
    }
    #[inline(always)]
    fn unreacted<S: Scalar>(self, y: S) -> S {
        match F {
            1 => y,
            2 => y * y,
            _ => y * y * y,
        }
    }
}

/// Laws in reduced time `θ = 1 - w`.
#[derive(Clone, Copy)]
pub(super) struct Timed<const LAW: u8>(pub(super) f64);

pub(super) const AVRAMI: u8 = 0;
pub(super) const POWER: u8 = 1;
pub(super) const AUTOCATALYTIC: u8 = 2;

impl<const LAW: u8> Place for Timed<LAW> {
    #[inline(always)]
    fn place<S: Scalar>(self, w: S) -> (S, S) {
        (w, S::from(1.0))
    }
    #[inline(always)]
    fn density<S: Scalar>(self, y: S, _alive: S) -> S {
        let theta = S::from(1.0) - y;
        match LAW {
            AVRAMI => avrami::density(theta, self.0),
            POWER => power_law::density(theta, self.0),
            _ => autocatalytic::density(theta, self.0),
        }
    }
    #[inline(always)]
    fn unreacted<S: Scalar>(self, y: S) -> S {
        let theta = S::from(1.0) - y;
        match LAW {
            AVRAMI => avrami::unreacted(theta, self.0),
            POWER => power_law::unreacted(theta, self.0),
            _ => autocatalytic::unreacted(theta, self.0),
        }
    }
}

impl Progress {
    /// Exponent by which populations of this law describe their cores.
    pub(super) fn exponent(&self) -> f64 {
        match self {
            Progress::Core(core) => f64::from(core.shape.exponent()),
            _ => CUBE, // no core: the cube root of the unreacted fraction stands for it
        }
    }

    /// Position of a particle with such a core (in terms of [`Progress::exponent`]).
    pub(super) fn position<S: Scalar>(&self, core: S) -> S {
        let cube = || core * core * core;
        let left = |theta: S| S::from(1.0) - theta;
        match *self {
            Progress::Core(own) => coordinate(core, own.eps),
            Progress::Avrami { n } => left(avrami::reduced_time(cube(), n)),
            Progress::PowerLaw { m } => left(power_law::reduced_time(cube(), m)),
            Progress::Autocatalytic { seed } => left(autocatalytic::reduced_time(cube(), seed)),
        }
    }

    /// Core (in terms of [`Progress::exponent`]) at a position.
    pub(super) fn core<S: Scalar>(&self, w: S) -> S {
        match *self {
            Progress::Core(own) => own.size(w),
            _ => self.unreacted(w).cbrt(),
        }
    }

    /// Unreacted fraction at a position.
    pub(super) fn unreacted<S: Scalar>(&self, w: S) -> S {
        match *self {
            Progress::Core(own) => own.shape.unreacted(own.size(w)),
            Progress::Avrami { n } => Timed::<AVRAMI>(n).unreacted(w),
            Progress::PowerLaw { m } => Timed::<POWER>(m).unreacted(w),
            Progress::Autocatalytic { seed } => Timed::<AUTOCATALYTIC>(seed).unreacted(w),
        }
    }
}

/// What resists between the liquor and the surface of a core.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resistance {
    /// Nothing: the flux is the same at every core size.
    None,
    Core(ShrinkingCore),
    Particle(ShrinkingParticle),
}

/// Flux into the surface as a function of position and coefficients.
pub(super) trait Flux: Copy {
    fn flux<S: Scalar>(self, y: S, radius: f64, coefficients: &Coefficients<S>) -> S;
}

/// The same flux at every position: `Coefficients::driving`.
#[derive(Clone, Copy)]
pub(super) struct Uniform;

impl Flux for Uniform {
    #[inline(always)]
    fn flux<S: Scalar>(self, _y: S, _radius: f64, coefficients: &Coefficients<S>) -> S {
        coefficients.driving
    }
}

impl Flux for ShrinkingCore {
    #[inline(always)]
    fn flux<S: Scalar>(self, y: S, radius: f64, coefficients: &Coefficients<S>) -> S {
        ShrinkingCore::flux(&self, y, radius, coefficients)
    }
}

impl Flux for ShrinkingParticle {
    #[inline(always)]
    fn flux<S: Scalar>(self, y: S, radius: f64, coefficients: &Coefficients<S>) -> S {
        ShrinkingParticle::flux(&self, y, radius, coefficients)
    }
}
