//! Shrinking particle: no product layer; the particle itself becomes smaller.

use super::Shape;
use super::shrinking_core::{Coefficients, Film, SMALLEST};
use crate::numerics::{DomainError, Dual, Scalar};
use std::ops::Mul;

/// The shrinking-particle law of one mineral.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShrinkingParticle {
    /// Shape of the particles.
    pub shape: Shape,
    /// What `Coefficients::film` is; with [`Film::Stagnant`] the film grows thinner with the particle.
    pub film: Film,
    /// 1 where the surface reaction resists, 0 where it does not.
    pub surface_resistance: f64,
}

impl ShrinkingParticle {
    /// Flux into the surface, mol of mineral/(m² s), of a particle of relative size `y` (initial size `radius`, m).
    #[inline(always)]
    pub fn flux<S: Scalar + Mul<R, Output = S>, R: Copy>(
        &self,
        y: S,
        radius: R,
        coefficients: &Coefficients<S>,
    ) -> S {
        let film = match self.film {
            Film::Stagnant => {
                y.max(S::from((1.0 - self.surface_resistance) * SMALLEST)) * coefficients.film * radius
            }
            Film::Coefficient => coefficients.film,
        };
        let k = coefficients.surface;
        coefficients.driving * k / (k * film + self.surface_resistance)
    }

    /// Integral of the inverse flux from relative size `y` to 1, m² s/mol, with its derivatives by the coefficients.
    pub fn age<S: Scalar, const N: usize>(
        &self,
        y: S,
        radius: S,
        coefficients: &Coefficients<Dual<S, N>>,
    ) -> Dual<S, N> {
        let gone = S::from(1.0) - y;
        let film = coefficients.film.scaled(match self.film {
            Film::Stagnant => radius * (S::from(1.0) - y * y) * 0.5,
            Film::Coefficient => gone,
        });
        let k = coefficients.surface;
        (k * film + Dual::constant(gone * self.surface_resistance)) / (coefficients.driving * k)
    }
}

/// Reduced time `t/τ` at which a small sphere shrinking in the Stokes regime (film control) reaches conversion `x`.
///
/// # Errors
/// [`DomainError`] if `x` lies outside 0..=1 or is NaN.
/// # Source
/// O. Levenspiel, *Chemical Reaction Engineering*, 3rd ed. (1999), chapter 25, table 25.1: `1 - (1-x)^(2/3)`.
pub fn reduced_time_stokes<S: Scalar>(x: S) -> Result<S, DomainError> {
    if !x.all(|x| (0.0..=1.0).contains(&x)) {
        return Err(DomainError { name: "conversion x", value: x.real(), allowed: "0..=1" });
    }
    Ok(S::from(1.0) - (S::from(1.0) - x).cbrt().powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::quadrature::GaussLegendre;

    #[test]
    fn film_control_follows_the_printed_form() {
        let rule = GaussLegendre::new(40);
        let law = ShrinkingParticle { shape: Shape::Sphere, film: Film::Stagnant, surface_resistance: 0.0 };
        let film = Coefficients { driving: 1.0, surface: 1.0, layer: 0.0, film: 1.0 };
        let time = |y: f64| rule.integrate(y, 1.0, |y| 1.0 / law.flux(y, 1.0, &film));
        for y in [0.9, 0.4, 0.1] {
            let want = reduced_time_stokes(1.0 - y * y * y).unwrap();
            assert!((time(y) / time(0.0) - want).abs() < 1e-8, "{y}");
        }
    }
}
