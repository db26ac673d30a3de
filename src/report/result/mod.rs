//! The result of a run as plain data, and every form it takes: HDF5, JSON, tables, a terminal summary.
//!
//! Values are SI (their unit stands beside them); only what people read is turned into their units.
//! Extensive values are per second in a continuous plant and per batch in a batch one.

mod charts;
mod hdf5;
mod json;
mod summary;
mod tables;

pub use json::SCHEMA_VERSION;

use std::path::Path;

use sha2::{Digest, Sha256};

use super::durable::FileError;

/// The layout of our HDF5 result files; raised when a reader has to change.
pub const LAYOUT_VERSION: i64 = 1;

/// The scenario that was run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scenario {
    /// Title from the file.
    pub title: String,
    /// Path as the user gave it.
    pub file: String,
    /// The whole text.
    pub text: String,
    /// Values that the command line put in place of the file's, as `path=value`.
    pub overrides: Vec<String>,
}

impl Scenario {
    /// SHA-256 of the text, in hexadecimal.
    pub fn sha256(&self) -> String {
        Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// One stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRow {
    /// The port it leaves: `leach.slurry`.
    pub name: String,
    /// Unit it leaves.
    pub from: String,
    /// Unit it enters.
    pub to: String,
    /// K.
    pub temperature: f64,
    /// Pa.
    pub pressure: f64,
    /// Total mass, kg or kg/s.
    pub mass: f64,
    /// Mass of solids, kg or kg/s.
    pub solids: f64,
    /// Volume of the liquor, m3 or m3/s; NaN where there is none.
    pub liquor_volume: f64,
    /// Amount of every species, mol or mol/s.
    pub amounts: Vec<f64>,
    /// Mass of every element, kg or kg/s.
    pub elements: Vec<f64>,
}

/// A species, as far as a reader of results needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeciesRow {
    /// Name.
    pub name: String,
    /// `aqueous`, `solid`, `gas`, `organic`.
    pub phase: String,
    /// kg/mol.
    pub molar_mass: f64,
    /// Atoms of every element in one formula unit, in the order of [`RunResult::elements`].
    pub composition: Vec<f64>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Full name: `units.leach.extraction.Co`, `plant.recovery.Co`.
    pub name: String,
    /// Value in the unit below.
    pub value: f64,
    /// Unit; `1` for a fraction.
    pub unit: String,
}

/// What of an element a product holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovery {
    /// Product unit; the plant's products together if empty.
    pub product: String,
    /// Symbol.
    pub element: String,
    /// Element in the product over element in all feedstocks.
    pub recovery: f64,
    /// Mass of the element over mass of the product.
    pub grade: f64,
    /// Mass of the element, kg or kg/s.
    pub mass: f64,
}

/// One balance of one element.
#[derive(Debug, Clone, PartialEq)]
pub struct Balance {
    /// Unit, or `plant`.
    pub unit: String,
    /// Symbol.
    pub element: String,
    /// What enters, mol or mol/s.
    pub inlet: f64,
    /// What leaves, mol or mol/s.
    pub outlet: f64,
    /// The difference, relative.
    pub relative: f64,
}

/// Quantities of one unit along one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileRows {
    /// The unit.
    pub unit: String,
    /// Name of the axis: `time`, `tank`.
    pub axis: String,
    /// Unit of the axis.
    pub axis_unit: String,
    /// Coordinates.
    pub at: Vec<f64>,
    /// Quantities along it.
    pub series: Vec<SeriesRow>,
}

/// One quantity along an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesRow {
    /// Name: `conversion.LiCoO2(s)`.
    pub name: String,
    /// SI unit.
    pub unit: String,
    /// Initial diameter of the class of particles that it follows, m.
    pub particles: Option<f64>,
    /// As many values as the axis has coordinates.
    pub values: Vec<f64>,
}

/// A reagent, utility or other thing that a unit uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// The unit that uses it.
    pub unit: String,
    /// `reagent` or `utility`.
    pub kind: String,
    /// What: the name of a reagent feed, `heating`, `electricity`.
    pub name: String,
    /// Value in the unit below.
    pub value: f64,
    /// Unit.
    pub of: String,
}

/// Name of the parameter row that tells of the aqueous equilibrium: database, activities, open couples, solids.
pub const EQUILIBRIUM: &str = "equilibrium";

/// A parameter that the run used, and whence it came.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterRow {
    /// Full name: `cobalt/lco-sulfuric-peroxide.k_a`, `units.leach.temperature`.
    pub name: String,
    /// Value in the unit below; NaN if it is no number.
    pub value: f64,
    /// Unit of the value; for a value that is no number, the value as text.
    pub unit: String,
    /// Source key, `scenario`, `default` or `estimate`.
    pub source: String,
    /// Standard uncertainty as written, or nothing.
    pub sigma: String,
    /// Range in which it was measured, as written, or nothing.
    pub range: String,
    /// Remark, and the reasoning behind an estimate.
    pub note: String,
}

