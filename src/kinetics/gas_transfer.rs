//! Transfer of a gas between bubbles and liquor.

use crate::numerics::Scalar;

/// Rate at which a gas dissolves, mol/(m³ s); negative where it leaves a supersaturated liquor.
///
/// | name            | meaning                                        | unit       |
/// |-----------------|------------------------------------------------|------------|
/// | `kla`           | volumetric liquid-film coefficient             | 1/s        |
/// | `saturation`    | concentration in equilibrium with the gas      | mol/m³     |
/// | `concentration` | concentration in the liquor                    | mol/m³     |
///
/// # Source
/// W. G. Whitman, Chem. Metall. Eng. 29 (1923) 146-148 (two films; here the liquid side's).
#[inline]
pub fn gas_transfer<S: Scalar>(kla: S, saturation: S, concentration: S) -> S {
    kla * (saturation - concentration)
}

/// Volumetric coefficient at another temperature, 1/s: `kla20 θ^(T - 293.15 K)`.
///
/// # Source
/// ASCE/EWRI 2-06, *Measurement of Oxygen Transfer in Clean Water* (2007): θ = 1.024.
#[inline]
pub fn kla_at<S: Scalar>(kla20: f64, theta: f64, temperature: S) -> S {
    ((temperature - 293.15) * theta.ln()).exp() * kla20
}
