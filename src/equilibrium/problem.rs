//! What is known about a state: totals, fixed activities, candidates, water.

use super::system::System;

/// What is known about one component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// Its amount over all species, solids and gases, mol of master species; zero: absent.
    Total(f64),
    /// `log10` of the activity of its master species: -pH, -pe.
    LogActivity(f64),
    /// Takes the value that leaves the solution with this charge, equivalents (mostly zero).
    Charge(f64),
    /// Takes the value that gives the alkalinity, equivalents.
    Alkalinity(f64),
    /// Held by a phase at a saturation index, its total unknown: no other component is moved with it, as in a first guess
    /// at an analysis. A gas that really dissolves or leaves is a reservoir, see [`Problem::reservoirs`].
    Saturation {
        /// Index of the phase.
        phase: usize,
        /// `log10 (IAP/K)`, or `log10` of the pressure of a gas.
        index: f64,
    },
}

/// What is known about water.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Water {
    /// Mass of liquid water, kg.
    Mass(f64),
    /// Amount of H2O in all species and phases together, mol; the mass of liquid water follows.
    Total(f64),
}

/// A solid that precipitates when supersaturated and dissolves when not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Index of the phase.
    pub phase: usize,
    /// Saturation index at which it forms, mostly zero.
    pub index: f64,
}

/// A closed gas space.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GasSpace {
    /// Volume, m³.
    pub volume: f64,
    /// The gases in it, indices of phases; their amounts count to the totals.
    pub gases: Vec<usize>,
}

/// One equilibrium to find.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// K.
    pub temperature: f64,
    /// One for each component of the system.
    pub conditions: Vec<Condition>,
    /// Water.
    pub water: Water,
    /// Solids that may form.
    pub candidates: Vec<Candidate>,
    /// How many of the last candidates are reservoirs: phases without end, always present, that give or take whatever
    /// keeps them at their index: a gas at fixed `log10` pressure. Their [`State::amount`](super::State::amount) is what
    /// they have taken up since the totals were drawn up, negative if they gave.
    pub reservoirs: usize,
    /// A closed gas space.
    pub gas: Option<GasSpace>,
}

impl Problem {
    /// The candidates that are no reservoirs.
    pub fn solids(&self) -> &[Candidate] {
        &self.candidates[..self.first_reservoir()]
    }

    pub(super) fn first_reservoir(&self) -> usize {
        self.candidates.len().saturating_sub(self.reservoirs)
    }

    /// One kilogram of pure water at 25 °C: no totals, the proton from electroneutrality.
    pub fn new(system: &System) -> Problem {
        let mut conditions = vec![Condition::Total(0.0); system.components.len()];
        conditions[0] = Condition::Charge(0.0);
        if let Some(electron) = system.electron {
            conditions[electron] = Condition::LogActivity(-4.0);
        }
        Problem {
            temperature: 298.15,
            conditions,
            water: Water::Mass(1.0),
            candidates: Vec::new(),
            reservoirs: 0,
            gas: None,
        }
    }
}
