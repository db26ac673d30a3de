//! Species, salts and reagents of a scenario: what its processes and units name.

use std::collections::BTreeSet;

use super::super::diagnostic::{Code, Diagnostic};
use super::super::library::Library;
use super::super::process::Process;
use super::super::species::{ReagentText, SaltText};
use super::Reader;
use crate::chemistry::{ApparentVolume, Reaction, Species, SpeciesTable, Term};
use crate::unit::parameters::{Args, Located, Place, Value};
use crate::unit::{Reagent, UnitKind};

impl Reader<'_> {
    pub(super) fn species(
        &self,
        processes: &[Process],
        units: &[(Located<String>, &'static UnitKind, Args)],
    ) -> Vec<Species> {
        let mut names: BTreeSet<String> = ["H2O", "H+", "OH-"].map(str::to_owned).into();
        let mut pseudo: BTreeSet<String> = BTreeSet::new();
        for process in processes {
            names.extend(process.species());
            pseudo.extend(process.feedstocks.iter().filter_map(|(_, args)| args.read::<String>("rest").ok()));
        }
        for (_, _, args) in units {
            self.species_of(args, &mut names);
            pseudo.extend(args.read::<Option<String>>("rest").ok().flatten());
        }
        let mut species = Vec::new();
        for name in names {
            match self.library.species.get(&name).cloned().map_or_else(|| Species::new(&name), Ok) {
                Ok(one) => species.push(one),
                // A name that is no formula is reported where it stands, by the unit or reaction.
                Err(_) => continue,
            }
        }
        for rest in pseudo {
            let name = if rest.ends_with("(s)") { rest } else { format!("{rest}(s)") };
            if !species.iter().any(|s: &Species| s.name == name)
                && let Ok(one) = Species::pseudo(&name)
            {
                species.push(one);
            }
        }
        species
    }

    /// Species that feeds name and no reaction.
    pub(super) fn fed_alone<'s>(
        &self,
        species: &'s [Species],
        processes: &[Process],
        units: &[(Located<String>, &'static UnitKind, Args)],
    ) -> Vec<&'s Species> {
        let (mut fed, mut reacting) = (BTreeSet::new(), BTreeSet::new());
        processes.iter().for_each(|process| reacting.extend(process.species()));
        for (_, kind, args) in units {
            let names = if matches!(kind.name, "feed" | "make-up") { &mut fed } else { &mut reacting };
            self.species_of(args, names);
        }
        species.iter().filter(|s| fed.contains(&s.name) && !reacting.contains(&s.name)).collect()
    }

    pub(super) fn species_table(&mut self, species: Vec<Species>) -> Option<SpeciesTable> {
        let root = Place { file: self.document.file, start: 0, end: 0 };
        SpeciesTable::new(species)
            .map_err(|error| self.binder.fault(Diagnostic::new(Code::Chemistry, root, error.to_string())))
            .ok()
    }

    /// Species that the parameters of a unit name.
    fn species_of(&self, args: &Args, names: &mut BTreeSet<String>) {
        for (key, value) in &args.entries {
            self.species_in(key, &value.value, names);
        }
    }

    fn species_in(&self, key: &str, value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::Text(text) if key == "equation" => {
                names.extend(Reaction::names(text).unwrap_or_default());
            }
            Value::Map(items)
                if matches!(key, "solution" | "composition" | "amounts" | "assay" | "sizes" | "counts") =>
            {
                items.iter().for_each(|(name, _)| self.species_of_substance(&name.value, names));
            }
            Value::Text(text) if key == "reagent" => self.species_of_substance(text, names),
            Value::Map(items) if key == "hosts" => {
                names.extend(items.iter().filter_map(|(_, v)| match &v.value {
                    Value::Text(text) => Some(text.clone()),
                    _ => None,
                }));
            }
            Value::List(items) => items.iter().for_each(|item| self.species_in(key, &item.value, names)),
            Value::Record(args) => self.species_of(args, names),
            _ => {}
        }
    }

    /// What a reagent dissolves into, or a species of the library.
    fn species_of_substance(&self, name: &str, names: &mut BTreeSet<String>) {
        if let Some(reagent) = self.library.reagents.iter().find(|r| r.name == name) {
            names.extend(Reaction::names(&format!("{} = H2O", reagent.dissolves)).unwrap_or_default());
        } else if self.library.species.contains_key(name) {
            names.insert(name.to_owned());
        }
    }
}

/// Apparent volumes of the salts whose ions are all in the table.
pub(super) fn salts(library: &Library, table: &SpeciesTable) -> Vec<(Vec<Term>, ApparentVolume)> {
    let known = |salt: &SaltText| Reaction::side(&salt.dissolves, table).ok();
    library.salts.iter().filter_map(|salt| Some((known(salt)?, salt.volume.clone()))).collect()
}

/// What a reagent brings; none where the table lacks it.
pub(super) fn reagent(text: &ReagentText, table: &SpeciesTable) -> Option<Reagent> {
    let formula = crate::chemistry::Formula::parse(&text.name).ok()?;
    let mut brings = Vec::new();
    for term in text.dissolves.split(" + ") {
        let term = term.trim();
        let (count, name) = match term.split_once(' ') {
            Some((count, name)) => (count.parse::<f64>().ok()?, name),
            None => (1.0, term),
        };
        brings.push((table.index(name)?, count));
    }
    Some(Reagent { name: text.name.clone(), molar_mass: formula.molar_mass(), brings })
}
