//! Lixivia: a simulator for hydrometallurgy and metal recovery.
//!
//! Each module may use those above it in this list and none below.

pub mod quantity;
pub mod numerics;
pub mod chemistry;
pub mod kinetics;
pub mod equilibrium;
pub mod unit;
pub mod flowsheet;
pub mod scenario;
pub mod report;
pub mod sweep;
pub mod fit;
pub mod validate;
pub mod cli;
