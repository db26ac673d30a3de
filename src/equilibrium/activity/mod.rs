//! Activity models of aqueous solutions.

pub mod classes;
mod mixing;
pub mod pitzer;
mod sit;
pub mod water;
