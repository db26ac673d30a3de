//! Species of streams in master species, H+, H2O and electrons, by the formulas of the species table.

use super::survey::Survey;
use super::{Half, State};
use crate::chemistry::{Formula, Species, SpeciesId, SpeciesTable};
use crate::equilibrium::database::Database;
use crate::equilibrium::database::expand::{Expanded, Expander};
use crate::equilibrium::system::System;
use std::collections::HashMap;
use std::sync::Arc;

const TINY: f64 = 1e-6; // of a coefficient

/// One mole of a species: states, and what closes its elements and charge.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Made {
    /// Index of a state and its moles.
    pub(super) states: Vec<(usize, f64)>,
    pub(super) protons: f64,
    pub(super) water: f64,
    pub(super) electrons: f64,
}

/// Counts of elements and charge, in millionths.
pub(super) type Key = (Vec<(String, u64)>, i64);

/// Elements and charge of a formula, comparable.
pub(super) fn key(formula: &Formula) -> Key {
    let round = |x: f64| (x * 1e6).round();
    let counts = formula.elements().map(|(e, n)| (e.symbol().to_owned(), round(n) as u64)).collect();
    (counts, round(formula.charge()) as i64)
}

/// Which species of the database a species of a stream is.
pub(super) struct Names<'d> {
    pub(super) db: &'d Database,
    pub(super) expander: Expander<'d>,
    given: Vec<(String, String)>,
    by_formula: Option<HashMap<Key, String>>,
}

impl<'d> Names<'d> {
    pub(super) fn new(db: &'d Database, given: &[(String, String)]) -> Names<'d> {
        Names { db, expander: Expander::new(db), given: given.to_vec(), by_formula: None }
    }

    /// The database's name of a dissolved species: as given, else the same name, else the same formula and charge.
    pub(super) fn dissolved(&mut self, species: &Species) -> Option<String> {
        if let Some((_, name)) = self.given.iter().find(|(own, _)| *own == species.name) {
            return self.db.find_species(name).map(|record| record.name.clone());
        }
        if species.name != "e-" && self.db.find_species(&species.name).is_some_and(|r| r.equivalents == 0.0) {
            return Some(species.name.clone());
        }
        let db = self.db;
        let formulas = self.by_formula.get_or_insert_with(|| {
            let mut map = HashMap::new();
            for record in db.species.iter().filter(|r| r.equivalents == 0.0 && r.name != "e-") {
                if let Ok(formula) = Formula::parse(&record.name) {
                    map.entry(key(&formula)).or_insert_with(|| record.name.clone());
                }
            }
            map
        });
        formulas.get(&key(&species.formula)).cloned()
    }

    /// The stream's name for a species of the database, where one was given.
    pub(super) fn given_for(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(_, own)| own == name).map(|(stream, _)| stream.as_str())
    }

    /// A dissolved species of the table; none if the database does not know it.
    pub(super) fn made(&mut self, species: &Species, survey: &Survey, table: &SpeciesTable) -> Option<Made> {
        let name = self.dissolved(species)?;
        let expanded = self.expander.species(&name)?;
        balanced(&expanded, table.index(&species.name)?, survey, table)
    }

    /// A solid or gas of the table, by its record in the database.
    pub(super) fn made_phase(
        &mut self,
        record: &str,
        species: SpeciesId,
        survey: &Survey,
        table: &SpeciesTable,
    ) -> Option<Made> {
        let at = *self.db.phase_index.get(record)?;
        let expanded = self.expander.phase(at)?;
        balanced(&expanded, species, survey, table)
    }
}

/// What the formula of the species says, if the database's reaction says the same.
fn balanced(expanded: &Expanded, species: SpeciesId, survey: &Survey, table: &SpeciesTable) -> Option<Made> {
    let mut made = Made::default();
    let mut left: Vec<f64> = table.composition(species).to_vec();
    let mut charge = -table.get(species).charge;
    for (name, n) in &expanded.masters {
        if matches!(&**name, "H+" | "H2O" | "e-") {
            continue;
        }
        let at = survey.states.iter().position(|(master, _)| **master == **name)?;
        let carrier = table.index(&survey.states[at].1)?;
        for (left, count) in left.iter_mut().zip(table.composition(carrier)) {
            *left -= n * count;
        }
        charge += n * table.get(carrier).charge;
        made.states.push((at, *n));
    }
    let (hydrogen, oxygen) = (table.element_index("H")?, table.element_index("O")?);
    made.water = left[oxygen];
    made.protons = left[hydrogen] - 2.0 * made.water;
    made.electrons = charge + made.protons;
    let others = left.iter().enumerate().all(|(e, x)| e == hydrogen || e == oxygen || x.abs() < TINY);
    let agrees = |name: &str, own: f64| (expanded.count(name) - own).abs() < TINY;
    let same = agrees("H+", made.protons) && agrees("H2O", made.water) && agrees("e-", made.electrons);
    for x in [&mut made.protons, &mut made.water, &mut made.electrons] {
        if x.abs() < TINY {
            *x = 0.0;
        }
    }
    (others && same).then_some(made)
}

/// The states of a survey in the components of a system.
pub(super) fn states(
    names: &mut Names<'_>,
    system: &System,
    survey: &Survey,
    open: &[String],
    table: &SpeciesTable,
) -> Vec<State> {
    let expanded: Vec<Option<Arc<Expanded>>> =
        system.species().iter().map(|s| names.expander.species(&s.name)).collect();
    let mut list = Vec::new();
    for (master, carrier) in &survey.states {
        let reaction = system.find_species(master).map(|at| &system.species()[at].reaction);
        let counts = expanded.iter().enumerate().filter_map(|(at, e)| {
            let n = e.as_ref()?.count(master);
            (n != 0.0).then_some((at, n))
        });
        list.push(State {
            // a survey names carriers that its table has; water stands for none
            carrier: table.index(carrier).or_else(|| table.index("H2O")).unwrap_or(SpeciesId(0)),
            terms: reaction.map_or_else(Vec::new, |r| r.terms.clone()),
            water: reaction.map_or(0.0, |r| r.water),
            half: half(names, survey, master, open, table),
            counts: counts.collect(),
        });
    }
    list
}

/// How a secondary state of an open element comes from the primary one.
fn half(
    names: &mut Names<'_>,
    survey: &Survey,
    master: &str,
    open: &[String],
    table: &SpeciesTable,
) -> Option<Half> {
    let element = names.expander.element_of(master)?;
    let primary = names.expander.primary_of(master)?;
    if primary == master || !open.iter().any(|name| name == element) {
        return None;
    }
    let ratio = names.expander.half_reaction(master)?.count(primary);
    let carrier = |name: &str| {
        let at = survey.states.iter().position(|(own, _)| own == name)?;
        Some((at, table.index(&survey.states[at].1)?))
    };
    let (_, own) = carrier(master)?;
    let from = carrier(primary);
    let mut left: Vec<f64> = table.composition(own).to_vec();
    let mut charge = -table.get(own).charge;
    if let Some((_, from)) = from {
        left.iter_mut().zip(table.composition(from)).for_each(|(x, n)| *x -= ratio * n);
        charge += ratio * table.get(from).charge;
    }
    let water = left[table.element_index("O")?];
    let protons = left[table.element_index("H")?] - 2.0 * water;
    Some(Half { primary: from.map(|(at, _)| at), ratio, protons, water, electrons: charge + protons })
}
