//! Reactions rewritten in master species.

use super::{Database, PhaseRecord};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Where a constant comes from: the formation of species `n`, or the dissolution of phase `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Index into the species of the database.
    Species(usize),
    /// Index into the phases of the database.
    Phase(usize),
}

/// A reaction in terms of master species, `e-` and `H2O`, with the constants that add up to its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expanded {
    /// Coefficient of each master species.
    pub masters: BTreeMap<Arc<str>, f64>,
    /// Constants, each times its factor.
    pub constants: BTreeMap<Source, f64>,
}

impl Expanded {
    fn add(&mut self, other: &Expanded, factor: f64) {
        for (name, n) in &other.masters {
            *self.masters.entry(name.clone()).or_insert(0.0) += n * factor;
        }
        for (source, n) in &other.constants {
            *self.constants.entry(*source).or_insert(0.0) += n * factor;
        }
    }

    fn tidy(&mut self) {
        self.masters.retain(|_, n| n.abs() > 1e-9);
        self.constants.retain(|_, n| n.abs() > 1e-12);
    }

    /// Coefficient of a master species.
    pub fn count(&self, name: &str) -> f64 {
        self.masters.get(name).copied().unwrap_or(0.0)
    }
}

/// Species formed of species formed of species: more than any database has, and an end to those that form one another.
const DEEPEST: usize = 50;

/// Rewrites reactions; keeps what it has rewritten.
pub struct Expander<'d> {
    db: &'d Database,
    /// species name → its element, for masters
    masters: HashMap<&'d str, &'d str>,
    done: HashMap<String, Option<Arc<Expanded>>>,
}

impl<'d> Expander<'d> {
    /// For one database.
    pub fn new(db: &'d Database) -> Expander<'d> {
        let mut masters: HashMap<&str, &str> = HashMap::new();
        for master in &db.masters {
            if master.name != "Alkalinity" {
                masters.insert(&master.species, &master.element);
            }
        }
        for (element, species) in &db.exchangers {
            masters.insert(species, element);
        }
        Expander { db, masters, done: HashMap::new() }
    }

    /// The element whose master species this is.
    pub fn element_of(&self, species: &str) -> Option<&'d str> {
        self.masters.get(species).copied()
    }

    /// A species in master species, electrons eliminated by the valence state they make where one is known; `None` if
    /// something in its reaction is defined nowhere.
    pub fn species(&mut self, name: &str) -> Option<Arc<Expanded>> {
        self.species_at(name, 0)
    }

    fn species_at(&mut self, name: &str, depth: usize) -> Option<Arc<Expanded>> {
        if name == "e-" || name == "H2O" || self.masters.contains_key(name) {
            return Some(Arc::new(unit(name)));
        }
        if let Some(done) = self.done.get(name) {
            return done.clone();
        }
        let mut result = None;
        if depth < DEEPEST
            && let Some(&index) = self.db.species_index.get(name)
        {
            let mut sum = Expanded::default();
            sum.constants.insert(Source::Species(index), 1.0);
            if self.add_terms(&mut sum, &self.db.species[index].reaction, depth) {
                result = Some(Arc::new(self.without_electrons(sum)));
            }
        }
        self.done.insert(name.to_owned(), result.clone());
        result
    }

    fn add_terms(&mut self, sum: &mut Expanded, reaction: &[(String, f64)], depth: usize) -> bool {
        for (other, n) in reaction {
            let Some(part) = self.species_at(other, depth + 1) else { return false };
            sum.add(&part, *n);
        }
        sum.tidy();
        true
    }

    /// The dissolution of a phase in master species.
    pub fn phase(&mut self, index: usize) -> Option<Expanded> {
        let record: &PhaseRecord = &self.db.phases[index];
        let mut products = Expanded::default();
        if !self.add_terms(&mut products, &record.reaction, 0) {
            return None;
        }
        // a species' constant forms it: dissolving to masters subtracts it
        let mut sum = Expanded { masters: products.masters.clone(), constants: BTreeMap::new() };
        for (source, n) in &products.constants {
            sum.constants.insert(*source, -n);
        }
        *sum.constants.entry(Source::Phase(index)).or_insert(0.0) += 1.0;
        // electrons go the same way as in a species, with the constants' signs turned
        let mut turned = sum.clone();
        turned.constants.values_mut().for_each(|n| *n = -*n);
        let mut clean = self.without_electrons(turned);
        clean.constants.values_mut().for_each(|n| *n = -*n);
        Some(clean)
    }

    /// A secondary master in the primary master of its element, `H+`, `H2O` and electrons.
    pub fn half_reaction(&self, master: &str) -> Option<Expanded> {
        self.in_primaries(master, 0)
    }

    /// A species in primary masters and electrons, none of which is eliminated: what a species is formed of may lead by way of
    /// other valence states back to itself where they are.
    fn in_primaries(&self, name: &str, depth: usize) -> Option<Expanded> {
        let own = self.primary_of(name).is_none_or(|primary| primary == name);
        if name == "e-" || name == "H2O" || (self.masters.contains_key(name) && own) {
            return Some(unit(name));
        }
        let index = *self.db.species_index.get(name)?;
        let reaction = &self.db.species[index].reaction;
        if depth >= DEEPEST {
            return None;
        }
        if reaction.is_empty() {
            return Some(unit(name));
        }
        let mut sum = Expanded::default();
        sum.constants.insert(Source::Species(index), 1.0);
        for (other, n) in reaction {
            sum.add(&self.in_primaries(other, depth + 1)?, *n);
        }
        sum.tidy();
        Some(sum)
    }

    /// The primary master species of the element whose master species this is.
    pub fn primary_of(&self, species: &str) -> Option<&'d str> {
        let element = self.element_of(species)?;
        let primary = self.db.masters.iter().find(|m| m.primary && m.element == element);
        primary.map(|m| m.species.as_str())
    }

    /// Atoms of the element in its master species.
    pub fn atoms(&self, species: &str) -> f64 {
        let element = self.element_of(species).unwrap_or("");
        self.db.find_species(species).and_then(|s| s.elements.get(element)).copied().unwrap_or(1.0)
    }

    fn without_electrons(&mut self, sum: Expanded) -> Expanded {
        let electrons = sum.count("e-");
        if electrons.abs() < 1e-9 {
            return sum;
        }
        let present: Vec<(Arc<str>, f64)> = sum.masters.iter().map(|(name, n)| (name.clone(), *n)).collect();
        for (name, count) in present {
            let Some(element) = self.element_of(&name) else { continue };
            if element == "H" || element == "O" || element == "E" {
                continue;
            }
            let others: Vec<&str> =
                self.db.masters.iter().filter(|m| m.element == element).map(|m| m.species.as_str()).collect();
            for other in others {
                if other == &*name {
                    continue;
                }
                let (Some(from), Some(to)) = (self.half_reaction(&name), self.half_reaction(other)) else {
                    continue;
                };
                let ratio = self.atoms(&name) / self.atoms(other);
                let left = electrons + count * (from.count("e-") - ratio * to.count("e-"));
                if left.abs() < 1e-6 {
                    let mut changed = sum.clone();
                    changed.add(&unit(&name), -count);
                    changed.add(&from, count);
                    changed.add(&to, -ratio * count);
                    changed.add(&unit(other), ratio * count);
                    changed.tidy();
                    return changed;
                }
            }
        }
        sum
    }
}

fn unit(name: &str) -> Expanded {
    Expanded { masters: BTreeMap::from([(Arc::from(name), 1.0)]), constants: BTreeMap::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IRON: &str = "\
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16
E e- 0 0 0
Fe Fe+2 0 Fe 55.847
Fe(+2) Fe+2 0 Fe
Fe(+3) Fe+3 -2 Fe
SOLUTION_SPECIES
H+ = H+
e- = e-
H2O = H2O
Fe+2 = Fe+2
Fe+2 = Fe+3 + e-
    log_k -13.0
Fe+2 + H2O = FeOH+2 + H+ + e-
    log_k -15.2
PHASES
Goethite
    FeOOH + 3 H+ + e- = Fe+2 + 2 H2O
    log_k 12.5
";

    #[test]
    fn electrons_are_eliminated_by_the_valence_they_make() {
        let db = Database::parse_phreeqc(IRON).unwrap();
        let mut expander = Expander::new(&db);
        let species = expander.species("FeOH+2").unwrap();
        assert_eq!(species.count("Fe+3"), 1.0);
        assert_eq!(species.count("e-"), 0.0);
        let value = |e: &Expanded| -> f64 {
            let constant = |source: &Source| match source {
                Source::Species(at) => db.species[*at].log_k.at(298.15),
                Source::Phase(at) => db.phases[*at].log_k.at(298.15),
            };
            e.constants.iter().map(|(source, n)| n * constant(source)).sum()
        };
        assert!((value(&species) + 2.2).abs() < 1e-12, "-15.2 + 13.0 = -2.2, got {}", value(&species));
        let goethite = expander.phase(0).unwrap();
        assert_eq!(goethite.count("Fe+3"), 1.0);
        assert!((value(&goethite) + 0.5).abs() < 1e-12, "12.5 - 13.0 = -0.5, got {}", value(&goethite));
    }

    /// HSeO3- is formed with electrons, which SeO3-2 takes away, which is formed of HSeO3-; and HSe- of HSeO3- too, as in minteq.dat.
    #[test]
    fn valence_states_may_be_formed_of_one_another() {
        let text = "SOLUTION_MASTER_SPECIES\nH H+ -1 H 1.008\nO H2O 0 O 16\nE e- 0 0 0\nSe SeO4-2 0 Se 79\n\
            Se(-2) HSe- 0 Se\nSe(+4) SeO3-2 0 Se\nSe(+6) SeO4-2 0 Se\nSOLUTION_SPECIES\nH+ = H+\ne- = e-\nH2O = H2O\n\
            SeO4-2 = SeO4-2\nHSeO3- + 6 e- + 6 H+ = HSe- + 3 H2O\n log_k 44.86\nHSeO3- = SeO3-2 + H+\n log_k -8.5\n\
            SeO4-2 + 3 H+ + 2 e- = HSeO3- + H2O\n log_k 36.3\n";
        let db = Database::parse_phreeqc(text).unwrap();
        let species = Expander::new(&db).species("HSeO3-").unwrap();
        assert_eq!(species.masters, BTreeMap::from([(Arc::from("H+"), 1.0), (Arc::from("SeO3-2"), 1.0)]));
        let selenite = Source::Species(db.species_index["SeO3-2"]);
        assert_eq!(species.constants, BTreeMap::from([(selenite, -1.0)]), "log K 8.5");
    }
}
