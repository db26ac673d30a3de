//! One stream after the other: amounts to a problem, the answer back to amounts.

use super::answer::Chemistry;
use super::stoichiometry::Made;
use super::{Medium, MediumError, Role};
use crate::equilibrium::SolveError;
use crate::equilibrium::problem::{Candidate, Condition, GasSpace, Problem, Water};
use crate::equilibrium::state::State;
use crate::equilibrium::system::WATER_MOLAR_MASS;
use crate::equilibrium::workspace::Workspace;
use crate::numerics::root::root;

/// Totals below this, mol per kg of water, count as none.
const TRACE: f64 = 1e-14;

/// Solves the streams of one medium. A new cell starts cold, so that an answer depends on what the cell was asked
/// before and on nothing else.
#[derive(Clone, Debug)]
pub struct Cell<'m> {
    medium: &'m Medium,
    ws: Workspace,
    problem: Problem,
    /// Solids that form and dissolve at another saturation index than zero.
    indices: Vec<(usize, f64)>,
}

/// The gas that shares a vessel with a liquor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Headspace {
    /// m³ (per second).
    pub volume: f64,
}

impl<'m> Cell<'m> {
    /// A cell that has solved nothing yet.
    pub fn new(medium: &'m Medium) -> Cell<'m> {
        Cell { medium, ws: Workspace::new(), problem: Problem::new(&medium.system), indices: Vec::new() }
    }

    /// The same cell with solids (as indices into [`Medium::solids`]) that form and dissolve at these saturation indices.
    #[must_use]
    pub fn at_saturation(mut self, indices: &[(usize, f64)]) -> Cell<'m> {
        self.indices = indices.to_vec();
        self
    }

    /// The liquor as it is: no solid forms or dissolves, no gas comes or goes.
    ///
    /// # Errors
    /// [`MediumError`] if there is no water, or no answer.
    pub fn speciate(&mut self, amounts: &[f64], temperature: f64) -> Result<Chemistry, MediumError> {
        self.solve(amounts, temperature, &[], None, |_, state, kilograms| Chemistry::of(state, kilograms))
    }

    /// Lets these solids (indices into [`Medium::solids`]) form and dissolve, and the open couples settle: `amounts` is
    /// changed by balanced reactions.
    ///
    /// # Errors
    /// As of [`Cell::speciate`].
    pub fn react(
        &mut self,
        amounts: &mut [f64],
        temperature: f64,
        solids: &[usize],
        gas: Option<Headspace>,
    ) -> Result<Chemistry, MediumError> {
        let (chemistry, change) =
            self.solve(amounts, temperature, solids, gas, |cell, state, kilograms| {
                (Chemistry::of(state, kilograms), cell.changes(state, kilograms, solids, gas.is_some()))
            })?;
        let medium = self.medium;
        medium.apply(amounts, solids, gas.is_some(), change);
        Ok(chemistry)
    }

    fn solve<T>(
        &mut self,
        amounts: &[f64],
        temperature: f64,
        solids: &[usize],
        gas: Option<Headspace>,
        take: impl FnOnce(Target<'_>, &State<'_>, f64) -> T,
    ) -> Result<T, MediumError> {
        let medium = self.medium;
        let water = medium.table.index("H2O").map_or(0.0, |id| amounts[id.0]);
        let kilograms = water * WATER_MOLAR_MASS; // the problem is solved on one kilogram
        if kilograms.is_nan() || kilograms <= 0.0 {
            return Err(MediumError::NoWater);
        }
        medium.totals(amounts, solids, gas.is_some(), kilograms, &mut self.problem);
        self.problem.temperature = temperature;
        self.problem.candidates.clear();
        let index =
            |at: usize| self.indices.iter().find(|(solid, _)| *solid == at).map_or(0.0, |(_, index)| *index);
        let candidates =
            solids.iter().map(|at| Candidate { phase: medium.solids[*at].phase, index: index(*at) });
        self.problem.candidates.extend(candidates);
        self.problem.gas = gas.map(|space| GasSpace {
            volume: space.volume / kilograms * (medium.settings.pressure_unit / 101_325.0),
            gases: medium.gases.iter().map(|gas| gas.phase).collect(),
        });
        if let Err(error) = medium.system.solve(&self.problem, &mut self.ws) {
            let fed = solids.iter().map(|at| amounts[medium.solids[*at].species.0] / kilograms);
            let fed: Vec<f64> = fed.collect();
            self.with_fed(&fed).or_else(|_| self.by_ph()).map_err(|_| error)?;
        }
        let state = medium.system.solve(&self.problem, &mut self.ws)?;
        Ok(take(Target { medium }, &state, kilograms))
    }
}

