//! Aqueous equilibrium: speciation, precipitation, redox.
//!
//! A [`Database`] is compiled for a set of components to a [`System`]; a [`Problem`] says what is known of a state; a
//! [`Workspace`] holds the memory of the solver and its last answer, from which the next solve starts.

pub mod database;
pub mod activity;
mod system;
mod compile;
mod problem;
mod workspace;
mod linear;
mod assemble;
mod start;
mod solids;
mod fallback;
mod fugacity;
mod recombine;
mod solver;
mod state;
mod sensitivity;
pub mod curated;
pub mod curve;
pub mod extraction;
pub mod pourbaix;
pub mod liquor;
mod totals;
mod potential;
pub mod medium;
#[cfg(test)]
mod tests;

pub use database::Database;
pub use fugacity::CriticalPoint;
pub use problem::{Candidate, Condition, GasSpace, Problem, Water};
pub use sensitivity::{Parameter, Sensitivities};
pub use solver::{RESIDUAL_LIMIT, SolveError};
pub use state::State;
pub use system::{
    Component, Model, Options, Phase, Species, Stoichiometry, System, SystemError, WATER_MOLAR_MASS,
};
pub use workspace::{Statistics, Workspace};
