//! Avrami-Erofeev: nucleation and growth, `x = 1 - exp(-(k t)^n)`.

use crate::numerics::Scalar;

/// Unreacted fraction at reduced time `θ = ∫ k dt`, exponent `n`.
///
/// # Source
/// M. Avrami, J. Chem. Phys. 7 (1939) 1103-1112; B. V. Erofeev, Dokl. Akad. Nauk SSSR 52 (1946) 511-514.
#[inline(always)]
pub fn unreacted<S: Scalar>(theta: S, n: f64) -> S {
    (-theta.max(S::from(0.0)).powf(n)).exp()
}

/// Slope `-d(unreacted)/dθ`.
#[inline(always)]
pub fn density<S: Scalar>(theta: S, n: f64) -> S {
    let theta = theta.max(S::from(1e-30));
    theta.powf(n - 1.0) * unreacted(theta, n) * n
}

/// Reduced time at which a fraction is unreacted.
pub fn reduced_time<S: Scalar>(unreacted: S, n: f64) -> S {
    (-unreacted.max(S::from(1e-300)).ln()).max(S::from(0.0)).powf(1.0 / n)
}
