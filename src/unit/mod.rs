//! Unit operations, one file each, all behind one trait.
//!
//! A unit takes inlet streams and returns outlet streams, KPIs, profiles, utilities and warnings. It
//! never prints, never panics and never looks outside. To add one: its file here and one line of
//! [`KINDS`].

pub mod parameters;

mod absorb;
mod batch_leach;
mod ccd;
mod crystallise;
mod cstr_leach;
mod equilibrate;
mod feed;
mod filter;
mod heater;
mod leaching;
mod make_up;
mod liquor;
mod mixer;
mod moves;
mod outcome;
mod react;
mod reactor;
mod registry;
mod sink;
mod size;
mod smooth;
mod speciate;
mod splitter;
mod sx_contact;
mod thickener;
mod volume;

use std::sync::Arc;

pub use mixer::{mix, mixed_temperature};
pub use moves::{LANES, Moves, Moving};
pub use outcome::{Axis, Kpi, Outcome, Profile, Series, Utility};
pub use registry::{KINDS, UnitKind, find_kind};
pub use size::Size;
pub use volume::VolumeModel;

use crate::chemistry::{SpeciesTable, Stream};
use crate::equilibrium::extraction::Extraction;
use crate::equilibrium::medium::Medium;
use crate::kinetics::leach::{LeachModel, ParameterSet};
use crate::numerics::Scalar;

/// Whether streams are per second or per batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Steady state; amounts are mol/s.
    Continuous,
    /// One charge; amounts are mol.
    Batch,
}

/// What a unit is made with, beside its own parameters.
#[derive(Debug, Clone)]
pub struct Context {
    /// The species of the scenario.
    pub table: Arc<SpeciesTable>,
    /// Per second or per batch.
    pub basis: Basis,
    /// How solution volume follows from amounts.
    pub volume: VolumeModel,
    /// Leach models of the processes in use.
    pub processes: Vec<Arc<ProcessModel>>,
    /// Feedstocks of the processes in use, by name.
    pub feedstocks: Arc<Vec<(String, parameters::Args)>>,
    /// Reagents by name: the species they bring when dissolved, mol per mol of the reagent.
    pub reagents: Arc<Vec<Reagent>>,
    /// The aqueous equilibrium, where the scenario asks for one.
    pub equilibrium: Option<Arc<Medium>>,
}

/// The compiled kinetics of a process file, with the parameter values in force.
#[derive(Debug)]
pub struct ProcessModel {
    /// Name of the process: `cobalt/lco-sulfuric-peroxide`.
    pub name: String,
    /// Rate laws and reactions.
    pub model: Arc<LeachModel>,
    /// Values, those of the scenario in place of the file's where it overrides them.
    pub parameters: ParameterSet,
    /// Reactions between an aqueous and an organic phase, where it has any.
    pub extraction: Option<Arc<Extraction>>,
    /// Parameters with the temperatures between which they were measured, K.
    pub temperature_ranges: Vec<(String, (f64, f64))>,
}

/// A substance as bought: what it brings into a solution.
#[derive(Debug, Clone, PartialEq)]
pub struct Reagent {
    /// Name: `H2SO4`.
    pub name: String,
    /// kg/mol.
    pub molar_mass: f64,
    /// Species and mol of each per mol of the reagent.
    pub brings: Vec<(crate::chemistry::SpeciesId, f64)>,
}

/// Molar mass (kg/mol) of a reagent or species of the scenario by name.
pub fn molar_mass(name: &str, context: &Context) -> Option<f64> {
    let name = parameters::Located { value: name.to_owned(), place: parameters::Place::default() };
    feed::dissolved(&name, context).ok().map(|(molar_mass, _)| molar_mass)
}

/// Refuses a quantity per second in a batch plant and one per batch in a continuous plant.
///
/// # Errors
/// [`parameters::BuildError`] at the value.
pub fn check_basis(
    args: &parameters::Args,
    name: &str,
    basis: Basis,
    per_second: crate::quantity::Dimension,
    per_batch: crate::quantity::Dimension,
) -> Result<(), parameters::BuildError> {
    let Some(parameters::Value::Quantity(m)) = args.find(name).map(|v| &v.value) else { return Ok(()) };
    let (wanted, plant) = match basis {
        Basis::Continuous => (per_second, "continuous"),
        Basis::Batch => (per_batch, "batch"),
    };
    if m.dimension.same_exponents(wanted) {
        return Ok(());
    }
    let message = format!("`{name}` in a {plant} plant must be {wanted}, found {}", m.dimension);
    Err(parameters::BuildError::at(args.place_of(name), message)
        .help("`basis` at the top of the scenario says whether amounts are per second or per batch"))
}

/// One port of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Name, as in `leach.slurry`.
    pub name: String,
    /// Whether a stream must be joined to it.
    pub required: bool,
    /// Whether several streams may be joined to it (they are mixed).
    pub many: bool,
}

