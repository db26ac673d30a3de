//! What values a target of a factor takes: the range, form and words that the scenario's own value must keep to.

use super::target::Target;
use crate::quantity::{Dimension, QuantityError, parse_as};
use crate::scenario::{
    self, ControllerEntry, EquilibriumEntry, SolverEntry, bind::range_text, split_path, suggest,
};
use crate::unit::parameters::{Kind, Spec};

/// Pairs of dimensions that the molar mass of a substance turns into each other: by amount, by mass.
const BY_MOLAR_MASS: [(Dimension, Dimension); 3] = [
    (Dimension::CONCENTRATION, Dimension::MASS_CONCENTRATION),
    (Dimension::AMOUNT, Dimension::MASS),
    (Dimension::AMOUNT_FLOW, Dimension::MASS_FLOW),
];

/// Tables whose keys are substances.
const OF_SUBSTANCES: [&str; 2] = ["solution", "amounts"];

/// The declaration of a value of the scenario outside of its units.
fn of_table(keys: &[String]) -> Option<Spec> {
    let (first, rest) = keys.split_first()?;
    match (first.as_str(), rest) {
        ("solver", rest) => Spec::at(&SolverEntry::specs(), rest),
        ("equilibrium", rest) => Spec::at(&EquilibriumEntry::specs(), rest),
        ("controllers", [_, rest @ ..]) => Spec::at(&ControllerEntry::specs(), rest),
        _ => None,
    }
}

/// The range of a process parameter, where it has one.
fn of_parameter(model: &scenario::Model, process: &str, name: &str) -> Option<Spec> {
    let record = model.parameters().find(|record| record.process == process && record.name == name)?;
    let bounded = scenario::is_never_negative(record.dimension, record.arrhenius.is_some());
    bounded.then(|| Spec::quantity(record.dimension).at_least(0.0))
}

/// Values that a target takes.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Declaration of a unit's parameter.
    spec: Option<Spec>,
    /// Molar mass of the substance whose amount is set, kg/mol.
    molar_mass: Option<f64>,
}

impl Allowed {
    /// Of a target of `model`.
    pub fn of(model: &scenario::Model, target: &Target) -> Allowed {
        let (unit, path) = match target {
            Target::Unit(unit, path) => (unit, path),
            Target::Text(path) => return Allowed { spec: of_table(&split_path(path)), molar_mass: None },
            Target::Parameter(process, name) => {
                return Allowed { spec: of_parameter(model, process, name), molar_mass: None };
            }
            Target::Size(_) => return Allowed { spec: Some(Spec::number().positive()), molar_mass: None },
            Target::Activation(..) => return Allowed::default(),
        };
        let node = &model.flowsheet.nodes[*unit];
        let molar_mass = match path.as_slice() {
            [.., table, substance] if OF_SUBSTANCES.contains(&table.as_str()) => {
                crate::unit::molar_mass(substance, &model.flowsheet.context)
            }
            _ => None,
        };
        Allowed { spec: Spec::at(&(node.kind.specs)(), path), molar_mass }
    }

    /// Whether only whole numbers are.
    pub fn is_whole(&self) -> bool {
        self.spec.as_ref().is_some_and(|spec| matches!(spec.kind, Kind::Integer))
    }

    /// Checks a number (SI).
    ///
    /// # Errors
    /// What was expected, in words.
    pub fn number(&self, si: f64, dimension: Dimension) -> Result<(), String> {
        if dimension == Dimension::TEMPERATURE && si < 0.0 {
            return Err("a temperature above absolute zero".to_owned());
        }
        if self.is_whole() && si.fract() != 0.0 {
            return Err("a whole number".to_owned());
        }
        match &self.spec {
            Some(spec) if !spec.allows(si) => {
                Err(range_text(spec, (!dimension.is_dimensionless()).then_some(dimension)))
            }
            _ if si.is_finite() => Ok(()),
            _ => Err("a finite number".to_owned()),
        }
    }

    /// Checks a word.
    ///
    /// # Errors
    /// What was expected, in words.
    pub fn word(&self, word: &str) -> Result<(), String> {
        let words: &[&str] = match self.spec.as_ref().map(|spec| &spec.kind) {
            Some(Kind::Choice(words)) => words,
            Some(Kind::Boolean) => &["true", "false"],
            _ => return Ok(()),
        };
        if words.contains(&word) { Ok(()) } else { Err(suggest(word, words.iter().copied())) }
    }

    /// Reads a value with its unit, in SI of `dimension`; an amount of a substance may be given by its mass and the other way round.
    ///
    /// # Errors
    /// As [`parse_as`] for `dimension`.
    pub fn read(&self, text: &str, dimension: Dimension) -> Result<f64, QuantityError> {
        parse_as(text, dimension).or_else(|error| {
            let Some(molar_mass) = self.molar_mass else { return Err(error) };
            let turned = BY_MOLAR_MASS.iter().find_map(|(amount, mass)| match dimension {
                own if own == *amount => parse_as(text, *mass).ok().map(|si| si / molar_mass),
                own if own == *mass => parse_as(text, *amount).ok().map(|si| si * molar_mass),
                _ => None,
            });
            turned.ok_or(error)
        })
    }
}