/// Where the search of [`Cell::by_ph`] begins and how far it goes.
const PH: (f64, f64, f64) = (7.0, -3.0, 17.0);

impl Cell<'_> {
    /// Starts from the solids that are fed instead of from a liquor without solids, which may not exist: a metal holds
    /// electrons that nothing dissolved can take.
    fn with_fed(&mut self, fed: &[f64]) -> Result<(), SolveError> {
        let Cell { medium, ws, problem, .. } = self;
        let system = &medium.system;
        if !system.at_temperature(problem.temperature, &mut ws.constants) || fed.iter().all(|n| *n <= 0.0) {
            return Err(SolveError::Input("no solid is fed".to_owned()));
        }
        ws.prepare(system, problem);
        system.cold_start(problem, ws);
        for (at, amount) in fed.iter().enumerate().filter(|(_, amount)| **amount > 0.0) {
            ws.present[at] = true;
            ws.amounts[at] = *amount;
            ws.solids.push(at);
        }
        ws.signature = (system.id, problem.candidates.len());
        ws.warm = true;
        system.solve(problem, ws).map(|_| ())
    }

    /// Finds the pH at which the protons add up, each trial solved at fixed pH: slower than the solver's own search, but
    /// strong liquors with several hydroxides have their answer there. The problem is left at that pH.
    fn by_ph(&mut self) -> Result<(), SolveError> {
        let Condition::Total(wanted) = self.problem.conditions[0] else {
            return Err(SolveError::Input("the protons are not given by their total".to_owned()));
        };
        self.ws.cool();
        let Cell { medium, ws, problem, .. } = self;
        let mut surplus = |ph: f64| -> Result<f64, SolveError> {
            problem.conditions[0] = Condition::LogActivity(-ph);
            Ok(medium.system.solve(problem, ws)?.total(0) - wanted)
        };
        let mut low = (PH.0, surplus(PH.0)?);
        let mut high = low;
        while low.1 < 0.0 && low.0 > PH.1 {
            high = low;
            low = (low.0 - 1.0, surplus(low.0 - 1.0)?);
        }
        while high.1 > 0.0 && high.0 < PH.2 {
            low = high;
            high = (high.0 + 1.0, surplus(high.0 + 1.0)?);
        }
        root(low, high, 1e-13 * wanted.abs().max(1e-3), surplus)?;
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Target<'m> {
    medium: &'m Medium,
}

/// Where an equilibrium wants the amounts to be.
pub(super) struct Wanted {
    pub(super) solids: Vec<f64>,
    pub(super) gases: Vec<f64>,
    /// Dissolved amount of each state.
    pub(super) states: Vec<f64>,
}

impl Target<'_> {
    fn changes(self, state: &State<'_>, kilograms: f64, solids: &[usize], gas: bool) -> Wanted {
        let medium = self.medium;
        let water = state.water_mass() * kilograms;
        let sum = |counts: &[(usize, f64)]| -> f64 {
            counts.iter().map(|(at, n)| n * state.molality(*at)).sum::<f64>() * water
        };
        Wanted {
            solids: (0..solids.len()).map(|k| state.amount(k).max(0.0) * kilograms).collect(),
            gases: match gas {
                true => medium.gases.iter().map(|g| state.gas_amount(g.phase).max(0.0) * kilograms).collect(),
                false => Vec::new(),
            },
            states: medium.states.iter().map(|s| sum(&s.counts)).collect(),
        }
    }
}

