//! Species and the table of those a model uses.

use super::elements::Element;
use super::formula::{Formula, FormulaError};
use super::thermo::Thermo;
use crate::numerics::Scalar;
use std::collections::HashMap;
use std::fmt;
use thiserror::Error;

/// Where a species lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Dissolved in water, or water itself; no suffix.
    Aqueous,
    /// A solid; suffix `(s)`.
    Solid,
    /// A gas; suffix `(g)`.
    Gas,
    /// Dissolved in, or part of, an organic phase; suffix `(org)`.
    Organic,
}

impl Phase {
    /// Suffix of a species' name: `""`, `"(s)"`, `"(g)"` or `"(org)"`.
    pub fn suffix(self) -> &'static str {
        match self {
            Phase::Aqueous => "",
            Phase::Solid => "(s)",
            Phase::Gas => "(g)",
            Phase::Organic => "(org)",
        }
    }

    /// Name without the suffix, and the phase it stood for: `"LiCoO2(s)"` is `("LiCoO2", Solid)`.
    pub fn split(name: &str) -> (&str, Phase) {
        for phase in [Phase::Solid, Phase::Gas, Phase::Organic] {
            if let Some(stem) = name.strip_suffix(phase.suffix()) {
                return (stem, phase);
            }
        }
        (name, Phase::Aqueous)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Aqueous => "aqueous",
            Phase::Solid => "solid",
            Phase::Gas => "gas",
            Phase::Organic => "organic",
        })
    }
}

/// A substance in a phase, with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Species {
    /// Unique name with the phase's suffix, such as `"Co+2"`, `"LiCoO2(s)"`, `"goethite(s)"`.
    pub name: String,
    /// Where it lives.
    pub phase: Phase,
    /// Its composition.
    pub formula: Formula,
    /// kg/mol.
    pub molar_mass: f64,
    /// Charge number.
    pub charge: f64,
    /// Enthalpy, entropy and heat capacity, as far as known.
    pub thermo: Thermo,
    /// m³/mol: molar volume of a solid or liquid, partial molar volume at infinite dilution of a solute (ions on the
    /// scale on which H+ has zero).
    pub volume: Option<f64>,
    /// Keys of the references its data come from.
    pub sources: Vec<String>,
}

/// Why a species cannot be made, or a table of them.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SpeciesError {
    /// The name, or the formula given for it, cannot be read.
    #[error("species `{name}`: {error}")]
    Formula {
        /// The species.
        name: String,
        /// What is wrong with its formula.
        error: FormulaError,
    },
    /// A solid or gas with a charge.
    #[error("species `{name}`: a {phase} cannot carry the charge {charge:+}")]
    Charged {
        /// The species.
        name: String,
        /// Its phase.
        phase: Phase,
        /// Its charge number.
        charge: f64,
    },
    /// A name with a space, or none.
    #[error("species `{name}`: a name is one word")]
    Name {
        /// The name as written.
        name: String,
    },
    /// Two species of one name.
    #[error("species `{name}` is defined twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// A name that is not in the table.
    #[error("unknown species `{name}`{}", suggestion(nearest))]
    Unknown {
        /// The name as written.
        name: String,
        /// Known names that look like it, the likeliest first.
        nearest: Vec<String>,
    },
}

fn suggestion(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!(", did you mean `{}`?", nearest.join("` or `")) }
}

impl Species {
    /// A species whose name is its formula with the phase's suffix.
    ///
    /// # Errors
    /// [`SpeciesError`] if the name is no formula, or a solid or gas has a charge.
    pub fn new(name: &str) -> Result<Species, SpeciesError> {
        Species::with_formula(name, Phase::split(name).0)
    }

    /// A species whose name is not its formula, such as `"goethite(s)"`, FeOOH.
    ///
    /// # Errors
    /// As of [`Species::new`].
    pub fn with_formula(name: &str, formula: &str) -> Result<Species, SpeciesError> {
        let formula = Formula::parse(formula)
            .map_err(|error| SpeciesError::Formula { name: name.to_owned(), error })?;
        Species::made_of(name, formula)
    }

    /// A pseudo-component such as `"gangue(s)"`: one pseudo-element, 1 kg/mol.
    ///
    /// # Errors
    /// As of [`Species::new`].
    pub fn pseudo(name: &str) -> Result<Species, SpeciesError> {
        Species::made_of(name, Formula::pseudo(Phase::split(name).0))
    }

    /// A species of a formula that has been read already.
    ///
    /// # Errors
    /// As of [`Species::new`].
    pub fn made_of(name: &str, formula: Formula) -> Result<Species, SpeciesError> {
        let (stem, phase) = Phase::split(name);
        if stem.is_empty() || name.contains(char::is_whitespace) {
            return Err(SpeciesError::Name { name: name.to_owned() });
        }
        let charge = formula.charge();
        if charge != 0.0 && matches!(phase, Phase::Solid | Phase::Gas) {
            return Err(SpeciesError::Charged { name: name.to_owned(), phase, charge });
        }
        Ok(Species {
            name: name.to_owned(),
            phase,
            molar_mass: formula.molar_mass(),
            charge,
            formula,
            thermo: Thermo::default(),
            volume: None,
            sources: Vec::new(),
        })
    }

