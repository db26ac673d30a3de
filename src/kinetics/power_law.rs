//! Power law in the unreacted fraction `u`: `du/dt = -k u^m`.

use crate::numerics::Scalar;

/// Unreacted fraction at reduced time `θ = ∫ k dt`, order `m >= 0`.
///
/// `m = 1`: `exp(-θ)`; else `(1 - (1-m) θ)^(1/(1-m))`, which for `m < 1` ends at `θ = 1/(1-m)`.
#[inline(always)]
pub fn unreacted<S: Scalar>(theta: S, m: f64) -> S {
    if m == 1.0 {
        return (-theta).exp();
    }
    (S::from(1.0) - theta * (1.0 - m)).max(S::from(0.0)).powf(1.0 / (1.0 - m))
}

/// Slope `-d(unreacted)/dθ = u^m`.
#[inline(always)]
pub fn density<S: Scalar>(theta: S, m: f64) -> S {
    if m == 1.0 {
        return (-theta).exp();
    }
    if m == 0.0 {
        return S::select_positive(S::from(1.0) - theta, S::from(1.0), S::from(0.0));
    }
    (S::from(1.0) - theta * (1.0 - m)).max(S::from(0.0)).powf(m / (1.0 - m))
}

/// Reduced time at which a fraction is unreacted.
pub fn reduced_time<S: Scalar>(unreacted: S, m: f64) -> S {
    let unreacted = unreacted.max(S::from(1e-300));
    if m == 1.0 {
        return -unreacted.ln();
    }
    (S::from(1.0) - unreacted.powf(1.0 - m)) / (1.0 - m)
}
