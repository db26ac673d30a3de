//! Rate expressions of process files: text, checked for dimensions, compiled once, evaluated over any
//! [`Scalar`](crate::numerics::Scalar).
//!
//! ```text
//! k_d * (1 + c_Cu*[Cu+2]) * [H2O2] / 2
//! ```
//! Operators `+ - * / ^` and parentheses; numbers (dimensionless; a literal `0` fits every dimension); names of
//! parameters and definitions; `[species]`, the total concentration in the liquor in mol/m³; `free[species]` and
//! `activity[species]`, what the equilibrium of the plant leaves of it; `T`, the temperature in K;
//! functions `exp ln log10 sqrt cbrt abs min max`.
//!
//! A [`Compiler`] turns expressions that share definitions into one [`Program`]: constants folded, equal
//! subexpressions computed once, definitions in the order of their dependence. What depends on temperature and
//! parameters alone is the program's prelude, evaluated once per temperature.

mod ast;
mod compile;
mod error;
mod plain;
mod program;
mod tangent;

pub(crate) use compile::nearest;
pub use compile::{Compiler, Symbols};
pub use error::{ExpressionError, Problem};
pub use plain::Plain;
pub use program::{Basis, Op, ParameterView, Program, Reading, Register};
pub use tangent::Tangents;
