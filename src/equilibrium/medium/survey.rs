//! What a plant's species mean in a database: master species, solids, gases, and the species that must be added for them.

use super::Settings;
use super::pairs::{self, Pair};
use super::stoichiometry::{Names, key};
use crate::chemistry::{Element, Formula, Phase, Species};
use crate::equilibrium::database::{Database, Master};
use std::collections::BTreeMap;
use thiserror::Error;

/// A name of the settings that means nothing.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{problem}")]
pub struct SurveyError {
    /// The list it stands in: `solids`, `exclude`, `open`, `names`.
    pub list: &'static str,
    /// As written.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
    /// What there is in its place.
    pub known: Vec<String>,
}

/// The database's view of a plant's species.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Master species of the database, and the species of streams that carry them.
    pub(super) states: Vec<(String, String)>,
    /// Phases and the species of streams that they are.
    pub(super) solids: Vec<(String, String)>,
    pub(super) gases: Vec<(String, String)>,
    /// Solids of the settings, named one by one, that cannot form, and why.
    pub(super) idle: Vec<(String, String)>,
    /// Elements opened of which the plant has nothing.
    pub(super) opened_in_vain: Vec<String>,
    /// Species that the plant does not have yet.
    pub added: Vec<Species>,
}

struct Surveyor<'d, 's> {
    names: Names<'d>,
    db: &'d Database,
    settings: &'s Settings,
    plant: &'s [Species],
    library: &'s BTreeMap<String, Species>,
    found: Survey,
    faults: Vec<SurveyError>,
}

impl Survey {
    /// Looks the species of a plant up in a database; `library` gives data for species that must be added.
    ///
    /// # Errors
    /// Every name of the settings that means nothing.
    pub fn new(
        db: &Database,
        settings: &Settings,
        plant: &[Species],
        library: &BTreeMap<String, Species>,
    ) -> Result<Survey, Vec<SurveyError>> {
        let names = Names::new(db, &settings.names);
        let (found, faults) = (Survey::default(), Vec::new());
        let mut surveyor = Surveyor { names, db, settings, plant, library, found, faults };
        surveyor.check_names();
        for species in plant.iter().filter(|s| s.phase == Phase::Aqueous) {
            if let Some(name) = surveyor.names.dissolved(species)
                && let Some(expanded) = surveyor.names.expander.species(&name)
            {
                surveyor.states(expanded.masters.keys().map(|m| m.to_string()).collect());
            }
        }
        surveyor.solids();
        surveyor.gases(true);
        surveyor.open();
        surveyor.gases(false);
        if surveyor.faults.is_empty() { Ok(surveyor.found) } else { Err(surveyor.faults) }
    }

    /// Names of the components that the states take.
    pub(super) fn components(&self, db: &Database, open: &[String]) -> Vec<String> {
        let mut names = Vec::new();
        for (species, _) in &self.states {
            let rows = || db.masters.iter().filter(|m| m.name != "Alkalinity");
            let Some(own) = rows().filter(|m| m.species == *species).max_by_key(|m| !m.primary) else {
                continue;
            };
            let primary = |m: &&Master| m.primary && m.element == own.element;
            let row = match open.contains(&own.element) {
                true => rows().find(primary).unwrap_or(own),
                false => own,
            };
            if !matches!(row.species.as_str(), "H2O" | "H+") && !names.contains(&row.name) {
                names.push(row.name.clone());
            }
        }
        names
    }
}

impl Surveyor<'_, '_> {
    fn fault(&mut self, list: &'static str, name: &str, problem: String, known: Vec<String>) {
        self.faults.push(SurveyError { list, name: name.to_owned(), problem, known });
    }

