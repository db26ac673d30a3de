//! Names of totals and of opened elements: which valence state a bare element stands for, and what stands for no total, or for the
//! same as another.

use super::database::Database;
use super::database::equation::{elements, plain_valence, split_charge};
use super::database::expand::Expander;
use super::liquor::{Liquor, new_components};
use super::system::{Options, System, SystemError};
use crate::chemistry::nearest;

/// Ions by the names that people write for totals, and their formulas.
const IONS: &[(&[&str], &str)] = &[
    (&["ammonia"], "NH3"),
    (&["ammonium"], "NH4+"),
    (&["arsenate"], "AsO4-3"),
    (&["bicarbonate", "hydrogencarbonate"], "HCO3-"),
    (&["borate"], "H3BO3"),
    (&["bromide"], "Br-"),
    (&["carbonate"], "CO3-2"),
    (&["chloride"], "Cl-"),
    (&["fluoride"], "F-"),
    (&["iodide"], "I-"),
    (&["nitrate"], "NO3-"),
    (&["nitrite"], "NO2-"),
    (&["phosphate"], "PO4-3"),
    (&["sulfate", "sulphate", "bisulfate", "bisulphate"], "SO4-2"),
    (&["sulfide", "sulphide"], "HS-"),
    (&["sulfite", "sulphite"], "SO3-2"),
];

/// Whether a name is of what water itself holds, the pH and the Eh: nothing that is given by a total.
pub(super) fn is_of_water(name: &str) -> bool {
    matches!(&*plain_valence(name), "H" | "H(1)" | "H+" | "O" | "O(-2)" | "H2O" | "OH-" | "E" | "e-")
}

impl Database {
    /// The valence state that an element's name alone stands for while its couples are closed: `Fe(2)` for `Fe`. None where the name
    /// says all there is to say.
    pub fn state_meant(&self, name: &str) -> Option<&str> {
        let master = self.masters.iter().find(|m| m.primary && m.name == name)?;
        let states = self.valences(&master.element);
        let own = states.iter().find(|state| state.species == master.species)?;
        (states.len() > 1).then_some(own.name.as_str())
    }

    /// Names of solids (or gases) that are made of the elements of a formula.
    pub fn made_of(&self, formula: &str, gas: bool) -> Vec<&str> {
        let body = split_charge(super::database::bare(formula)).0;
        let Ok(wanted) = elements(body) else { return Vec::new() };
        let same = self.phases.iter().filter(|phase| phase.gas == gas && phase.elements == wanted);
        same.map(|phase| phase.name.as_str()).collect()
    }

    /// The totals that a formula such as `NaCl` or `SO4`, or the name of an ion, is made of; none where the database cannot form it.
    pub(super) fn parts(&self, name: &str) -> Vec<String> {
        let lower = name.to_ascii_lowercase();
        let formula =
            IONS.iter().find(|(names, _)| names.contains(&lower.as_str())).map_or(name, |ion| ion.1);
        let (body, charge) = split_charge(formula);
        let Ok(wanted) = elements(body) else { return Vec::new() };
        let total = |species: &str| {
            let own = self.masters.iter().filter(|m| m.species == species && m.name != "Alkalinity");
            own.max_by_key(|m| !m.primary).map(|m| m.name.clone())
        };
        // an ion written without its charge, itself of a total or made of others
        let ions =
            || self.species.iter().filter(|s| s.elements == wanted && s.charge != 0.0 && charge == 0.0);
        if let Some(name) = ions().filter_map(|s| total(&s.name)).next() {
            return vec![name];
        }
        let formula = ions().next().map_or(formula, |s| s.name.as_str());
        let names = new_components(self, body, &[]);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let Ok(system) = System::new(self, &names, &Options::default()) else { return Vec::new() };
        let Ok((terms, _)) = system.dissolve(formula) else { return Vec::new() };
        let own = terms
            .iter()
            .filter(|(at, _)| *at != 0)
            .filter_map(|(at, _)| total(&system.components[*at].species));
        own.collect()
    }

    /// Whether an element has couples to open: several valence states, or a metal (a sulfur) that gives electrons on dissolving.
    fn has_couple(&self, element: &str) -> bool {
        let own = self.masters.iter().filter(|m| m.element == element && m.name != "Alkalinity");
        let mut states: Vec<&str> = own.map(|m| m.species.as_str()).collect();
        states.sort_unstable();
        states.dedup();
        let mut expander = Expander::new(self);
        states.len() > 1
            || (0..self.phases.len())
                .filter_map(|at| expander.phase(at))
                .any(|phase| phase.count("e-") != 0.0 && states.iter().any(|state| phase.count(state) != 0.0))
    }
}

impl Liquor {
    /// Totals named by their element alone that stand for one of its valence states, since its couples are closed, and those named by
    /// the one state of an element that the database calls by the element: name, and what it was taken as.
    pub fn taken_as(&self, db: &Database) -> Vec<(String, String)> {
        let meant = |name: &str| match db.only_state(name) {
            Some(master) => Some(master.name.clone()),
            None if self.open.iter().any(|open| open == name) => None,
            None => db.state_meant(name).map(str::to_owned),
        };
        self.totals.iter().filter_map(|(name, _)| Some((name.clone(), meant(name)?))).collect()
    }

    /// Refuses totals that are none and those given twice under two names, and elements opened of which there is nothing.
    pub(super) fn check_names(&self, db: &Database, reagents: &[&str]) -> Result<(), SystemError> {
        let mut seen: Vec<(&str, &str, Option<&str>)> = Vec::new();
        for (name, _) in &self.totals {
            if is_of_water(name) {
                return Err(SystemError::NoTotal(name.clone()));
            }
            let Some(master) = db.find_master(name) else { continue }; // told of on compiling
            let all_states = master.primary && self.open.contains(&master.element);
            let state = (!all_states).then_some(master.species.as_str());
            let same = |(_, element, other): &&(&str, &str, Option<&str>)| {
                *element == master.element && (state.is_none() || other.is_none() || *other == state)
            };
            if let Some((other, ..)) = seen.iter().find(same) {
                let (one, other) = ((*other).to_owned(), name.clone());
                return Err(match one == other {
                    true => SystemError::Twice(one),
                    false => SystemError::SameTotal { one, other },
                });
            }
            seen.push((name, &master.element, state));
        }
        self.open.iter().try_for_each(|name| self.check_open(db, name, reagents))
    }

    fn check_open(&self, db: &Database, name: &str, reagents: &[&str]) -> Result<(), SystemError> {
        let name = name.to_owned();
        if !db.masters.iter().any(|master| master.element == name) {
            if let Some(master) = db.find_master(&name) {
                return Err(SystemError::OpenState { element: master.element.clone(), name });
            }
            let elements = db.masters.iter().filter(|master| master.primary).map(|m| m.element.as_str());
            return Err(SystemError::UnknownElement { nearest: nearest(&name, elements), name });
        }
        if !db.has_couple(&name) {
            return Err(SystemError::NoCouple(name));
        }
        let of_total = |total: &str| db.find_master(total).is_some_and(|m| m.element == name);
        let in_formula =
            |formula: &str| elements(split_charge(formula).0).is_ok_and(|parts| parts.contains_key(&name));
        let given = self.totals.iter().any(|(total, _)| of_total(total))
            || self.held.iter().any(|(total, ..)| of_total(total))
            || self.reagents.iter().any(|(formula, _)| in_formula(formula))
            || reagents.iter().any(|formula| in_formula(formula));
        match given || matches!(name.as_str(), "H" | "O") {
            true => Ok(()),
            false => Err(SystemError::OpenAbsent(name)),
        }
    }
}
