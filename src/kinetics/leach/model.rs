//! The compiled leach model and the memory it runs in.

use super::border::Border;
use super::define::ParameterSet;
use super::law::{Progress, Resistance};
use super::system::Scratch;
use crate::kinetics::expression::{Program, Register};
use crate::numerics::rosenbrock::Rosenbrock;

/// A compiled leach: build once, run many cases.
#[derive(Clone, Debug)]
pub struct LeachModel {
    pub(super) program: Program,
    pub(super) parameters: ParameterSet,
    pub(super) minerals: Vec<Mineral>,
    pub(super) reactions: Vec<ModelReaction>,
    /// Registers that the balances read: of each mineral, then of each reaction that is no path.
    pub(super) outputs: Vec<Register>,
    pub(super) species: usize,
}

/// A mineral of a [`LeachModel`].
#[derive(Clone, Debug)]
pub struct Mineral {
    /// Name in messages and results.
    pub name: String,
    /// Index of its species.
    pub species: usize,
    /// Its reactions, as a range of [`LeachModel::reactions`].
    pub paths: std::ops::Range<usize>,
    pub(super) molar_volume: f64,
    pub(super) progress: Progress,
    pub(super) resistance: Resistance,
    /// Place in [`LeachModel::outputs`] of the coefficients (1 or 4), followed by the share of each path.
    pub(super) output: usize,
    pub(super) coefficients: usize,
    /// How many of the coefficients change with the liquor, at constant temperature.
    pub(super) varying: usize,
}

impl Mineral {
    /// Whether its law needs the size of the particles.
    pub fn is_sized(&self) -> bool {
        matches!(self.progress, Progress::Core(_))
    }
}

/// A reaction of a [`LeachModel`].
#[derive(Clone, Debug, PartialEq)]
pub struct ModelReaction {
    /// Name: of the reaction, or of the mineral with the number of the path.
    pub name: String,
    /// Species and mol per mol of extent. A path's extent counts mol of mineral dissolved; another's is as written.
    pub terms: Vec<(usize, f64)>,
    /// Enthalpy at 298.15 K, J per mol of extent, where data exist.
    pub enthalpy: Option<f64>,
}

impl LeachModel {
    /// Default values of the parameters.
    pub fn parameters(&self) -> &ParameterSet {
        &self.parameters
    }

    /// The minerals, in the order of population lists and results.
    pub fn minerals(&self) -> &[Mineral] {
        &self.minerals
    }

    /// The reactions, in the order of extents: paths of all minerals, then reactions, then transfers.
    pub fn reactions(&self) -> &[ModelReaction] {
        &self.reactions
    }

    /// Amounts after extents: `n + ν ξ`.
    pub(super) fn apply(&self, amounts: &[f64], extents: &[f64], out: &mut [f64]) {
        out.copy_from_slice(amounts);
        for (reaction, extent) in self.reactions.iter().zip(extents) {
            for (species, nu) in &reaction.terms {
                out[*species] += nu * extent;
            }
        }
    }
}

/// Volume of the liquor, m³ (or m³/s), by which amounts become concentrations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Volume<'a> {
    /// The same throughout.
    Fixed(f64),
    /// `base + Σ per_amount n`.
    Linear {
        /// Part that depends on no amount.
        base: f64,
        /// m³/mol, by species.
        per_amount: &'a [f64],
    },
}

impl Volume<'_> {
    /// The volume of a liquor.
    pub fn of(&self, amounts: &[f64]) -> f64 {
        match self {
            Volume::Fixed(volume) => *volume,
            Volume::Linear { base, per_amount } => {
                base + amounts.iter().zip(*per_amount).map(|(n, v)| n * v).sum::<f64>()
            }
        }
    }

    pub(super) fn slope(&self, terms: &[(usize, f64)]) -> f64 {
        match self {
            Volume::Fixed(_) => 0.0,
            Volume::Linear { per_amount, .. } => {
                terms.iter().map(|(species, nu)| nu * per_amount[*species]).sum()
            }
        }
    }
}

/// Memory of a run; reused from run to run, one per thread.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    pub(super) border: Border,
    pub(super) scratch: Scratch,
    pub(super) method: Rosenbrock,
    pub(super) state: Vec<f64>,
}