    fn check_names(&mut self) {
        for (_, name) in self.settings.names.clone() {
            let solid = self.db.find_phase(&name).is_some_and(|record| !record.gas);
            if self.db.find_species(&name).is_none() && !solid {
                let solids = self.db.phases.iter().filter(|p| !p.gas).map(|p| &p.name);
                let known = self.db.species.iter().map(|s| &s.name).chain(solids).cloned().collect();
                self.fault("names", &name, format!("the database has no species or solid `{name}`"), known);
            }
        }
        for (own, _) in self.settings.names.clone() {
            let made_up =
                |species: &Species| species.formula.elements().any(|(e, _)| matches!(e, Element::Pseudo(_)));
            let stated = self.plant.iter().any(|s| s.name == own) || self.library.contains_key(&own);
            if !stated && self.species(&own).is_none_or(|species| made_up(&species)) {
                let known = self.plant.iter().map(|s| s.name.clone()).collect();
                self.fault("names", &own, format!("no stream has a species `{own}`"), known);
            }
        }
        let (db, names) = (self.db, self.settings.names.iter());
        let own: Vec<_> = names.filter_map(|(own, of)| Some((self.species(own)?, of))).collect();
        let pair = |(own, of): &(Species, &String)| match own.phase {
            Phase::Solid => {
                let record = db.find_phase(of).filter(|record| !record.gas)?;
                Some((record.name.as_str(), &record.elements, 0.0))
            }
            _ => db.find_species(of).map(|record| (record.name.as_str(), &record.elements, record.charge)),
        };
        let pairs: Vec<Pair<'_>> = own
            .iter()
            .filter_map(|known| {
                let (name, elements, charge) = pair(known)?;
                Some(Pair { own: &known.0.name, formula: &known.0.formula, name, elements, charge })
            })
            .collect();
        for (own, problem) in pairs::faults(db, &pairs) {
            self.fault("names", &own, problem, Vec::new());
        }
    }

    /// A species of that name: of the plant, the library, or made of its name.
    fn species(&self, name: &str) -> Option<Species> {
        let added = self.found.added.iter();
        let own = self.plant.iter().chain(added).find(|s| s.name == name);
        own.or_else(|| self.library.get(name)).cloned().or_else(|| Species::new(name).ok())
    }

    fn add(&mut self, species: Species) {
        if !self.plant.iter().chain(&self.found.added).any(|s| s.name == species.name) {
            self.found.added.push(species);
        }
    }

    /// The first species of a phase and formula: the plant's before the library's.
    fn of_formula(&self, formula: &Formula, phase: Phase, free: impl Fn(&str) -> bool) -> Option<Species> {
        let wanted = key(formula);
        let fits = |s: &&Species| s.phase == phase && key(&s.formula) == wanted && free(&s.name);
        self.plant.iter().find(fits).or_else(|| self.library.values().find(fits)).cloned()
    }

    /// Adds master species with their carriers; false if one has no formula.
    fn states(&mut self, masters: Vec<String>) -> bool {
        let mut all = true;
        for master in masters {
            if matches!(master.as_str(), "H+" | "H2O" | "e-")
                || self.found.states.iter().any(|(own, _)| *own == master)
            {
                continue;
            }
            match self.carrier(&master) {
                Some(carrier) => {
                    self.found.states.push((master, carrier.name.clone()));
                    self.add(carrier);
                }
                None => all = false,
            }
        }
        all
    }

    fn carrier(&self, master: &str) -> Option<Species> {
        if let Some(given) = self.names.given_for(master) {
            return self.species(given);
        }
        let named = self.plant.iter().find(|s| s.name == master).or_else(|| self.library.get(master));
        let by_formula = || {
            let formula = Formula::parse(master).ok()?;
            self.of_formula(&formula, Phase::Aqueous, |_| true)
        };
        named.cloned().or_else(by_formula).or_else(|| Species::new(master).ok())
    }

