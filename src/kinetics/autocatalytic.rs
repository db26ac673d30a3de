//! Autocatalytic (Prout-Tompkins with a seed): `dx/dt = k (x + x0) (1 - x)`.

use crate::numerics::Scalar;

/// Unreacted fraction at reduced time `θ = ∫ k dt`, seed `x0 > 0`: a logistic curve.
///
/// # Source
/// E. G. Prout, F. C. Tompkins, Trans. Faraday Soc. 40 (1944) 488-498, with the seed as initial rate.
#[inline(always)]
pub fn unreacted<S: Scalar>(theta: S, seed: f64) -> S {
    let decay = (theta * -(1.0 + seed)).exp(); // falls, so that nothing overflows at long times
    decay * (1.0 + seed) / (decay + seed)
}

/// Slope `-d(unreacted)/dθ = (1 - u + x0) u`.
#[inline(always)]
pub fn density<S: Scalar>(theta: S, seed: f64) -> S {
    let u = unreacted(theta, seed);
    (S::from(1.0 + seed) - u) * u
}

/// Reduced time at which a fraction is unreacted.
pub fn reduced_time<S: Scalar>(unreacted: S, seed: f64) -> S {
    let u = unreacted.max(S::from(1e-300));
    ((S::from(1.0 + seed) - u) / (u * seed)).ln() / (1.0 + seed)
}
