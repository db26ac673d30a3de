//! From a database and a list of components to a [`System`].

use super::activity::pitzer::Interactions;
use super::database::equation::plain_valence;
use super::database::expand::{Expanded, Expander, Source};
use super::database::{Database, DatabaseModel, Gamma, LogK, SpeciesRecord};
use super::system::{
    ClassRule, Component, Model, OpenState, Options, Phase, Species, Stoichiometry, System, SystemError,
};
use crate::chemistry::nearest;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

static SYSTEMS: AtomicU64 = AtomicU64::new(1);

pub(super) struct Compiler<'d> {
    db: &'d Database,
    options: &'d Options,
    model: Model,
    expander: Expander<'d>,
    components: Vec<Component>,
    basis: HashMap<String, usize>,
    constants: Vec<LogK>,
    constant_index: BTreeMap<Source, usize>,
    rules: Vec<ClassRule>,
}

impl<'d> Compiler<'d> {
    pub(super) fn new(db: &'d Database, options: &'d Options) -> Result<Compiler<'d>, SystemError> {
        let model = match (options.model, &db.model) {
            (Model::FromDatabase, DatabaseModel::Pitzer { .. }) => Model::Pitzer,
            (Model::FromDatabase, DatabaseModel::Sit) => Model::Sit,
            (chosen, _) => chosen,
        };
        let no_table = db.interactions.is_empty();
        if model == Model::Pitzer && (no_table || db.model == DatabaseModel::Sit) {
            return Err(SystemError::NoParameters("Pitzer"));
        }
        if model == Model::Sit && (no_table || matches!(db.model, DatabaseModel::Pitzer { .. })) {
            return Err(SystemError::NoParameters("SIT"));
        }
        if model == Model::BDot && db.b_dot.is_none() {
            return Err(SystemError::NoParameters("B-dot"));
        }
        Ok(Compiler {
            db,
            options,
            model,
            expander: Expander::new(db),
            components: vec![],
            basis: HashMap::new(),
            constants: vec![],
            constant_index: BTreeMap::new(),
            rules: vec![],
        })
    }

    fn open(&self, element: &str) -> bool {
        self.options.open.iter().any(|name| name == element)
    }

    pub(super) fn compile(mut self, names: &[&str]) -> Result<System, SystemError> {
        self.add_component("H+", "H+", "H")?;
        if !self.options.open.is_empty() {
            self.add_component("e-", "e-", "E")?;
        }
        for name in names.iter().filter(|name| !matches!(**name, "H+" | "H2O" | "e-" | "H" | "H(1)")) {
            if let Some((element, species)) =
                self.db.exchangers.iter().find(|(element, _)| element == name).cloned()
            {
                self.add_component(name, &species, &element)?;
                continue;
            }
            let master = self.db.find_master(name).ok_or_else(|| self.unknown(name))?.clone();
            let species = match self.open(&master.element) {
                true => self.expander.primary_of(&master.species).unwrap_or(&master.species).to_owned(),
                false => master.species.clone(),
            };
            if !matches!(species.as_str(), "H2O" | "H+") {
                self.add_component(name, &species, &master.element)?;
            }
        }
        let mut species = Vec::new();
        let mut order: Vec<usize> = (0..self.db.species.len()).collect();
        order.sort_by_key(|at| self.db.species[*at].equivalents > 0.0);
        for at in order {
            self.take_species(at, &mut species);
        }
        let aqueous = species.iter().take_while(|s| s.aqueous).count();
        for (at, one) in species.iter().enumerate() {
            if let Some(component) = self.basis.get(&*one.name) {
                self.components[*component].own = Some(at);
            }
        }
        let phases = self.phases();
        Ok(self.finish(species, phases, aqueous))
    }

    /// The valence states of open elements.
    fn open_states(&mut self, species: &[Species]) -> Vec<OpenState> {
        let states = self.db.masters.iter().filter(|m| !m.primary && m.name != "Alkalinity");
        let mut found = Vec::new();
        for master in states.filter(|m| self.open(&m.element)) {
            let own = species.iter().find(|s| *s.name == *master.species);
            // water is no species of the list: the state of its oxygen adds nothing
            let terms = own.map_or_else(Vec::new, |own| own.reaction.terms.clone());
            if own.is_some() || master.species == "H2O" {
                let atoms = self.expander.atoms(&master.species);
                found.push(OpenState {
                    name: master.name.clone(),
                    element: master.element.clone(),
                    terms,
                    atoms,
                });
            }
        }
        found
    }

    fn finish(mut self, species: Vec<Species>, phases: Vec<Phase>, aqueous: usize) -> System {
        let states = self.open_states(&species);
        let index = species.iter().enumerate().map(|(at, s)| (s.name.clone(), at)).collect();
        let list: Vec<(&str, f64)> = species[..aqueous].iter().map(|s| (&*s.name, s.charge)).collect();
        let (macinnes, etheta) = match self.db.model {
            DatabaseModel::Pitzer { macinnes, etheta } => (macinnes, etheta),
            _ => (false, true),
        };
        let dense = matches!(self.model, Model::Pitzer | Model::Sit);
        let sit = self.model == Model::Sit;
        let table = || {
            let table = Interactions::new(&self.db.interactions, &list, sit, macinnes, etheta);
            table.with_a_phi(self.db.a_phi.filter(|_| !sit))
        };
        let interactions = dense.then(table);
        let names: HashSet<&str> =
            species.iter().map(|s| &*s.name).chain(phases.iter().map(|p| p.name.as_str())).collect();
        let here = self.db.without_constant.iter().filter(|name| names.contains(name.as_str()));
        let without_constant = here.cloned().collect();
        let needs_table =
            self.model != Model::Ideal && self.rules.iter().any(|r| matches!(r.gamma, Gamma::BDot(_)));
        System {
            id: SYSTEMS.fetch_add(1, Ordering::Relaxed),
            order: order(self.components.len(), &species),
            electron: self.components.iter().position(|c| c.species == "e-"),
            components: self.components,
            species,
            states,
            phases,
            aqueous,
            interactions,
            without_constant,
            water_slope: self.options.water_slope.unwrap_or(0.017),
            model: self.model,
            rules: self.rules,
            constants: self.constants,
            b_dot: if needs_table { self.db.b_dot.clone() } else { None },
            index,
        }
    }

    fn unknown(&self, name: &str) -> SystemError {
        let plain = plain_valence(name);
        if let Some((element, _)) = plain.split_once('(').filter(|(_, rest)| is_valence(rest)) {
            let states = self.db.states(element);
            if !states.is_empty() {
                return SystemError::UnknownState {
                    name: name.to_owned(),
                    element: element.to_owned(),
                    states,
                };
            }
        }
        let names = self.db.masters.iter().map(|m| m.name.as_str());
        let element = crate::chemistry::Element::from_symbol(name).is_some();
        // an element that the database lacks is like no other, whatever the letters
        let nearest = if element { Vec::new() } else { nearest(name, names) };
        SystemError::UnknownComponent { name: name.to_owned(), parts: self.db.parts(name), nearest }
    }

    fn add_component(&mut self, name: &str, species: &str, element: &str) -> Result<(), SystemError> {
        if self.basis.contains_key(species) {
            return Err(SystemError::Twice(name.to_owned()));
        }
        let record = self.db.find_species(species);
        if record.is_none() && species != "e-" && species != "H+" {
            return Err(SystemError::MissingSpecies {
                component: name.to_owned(),
                species: species.to_owned(),
            });
        }
        let charge = record.map_or(if species == "e-" { -1.0 } else { 1.0 }, |r| r.charge);
        let exchanger = self.db.exchangers.iter().any(|(_, s)| s == species);
        self.basis.insert(species.to_owned(), self.components.len());
        self.components.push(Component {
            name: name.to_owned(),
            species: species.to_owned(),
            element: element.to_owned(),
            charge,
            atoms: self.expander.atoms(species),
            own: None,
            exchanger,
            elements: record.map(|r| r.elements.clone()).unwrap_or_default(),
            molar_mass: self
                .db
                .masters
                .iter()
                .find(|m| m.primary && m.element == element)
                .map_or(0.0, |m| m.molar_mass),
        });
        Ok(())
    }

    /// Master species outside the basis replaced where their couple is open; `None` if something is left.
    fn in_basis(&mut self, expanded: &Expanded, dissolution: bool) -> Option<Stoichiometry> {
        let mut masters: BTreeMap<Arc<str>, f64> = BTreeMap::new();
        let mut constants: BTreeMap<Source, f64> = expanded.constants.clone();
        for (name, n) in &expanded.masters {
            if self.basis.contains_key(&**name) || &**name == "H2O" {
                *masters.entry(name.clone()).or_insert(0.0) += n;
                continue;
            }
            let element = self.expander.element_of(name)?;
            if !self.open(element) {
                return None;
            }
            let half = self.expander.half_reaction(name)?;
            for (other, k) in &half.masters {
                *masters.entry(other.clone()).or_insert(0.0) += n * k;
            }
            let sign = if dissolution { -1.0 } else { 1.0 };
            for (source, k) in &half.constants {
                *constants.entry(*source).or_insert(0.0) += sign * n * k;
            }
        }
        let mut result = Stoichiometry::default();
        for (name, n) in masters.into_iter().filter(|(_, n)| n.abs() > 1e-9) {
            match (&*name, self.basis.get(&*name)) {
                ("H2O", _) => result.water = n,
                (_, Some(at)) => result.terms.push((*at, n)),
                _ => return None,
            }
        }
        for (source, n) in constants.into_iter().filter(|(_, n)| n.abs() > 1e-12) {
            result.constants.push((self.constant(source), n));
        }
        result.terms.sort_by_key(|term| term.0);
        Some(result)
    }

    fn constant(&mut self, source: Source) -> usize {
        let constants = &mut self.constants;
        *self.constant_index.entry(source).or_insert_with(|| {
            constants.push(match source {
                Source::Species(at) => self.db.species[at].log_k.clone(),
                Source::Phase(at) => self.db.phases[at].log_k.clone(),
            });
            constants.len() - 1
        })
    }

    fn take_species(&mut self, at: usize, species: &mut Vec<Species>) {
        let record = &self.db.species[at];
        if record.name == "H2O"
            || record.name == "e-"
            || self.db.exchangers.iter().any(|(_, s)| *s == record.name)
        {
            return;
        }
        let Some(expanded) = self.expander.species(&record.name) else { return };
        let Some(reaction) = self.in_basis(&expanded, false) else { return };
        if reaction.terms.is_empty() {
            return;
        }
        let aqueous = record.equivalents == 0.0;
        let exchanger = reaction.terms.iter().map(|t| t.0).find(|c| self.components[*c].exchanger);
        let (charge, factor) = if aqueous {
            (record.charge, 1.0)
        } else {
            let cation =
                reaction.terms.iter().find(|(c, n)| *n > 0.0 && !self.components[*c].exchanger && *c != 0);
            cation.map_or((1.0, 1.0), |(c, n)| (self.components[*c].charge, *n))
        };
        let gamma = match (self.model, record.gamma) {
            (Model::Ideal | Model::Sit | Model::Pitzer, _) => Gamma::One,
            (_, Gamma::Default) if !aqueous => Gamma::One,
            (Model::Davies, _) => Gamma::Default,
            (Model::ExtendedDebyeHueckel, Gamma::Extended { size, .. } | Gamma::BDot(size)) => {
                Gamma::Extended { size, slope: 0.0 }
            }
            (Model::ExtendedDebyeHueckel, Gamma::Default) if charge != 0.0 => {
                Gamma::Extended { size: 4.0, slope: 0.0 }
            }
            (Model::BDot, Gamma::Extended { size, .. }) if size > 0.0 => Gamma::BDot(size),
            (Model::BDot, Gamma::Default) if charge != 0.0 => Gamma::BDot(4.0),
            (_, gamma) => gamma,
        };
        let rule = ClassRule { gamma, charge, factor };
        let class = self.rules.iter().position(|old| *old == rule).unwrap_or_else(|| {
            self.rules.push(rule);
            self.rules.len() - 1
        });
        let alkalinity = self.alkalinity(&expanded);
        species.push(Species {
            name: Arc::from(record.name.as_str()),
            charge: record.charge,
            aqueous,
            class,
            equivalents: record.equivalents,
            exchanger,
            alkalinity,
            balance: self.balance(record, &reaction),
            reaction,
        });
    }

    /// The counts of a species in the balances: its reaction, unless the file says otherwise.
    fn balance(&self, record: &SpeciesRecord, reaction: &Stoichiometry) -> Vec<(usize, f64)> {
        let mut terms = reaction.terms.clone();
        for (name, count) in &record.balance {
            let species = self.db.find_master(name).map(|m| m.species.as_str());
            // with the couple open the element has one component, that of its primary species
            let primary = || species.and_then(|species| self.expander.primary_of(species));
            let found = species.and_then(|species| self.basis.get(species)).copied();
            let found = found.or_else(|| primary().and_then(|species| self.basis.get(species).copied()));
            if let Some(term) = terms.iter_mut().find(|term| Some(term.0) == found) {
                term.1 = count / self.components[term.0].atoms;
            }
        }
        terms
    }

    fn alkalinity(&self, expanded: &Expanded) -> f64 {
        let of = |species: &str| {
            let masters = self.db.masters.iter().filter(|m| m.species == species && m.name != "Alkalinity");
            masters.max_by_key(|m| !m.primary).map_or(0.0, |m| m.alkalinity)
        };
        expanded.masters.iter().map(|(name, n)| n * of(name)).sum()
    }

    fn phases(&mut self) -> Vec<Phase> {
        let mut phases = Vec::new();
        for at in 0..self.db.phases.len() {
            let record = &self.db.phases[at];
            if let Some(wanted) = &self.options.phases
                && !wanted.iter().any(|name| name.eq_ignore_ascii_case(&record.name))
            {
                continue;
            }
            let Some(expanded) = self.expander.phase(at) else { continue };
            let Some(reaction) = self.in_basis(&expanded, true) else { continue };
            let (name, formula, gas) = (record.name.clone(), record.formula.clone(), record.gas);
            phases.push(Phase { name, formula, gas, critical: record.critical, reaction });
        }
        phases
    }
}

/// Whether a text behind a bracket is a valence and the end of a name, `2)`.
fn is_valence(rest: &str) -> bool {
    rest.strip_suffix(')').is_some_and(|number| number.parse::<i32>().is_ok())
}

/// Components by the number of others that they share species with.
fn order(components: usize, species: &[Species]) -> Vec<usize> {
    let mut partners = vec![std::collections::BTreeSet::new(); components];
    for one in species {
        for (c, _) in &one.reaction.terms {
            partners[*c].extend(one.reaction.terms.iter().map(|(other, _)| *other));
        }
    }
    let mut order: Vec<usize> = (0..components).collect();
    order.sort_by_key(|c| (partners[*c].len(), *c));
    order
}