    /// The solids of the settings, those fed to the plant first: they bring their elements along.
    fn solids(&mut self) {
        let every = self.settings.solids.iter().any(|name| name == "all");
        let mut wanted: Vec<(usize, Option<String>)> = Vec::new();
        for name in self.settings.solids.clone().iter().filter(|name| *name != "all") {
            if let Some(found) = self.phase("solids", name)
                && !wanted.iter().any(|(at, _)| *at == found.0)
            {
                wanted.push(found);
            }
        }
        let by_name: Vec<usize> = wanted.iter().map(|(at, _)| *at).collect();
        if every {
            let solids = (0..self.db.phases.len()).filter(|at| !self.db.phases[*at].gas);
            let new: Vec<usize> = solids.filter(|at| !wanted.iter().any(|(own, _)| own == at)).collect();
            wanted.extend(new.into_iter().map(|at| (at, None)));
        }
        for name in self.settings.exclude.clone() {
            if let Some((out, _)) = self.phase("exclude", &name) {
                wanted.retain(|(at, _)| *at != out);
            }
        }
        let fed = |surveyor: &Self, name: &str| surveyor.plant.iter().any(|s| s.name == name);
        let named: Vec<(usize, Option<String>)> =
            wanted.into_iter().map(|(at, own)| (at, own.or_else(|| self.solid_name(at)))).collect();
        for round in [true, false] {
            for (at, name) in &named {
                let Some(name) = name else { continue };
                if self.found.solids.iter().any(|(own, _)| *own == self.db.phases[*at].name) {
                    continue;
                }
                if round && fed(self, name) {
                    self.solid(*at, name, true);
                } else if !round {
                    self.solid(*at, name, false);
                }
            }
        }
        for (at, _) in named.iter().filter(|(at, _)| by_name.contains(at)) {
            let name = self.db.phases[*at].name.clone();
            if !self.found.solids.iter().any(|(own, _)| *own == name)
                && let Some(why) = self.hindrance(*at)
            {
                self.found.idle.push((name, why));
            }
        }
    }

    /// Why a solid cannot form or dissolve in this plant.
    fn hindrance(&mut self, at: usize) -> Option<String> {
        let expanded = self.names.expander.phase(at)?;
        let masters: Vec<String> = expanded.masters.keys().map(|m| m.to_string()).collect();
        let total = |species: &String| {
            let rows = self.db.masters.iter().filter(|m| m.species == *species && m.name != "Alkalinity");
            rows.max_by_key(|m| !m.primary).map_or_else(|| species.clone(), |m| m.name.clone())
        };
        let held = |m: &String| self.found.states.iter().any(|(own, _)| own == m);
        let lacking = masters.iter().filter(|m| !matches!(m.as_str(), "H+" | "H2O" | "e-") && !held(m));
        let lacking: Vec<String> = lacking.cloned().collect();
        if lacking.is_empty() && expanded.count("e-") != 0.0 {
            let element = masters.iter().find_map(|m| self.names.expander.element_of(m))?;
            return Some(format!("it takes electrons to form: open `{element}`"));
        }
        let bearer = self.bearer(&lacking);
        let totals: Vec<String> = lacking.iter().map(total).collect();
        let totals = totals.join(", ");
        let fed = bearer.map(|(species, phase)| {
            format!(
                "; `{species}` is fed, which would bring it but stays as it is: name `{phase}` in `solids`"
            )
        });
        (!lacking.is_empty())
            .then(|| format!("no liquor of the plant has {totals}{}", fed.unwrap_or_default()))
    }

    /// A solid of the plant that the settings let not dissolve though it holds one of some master species: its name and its phase.
    fn bearer(&mut self, lacking: &[String]) -> Option<(String, String)> {
        let taken = |name: &str| self.found.solids.iter().any(|(own, _)| own == name);
        let idle = |at: &usize| !self.db.phases[*at].gas && !taken(&self.db.phases[*at].name);
        let candidates: Vec<usize> = (0..self.db.phases.len()).filter(idle).collect();
        candidates.into_iter().find_map(|at| {
            let holds =
                self.names.expander.phase(at)?.masters.keys().any(|m| lacking.iter().any(|own| **own == **m));
            let name = self.solid_name(at).filter(|_| holds)?;
            let fed = self.plant.iter().any(|s| s.name == name);
            fed.then(|| (name, self.db.phases[at].name.clone()))
        })
    }

