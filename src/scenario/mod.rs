//! Text to checked model, with source spans; the only place that knows the file formats.

pub mod bind;
pub mod cases;
mod columns;
pub mod connect;
mod diagnostic;
mod document;
mod ensemble;
mod evidence;
mod fitfile;
mod equilibrium;
mod library;
mod model;
mod overrides;
mod parameters;
mod process;
mod references;
mod schema;
mod species;

pub use columns::{ColumnsEntry, LookupEntry, ObservedColumn, ValueEntry};
pub use connect::ControllerEntry;
pub use diagnostic::{Code, Diagnostic, DiagnosticJson, Diagnostics, Source, Sources, nearest, suggest};
pub use document::{Document, MAX_BYTES, Node, Table, read_text};
pub use ensemble::{CorrelationEntry, FactorEntry, OptimiseEntry, SlurmEntry, SweepEntry, difference_of};
pub use equilibrium::EquilibriumEntry;
pub(crate) use equilibrium::beside;
pub use evidence::{CovarianceEntry, FIT, FitEntry, FitRecord};
pub use fitfile::{CandidateEntry, DataEntry, EstimateEntry, FitFile, ReadFit};
pub(crate) use library::hash_of;
pub use library::{Library, shipped_cases, shipped_scenario, shipped_scenarios};
pub use model::{FORMAT, KEYS, Model, SolverEntry};
pub use overrides::split_path;
pub use parameters::is_never_negative;
pub use process::{
    FeedstockEntry, MineralEntry, ParameterEntry, ParameterRecord, PathEntry, Process, ReactionEntry,
    TransferEntry,
};
pub use references::Reference;
pub use schema::schema;
pub use species::ReagentText;
