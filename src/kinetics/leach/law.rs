//! The local laws of particles, in the form the integrator wants: position `w` falls at a rate, unreacted fraction `U(w)`.

use super::coordinate::{coordinate, core_sharp, core_smooth};
use crate::kinetics::shrinking_core::{Coefficients, ShrinkingCore};
use crate::kinetics::shrinking_particle::ShrinkingParticle;
use crate::kinetics::{Shape, autocatalytic, avrami, power_law};
use crate::numerics::Scalar;
use std::ops::Mul;

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
        if self.is_sharp() { core_sharp(w).0 } else { self.smooth(w).0 }
    }

    #[inline(always)]
    fn smooth<S: Scalar>(&self, w: S) -> (S, S) {
        core_smooth(w, self.eps, self.inverse_eps, self.log_eps)
    }

    /// `dU/dw` at core size `y`; `alive` is `dy/dw`.
    #[inline(always)]
    fn density<S: Scalar>(&self, y: S, alive: S, smooth: bool) -> S {
        let (area, exponent) = (self.shape.relative_area(y), f64::from(self.shape.exponent()));
        if smooth { area * y * exponent / (y + self.eps) } else { area * alive * exponent }
    }
}

/// One way of progress, known at compile time inside the loops over particles.
pub(super) trait Place: Copy {
    /// Local variable `y` of the laws at a position, and its derivative.
    fn place<S: Scalar>(self, w: S) -> (S, S);
    /// `dU/dw`; `alive` is the derivative that [`Place::place`] gave.
    fn density<S: Scalar>(self, y: S, alive: S) -> S;
}

/// [`Core`] with its shape and whether it is regularised known at compile time.
#[derive(Clone, Copy)]
pub(super) struct CoreOf<const F: i32, const SMOOTH: bool>(pub(super) Core);

impl<const F: i32, const SMOOTH: bool> Place for CoreOf<F, SMOOTH> {
    #[inline(always)]
    fn place<S: Scalar>(self, w: S) -> (S, S) {
        if SMOOTH { self.0.smooth(w) } else { core_sharp(w) }
    }
    #[inline(always)]
    fn density<S: Scalar>(self, y: S, alive: S) -> S {
        let shape = match F {
            1 => Shape::Plate,
            2 => Shape::Cylinder,
            _ => Shape::Sphere,
        };
        Core { shape, ..self.0 }.density(y, alive, SMOOTH)
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
}

impl<const LAW: u8> Timed<LAW> {
    /// `U`.
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
            Progress::Core(own) => self.unreacted_at(own.size(w)),
            _ => self.unreacted_at(w),
        }
    }

    /// Unreacted fraction at a local variable, see [`Place::place`].
    pub(super) fn unreacted_at<S: Scalar>(&self, y: S) -> S {
        match *self {
            Progress::Core(own) => own.shape.unreacted(y),
            Progress::Avrami { n } => Timed::<AVRAMI>(n).unreacted(y),
            Progress::PowerLaw { m } => Timed::<POWER>(m).unreacted(y),
            Progress::Autocatalytic { seed } => Timed::<AUTOCATALYTIC>(seed).unreacted(y),
        }
    }
}

/// The law known at run time only: for number types too wide to have a loop of their own for each law.
impl Place for Progress {
    #[inline(always)]
    fn place<S: Scalar>(self, w: S) -> (S, S) {
        match self {
            Progress::Core(core) if core.is_sharp() => core_sharp(w),
            Progress::Core(core) => core.smooth(w),
            _ => (w, S::from(1.0)),
        }
    }
    #[inline(always)]
    fn density<S: Scalar>(self, y: S, alive: S) -> S {
        match self {
            Progress::Core(core) => core.density(y, alive, !core.is_sharp()),
            Progress::Avrami { n } => Timed::<AVRAMI>(n).density(y, alive),
            Progress::PowerLaw { m } => Timed::<POWER>(m).density(y, alive),
            Progress::Autocatalytic { seed } => Timed::<AUTOCATALYTIC>(seed).density(y, alive),
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

/// Flux into the surface as a function of position and coefficients; the radius may be of a narrower number type.
pub(super) trait Flux: Copy {
    fn flux<S: Scalar + Mul<R, Output = S>, R: Copy>(
        self,
        y: S,
        radius: R,
        coefficients: &Coefficients<S>,
    ) -> S;
}

/// The same flux at every position: `Coefficients::driving`.
#[derive(Clone, Copy)]
pub(super) struct Uniform;

impl Flux for Uniform {
    #[inline(always)]
    fn flux<S: Scalar + Mul<R, Output = S>, R: Copy>(
        self,
        _y: S,
        _radius: R,
        coefficients: &Coefficients<S>,
    ) -> S {
        coefficients.driving
    }
}

impl Flux for ShrinkingCore {
    #[inline(always)]
    fn flux<S: Scalar + Mul<R, Output = S>, R: Copy>(
        self,
        y: S,
        radius: R,
        coefficients: &Coefficients<S>,
    ) -> S {
        ShrinkingCore::flux(&self, y, radius, coefficients)
    }
}

impl Flux for ShrinkingParticle {
    #[inline(always)]
    fn flux<S: Scalar + Mul<R, Output = S>, R: Copy>(
        self,
        y: S,
        radius: R,
        coefficients: &Coefficients<S>,
    ) -> S {
        ShrinkingParticle::flux(&self, y, radius, coefficients)
    }
}

impl Flux for Resistance {
    #[inline(always)]
    fn flux<S: Scalar + Mul<R, Output = S>, R: Copy>(
        self,
        y: S,
        radius: R,
        coefficients: &Coefficients<S>,
    ) -> S {
        match self {
            Resistance::None => Uniform.flux(y, radius, coefficients),
            Resistance::Core(law) => law.flux(y, radius, coefficients),
            Resistance::Particle(law) => law.flux(y, radius, coefficients),
        }
    }
}
