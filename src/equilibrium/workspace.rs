//! The memory of a solve, laid out once and used again; and the rows and columns of one problem.

use super::activity::pitzer::Coefficients;
use super::problem::{Condition, Problem, Water};
use super::system::{Constants, System, WATER_MOLAR_MASS};

/// Rows or columns of the species, in compressed form.
#[derive(Clone, Debug, Default)]
pub(super) struct Sparse {
    pub(super) start: Vec<u32>,
    pub(super) at: Vec<u32>,
    pub(super) value: Vec<f64>,
}

impl Sparse {
    fn clear(&mut self) {
        self.start.clear();
        self.start.push(0);
        self.at.clear();
        self.value.clear();
    }

    fn push(&mut self, at: usize, value: f64) {
        if value != 0.0 {
            self.at.push(at as u32);
            self.value.push(value);
        }
    }

    fn close(&mut self) {
        self.start.push(self.at.len() as u32);
    }

    /// The same entries by column.
    fn transpose_into(&self, out: &mut Sparse, columns: usize) {
        out.clear();
        out.start.resize(columns + 1, 0);
        self.at.iter().for_each(|column| out.start[*column as usize + 1] += 1);
        for column in 0..columns {
            out.start[column + 1] += out.start[column];
        }
        out.at.resize(self.at.len(), 0);
        out.value.resize(self.at.len(), 0.0);
        for i in (0..self.start.len() - 1).rev() {
            let (at, value) = self.row(i);
            for (column, value) in at.iter().zip(value) {
                // filled from the end; the ends move down to the starts of the next column
                let end = &mut out.start[*column as usize + 1];
                *end -= 1;
                out.at[*end as usize] = i as u32;
                out.value[*end as usize] = *value;
            }
        }
        out.start.remove(0);
        out.start.push(self.at.len() as u32);
    }

    #[inline]
    pub(super) fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let (from, to) = (self.start[i] as usize, self.start[i + 1] as usize);
        (&self.at[from..to], &self.value[from..to])
    }
}

/// Where each unknown stands; components first, those with the fewest partners before others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) free: usize,             // components with an unknown
    pub(super) activity: usize,         // column of ln a_w
    pub(super) strength: Option<usize>, // column of I, for models of I alone
    pub(super) mass: Option<usize>,     // column of ln (mass of water)
    pub(super) solids: usize,           // first column of solids
}

/// Memory and last answer of a solver; make one per thread with [`Workspace::new`] and use it again and again.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    pub(super) constants: Constants,
    pub(super) layout: Layout,
    /// unknown of a component
    pub(super) column: Vec<Option<usize>>,
    pub(super) component_of: Vec<usize>,
    /// species with an amount: index, and ln K with the fixed activities in it
    pub(super) active: Vec<usize>,
    pub(super) fixed: Vec<f64>,
    pub(super) class_of: Vec<u32>,
    pub(super) rows: Sparse,    // by species
    pub(super) balance: Sparse, // the same by row
    /// of each row of a component: whose balances it adds up, and how often
    pub(super) parts: Sparse,
    pub(super) columns: Sparse,
    pub(super) used_class: Vec<bool>,
    /// answer: ln activity of components, ln a_w, I, ln mass of water, amounts of candidates
    pub(super) ln_activity: Vec<f64>,
    pub(super) ln_water: f64,
    pub(super) strength: f64,
    pub(super) ln_mass: f64,
    pub(super) amounts: Vec<f64>,
    pub(super) present: Vec<bool>,
    pub(super) molality: Vec<f64>, // by species
    pub(super) ln_gamma: Vec<f64>, // by species
    /// per active species
    pub(super) m: Vec<f64>,
    pub(super) class_value: Vec<f64>,
    pub(super) class_slope: Vec<f64>,
    pub(super) slope: Vec<f64>,
    /// linear algebra
    pub(super) matrix: Vec<f64>,
    pub(super) width: usize, // of its rows
    pub(super) residual: Vec<f64>,
    pub(super) scale: Vec<f64>,
    pub(super) step: Vec<f64>,
    pub(super) solids: Vec<usize>, // candidates that are present, in order of entry
    pub(super) dense: Vec<f64>,
    pub(super) coefficients: Coefficients,
    pub(super) all_m: Vec<f64>,
    pub(super) stored_gamma: Vec<f64>, // ln γ of every aqueous species, dense models
    pub(super) signature: (u64, usize),
    pub(super) warm: bool,
    pub(super) careful: bool,     // short steps after a failure
    pub(super) held: bool,        // activity coefficients, activity and mass of water stay where they are
    pub(super) recombining: bool, // balances are combined on the way
    pub(super) saved: Vec<f64>,
    pub(super) statistics: Statistics,
    /// what the layout was made for
    laid_out: Option<LaidOut>,
    keys: Vec<u64>,
    next_keys: Vec<u64>,
}

/// A layout holds while nothing of this changes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LaidOut {
    system: u64,
    temperature: f64,
    mass: Option<f64>, // of water, where it is fixed
}

