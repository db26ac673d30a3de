//! What to map, and why there is no map.

use super::super::SystemError;
use super::super::solver::check_temperature;
use super::super::system::did_you_mean;
use super::super::totals::is_of_water;
use crate::chemistry::Element;
use crate::quantity::number;
use thiserror::Error;

/// Activities that may be asked for: from a single ion in an ocean to a salt melt.
const ACTIVITIES: std::ops::RangeInclusive<f64> = 1e-30..=100.0;

/// What to map.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Element of the map, as `Cu`.
    pub element: String,
    /// Activity of each dissolved species of the element.
    pub activity: f64,
    /// Ligands (components) and their total activity.
    pub ligands: Vec<(String, f64)>,
    /// K.
    pub temperature: f64,
    /// pH from and to.
    pub ph: (f64, f64),
    /// Eh from and to, V.
    pub eh: (f64, f64),
    /// Species and solids left out.
    pub omitted: Vec<String>,
    /// The only solids to take, besides the elements themselves; all if none.
    pub solids: Option<Vec<String>>,
}

impl Default for Request {
    fn default() -> Request {
        Request {
            element: String::new(),
            activity: 1e-6,
            ligands: vec![],
            temperature: 298.15,
            ph: (0.0, 14.0),
            eh: (-1.2, 1.6),
            omitted: vec![],
            solids: None,
        }
    }
}

impl Request {
    /// Whether the component to be mapped, which the database has, is an element.
    pub(super) fn check_element(&self) -> Result<(), MapError> {
        let name = self.element.as_str();
        let element = name.split('(').next().unwrap_or(name);
        if is_of_water(name) || matches!(element, "H" | "O") {
            return Err(MapError::Water(element.to_owned()));
        }
        match (Element::from_symbol(element), element == name) {
            (Some(_), true) => Ok(()),
            (Some(_), false) => Err(MapError::OneState(name.to_owned(), element.to_owned())),
            (None, _) => Err(MapError::Ligand(name.to_owned())),
        }
    }

    pub(super) fn check(&self) -> Result<(), MapError> {
        let fail = |text: String| Err(MapError::Input(text));
        let own = std::iter::once(("dissolved species", self.activity));
        for (name, value) in own.chain(self.ligands.iter().map(|(name, a)| (name.as_str(), *a))) {
            if !ACTIVITIES.contains(&value) {
                let (least, most) = (ACTIVITIES.start(), ACTIVITIES.end());
                let value = number(value, 4);
                return fail(format!(
                    "{name}: an activity of {value} means nothing: give one from {least:e} to {most}"
                ));
            }
        }
        if let Some((name, _)) = self.ligands.iter().find(|(name, _)| is_of_water(name)) {
            return fail(format!("`{name}` is no ligand: the pH and the Eh of the map give it everywhere"));
        }
        check_temperature(self.temperature).or_else(fail)?;
        for (name, (from, to), (low, high)) in [("pH", self.ph, (-5.0, 20.0)), ("Eh", self.eh, (-5.0, 5.0))] {
            if !(from < to && from >= low && to <= high) {
                return fail(format!(
                    "{name} from {from} to {to}: give a rising range within {low} and {high}"
                ));
            }
        }
        Ok(())
    }
}

/// Why there is no map.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum MapError {
    /// Names that the database does not have.
    #[error(transparent)]
    System(#[from] SystemError),
    /// A component without valence states of its own.
    #[error("`{0}` is no element but a ligand, which has no valence states to map")]
    Ligand(String),
    /// Hydrogen or oxygen.
    #[error(
        "`{0}` cannot be mapped: a map lies in water, whose own limits every map has as the lines of hydrogen and oxygen at 1 bar"
    )]
    Water(String),
    /// A component that is one valence state of an element.
    #[error("`{0}` is one valence state, and a map shows all of them: write `{1}`")]
    OneState(String, String),
    /// The database tells nothing of the element but its name, or all of it was left out.
    #[error("nothing is left of {0} to map: the database has none of its species, or all are left out")]
    Empty(String),
    /// A name that was to be left out or kept does not exist.
    #[error("no species or solid of {element} is called `{name}`{}", did_you_mean(.nearest))]
    UnknownName {
        /// Element of the map.
        element: String,
        /// As given.
        name: String,
        /// Names close to it.
        nearest: Vec<String>,
    },
    /// Numbers that mean nothing.
    #[error("{0}")]
    Input(String),
    /// A temperature outside the tables of the database.
    #[error("{0:.1} K is outside the temperatures of the database")]
    Temperature(f64),
}
