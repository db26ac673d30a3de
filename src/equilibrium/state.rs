//! The answer to a problem.

use super::problem::Problem;
use super::system::{Stoichiometry, System};
use super::workspace::{MOLES_OF_WATER, Statistics, Workspace};
use crate::quantity::number;
use std::f64::consts::LN_10;

/// Gas constant, J/(mol K), and Faraday constant, C/mol (CODATA 2018).
pub(super) const R: f64 = 8.314462618;
pub(super) const FARADAY: f64 = 96_485.332_12;
/// K from 25 °C within which a constant without a temperature law is taken as it is: 50 kJ/mol, which is large, then leaves 0.3.
const NEAR_25: f64 = 10.0;
/// Share of a total that a species must hold for its constant to matter.
const MATTERS: f64 = 0.01;

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

    /// `-log10` of the activity of the electron; none if every couple is closed, or the liquor has none of the elements opened.
    pub fn pe(&self) -> Option<f64> {
        let defined = |at: &usize| !self.system.undefined(self.problem, self.ws, *at);
        self.system.electron.filter(defined).map(|at| -self.ws.ln_activity[at] / LN_10)
    }

    /// Potential against the standard hydrogen electrode, V; none as [`State::pe`].
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

    /// Charge that is left over in per cent of all charges, as analyses of waters state it: 100 (Σz+ − Σz−)/(Σz+ + Σz−).
    pub fn charge_error(&self) -> f64 {
        let species = self.system.species.iter().zip(&self.ws.molality).filter(|(s, _)| s.aqueous);
        let (left, all) =
            species.fold((0.0, 0.0), |(left, all), (s, m)| (left + s.charge * m, all + s.charge.abs() * m));
        if all > 0.0 { 100.0 * left / all } else { 0.0 }
    }

    /// A warning if the activity model or the constants are used past their range.
    pub fn warning(&self) -> Option<String> {
        let range = self.system.range_warning(self.ionic_strength(), self.problem.temperature);
        let all = self.crowding().into_iter().chain(range).chain(self.held_constants());
        let all: Vec<String> = all.chain(self.system.constants_missing()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// That there is more dissolved than there is water to dissolve it.
    fn crowding(&self) -> Option<String> {
        let solutes = self.system.species.iter().zip(&self.ws.molality).filter(|(s, _)| s.aqueous);
        let all: f64 = solutes.map(|(_, m)| m).sum();
        (all > MOLES_OF_WATER).then(|| {
            format!(
                "{} mol of solutes to one kilogram of water: less than one water to each, and no solution (a salt that is solid \
                 there must be among the solids)",
                number(all, 5)
            )
        })
    }

    /// That constants known at 25 °C alone are used at another temperature, of species and solids that hold more than a hundredth of
    /// something.
    fn held_constants(&self) -> Option<String> {
        let (system, kg) = (self.system, self.water_mass());
        let lacks = |reaction: &Stoichiometry| system.lacks_temperature_data(reaction);
        let totals: Vec<f64> = (0..system.components.len()).map(|at| self.total(at)).collect();
        let share = |terms: &[(usize, f64)], amount: f64| {
            let counted = terms.iter().filter(|(c, _)| !system.is_signed(*c) && totals[*c] > 0.0);
            counted.map(|(c, n)| n * amount / totals[*c]).fold(0.0, f64::max)
        };
        let species = system.species.iter().zip(&self.ws.molality).filter(|(s, _)| lacks(&s.reaction));
        let species = species.map(|(s, m)| (share(&s.balance, m * kg), &*s.name));
        let solids = self.problem.solids().iter().zip(&self.ws.amounts);
        let solids = solids.map(|(c, n)| (&system.phases[c.phase], n)).filter(|(p, _)| lacks(&p.reaction));
        let solids = solids.map(|(p, n)| (share(&p.reaction.terms, *n), p.name.as_str()));
        let mut large: Vec<(f64, &str)> =
            species.chain(solids).filter(|(share, _)| *share > MATTERS).collect();
        large.sort_by(|a, b| b.0.total_cmp(&a.0));
        let names: Vec<&str> = large.iter().map(|(_, name)| *name).collect();
        held_told(&names, self.problem.temperature)
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

/// That constants known at 25 °C alone are used at another temperature, K; the first names matter most.
pub(super) fn held_told(names: &[&str], temperature: f64) -> Option<String> {
    let celsius = temperature - 273.15;
    if (celsius - 25.0).abs() <= NEAR_25 || names.is_empty() {
        return None;
    }
    let named = first_names(names);
    Some(format!("the constants of {named} are known at 25 degC alone and held at {celsius:.0} degC"))
}

/// The first names of a list, and how many there are beside.
fn first_names(names: &[&str]) -> String {
    let shown = names.get(..3).unwrap_or(names);
    let others = match names.len() - shown.len() {
        0 => String::new(),
        1 => " and one other".to_owned(),
        n => format!(" and {n} others"),
    };
    shown.join(", ") + &others
}

impl System {
    /// That the database gives no constant of something that the components form.
    pub(super) fn constants_missing(&self) -> Option<String> {
        let names: Vec<&str> = self.without_constant.iter().map(String::as_str).collect();
        let named = first_names(&names);
        (!names.is_empty()).then(|| format!("the database gives no log_k of {named}, which counts as 0"))
    }
}
