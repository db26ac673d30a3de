//! Aqueous equilibrium: speciation, precipitation, redox.

pub mod database;
pub mod activity;

pub use database::Database;
