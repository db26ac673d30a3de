//! Number types, integrators and solvers; no chemistry.
//!
//! [`Scalar`] is the number type that physics is written over: `f64`, [`Dual`] (exact derivatives).
//! [`rosenbrock`] integrates stiff equations, with the linear algebra of [`dense`] or [`arrow`] (many local states, a
//! small border); [`stiff`] is its plain face. [`quadrature`] integrates over an interval;
//! [`least_squares`] fits between bounds.

pub mod arrow;
pub mod chebyshev;
pub mod fixed_point;
pub mod dense;
pub mod difference;
pub mod least_squares;
mod dual;
mod error;
mod exp;
mod omega;
pub mod quadrature;
pub mod root;
pub mod rosenbrock;
mod scalar;
pub mod stiff;
mod tableau;

pub use dual::Dual;
pub use error::DomainError;
pub use exp::exp_in_place;
pub use scalar::Scalar;