    /// Takes a solid in, if the plant has what it is made of (or `bring`s it).
    fn solid(&mut self, at: usize, name: &str, bring: bool) {
        let Some(expanded) = self.names.expander.phase(at) else { return };
        let needed: Vec<String> = expanded.masters.keys().map(|m| m.to_string()).collect();
        let has = |m: &String| {
            matches!(m.as_str(), "H+" | "H2O" | "e-") || self.found.states.iter().any(|(own, _)| own == m)
        };
        let taken = self.found.solids.iter().any(|(_, own)| own == name);
        let open = |m: &String| {
            self.names.expander.element_of(m).is_some_and(|e| self.settings.open.iter().any(|own| own == e))
        };
        if taken || (expanded.count("e-") != 0.0 && !needed.iter().any(open)) {
            return;
        }
        if needed.iter().all(has) || (bring && self.states(needed)) {
            let record = &self.db.phases[at];
            let species = self.species(name).or_else(|| {
                let made = Species::with_formula(name, &record.formula).ok()?;
                Some(if record.source.is_empty() { made } else { made.with_source(&record.source) })
            });
            if let Some(species) = species {
                self.found.solids.push((record.name.clone(), species.name.clone()));
                self.add(species);
            } else if self.settings.solids.contains(&record.name) {
                let problem = format!(
                    "`{}` of the database is not made of elements: say in `names` which solid of the streams it is",
                    record.name
                );
                self.fault("solids", &record.name.clone(), problem, Vec::new());
            }
        }
    }

    /// The phase of a name, and the species of streams if the name is one.
    fn phase(&mut self, list: &'static str, name: &str) -> Option<(usize, Option<String>)> {
        let given = self.settings.names.iter().find(|(own, _)| own.as_str() == name);
        if let Some(record) = given.and_then(|(_, of)| self.db.find_phase(of)).filter(|record| !record.gas) {
            return Some((*self.db.phase_index.get(&record.name)?, Some(name.to_owned())));
        }
        if let Some(record) = self.db.find_phase(name).filter(|record| !record.gas) {
            return Some((*self.db.phase_index.get(&record.name)?, None));
        }
        let solids = || self.db.phases.iter().filter(|p| !p.gas);
        let species = self.plant.iter().find(|s| s.name == name).or_else(|| self.library.get(name)).cloned();
        let species = species.or_else(|| Species::new(name).ok()).filter(|s| s.phase == Phase::Solid);
        let Some(species) = species else {
            let known = solids().map(|p| p.name.clone()).collect();
            self.fault(list, name, format!("the database has no solid `{name}`"), known);
            return None;
        };
        let wanted = key(&species.formula);
        let same: Vec<&str> = solids()
            .filter(|p| Formula::parse(&p.formula).is_ok_and(|f| key(&f) == wanted))
            .map(|p| p.name.as_str())
            .collect();
        match same.as_slice() {
            [one] => Some((*self.db.phase_index.get(*one)?, Some(species.name))),
            [] => {
                let known = solids().map(|p| p.name.clone()).collect();
                self.fault(
                    list,
                    name,
                    format!("the database has no solid of the formula of `{name}`"),
                    known,
                );
                None
            }
            many => {
                let problem = format!("`{name}` may be {}: name one", many.join(" or "));
                let known = many.iter().map(|m| (*m).to_owned()).collect();
                self.fault(list, name, problem, known);
                None
            }
        }
    }

