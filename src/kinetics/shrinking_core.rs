//! Shrinking unreacted core: film, product layer and surface in series; sphere, cylinder or plate.
//!
//! The core of relative size `y` recedes with `dy/dt = -(V_m/R) N`, where the flux into the core's surface is
//! `N = c/b / (1/k + R g(y)/D_e + a(y) R/D_film)`: driving concentration `c`, reagent per mineral `b`, surface rate
//! coefficient `k`, `g` the layer's and `a` the outer film's geometry. The particle keeps its size.

use super::Shape;
use crate::numerics::{DomainError, Dual, Scalar};
use std::ops::Mul;

/// The slow step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Regime {
    /// Diffusion through the liquid film around the particle.
    Film,
    /// Diffusion through the layer of product ("ash").
    ProductLayer,
    /// Reaction at the surface of the core.
    Surface,
}

/// Reduced time `t/τ` at which a shrinking-core sphere of constant size reaches conversion `x`.
///
/// | name    | meaning                                | unit | shape  |
/// |---------|----------------------------------------|------|--------|
/// | `x`     | fraction of the mineral reacted, 0..=1 | –    | scalar |
/// | returns | time over time of full conversion      | –    | scalar |
///
/// # Errors
/// [`DomainError`] if `x` lies outside 0..=1 or is NaN.
/// # Source
/// O. Levenspiel, *Chemical Reaction Engineering*, 3rd ed. (1999), chapter 25.
/// # Example
/// ```
/// # use lixivia::kinetics::shrinking_core::{Regime, reduced_time};
/// let t = reduced_time(Regime::Surface, 0.875)?; // core radius = half the particle's
/// assert!((t - 0.5_f64).abs() < 1e-12);
/// # Ok::<(), lixivia::numerics::DomainError>(())
/// ```
pub fn reduced_time<S: Scalar>(regime: Regime, x: S) -> Result<S, DomainError> {
    reduced_time_of(Shape::Sphere, regime, x)
}

/// [`reduced_time`] for any shape.
///
/// # Errors
/// [`DomainError`] if `x` lies outside 0..=1 or is NaN.
/// # Source
/// O. Levenspiel, *Chemical Reaction Engineering*, 3rd ed. (1999), chapter 25, table 25.1.
pub fn reduced_time_of<S: Scalar>(shape: Shape, regime: Regime, x: S) -> Result<S, DomainError> {
    if !x.all(|x| (0.0..=1.0).contains(&x)) {
        return Err(DomainError { name: "conversion x", value: x.real(), allowed: "0..=1" });
    }
    let one = S::from(1.0);
    let left = one - x;
    let core = shape.core(left);
    Ok(match (regime, shape) {
        (Regime::Film, _) => x,
        (Regime::Surface, _) => one - core,
        (Regime::ProductLayer, Shape::Plate) => x * x,
        (Regime::ProductLayer, Shape::Cylinder) => x + left * left.max(S::from(1e-300)).ln(),
        (Regime::ProductLayer, Shape::Sphere) => one - core.powi(2) * 3.0 + left * 2.0,
    })
}

/// Time of full conversion when one step is slow, s.
///
/// | name         | meaning                                                              | unit    |
/// |--------------|----------------------------------------------------------------------|---------|
/// | `radius`     | initial radius, or half thickness of a plate                         | m       |
/// | `volume`     | molar volume of the mineral                                          | m³/mol  |
/// | `driving`    | concentration of the reagent over mol of reagent per mol of mineral  | mol/m³  |
/// | `coefficient`| film or surface coefficient (m/s) or layer diffusivity (m²/s)        | m/s, m²/s |
///
/// # Source
/// O. Levenspiel, *Chemical Reaction Engineering*, 3rd ed. (1999), chapter 25, table 25.1.
pub fn full_conversion_time<S: Scalar>(
    shape: Shape,
    regime: Regime,
    radius: S,
    volume: S,
    driving: S,
    coefficient: S,
) -> S {
    let factor = f64::from(shape.exponent());
    match regime {
        Regime::Surface => radius / (volume * driving * coefficient),
        Regime::Film => radius / (volume * driving * coefficient * factor),
        Regime::ProductLayer => radius * radius / (volume * driving * coefficient * (2.0 * factor)),
    }
}

/// What the rate of a class of particles takes from liquor and temperature; the same for all classes of a mineral.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients<S> {
    /// Driving concentration over reagent per mineral, mol/m³.
    pub driving: S,
    /// Surface rate coefficient `k`, m/s; 1 where the surface offers no resistance.
    pub surface: S,
    /// Inverse of the product layer's diffusivity, s/m².
    pub layer: S,
    /// Inverse of the film's diffusivity (s/m²), or of its coefficient (s/m).
    pub film: S,
}

/// The film around a particle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Film {
    /// Sherwood number 2, that of a sphere in stagnant liquid: coefficient = diffusivity over radius.
    #[default]
    Stagnant,
    /// A given coefficient.
    Coefficient,
}