/// What the last solve took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Newton steps.
    pub iterations: usize,
    /// Changes of the set of solids.
    pub set_changes: usize,
    /// Starts from elsewhere.
    pub restarts: usize,
    /// Largest imbalance over the size of its terms.
    pub residual: f64,
}

impl Workspace {
    /// An empty workspace; its memory grows on the first solve of a system and then stays.
    pub fn new() -> Workspace {
        Workspace::default()
    }

    /// What the last solve took.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Forgets the last answer: the next solve starts cold.
    pub fn cool(&mut self) {
        self.warm = false;
    }

    /// Lays out rows and columns for a problem. Components with a total of zero take their species with them.
    pub(super) fn prepare(&mut self, system: &System, problem: &Problem) {
        let laid_out = Some(LaidOut {
            system: system.id,
            temperature: problem.temperature,
            mass: if let Water::Mass(kg) = problem.water { Some(kg) } else { None },
        });
        let mut keys = std::mem::take(&mut self.next_keys);
        self.describe(system, problem, &mut keys);
        let same = self.laid_out == laid_out && keys == self.keys;
        self.next_keys = std::mem::replace(&mut self.keys, keys);
        self.laid_out = laid_out;
        if !same {
            self.lay_out(system, problem);
        }
    }

    /// What of the conditions the layout rests on, in numbers.
    fn describe(&self, system: &System, problem: &Problem, keys: &mut Vec<u64>) {
        keys.clear();
        for (at, condition) in problem.conditions.iter().enumerate() {
            match condition {
                Condition::Total(_) if absent(system, at, condition) => keys.push(0),
                Condition::Total(total) if Some(at) == system.electron => {
                    keys.push(if *total == 0.0 { 8 } else { 2 })
                }
                Condition::Total(total) if system.components[at].exchanger => {
                    keys.extend([1, total.to_bits()]);
                }
                Condition::Total(_) => keys.push(2),
                Condition::LogActivity(value) => keys.extend([3, value.to_bits()]),
                Condition::Charge(_) => keys.push(4),
                Condition::Alkalinity(_) => keys.push(5),
                Condition::Saturation { .. } => keys.push(6),
            }
        }
        if let Some(gas) = &problem.gas {
            keys.extend([7, gas.volume.to_bits()]);
            keys.extend(gas.gases.iter().map(|at| *at as u64));
        }
    }

    fn lay_out(&mut self, system: &System, problem: &Problem) {
        let n = system.components.len();
        self.column.clear();
        self.component_of.clear();
        self.ln_activity.resize(n, 0.0);
        for (at, condition) in problem.conditions.iter().enumerate() {
            let idle = Some(at) == system.electron
                && *condition == Condition::Total(0.0)
                && no_couple(system, problem);
            let fixed =
                matches!(condition, Condition::LogActivity(_)) || idle || absent(system, at, condition);
            if let Condition::LogActivity(value) = condition {
                self.ln_activity[at] = value * std::f64::consts::LN_10;
            }
            self.column.push(if fixed { None } else { Some(at) });
        }
        for at in &system.order {
            if let Some(column) = &mut self.column[*at] {
                *column = self.component_of.len();
                self.component_of.push(*at);
            }
        }
        let free = self.component_of.len();
        let mut next = free;
        let mut take = |wanted: bool| {
            next += usize::from(wanted);
            wanted.then_some(next - 1)
        };
        let activity = take(true).unwrap_or(0);
        let strength = take(system.interactions.is_none());
        let mass = take(matches!(problem.water, Water::Total(_)));
        self.layout = Layout { free, activity, strength, mass, solids: next };
        self.choose_species(system, problem);
        self.rows.transpose_into(&mut self.balance, self.layout.solids);
        self.parts.clear();
        for component in &self.component_of {
            self.parts.push(*component, 1.0);
            self.parts.close();
        }
    }

    /// Puts combinations of balances in the place of `rows`: the count of each species (and solids behind them) in each, and how often
    /// each holds the balances of the components of `rows`. The next problem is laid out anew.
    pub(super) fn combine(&mut self, rows: &[usize], counts: &[Vec<f64>], parts: &[Vec<f64>]) {
        self.laid_out = None;
        let old = std::mem::take(&mut self.rows);
        self.rows.clear();
        for i in 0..self.active.len() {
            for (row, counts) in rows.iter().zip(counts) {
                self.rows.push(*row, counts[i]);
            }
            let (at, value) = old.row(i);
            for (row, value) in at.iter().zip(value).filter(|(row, _)| !rows.contains(&(**row as usize))) {
                self.rows.push(*row as usize, *value);
            }
            self.rows.close();
        }
        self.rows.transpose_into(&mut self.balance, self.layout.solids);
        self.parts.clear();
        for row in 0..self.layout.free {
            match rows.iter().position(|own| *own == row) {
                Some(at) => rows.iter().zip(&parts[at]).for_each(|(own, n)| {
                    self.parts.push(self.component_of[*own], *n);
                }),
                None => self.parts.push(self.component_of[row], 1.0),
            }
            self.parts.close();
        }
    }