impl Medium {
    /// Totals of the components over the liquor, these solids and, if wanted, the gases; per kilogram of water.
    fn totals(&self, amounts: &[f64], solids: &[usize], gas: bool, kilograms: f64, problem: &mut Problem) {
        let mut totals = vec![0.0; self.system.components.len()];
        let mut water = 0.0;
        let mut count = |made: &Made, n: f64| water += self.count(made, n, &mut totals);
        let mut liquid = 0.0;
        for (role, n) in self.roles.iter().zip(amounts).filter(|(_, n)| **n != 0.0) {
            let n = n / kilograms;
            match role {
                Role::Water => liquid += n,
                Role::Dissolved(made) => count(made, n),
                Role::Solid(at) if solids.contains(at) => count(&self.solids[*at].made, n),
                Role::Gas(at) if gas => count(&self.gases[*at].made, n),
                _ => {}
            }
        }
        problem.water = Water::Total(liquid + water);
        for (at, (condition, total)) in problem.conditions.iter_mut().zip(totals).enumerate() {
            let signed = self.system.is_signed(at);
            *condition = Condition::Total(if signed || total > TRACE { total } else { 0.0 });
        }
    }

    /// Adds `n` moles to the totals of the components and returns the water they count as.
    pub(super) fn count(&self, made: &Made, n: f64, totals: &mut [f64]) -> f64 {
        let mut water = n * made.water;
        for (at, k) in &made.states {
            let state = &self.states[*at];
            state.terms.iter().for_each(|(c, m)| totals[*c] += n * k * m);
            water += n * k * state.water;
        }
        totals[0] += n * made.protons;
        if let Some(electron) = self.system.electron {
            totals[electron] += n * made.electrons;
        }
        water
    }

    /// Changes amounts by the reactions of solids, gases and open couples; the formulas of the table close each.
    fn apply(&self, amounts: &mut [f64], solids: &[usize], gas: bool, mut wanted: Wanted) {
        let now = self.dissolved(amounts);
        let mut change = self.change(amounts, &now, solids, gas, &wanted);
        if now.iter().zip(&change.states).any(|(now, change)| now + change < 0.0) {
            self.close(amounts, &now, solids, gas, &mut wanted);
            change = self.change(amounts, &now, solids, gas, &wanted);
        }
        let gases = if gas { self.gases.as_slice() } else { &[] };
        let reacting = solids.iter().map(|at| &self.solids[*at]).chain(gases);
        for (own, new) in reacting.zip(wanted.solids.iter().chain(&wanted.gases)) {
            amounts[own.species.0] = *new;
        }
        self.settle(amounts, &change);
    }

    /// What the liquor gains where these amounts are wanted.
    fn change(&self, amounts: &[f64], now: &[f64], solids: &[usize], gas: bool, wanted: &Wanted) -> Change {
        let mut change =
            Change { states: vec![0.0; self.states.len()], protons: 0.0, water: 0.0, electrons: 0.0 };
        let gases = if gas { self.gases.as_slice() } else { &[] };
        let reacting = solids.iter().map(|at| &self.solids[*at]).chain(gases);
        for (own, new) in reacting.zip(wanted.solids.iter().chain(&wanted.gases)) {
            change.dissolve(&own.made, amounts[own.species.0] - new);
        }
        self.exchange_electrons(now, wanted, &mut change);
        change
    }