    /// The same with thermochemical data.
    #[must_use]
    pub fn with_thermo(mut self, thermo: Thermo) -> Species {
        self.thermo = thermo;
        self
    }

    /// The same with a molar or partial molar volume, m³/mol.
    #[must_use]
    pub fn with_volume(mut self, volume: f64) -> Species {
        self.volume = Some(volume);
        self
    }

    /// The same with a density, kg/m³, kept as a molar volume.
    #[must_use]
    pub fn with_density(mut self, density: f64) -> Species {
        self.volume = Some(self.molar_mass / density);
        self
    }

    /// The same with one more reference key.
    #[must_use]
    pub fn with_source(mut self, key: &str) -> Species {
        if !self.sources.iter().any(|own| own == key) {
            self.sources.push(key.to_owned());
        }
        self
    }

    /// Density of the pure substance, kg/m³; `None` for a solute and where the volume is unknown.
    pub fn density(&self) -> Option<f64> {
        if self.phase == Phase::Aqueous {
            return None;
        }
        self.volume.filter(|volume| *volume > 0.0).map(|volume| self.molar_mass / volume)
    }
}

/// Place of a species in its [`SpeciesTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpeciesId(pub usize);

/// The species of a model, their elements and the matrix between the two.
#[derive(Clone, Debug, Default)]
pub struct SpeciesTable {
    species: Vec<Species>,
    by_name: HashMap<String, SpeciesId>,
    elements: Vec<Element>,
    composition: Vec<f64>, // [species, element]
}

impl SpeciesTable {
    /// A table that keeps the order of the list; elements are ordered by atomic number, pseudo-elements last.
    ///
    /// # Errors
    /// [`SpeciesError::Twice`] for a repeated name.
    pub fn new(species: Vec<Species>) -> Result<SpeciesTable, SpeciesError> {
        let mut by_name = HashMap::with_capacity(species.len());
        for (index, one) in species.iter().enumerate() {
            if by_name.insert(one.name.clone(), SpeciesId(index)).is_some() {
                return Err(SpeciesError::Twice { name: one.name.clone() });
            }
        }
        let mut elements: Vec<Element> = species
            .iter()
            .flat_map(|one| one.formula.elements().map(|(element, _)| element.clone()))
            .collect();
        elements.sort();
        elements.dedup();
        let composition = species
            .iter()
            .flat_map(|one| elements.iter().map(|element| one.formula.count(element)))
            .collect();
        Ok(SpeciesTable { species, by_name, elements, composition })
    }

    /// How many species.
    pub fn len(&self) -> usize {
        self.species.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.species.is_empty()
    }

    /// Place of a species by name.
    pub fn index(&self, name: &str) -> Option<SpeciesId> {
        self.by_name.get(name).copied()
    }

    /// Place of a species by name, or an error with the nearest names.
    ///
    /// # Errors
    /// [`SpeciesError::Unknown`].
    pub fn find(&self, name: &str) -> Result<SpeciesId, SpeciesError> {
        self.index(name)
            .ok_or_else(|| SpeciesError::Unknown { name: name.to_owned(), nearest: self.nearest(name) })
    }

    /// The species at a place.
    ///
    /// # Panics
    /// If the place is of another, longer table.
    pub fn get(&self, id: SpeciesId) -> &Species {
        &self.species[id.0]
    }

    /// Species with their places, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (SpeciesId, &Species)> {
        self.species.iter().enumerate().map(|(index, one)| (SpeciesId(index), one))
    }

    /// All places, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = SpeciesId> + use<> {
        (0..self.species.len()).map(SpeciesId)
    }

    /// Elements and pseudo-elements that occur.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Place of an element in [`SpeciesTable::elements`] by symbol or pseudo-element name.
    pub fn element_index(&self, symbol: &str) -> Option<usize> {
        self.elements.iter().position(|element| element.symbol() == symbol)
    }

    /// Atoms per formula unit, in the order of [`SpeciesTable::elements`].
    pub fn composition(&self, id: SpeciesId) -> &[f64] {
        let width = self.elements.len();
        &self.composition[id.0 * width..(id.0 + 1) * width]
    }

    /// Amounts of the elements in amounts of the species (mol or mol/s), in the order of [`SpeciesTable::elements`].
    pub fn element_totals(&self, amounts: &[f64]) -> Vec<f64> {
        let mut totals = vec![0.0; self.elements.len()];
        for (id, amount) in self.ids().zip(amounts) {
            for (total, count) in totals.iter_mut().zip(self.composition(id)) {
                *total += amount * count;
            }
        }
        totals
    }

    /// Sum of the charges of amounts of the species (mol or mol/s).
    pub fn charge_total<S: Scalar>(&self, amounts: &[S]) -> S {
        self.species.iter().zip(amounts).fold(S::from(0.0), |sum, (one, amount)| sum + *amount * one.charge)
    }

    /// Mass of amounts of the species (kg or kg/s).
    pub fn mass_total<S: Scalar>(&self, amounts: &[S]) -> S {
        self.species
            .iter()
            .zip(amounts)
            .fold(S::from(0.0), |sum, (one, amount)| sum + *amount * one.molar_mass)
    }

    /// At most three known names that look like this one, the likeliest first.
    pub fn nearest(&self, name: &str) -> Vec<String> {
        nearest(name, self.species.iter().map(|one| one.name.as_str()))
    }
}

