//! Shapes of particles, as far as a shrinking core knows them.

use crate::numerics::Scalar;

/// Shape of a particle; the core keeps it while shrinking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A flat plate leached from both faces; size = half its thickness.
    Plate,
    /// A long cylinder leached from its side.
    Cylinder,
    /// A sphere.
    #[default]
    Sphere,
}

impl Shape {
    /// `F` in "unreacted fraction = (core size)^F": 1, 2 or 3.
    #[inline(always)]
    pub const fn exponent(self) -> i32 {
        match self {
            Shape::Plate => 1,
            Shape::Cylinder => 2,
            Shape::Sphere => 3,
        }
    }

    /// Resistance of the product layer for a core of relative size `y`, per area of core, over `R/D`.
    ///
    /// Plate `1 - y`, cylinder `-y ln y`, sphere `y (1 - y)`: steady diffusion through the layer.
    #[inline(always)]
    pub fn layer_resistance<S: Scalar>(self, y: S) -> S {
        match self {
            Shape::Plate => S::from(1.0) - y,
            Shape::Cylinder => -(y * y.max(S::from(1e-30)).ln()),
            Shape::Sphere => y * (S::from(1.0) - y),
        }
    }

    /// Integral of [`Shape::layer_resistance`] from `y` to 1.
    pub fn layer_integral<S: Scalar>(self, y: S) -> S {
        let one = S::from(1.0);
        match self {
            Shape::Plate => (one - y) * (one - y) * 0.5,
            Shape::Cylinder => (one - y * y) * 0.25 + y * y * y.max(S::from(1e-150)).ln() * 0.5,
            Shape::Sphere => (one - y) * (one - y) * (y * 2.0 + 1.0) / 6.0,
        }
    }

    /// Area of a core of relative size `y` over that of the particle.
    #[inline(always)]
    pub fn relative_area<S: Scalar>(self, y: S) -> S {
        match self {
            Shape::Plate => S::from(1.0),
            Shape::Cylinder => y,
            Shape::Sphere => y * y,
        }
    }

    /// Relative core size at which a fraction is unreacted.
    pub fn core<S: Scalar>(self, unreacted: S) -> S {
        match self {
            Shape::Plate => unreacted,
            Shape::Cylinder => unreacted.sqrt(),
            Shape::Sphere => unreacted.cbrt(),
        }
    }

    /// Unreacted fraction of a particle whose core has the relative size `y`.
    #[inline(always)]
    pub fn unreacted<S: Scalar>(self, y: S) -> S {
        self.relative_area(y) * y
    }
}