    /// Dissolved amount of each state in the stream.
    fn dissolved(&self, amounts: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.states.len()];
        for (role, n) in self.roles.iter().zip(amounts) {
            if let Role::Dissolved(made) = role {
                made.states.iter().for_each(|(at, k)| sums[*at] += n * k);
            }
        }
        sums
    }

    /// Half reactions of the open couples to the wanted states. Electrons cancel exactly: the largest exchange takes up
    /// what the solver's residual leaves.
    fn exchange_electrons(&self, now: &[f64], wanted: &Wanted, change: &mut Change) {
        if self.system.electron.is_none() {
            return;
        }
        let mut extents: Vec<f64> = wanted
            .states
            .iter()
            .enumerate()
            .map(|(at, target)| self.states[at].half.map_or(0.0, |_| target - now[at] - change.states[at]))
            .collect();
        let electrons = |at: usize| self.states[at].half.map_or(0.0, |half| half.electrons);
        let left: f64 =
            extents.iter().enumerate().map(|(at, x)| electrons(at) * x).sum::<f64>() - change.electrons;
        let room = |at: usize| {
            let half = self.states[at].half.filter(|half| half.electrons != 0.0)?;
            let own = now[at] + change.states[at] + extents[at];
            let other = half.primary.map_or(f64::INFINITY, |p| now[p] + change.states[p]);
            Some(own.min(other))
        };
        let largest = (0..extents.len())
            .filter_map(|at| Some((at, room(at)?)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        if let Some((at, _)) = largest {
            extents[at] -= left / electrons(at);
        }
        for (at, x) in extents.into_iter().enumerate().filter(|(_, x)| *x != 0.0) {
            let Some(half) = self.states[at].half else { continue };
            change.states[at] += x;
            if let Some(primary) = half.primary {
                change.states[primary] -= half.ratio * x;
            }
            change.protons -= half.protons * x;
            change.water -= half.water * x;
        }
    }

    /// Writes changes of states into the species that carry them. Where a carrier has too little, the other forms of its
    /// state are written as carriers first; H+ and OH- that meet become water.
    fn settle(&self, amounts: &mut [f64], change: &Change) {
        let Some((h, oh, water)) = self.proton_species() else { return };
        let (mut protons, mut liquid) = (change.protons, change.water);
        for (at, state) in self.states.iter().enumerate() {
            if amounts[state.carrier.0] + change.states[at] < 0.0 {
                self.unfold(amounts, at, &mut protons, &mut liquid);
            }
        }
        for (state, delta) in self.states.iter().zip(&change.states) {
            let slot = &mut amounts[state.carrier.0];
            *slot = (*slot + delta).max(0.0); // below zero by rounding alone
        }
        amounts[h] += protons;
        amounts[water] += liquid;
        let net = amounts[h] - amounts[oh];
        let met = if net >= 0.0 { amounts[oh] } else { amounts[h] };
        amounts[h] = net.max(0.0);
        amounts[oh] = (-net).max(0.0);
        amounts[water] += met;
    }

    /// Writes every other form of a state as carriers.
    fn unfold(&self, amounts: &mut [f64], state: usize, protons: &mut f64, water: &mut f64) {
        for (at, role) in self.roles.iter().enumerate() {
            let Role::Dissolved(made) = role else { continue };
            let n = amounts[at];
            let own = made.states.len() == 1 && self.states[state].carrier.0 == at;
            if n == 0.0 || own || !made.states.iter().any(|(s, _)| *s == state) {
                continue;
            }
            amounts[at] = 0.0;
            made.states.iter().for_each(|(s, k)| amounts[self.states[*s].carrier.0] += n * k);
            *protons += n * made.protons;
            *water += n * made.water;
        }
    }

    fn proton_species(&self) -> Option<(usize, usize, usize)> {
        let index = |name: &str| self.table.index(name).map(|id| id.0);
        Some((index("H+")?, index("OH-")?, index("H2O")?))
    }
}

/// What the liquor gains.
struct Change {
    states: Vec<f64>,
    protons: f64,
    water: f64,
    electrons: f64,
}

impl Change {
    fn dissolve(&mut self, made: &Made, amount: f64) {
        made.states.iter().for_each(|(at, k)| self.states[*at] += amount * k);
        self.protons += amount * made.protons;
        self.water += amount * made.water;
        self.electrons += amount * made.electrons;
    }
}
