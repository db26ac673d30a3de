//! The compiled leach model and the memory it runs in.

use super::border::Border;
use super::define::ParameterSet;
use super::law::{Progress, Resistance};
use super::system::Scratch;
use crate::equilibrium::medium::Medium;
use crate::kinetics::expression::{Program, Reading, Register};
use crate::numerics::Scalar;
use crate::numerics::rosenbrock::{Rosenbrock, Step};
use std::sync::Arc;

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
    /// What rates read free concentrations and activities in, where they do.
    pub(super) equilibrium: Option<Arc<Medium>>,
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

    /// The equilibrium that its rates read, and what they read there.
    pub fn equilibrium(&self) -> Option<(&Arc<Medium>, &[Reading])> {
        self.equilibrium.as_ref().map(|medium| (medium, self.program.readings()))
    }

    /// Amounts after extents: `n + ν ξ`.
    pub(super) fn apply<S: Scalar>(&self, amounts: &[S], extents: &[S], out: &mut [S]) {
        out.copy_from_slice(amounts);
        for (reaction, extent) in self.reactions.iter().zip(extents) {
            for (species, nu) in &reaction.terms {
                out[*species] += *extent * *nu;
            }
        }
    }
}

/// Volume of the liquor, m³ (or m³/s), by which amounts become concentrations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Volume<'a, S = f64> {
    /// The same throughout.
    Fixed(S),
    /// `base + Σ per_amount n`.
    Linear {
        /// Part that depends on no amount.
        base: S,
        /// m³/mol, by species.
        per_amount: &'a [S],
    },
}

impl<S: Scalar> Volume<'_, S> {
    /// The volume of a liquor.
    pub fn of(&self, amounts: &[S]) -> S {
        match self {
            Volume::Fixed(volume) => *volume,
            Volume::Linear { base, per_amount } => {
                amounts.iter().zip(*per_amount).fold(*base, |sum, (n, v)| sum + *n * *v)
            }
        }
    }

    pub(super) fn slope(&self, terms: &[(usize, f64)]) -> S {
        let none = S::from(0.0);
        match self {
            Volume::Fixed(_) => none,
            Volume::Linear { per_amount, .. } => {
                terms.iter().fold(none, |sum, (species, nu)| sum + per_amount[*species] * *nu)
            }
        }
    }
}

/// Memory of a run; reused from run to run, one per thread.
#[derive(Clone, Debug)]
pub struct Workspace<S: Scalar = f64> {
    pub(super) border: Border<S>,
    pub(super) scratch: Scratch<S>,
    pub(super) method: Rosenbrock<S>,
    pub(super) state: Vec<S>,
}

impl<S: Scalar> Workspace<S> {
    /// Accepted steps of the last run.
    pub(super) fn steps(&self) -> &[Step] {
        &self.method.trace
    }
}

impl<S: Scalar> Default for Workspace<S> {
    fn default() -> Workspace<S> {
        Workspace {
            border: Border::default(),
            scratch: Scratch::default(),
            method: Rosenbrock::default(),
            state: Vec::new(),
        }
    }
}
