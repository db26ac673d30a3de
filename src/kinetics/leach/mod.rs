//! Leaching of minerals in a liquor: many particles, several reactions, one liquor.
//!
//! A [`LeachModelBuilder`] takes what a process file says; [`LeachModel`] is the compiled result, built once and run for
//! any number of cases: [`LeachModel::batch`] over time, [`LeachModel::tank`] for a stirred tank at steady state.
//! Amounts change by reactions only, `n = n_0 + ν ξ`, so that elements are conserved by construction; the extent of a
//! mineral's leaching follows from its cores.

mod batch;
mod border;
mod build;
mod coordinate;
mod course;
mod define;
mod error;
mod kernel;
mod law;
mod model;
mod particles;
mod sensitivity;
mod speciation;
mod system;
mod tank;
mod tank_flow;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod w1;
#[cfg(test)]
mod coupled;
#[cfg(test)]
mod free;

pub use batch::{Batch, BatchOutcome, Thermal, Tolerance};
pub use define::{
    Arrhenius, LawDef, LeachModelBuilder, MineralDef, ParameterDef, ParameterSet, PathDef, ReactionDef,
    TransferDef,
};
pub use error::{Fault, LeachError, ModelError};
pub use model::{LeachModel, Mineral, ModelReaction, Volume, Workspace};
pub use sensitivity::Leaching;
pub use tank::{Tank, TankOutcome};