/// Where nothing but the layer resists, its relative thickness at the start: the first instant is fast but finite.
const THINNEST: f64 = 1e-9;
/// Where the surface does not resist, the core size below which the flux no longer grows: the last instant likewise.
pub(super) const SMALLEST: f64 = 1e-4;

/// The shrinking-core law of one mineral.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShrinkingCore {
    /// Shape of the particles.
    pub shape: Shape,
    /// What `Coefficients::film` is.
    pub film: Film,
    /// 1 where the surface reaction resists, 0 where it does not.
    pub surface_resistance: f64,
}

impl ShrinkingCore {
    /// Flux into the core's surface, mol of mineral/(m² s).
    ///
    /// | name     | meaning                                    | unit |
    /// |----------|--------------------------------------------|------|
    /// | `y`      | core size over particle size, 0..=1        | –    |
    /// | `radius` | size of the particle                       | m    |
    #[inline(always)]
    pub fn flux<S: Scalar + Mul<R, Output = S>, R: Copy>(
        &self,
        y: S,
        radius: R,
        coefficients: &Coefficients<S>,
    ) -> S {
        let bare = 1.0 - self.surface_resistance;
        let y = y.max(S::from(bare * SMALLEST));
        let layer = (self.shape.layer_resistance(y) + bare * THINNEST) * coefficients.layer * radius;
        let film = self.shape.relative_area(y) * coefficients.film;
        let film = match self.film {
            Film::Stagnant => film * radius,
            Film::Coefficient => film,
        };
        let k = coefficients.surface;
        coefficients.driving * k / (k * (layer + film) + self.surface_resistance)
    }

    /// Integral of the inverse flux from core size `y` to 1, m² s/mol: the age of the core, over radius and molar volume; with its
    /// derivatives by the coefficients.
    ///
    /// Resistances add: film, layer and surface each contribute its closed form.
    pub fn age<S: Scalar, const N: usize>(
        &self,
        y: S,
        radius: S,
        coefficients: &Coefficients<Dual<S, N>>,
    ) -> Dual<S, N> {
        let one = S::from(1.0);
        let layer = coefficients.layer.scaled(radius * self.shape.layer_integral(y));
        let film = (one - self.shape.unreacted(y)) / f64::from(self.shape.exponent());
        let film = coefficients.film.scaled(match self.film {
            Film::Stagnant => film * radius,
            Film::Coefficient => film,
        });
        let k = coefficients.surface;
        let surface = Dual::constant((one - y) * self.surface_resistance);
        (k * (layer + film) + surface) / (coefficients.driving * k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::quadrature::GaussLegendre;

    const SHAPES: [Shape; 3] = [Shape::Plate, Shape::Cylinder, Shape::Sphere];

    /// Levenspiel, 3rd ed., table 25.1: t/τ at X = 0.875 of a sphere.
    #[test]
    fn printed_forms() {
        for (regime, want) in [(Regime::Film, 0.875), (Regime::ProductLayer, 0.5), (Regime::Surface, 0.5)] {
            let got: f64 = reduced_time(regime, 0.875).unwrap();
            assert!((got - want).abs() < 1e-14, "{regime:?}: {got}");
        }
        assert!(reduced_time(Regime::Film, 1.5).is_err() && reduced_time(Regime::Film, f64::NAN).is_err());
    }

    /// Time to reach `y`, by quadrature of the rate, beside the closed form; one resistance at a time and all three.
    #[test]
    fn the_rate_integrates_to_the_closed_forms() {
        let rule = GaussLegendre::new(60);
        let (radius, volume, driving) = (5e-6, 2e-5, 100.0);
        let (k, d_e, k_f) = (1e-7, 3e-13, 2e-7);
        for shape in SHAPES {
            for y in [0.9, 0.5, 0.05] {
                let x: f64 = 1.0 - shape.unreacted(y);
                let mut sum = 0.0;
                for (regime, coefficient) in
                    [(Regime::Surface, k), (Regime::ProductLayer, d_e), (Regime::Film, k_f)]
                {
                    let tau = full_conversion_time(shape, regime, radius, volume, driving, coefficient);
                    sum += tau * reduced_time_of(shape, regime, x).unwrap();
                }
                let law = ShrinkingCore { shape, film: Film::Coefficient, surface_resistance: 1.0 };
                let all = Coefficients { driving, surface: k, layer: 1.0 / d_e, film: 1.0 / k_f };
                let time = rule.integrate(y, 1.0, |y| radius / (volume * law.flux(y, radius, &all)));
                assert!((time / sum - 1.0).abs() < 1e-9, "{shape:?} {y}: {time} {sum}"); // resistances add
                let still = |value: f64| Dual::<f64, 0>::constant(value);
                let all = Coefficients {
                    driving: still(driving),
                    surface: still(k),
                    layer: still(1.0 / d_e),
                    film: still(1.0 / k_f),
                };
                let closed = radius / volume * law.age(y, radius, &all).value;
                assert!((closed / sum - 1.0).abs() < 1e-12, "{shape:?} {y}: {closed} {sum}");
            }
        }
    }
}
