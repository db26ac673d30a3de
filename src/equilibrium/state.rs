//! The answer to a problem.

use super::problem::Problem;
use super::system::System;
use super::workspace::{MOLES_OF_WATER, Statistics, Workspace};
use std::f64::consts::LN_10;

/// Gas constant, J/(mol K), and Faraday constant, C/mol (CODATA 2018).
pub(super) const R: f64 = 8.314462618;
pub(super) const FARADAY: f64 = 96_485.332_12;

/// An equilibrium that passed its checks; a view into the workspace.
#[derive(Clone, Copy, Debug)]
pub struct State<'w> {
    pub(super) system: &'w System,
    pub(super) problem: &'w Problem,
    pub(super) ws: &'w Workspace,
}

impl State<'_> {
    /// `-log10` of the activity of H+.
    pub fn ph(&self) -> f64 {
        -self.ws.ln_activity[0] / LN_10
    }

    /// `-log10` of the activity of the electron; none if every couple is closed.
    pub fn pe(&self) -> Option<f64> {
        self.system.electron.map(|at| -self.ws.ln_activity[at] / LN_10)
    }

    /// Potential against the standard hydrogen electrode, V; none if every couple is closed.
    pub fn eh(&self) -> Option<f64> {
        self.pe().map(|pe| pe * LN_10 * R * self.problem.temperature / FARADAY)
    }

    /// Ionic strength, mol/kg.
    pub fn ionic_strength(&self) -> f64 {
        let species = self.system.species.iter().zip(&self.ws.molality).filter(|(s, _)| s.aqueous);
        0.5 * species.map(|(s, m)| s.charge * s.charge * m).sum::<f64>()
    }

    /// Activity of water.
    pub fn water_activity(&self) -> f64 {
        self.ws.ln_water.exp()
    }

    /// Mass of liquid water, kg.
    pub fn water_mass(&self) -> f64 {
        self.ws.kilograms(self.problem)
    }

    /// Molality of a species, mol per kg of water.
    pub fn molality(&self, species: usize) -> f64 {
        self.ws.molality[species]
    }

    /// Molality of a species by name; zero if the system does not have it.
    pub fn molality_of(&self, name: &str) -> f64 {
        self.system.find_species(name).map_or(0.0, |at| self.molality(at))
    }

    /// `log10` of a species' activity coefficient.
    pub fn log_gamma(&self, species: usize) -> f64 {
        self.ws.ln_gamma[species] / LN_10
    }

    /// `log10` of a species' activity; minus infinity if absent.
    pub fn log_activity(&self, species: usize) -> f64 {
        self.ws.molality[species].log10() + self.log_gamma(species)
    }

    /// `log10` of the activity of a component's master species.
    pub fn component_log_activity(&self, component: usize) -> f64 {
        self.ws.ln_activity[component] / LN_10
    }

    /// Amount of a candidate solid, mol.
    pub fn amount(&self, candidate: usize) -> f64 {
        self.ws.amounts[candidate]
    }

    /// Saturation index `log10 (IAP/K)`, or `log10` of a gas pressure; none if something in it is absent.
    pub fn saturation_index(&self, phase: usize) -> Option<f64> {
        self.system.excess(self.problem, self.ws, phase, 0.0).map(|excess| excess / LN_10)
    }

    /// Amount of a gas in the closed gas space, mol.
    pub fn gas_amount(&self, phase: usize) -> f64 {
        self.ws.molality[self.system.species.len() + phase] * self.water_mass()
    }

    /// Amount of a component in solution (and on exchangers), mol of master species.
    pub fn dissolved(&self, component: usize) -> f64 {
        let species = self.system.species.iter().zip(&self.ws.molality);
        let count =
            |s: &super::system::Species| s.balance.iter().find(|t| t.0 == component).map_or(0.0, |t| t.1);
        species.map(|(s, m)| count(s) * m).sum::<f64>() * self.water_mass()
    }

    /// Amount of a component over solution, exchangers, gas space and candidate solids, mol of master species.
    /// Reservoirs are outside.
    pub fn total(&self, component: usize) -> f64 {
        let count = |phase: usize| {
            let terms = &self.system.phases[phase].reaction.terms;
            terms.iter().find(|t| t.0 == component).map_or(0.0, |t| t.1)
        };
        let solids = self.problem.solids().iter().zip(&self.ws.amounts);
        let gases = self.problem.gas.iter().flat_map(|gas| &gas.gases);
        self.dissolved(component)
            + solids.map(|(c, n)| count(c.phase) * n).sum::<f64>()
            + gases.map(|gas| count(*gas) * self.gas_amount(*gas)).sum::<f64>()
    }

    /// How much of a component there is, each species counted by its size: of the proton, whose amounts have both signs,
    /// what its total is a difference of. Mol of master species.
    pub fn turnover(&self, component: usize) -> f64 {
        let count =
            |terms: &[(usize, f64)]| terms.iter().find(|t| t.0 == component).map_or(0.0, |t| t.1.abs());
        let species = self.system.species.iter().zip(&self.ws.molality);
        let solids = self.problem.solids().iter().zip(&self.ws.amounts);
        species.map(|(s, m)| count(&s.balance) * m).sum::<f64>() * self.water_mass()
            + solids.map(|(c, n)| count(&self.system.phases[c.phase].reaction.terms) * n.abs()).sum::<f64>()
    }

    /// `log10` of a species' activity by its mass action law, from the activities of components and water.
    pub fn log_activity_by_mass_action(&self, species: usize) -> f64 {
        let reaction = &self.system.species[species].reaction;
        let terms = reaction.terms.iter().map(|(c, n)| n * self.ws.ln_activity[*c]);
        let sum = self.ws.constants.species[species] + reaction.water * self.ws.ln_water + terms.sum::<f64>();
        sum / LN_10
    }

    /// Amount of H2O over all of it, mol.
    pub fn total_water(&self) -> f64 {
        let species = self.system.species.iter().zip(&self.ws.molality);
        let bound: f64 = species.map(|(s, m)| s.reaction.water * m).sum();
        let solids = self.problem.solids().iter().zip(&self.ws.amounts);
        let solids: f64 = solids.map(|(c, n)| self.system.phases[c.phase].reaction.water * n).sum();
        self.water_mass() * (MOLES_OF_WATER + bound) + solids
    }

    /// Charge of the solution, equivalents.
    pub fn charge(&self) -> f64 {
        let species = self.system.species.iter().zip(&self.ws.molality).filter(|(s, _)| s.aqueous);
        species.map(|(s, m)| s.charge * m).sum::<f64>() * self.water_mass()
    }

    /// A warning if the activity model or the constants are used past their range.
    pub fn warning(&self) -> Option<String> {
        self.system.range_warning(self.ionic_strength(), self.problem.temperature)
    }

    /// What the solve took.
    pub fn statistics(&self) -> Statistics {
        self.ws.statistics()
    }

    /// The system solved.
    pub fn system(&self) -> &System {
        self.system
    }
}
