//! Rates of reactions and of the leaching of particles; knows no tank.
//!
//! Each rate law has its own file and is written once over [`Scalar`](crate::numerics::Scalar):
//! [`shrinking_core`], [`shrinking_particle`], [`avrami`], [`power_law`], [`autocatalytic`] for solids;
//! [`arrhenius`], [`henry`], [`gas_transfer`] for their coefficients and for gases. [`expression`] compiles the
//! rate expressions of process files.

pub mod arrhenius;
pub mod autocatalytic;
pub mod avrami;
pub mod expression;
pub mod gas_transfer;
pub mod henry;
pub mod leach;
pub mod power_law;
pub mod shape;
pub mod shrinking_core;
pub mod shrinking_particle;

pub use shape::Shape;
