//! Best values of factors for an aim, under limits.
//!
//! | method   | finds                                     | by                                                       |
//! |----------|-------------------------------------------|----------------------------------------------------------|
//! | slsqp    | the nearest best point; limits exactly    | gradients (the plant's, else differences), crate `slsqp` |
//! | cobyla   | the nearest best point of a noisy plant   | linear models without gradients, crate `cobyla`          |
//! | cma-es   | the best point among many                 | evolution, crate `cmaes`; then `slsqp` from there        |
//! | nsga2    | the front between several aims            | NSGA-II: own; the crate `moors` would bring some 60 more  |
//!
//! All work on the unit cube: a factor's range, linear or logarithmic, becomes 0..1. A case without a result counts as
//! worse than any that has one. The same problem and seed give the same answer whatever the threads.

mod local;
mod nsga2;
mod problem;

pub use local::{cma_es, cobyla, slsqp};
pub use nsga2::{Individual, Nsga2, front};
pub use problem::{Aim, Best, Broken, Limit, OptimiseError, Problem, Trial};

#[cfg(test)]
mod tests;
