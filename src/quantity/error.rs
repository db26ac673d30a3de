//! What can be wrong with a quantity that somebody wrote.

use super::Dimension;
use thiserror::Error;

/// Why a text is not the quantity that was asked for; the message fits behind "`temperature`: ".
#[derive(Clone, Debug, Error, PartialEq)]
pub enum QuantityError {
    /// Nothing was written.
    #[error("expected a number with a unit, found nothing")]
    Empty,
    /// The text begins with something else than a decimal number.
    #[error("`{text}` does not begin with a number")]
    NotANumber {
        /// The text as written.
        text: String,
    },
    /// NaN, infinity, or a number beyond the range of `f64` (also after conversion to SI).
    #[error("`{text}` is not a finite number")]
    NotFinite {
        /// The text as written.
        text: String,
    },
    /// A bare number where a unit is due.
    #[error("`{text}` needs a unit: expected {expected}")]
    MissingUnit {
        /// The number as written.
        text: String,
        /// What the number should measure.
        expected: Dimension,
    },
    /// A unit that is not in the table.
    #[error("unknown unit `{unit}`{}", did_you_mean(nearest))]
    UnknownUnit {
        /// The unit as written.
        unit: String,
        /// Known units that look like it, the likeliest first.
        nearest: Vec<String>,
    },
    /// A unit expression that cannot be read.
    #[error("unit `{unit}`: {problem}")]
    Malformed {
        /// The unit expression as written.
        unit: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A unit of another dimension than expected.
    #[error("expected {expected}, found {found}")]
    WrongDimension {
        /// What the number should measure.
        expected: Dimension,
        /// What its unit measures.
        found: Dimension,
        /// The unit as written.
        unit: String,
    },
    /// degC as a factor of a compound unit.
    #[error("`{name}` in `{unit}` has an offset: write K in a compound unit")]
    Offset {
        /// The unit with the offset.
        name: String,
        /// The compound unit as written.
        unit: String,
    },
    /// degC for a temperature difference.
    #[error("a temperature difference is written in K, not in `{unit}`")]
    NotADifference {
        /// The unit as written.
        unit: String,
    },
    /// A temperature below 0 K.
    #[error("`{text}` lies below absolute zero")]
    BelowAbsoluteZero {
        /// The text as written.
        text: String,
    },
}

impl QuantityError {
    /// One line of cure, to stand behind "help: ".
    pub fn help(&self) -> Option<String> {
        match self {
            QuantityError::MissingUnit { text, expected } => {
                let examples: Vec<_> = expected
                    .example_units()
                    .iter()
                    .take(2)
                    .map(|unit| format!("`\"{text} {unit}\"`"))
                    .collect();
                if examples.is_empty() {
                    Some(format!("write the unit after the number, for example {}", expected.si_unit()))
                } else {
                    Some(format!("write {}", examples.join(" or ")))
                }
            }
            QuantityError::WrongDimension { expected, unit, .. }
                if *expected == Dimension::TEMPERATURE && unit == "C" =>
            {
                Some("`C` is the coulomb: write `degC`".to_owned())
            }
            QuantityError::WrongDimension { expected, .. } => {
                let units = expected.example_units();
                (!units.is_empty()).then(|| format!("write it in {}", units.join(", ")))
            }
            _ => None,
        }
    }
}

fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => format!(", did you mean `{}`?", names.join("` or `")),
    }
}
