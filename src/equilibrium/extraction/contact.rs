//! Counter-current contact of two phases in stages, all stages and reactions at once.
//!
//! The aqueous phase runs from stage 1 to N, the organic from N to 1. With extents ξ(s, r) the amounts that leave stage s are
//!
//! ```text
//! aqueous   n(s) = n(in) + additions up to s + Σ_{t ≤ s} ν ξ(t)
//! organic   n(s) = n(in) + Σ_{t ≥ s} ν ξ(t)
//! ```
//! A stage of efficiency E (Murphree, of the organic phase) takes the organic from what enters to E of the way to
//! equilibrium with the aqueous phase that leaves; since the composition moves along the reactions, that equilibrium has
//! the extents ξ(s)/E. Equations: ln Q = ln K for each reaction in each stage.
//!
//! Newton's method from any start: amounts and extents are iterated together, the amounts always positive, and the
//! balances that tie them, being linear, hold from the first whole step on.

use super::Extraction;
use super::search::{Fall, SETTLED, Search, fall_of_logarithm, fall_of_reciprocal};
use crate::kinetics::expression::ParameterView;
use crate::kinetics::leach::Volume;

/// How amounts fall, and for how many iterations this is tried.
const SEARCHES: [(Fall, usize); 2] = [(fall_of_logarithm, 60), (fall_of_reciprocal, 400)];

/// A contact to be solved; amounts are mol or mol/s, by species of the table.
#[derive(Clone, Copy, Debug)]
pub struct Contact<'a> {
    /// Parameter values of the process.
    pub parameters: ParameterView<'a>,
    /// Temperature, K.
    pub temperature: f64,
    /// Number of stages.
    pub stages: usize,
    /// Murphree efficiency of the organic phase, above 0 to 1.
    pub efficiency: f64,
    /// What enters with the aqueous phase, at stage 1.
    pub aqueous: &'a [f64],
    /// What enters with the organic phase, at the last stage.
    pub organic: &'a [f64],
    /// Species and amounts that enter the aqueous phase of each stage besides.
    pub additions: &'a [Vec<(usize, f64)>],
    /// Volume of the aqueous phase.
    pub aqueous_volume: Volume<'a>,
    /// Volume of the organic phase.
    pub organic_volume: Volume<'a>,
    /// [`Contacted::memory`] of a contact of as many stages to start from; empty: none.
    pub guess: &'a [f64],
}

/// What a contact does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contacted {
    /// Amounts in the aqueous phase that leaves each stage, `[stage, species]` row by row.
    pub aqueous: Vec<f64>,
    /// Amounts in the organic phase that leaves each stage, `[stage, species]` row by row.
    pub organic: Vec<f64>,
    /// Extents, mol or mol/s, `[stage, reaction]` row by row.
    pub extents: Vec<f64>,
    /// What the next contact of the same kind may start from, [`Contact::guess`].
    pub memory: Vec<f64>,
    /// Newton iterations.
    pub iterations: usize,
}

/// Why a contact has no solution.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ContactError {
    /// A constant that is not positive.
    #[error("the constant of `{reaction}` is {value:e}; it must be positive")]
    Constant {
        /// Reaction.
        reaction: String,
        /// Its constant.
        value: f64,
    },
    /// Newton's method did not settle.
    #[error(
        "not settled after {iterations} iterations: `{reaction}` in stage {stage} is off by {residual:.2e} in ln Q"
    )]
    NotConverged {
        /// Iterations made.
        iterations: usize,
        /// Reaction that is furthest off.
        reaction: String,
        /// Stage, from 1.
        stage: usize,
        /// ln Q − ln K.
        residual: f64,
    },
    /// A species would have to go below nothing.
    #[error("more of species {species} is consumed than enters: {amount:.3e} mol")]
    Exhausted {
        /// Index of the species.
        species: usize,
        /// What would be left.
        amount: f64,
    },
}

impl Extraction {
    /// Solves a contact.
    ///
    /// # Errors
    /// [`ContactError`] if a constant is not positive or no equilibrium is found.
    pub fn contact(&self, case: &Contact<'_>) -> Result<Contacted, ContactError> {
        let mut search = Search::new(self, case)?;
        let size = case.stages * search.active.len();
        if size == 0 {
            return search.conclude(0);
        }
        let mut iterations = 0;
        for ((fall, limit), guess) in SEARCHES.into_iter().zip([case.guess, &[]]) {
            search.begin(guess);
            for _ in 0..limit {
                iterations += 1;
                search.evaluate();
                match search.step(fall) {
                    Some(change) if change < SETTLED => return search.conclude(iterations),
                    Some(_) => {}
                    None => break,
                }
            }
        }
        Err(search.not_converged(iterations))
    }
}

impl Search<'_> {
    /// What the settled search found.
    fn conclude(self, iterations: usize) -> Result<Contacted, ContactError> {
        let (case, model) = (self.case, self.model);
        let (stages, m, all) = (case.stages, self.active.len(), model.reactions.len());
        let mut result = Contacted { iterations, extents: vec![0.0; stages * all], ..Contacted::default() };
        for stage in 0..stages {
            for (a, &r) in self.active.iter().enumerate() {
                result.extents[stage * all + r] = self.extents[stage * m + a];
            }
        }
        let species = case.aqueous.len();
        let apply = |amounts: &mut [f64], stage: usize, organic: bool| {
            for (reaction, extent) in model.reactions.iter().zip(&result.extents[stage * all..]) {
                for (species, nu) in reaction.terms.iter().filter(|t| model.organic[t.0] == organic) {
                    amounts[*species] += nu * extent;
                }
            }
        };
        let (mut aqueous, mut organic) = (vec![0.0; stages * species], vec![0.0; stages * species]);
        let mut before = case.aqueous;
        for (stage, amounts) in aqueous.chunks_exact_mut(species).enumerate() {
            amounts.copy_from_slice(before);
            for (species, amount) in case.additions.get(stage).into_iter().flatten() {
                amounts[*species] += amount;
            }
            apply(amounts, stage, false);
            before = amounts;
        }
        let left = before;
        before = case.organic;
        for (stage, amounts) in organic.chunks_exact_mut(species).enumerate().rev() {
            amounts.copy_from_slice(before);
            apply(amounts, stage, true);
            before = amounts;
        }
        for (species, amount) in [left, before].into_iter().flat_map(|own| own.iter().enumerate()) {
            let scale = case.aqueous[species].abs() + case.organic[species].abs();
            if *amount < -1e-9 * scale {
                return Err(ContactError::Exhausted { species, amount: *amount });
            }
        }
        result.memory.reserve(result.extents.len() + self.amounts.len());
        result.memory.extend(&result.extents);
        result.memory.extend(&self.amounts);
        Ok(Contacted { aqueous, organic, ..result })
    }
}
