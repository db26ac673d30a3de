//! Activity models of aqueous solutions.

pub mod classes;
pub mod pitzer;
pub mod water;
