//! Number types, integrators and solvers; no chemistry.
//!
//! [`Scalar`] is the number type that physics is written over: `f64`, [`Dual`] (exact derivatives), SIMD lanes.
//! [`quadrature`] integrates over an interval.

mod dual;
mod error;
mod lanes;
pub mod quadrature;
mod scalar;

pub use dual::Dual;
pub use error::DomainError;
pub use scalar::Scalar;