impl Port {
    /// A port that takes exactly one stream.
    pub fn one(name: &str) -> Self {
        Port { name: name.to_owned(), required: true, many: false }
    }
    /// A port that may stay unconnected.
    pub fn optional(name: &str) -> Self {
        Port { name: name.to_owned(), required: false, many: false }
    }
    /// A port that takes one stream or more, mixed adiabatically.
    pub fn many(name: &str) -> Self {
        Port { name: name.to_owned(), required: true, many: true }
    }
}

/// The ports of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ports {
    /// Where streams enter.
    pub inlets: Vec<Port>,
    /// Where streams leave.
    pub outlets: Vec<Port>,
}

impl Ports {
    /// Ports from inlet and outlet lists.
    pub fn new(inlets: Vec<Port>, outlets: Vec<Port>) -> Self {
        Ports { inlets, outlets }
    }
}

/// The streams that enter a unit, by port; an unconnected optional port has none.
#[derive(Debug, Clone)]
pub struct Inlets<S = f64> {
    streams: Vec<(String, Stream<S>)>,
}

impl<S> Default for Inlets<S> {
    fn default() -> Inlets<S> {
        Inlets { streams: Vec::new() }
    }
}

impl<S> Inlets<S> {
    /// From port names and streams.
    pub fn new(streams: Vec<(String, Stream<S>)>) -> Self {
        Inlets { streams }
    }
    /// The stream at a port.
    ///
    /// # Errors
    /// [`UnitError::NoInlet`] if nothing is joined to the port.
    pub fn port(&self, name: &str) -> Result<&Stream<S>, UnitError> {
        self.get(name).ok_or_else(|| UnitError::NoInlet { port: name.to_owned() })
    }
    /// The stream at an optional port.
    pub fn get(&self, name: &str) -> Option<&Stream<S>> {
        self.streams.iter().find(|(port, _)| port == name).map(|(_, s)| s)
    }
    /// All inlets.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Stream<S>)> {
        self.streams.iter().map(|(name, s)| (name.as_str(), s))
    }
}

/// Why a unit has no solution.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnitError {
    /// A stream that the unit needs is missing.
    #[error("nothing enters at `{port}`")]
    NoInlet {
        /// The port.
        port: String,
    },
    /// The state asked for does not exist.
    #[error("{0}")]
    Infeasible(String),
    /// An integration or iteration failed.
    #[error("{what} did not converge: {why}")]
    NotConverged {
        /// What was being solved.
        what: String,
        /// The solver's words.
        why: String,
    },
}

/// A unit operation.
pub trait Unit: Send + Sync + std::fmt::Debug {
    /// Where streams enter and leave.
    fn ports(&self) -> Ports;
    /// Outlets, KPIs and the rest, from the inlets.
    ///
    /// # Errors
    /// [`UnitError`] if the inlets leave the unit without a solution.
    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError>;
    /// As [`Unit::solve`], from the memory of an earlier outcome of this unit ([`Outcome::memory`]; empty where there
    /// is none). The solution is the same to the unit's tolerance; only the way to it is shorter.
    ///
    /// # Errors
    /// As [`Unit::solve`].
    fn solve_near(&self, inlets: &Inlets, memory: &[f64]) -> Result<Outcome, UnitError> {
        let _ = memory;
        self.solve(inlets)
    }
    /// As [`Unit::solve`], over numbers that carry derivatives: of what enters, and of what the unit is made with by `moves`.
    /// `None` where the unit has no derivatives; they are then taken by differences of the unit.
    ///
    /// # Errors
    /// As [`Unit::solve`].
    fn solve_along(
        &self,
        inlets: &Inlets<Moving>,
        moves: &Moves,
    ) -> Option<Result<Outcome<Moving>, UnitError>> {
        let _ = (inlets, moves);
        None
    }
    /// Whether [`Unit::solve_along`] knows how the unit moves with the parameter at a path (`temperature`, `size.d`).
    fn moves_with(&self, path: &str) -> bool {
        let _ = path;
        false
    }
    /// Whether matter may enter or leave the plant here (feeds, products, discharges).
    fn boundary(&self) -> Option<Boundary> {
        None
    }
}

/// The outlets of a unit that may vent its gas.
fn vented_ports(port: &str, vent: bool) -> Vec<Port> {
    std::iter::once(Port::one(port)).chain(vent.then(|| Port::one("gas"))).collect()
}

/// The outcome with its main outlet, the gas by an outlet of its own where the unit vents.
fn vented<S: Scalar>(outcome: Outcome<S>, port: &str, stream: Stream<S>, vent: bool) -> Outcome<S> {
    if !vent {
        return outcome.outlet(port, stream);
    }
    let gas = stream.part(crate::chemistry::Part::Gas);
    let mut rest = stream;
    for (amount, taken) in rest.amounts.iter_mut().zip(&gas.amounts) {
        *amount -= *taken;
    }
    outcome.outlet(port, rest).outlet("gas", gas)
}

/// What crosses the plant's boundary at a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// Ore, scrap or residue: the basis of recovery.
    Feedstock,
    /// Water and reagents.
    Reagent,
    /// What the plant is run for.
    Product,
    /// Everything else that leaves.
    Discharge,
}