/// What a controller reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// What it measures, the value reached, the value wanted, their unit.
    pub measured: (String, f64, f64, String),
    /// What it varies, the value found, its unit.
    pub varied: (String, f64, String),
}

/// How far a loop was from settling in one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct ResidualRow {
    /// Pass, from 1.
    pub pass: usize,
    /// Worst torn stream.
    pub stream: String,
    /// Worst element in it.
    pub element: String,
    /// Its change relative to the plant's feed.
    pub change: f64,
}

/// A converged run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunResult {
    /// The scenario.
    pub scenario: Scenario,
    /// Version of the program.
    pub version: String,
    /// Seed of whatever is drawn at random.
    pub seed: u64,
    /// Whether extensive values are per second, not per batch.
    pub continuous: bool,
    /// Species, in the order of [`StreamRow::amounts`].
    pub species: Vec<SpeciesRow>,
    /// Element symbols, in the order of [`StreamRow::elements`].
    pub elements: Vec<String>,
    /// Units: name and model.
    pub units: Vec<(String, String)>,
    /// Streams.
    pub streams: Vec<StreamRow>,
    /// Balances of units and plant.
    pub balances: Vec<Balance>,
    /// The worst relative closure of all balances.
    pub worst_closure: f64,
    /// Products by element.
    pub recoveries: Vec<Recovery>,
    /// Figures of the units.
    pub figures: Vec<Figure>,
    /// Courses along time or tanks.
    pub profiles: Vec<ProfileRows>,
    /// Reagents and utilities.
    pub uses: Vec<Use>,
    /// Controllers.
    pub controls: Vec<Control>,
    /// Parameters with sources.
    pub parameters: Vec<ParameterRow>,
    /// References used: key and full text.
    pub references: Vec<(String, String)>,
    /// Warnings: unit or file concerned, and text.
    pub warnings: Vec<(String, String)>,
    /// Tolerances in force: name and value.
    pub tolerances: Vec<(String, f64)>,
    /// Counts of the solver: name and value.
    pub statistics: Vec<(String, f64)>,
    /// Residuals of the loops, pass by pass.
    pub history: Vec<ResidualRow>,
    /// Wall time of the calculation, s.
    pub seconds: f64,
}

/// A run that failed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFailure {
    /// The scenario, as far as it was read.
    pub scenario: Scenario,
    /// Version of the program.
    pub version: String,
    /// Stable code of the error.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// File, line and column (both from 1) it concerns, if it concerns a place in a file.
    pub place: Option<(String, usize, usize)>,
    /// Further errors found at once: code, message, place.
    pub others: Vec<RunFailure>,
    /// Residuals of the loops, pass by pass.
    pub history: Vec<ResidualRow>,
}

impl RunResult {
    /// Unit of amounts: `mol/s` or `mol`.
    pub fn amount_unit(&self) -> &'static str {
        if self.continuous { "mol/s" } else { "mol" }
    }

    /// Unit of masses: `kg/s` or `kg`.
    pub fn mass_unit(&self) -> &'static str {
        if self.continuous { "kg/s" } else { "kg" }
    }

    /// Unit of volumes: `m3/s` or `m3`.
    pub fn volume_unit(&self) -> &'static str {
        if self.continuous { "m3/s" } else { "m3" }
    }

    /// The balance that closes worst.
    pub fn worst_balance(&self) -> Option<&Balance> {
        self.balances.iter().max_by(|a, b| a.relative.total_cmp(&b.relative))
    }

    /// All figures: those of the units, and recovery and grade of the products.
    pub fn all_figures(&self) -> Vec<Figure> {
        let of_product = |recovery: &Recovery| {
            let Recovery { product, element, .. } = recovery;
            let path = if product.is_empty() { element.clone() } else { format!("{product}.{element}") };
            let figure = |what: &str, value| Figure {
                name: format!("plant.{what}.{path}"),
                value,
                unit: "1".to_owned(),
            };
            [figure("recovery", recovery.recovery), figure("grade", recovery.grade)]
        };
        self.recoveries.iter().flat_map(of_product).chain(self.figures.iter().cloned()).collect()
    }

    /// Writes the result as one HDF5 file, replaced only when complete.
    ///
    /// # Errors
    /// [`FileError`] if the folder is missing or read-only or the disk is full.
    pub fn write_hdf5(&self, path: &Path) -> Result<(), FileError> {
        super::hdf5::write(path, &self.to_hdf5())
    }
}

#[cfg(test)]
pub(crate) mod tests;
