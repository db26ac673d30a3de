//! The coordinate in which a core shrinks without stiffness.
//!
//! A regularised core obeys `dy/dt = -r y/(y + eps)`. In `w = y + eps ln y` that is `dw/dt = -r`: smooth through
//! extinction, where `y` would decay at a rate `r/eps`. `y(w) = eps ω(w/eps - ln eps)` with the Wright omega function
//! `ω + ln ω = z`. Without regularisation `y = max(w, 0)`.

use crate::numerics::Scalar;

/// Below this `z` a core is gone: `ω < 2e-35`.
const GONE: f64 = -80.0;

/// The coordinate of a core; `eps = 0`: the core itself.
pub(super) fn coordinate<S: Scalar>(core: S, eps: f64) -> S {
    if eps > 0.0 { core + core.max(S::from(eps * GONE.exp())).ln() * eps } else { core }
}

/// Core size without regularisation, and its derivative by the coordinate.
#[inline(always)]
pub(super) fn core_sharp<S: Scalar>(w: S) -> (S, S) {
    let (zero, one) = (S::from(0.0), S::from(1.0));
    (S::select_positive(w, w, zero), S::select_positive(w, one, zero))
}

/// [`core_sharp`] with regularisation.
#[inline(always)]
pub(super) fn core_smooth<S: Scalar>(w: S, eps: f64, inverse_eps: f64, log_eps: f64) -> (S, S) {
    let omega = (w * inverse_eps - log_eps).max(S::from(GONE)).wright_omega();
    (omega * eps, omega / (omega + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::Dual;

    #[test]
    fn coordinates_invert() {
        for eps in [1e-3_f64, 1e-2] {
            for y in [1.0, 0.3, 1e-3, 1e-6, 1e-20] {
                let (got, slope) = core_smooth(coordinate(y, eps), eps, 1.0 / eps, eps.ln());
                assert!((got / y - 1.0).abs() < 3e-6, "{eps} {y}: {got}");
                assert!((slope - y / (y + eps)).abs() < 3e-6);
                let w = Dual::<f64, 1>::variable(coordinate(y, eps), 0);
                let (core, _) = core_smooth(w, eps, 1.0 / eps, eps.ln());
                assert!((core.gradient[0] - slope).abs() < 1e-15);
            }
        }
        for y in [1.0, 0.3, 1e-20] {
            assert_eq!(core_sharp(coordinate(y, 0.0)), (y, 1.0));
        }
    }
}