    fn choose_species(&mut self, system: &System, problem: &Problem) {
        let gases = problem.gas.as_ref().map_or(&[][..], |gas| &gas.gases);
        self.active.clear();
        self.fixed.clear();
        self.class_of.clear();
        self.rows.clear();
        self.columns.clear();
        self.used_class.clear();
        self.used_class.resize(self.constants.classes.len() + 1, false);
        let count = system.species.len();
        let unused = self.constants.classes.len() as u32;
        for (at, species) in system.species.iter().enumerate() {
            let gone = |c: usize| absent(system, c, &problem.conditions[c]);
            if species.reaction.terms.iter().any(|(c, _)| gone(*c)) {
                continue;
            }
            let mut constant = self.constants.species[at];
            let mut per_mass = false;
            if let Some(exchanger) = species.exchanger.filter(|_| !species.aqueous) {
                let Condition::Total(capacity) = problem.conditions[exchanger] else { continue };
                constant += (capacity / species.equivalents).ln();
                per_mass = true;
            }
            self.push_species(system, problem, at, &species.reaction, constant, per_mass, species.aqueous);
            self.class_of.push(species.class as u32);
            self.used_class[species.class] = true;
        }
        for gas in gases {
            let reaction = &system.phases[*gas].reaction;
            if reaction.terms.iter().any(|(c, _)| absent(system, *c, &problem.conditions[*c])) {
                continue;
            }
            let volume = problem.gas.as_ref().map_or(0.0, |space| space.volume);
            let moles_at_one = 101_325.0 * volume / (8.314462618 * problem.temperature);
            let constant = moles_at_one.ln() - self.constants.phases[*gas];
            self.push_species(system, problem, count + gas, reaction, constant, true, false);
            self.class_of.push(unused);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn push_species(
        &mut self,
        system: &System,
        problem: &Problem,
        at: usize,
        reaction: &super::system::Stoichiometry,
        mut constant: f64,
        per_mass: bool,
        aqueous: bool,
    ) {
        let layout = self.layout;
        let charge = if aqueous { system.species[at].charge } else { 0.0 };
        for (c, n) in &reaction.terms {
            match self.column[*c] {
                Some(column) => self.columns.push(column, *n),
                None => constant += n * self.ln_activity[*c],
            }
        }
        let balance = system.species.get(at).map_or(&reaction.terms, |species| &species.balance);
        for (c, n) in balance {
            if let (Some(row), Condition::Total(_)) = (self.column[*c], &problem.conditions[*c]) {
                self.rows.push(row, *n);
            }
        }
        for (row, component) in self.component_of.iter().enumerate() {
            match problem.conditions[*component] {
                Condition::Charge(_) => self.rows.push(row, charge),
                Condition::Alkalinity(_) if aqueous => self.rows.push(row, system.species[at].alkalinity),
                _ => {}
            }
        }
        self.columns.push(layout.activity, reaction.water);
        match (layout.mass, per_mass, problem.water) {
            (Some(mass), true, _) => self.columns.push(mass, -1.0),
            (None, true, Water::Mass(kg)) => constant -= kg.ln(),
            _ => {}
        }
        if aqueous {
            if system.interactions.is_none() {
                self.rows.push(layout.activity, system.water_slope);
            }
            if let Some(row) = layout.strength {
                self.rows.push(row, -0.5 * charge * charge);
            }
        }
        if let Some(row) = layout.mass {
            self.rows.push(row, reaction.water);
        }
        self.rows.close();
        self.columns.close();
        self.active.push(at);
        self.fixed.push(constant);
    }

    /// Rows of ionic strength and water where these are held.
    pub(super) fn held_rows(&self) -> std::ops::Range<usize> {
        let last = if self.held { self.layout.solids } else { self.layout.activity };
        self.layout.activity..last
    }

    pub(super) fn kilograms(&self, problem: &Problem) -> f64 {
        match problem.water {
            Water::Mass(kg) => kg,
            Water::Total(_) => self.ln_mass.exp(),
        }
    }
}

/// A component of which there is nothing: a total of zero; the proton and the electron may balance at zero.
pub(super) fn absent(system: &System, component: usize, condition: &Condition) -> bool {
    matches!(condition, Condition::Total(total) if *total == 0.0) && !system.is_signed(component)
}

/// Whether nothing that is there can take or give electrons: couples are open, but the liquor has none of their elements. Then no
/// potential is defined, and the electron balances by itself.
fn no_couple(system: &System, problem: &Problem) -> bool {
    let gone = |c: usize| absent(system, c, &problem.conditions[c]);
    let takes = |species: &super::system::Species| {
        let terms = &species.reaction.terms;
        let electrons = terms.iter().any(|(c, _)| Some(*c) == system.electron);
        electrons && &*species.name != "e-" && !terms.iter().any(|(c, _)| gone(*c))
    };
    !system.species.iter().any(takes)
}

pub(super) const MOLES_OF_WATER: f64 = 1.0 / WATER_MOLAR_MASS; // in one kilogram
