//! Temperature dependence of a rate constant.

use crate::numerics::Scalar;

/// Molar gas constant, J/(mol K): exact since the SI of 2019 (CODATA 2018).
pub const GAS_CONSTANT: f64 = 8.314462618;

/// Rate constant at a temperature, from its value at a reference temperature and an activation energy.
///
/// | name      | meaning                                  | unit       |
/// |-----------|------------------------------------------|------------|
/// | `k`       | rate constant at the reference           | any        |
/// | `ea`      | activation energy                        | J/mol      |
/// | `t_ref`   | reference temperature                    | K          |
/// | `t`       | temperature                              | K          |
/// | returns   | `k exp(-ea/R (1/t - 1/t_ref))`           | as `k`     |
///
/// # Source
/// S. Arrhenius, Z. Phys. Chem. 4 (1889) 226-248, in the form centred on a reference temperature.
/// # Example
/// ```
/// use lixivia::kinetics::arrhenius::arrhenius;
/// // the rule of thumb: about 53 kJ/mol doubles a rate between 25 and 35 degC
/// let ratio: f64 = arrhenius(1.0, 52_940.0, 298.15, 308.15);
/// assert!((ratio - 2.0).abs() < 1e-3);
/// ```
#[inline]
pub fn arrhenius<S: Scalar>(k: S, ea: S, t_ref: f64, t: S) -> S {
    ((t.recip() - 1.0 / t_ref) * (-ea / GAS_CONSTANT)).exp() * k
}