/// How much of a name must be as in another to be taken for it.
const ALIKE: f64 = 0.6;

/// At most three of the known names that look like this one, the likeliest first; the case of letters counts little.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted: String = name.chars().take(64).collect();
    let (stem, phase) = Phase::split(&wanted);
    let mut scored: Vec<(f64, &str)> = known
        .map(|own| {
            let (own_stem, own_phase) = Phase::split(own);
            // a suffix that many names have makes no two of them alike
            let alike =
                strsim::normalized_damerau_levenshtein(&stem.to_lowercase(), &own_stem.to_lowercase());
            let same_stem = if own_stem.eq_ignore_ascii_case(stem) { 1.0 } else { 0.0 };
            let same_phase = if own_phase == phase { 1e-2 } else { 0.0 };
            let same_case = if own_stem == stem { 1e-3 } else { 0.0 }; // `Co` before `CO`
            (alike + same_stem + same_phase + same_case, own)
        })
        .filter(|(score, _)| *score >= ALIKE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let same_stem = scored.first().is_some_and(|(score, _)| *score >= 2.0);
    scored.retain(|(score, _)| !same_stem || *score >= 2.0); // then nothing else can be meant
    scored.iter().take(3).map(|(_, own)| (*own).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> SpeciesTable {
        let names = ["H2O", "H+", "SO4-2", "Co+2", "LiCoO2(s)", "O2", "O2(g)"];
        let mut species: Vec<Species> = names.iter().map(|name| Species::new(name).unwrap()).collect();
        species.push(Species::pseudo("gangue(s)").unwrap());
        SpeciesTable::new(species).unwrap()
    }

    #[test]
    fn the_matrix_counts_atoms_and_pseudo_elements() {
        let table = table();
        let symbols: Vec<_> = table.elements().iter().map(Element::symbol).collect();
        assert_eq!(symbols, ["H", "Li", "O", "S", "Co", "gangue"]);
        let lco = table.index("LiCoO2(s)").unwrap();
        assert_eq!(table.composition(lco), [0.0, 1.0, 2.0, 0.0, 1.0, 0.0]);
        let mut amounts = vec![0.0; table.len()];
        amounts[lco.0] = 2.0;
        amounts[table.index("gangue(s)").unwrap().0] = 0.5;
        assert_eq!(table.element_totals(&amounts), [0.0, 2.0, 4.0, 0.0, 2.0, 0.5]);
        assert!((table.mass_total(&amounts) - (2.0 * 0.097_872 + 0.5)).abs() < 1e-5);
    }

    #[test]
    fn phases_follow_the_suffix() {
        assert_eq!(Phase::split("LiCoO2(s)"), ("LiCoO2", Phase::Solid));
        assert_eq!(Phase::split("Fe2(SO4)3"), ("Fe2(SO4)3", Phase::Aqueous));
        assert_eq!(Phase::split("O2(g)"), ("O2", Phase::Gas));
        assert_eq!(Species::with_formula("goethite(s)", "FeOOH").unwrap().phase, Phase::Solid);
    }

    #[test]
    fn faults_are_named() {
        let charged = Species::new("Co+2(s)").unwrap_err();
        assert_eq!(charged.to_string(), "species `Co+2(s)`: a solid cannot carry the charge +2");
        let unknown = table().find("LiCo02(s)").unwrap_err();
        assert_eq!(unknown.to_string(), "unknown species `LiCo02(s)`, did you mean `LiCoO2(s)`?");
        let phase = table().find("LiCoO2").unwrap_err();
        assert!(phase.to_string().contains("did you mean `LiCoO2(s)`"), "{phase}");
        let twice = SpeciesTable::new(vec![Species::new("H+").unwrap(), Species::new("H+").unwrap()]);
        assert_eq!(twice.unwrap_err().to_string(), "species `H+` is defined twice");
        assert!(Species::new("a b").is_err() && Species::new("(s)").is_err());
    }

    #[test]
    fn a_density_is_kept_as_a_volume() {
        let copper = Species::new("Cu(s)").unwrap().with_density(8960.0);
        assert!((copper.density().unwrap() - 8960.0).abs() < 1e-9);
        assert_eq!(Species::new("Cu+2").unwrap().with_volume(-27.8e-6).density(), None);
    }
}