    /// What streams call a solid of the database.
    fn solid_name(&self, at: usize) -> Option<String> {
        let record = &self.db.phases[at];
        if let Some(given) = self.names.given_for(&record.name) {
            return Some(given.to_owned());
        }
        let stem = record.name.strip_suffix("(s)").unwrap_or(&record.name).replace(' ', "_");
        let name = format!("{stem}(s)");
        let known = self.plant.iter().map(|s| &s.name).chain(self.library.keys());
        if let Some(own) = known.into_iter().find(|own| own.eq_ignore_ascii_case(&name)) {
            return Some(own.clone());
        }
        let formula = Formula::parse(&record.formula).ok()?;
        let free = |own: &str| !self.found.solids.iter().any(|(_, taken)| taken == own);
        let same = self.of_formula(&formula, Phase::Solid, free);
        Some(same.map_or(name, |s| s.name))
    }

    /// Gases of the database: those of the plant, and those of the library that its liquors can give off.
    fn gases(&mut self, of_plant: bool) {
        for at in 0..self.db.phases.len() {
            let record = &self.db.phases[at];
            let known = self.found.gases.iter().any(|(own, _)| *own == record.name);
            let Some(expanded) = self.names.expander.phase(at).filter(|_| record.gas && !known) else {
                continue;
            };
            if expanded.count("e-") != 0.0 {
                continue;
            }
            let stem = record.name.strip_suffix("(g)").unwrap_or(&record.name);
            let named = Species::new(&format!("{stem}(g)")).ok();
            let formula = named.map(|s| s.formula).or_else(|| Formula::parse(&record.formula).ok());
            let Some(formula) = formula else { continue };
            let Some(species) = self.of_formula(&formula, Phase::Gas, |_| true) else { continue };
            let fed = self.plant.iter().any(|s| s.name == species.name);
            let needed: Vec<String> = expanded.masters.keys().map(|m| m.to_string()).collect();
            let has = |m: &String| {
                matches!(m.as_str(), "H+" | "H2O") || self.found.states.iter().any(|(own, _)| own == m)
            };
            let water = needed.iter().all(|m| m == "H2O");
            if water || (of_plant && !fed) || !(needed.iter().all(has) || (fed && self.states(needed))) {
                continue;
            }
            self.found.gases.push((record.name.clone(), species.name.clone()));
            self.add(species);
        }
    }

    /// Whether a solid gives electrons on dissolving to one of these states: a metal, a sulfur.
    fn has_metal(&mut self, states: &[String]) -> bool {
        (0..self.db.phases.len()).any(|at| {
            let expanded = self.names.expander.phase(at);
            expanded.is_some_and(|e| e.count("e-") != 0.0 && states.iter().any(|s| e.count(s) != 0.0))
        })
    }

    /// Every valence state of the elements opened.
    fn open(&mut self) {
        for element in self.settings.open.clone() {
            let own: Vec<String> = self
                .db
                .masters
                .iter()
                .filter(|m| m.element == element && m.name != "Alkalinity")
                .map(|m| m.species.clone())
                .collect();
            let mut distinct = own.clone();
            distinct.sort();
            distinct.dedup();
            if distinct.len() < 2 && !self.has_metal(&distinct) {
                let mut known: Vec<String> = self.db.masters.iter().map(|m| m.element.clone()).collect();
                known.sort();
                known.dedup();
                known.retain(|e| self.db.valences(e).len() > 1);
                let state = self.db.find_master(&element).filter(|_| own.is_empty());
                let problem = match (own.is_empty(), state) {
                    (true, Some(master)) => {
                        known = vec![master.element.clone()];
                        format!("`{element}` is one valence state, and couples are opened by their element")
                    }
                    (true, None) => format!("the database has no element `{element}`"),
                    (false, _) => {
                        format!("`{element}` has one valence state in the database: no couple to open")
                    }
                };
                self.fault("open", &element, problem, known);
            } else if matches!(element.as_str(), "O" | "H")
                || self.found.states.iter().any(|(state, _)| own.contains(state))
            {
                self.states(distinct);
            } else {
                self.found.opened_in_vain.push(element);
            }
        }
    }
}
