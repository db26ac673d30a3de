//! What can be wrong with an expression, and where.

use crate::quantity::Dimension;
use std::fmt;
use std::ops::Range;

/// A fault of an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpressionError {
    /// Bytes of the expression that are at fault.
    pub span: Range<usize>,
    /// The definition in whose text the span lies; `None` for the expression itself.
    pub definition: Option<String>,
    /// What is wrong.
    pub problem: Box<Problem>,
}

/// The kinds of fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// Something else was expected here.
    Expected {
        /// What would have been right.
        what: &'static str,
        /// What was found.
        found: String,
    },
    /// Parentheses, powers or signs nested deeper than anyone means.
    TooDeep,
    /// A number that cannot be represented.
    BadNumber(String),
    /// A name that is neither parameter nor definition.
    UnknownName {
        /// The name.
        name: String,
        /// Known names that resemble it, nearest first.
        nearest: Vec<String>,
    },
    /// A species that no species file lists.
    UnknownSpecies {
        /// The species.
        name: String,
        /// Known species that resemble it, nearest first.
        nearest: Vec<String>,
    },
    /// A species read in the equilibrium, where there is none.
    NoEquilibrium(String),
    /// A species that the equilibrium does not have.
    NotInEquilibrium {
        /// The species.
        name: String,
        /// Species of the equilibrium that resemble it, nearest first.
        nearest: Vec<String>,
    },
    /// A function that does not exist.
    UnknownFunction {
        /// The function.
        name: String,
        /// Known functions that resemble it, nearest first.
        nearest: Vec<String>,
    },
    /// A function with too few or too many arguments.
    WrongArguments {
        /// The function.
        function: &'static str,
        /// How many it takes.
        takes: usize,
        /// How many were given.
        given: usize,
    },
    /// Two quantities that cannot be added or compared.
    Mismatch {
        /// Dimension on the left.
        left: Dimension,
        /// Dimension on the right.
        right: Dimension,
    },
    /// A pure number is needed here.
    NotDimensionless {
        /// Where it is needed.
        place: &'static str,
        /// The dimension that was found.
        found: Dimension,
    },
    /// A quantity with a dimension raised to something that is not a plain number.
    VariableExponent {
        /// Dimension of the base.
        base: Dimension,
    },
    /// The whole has another dimension than its place asks for.
    WrongDimension {
        /// What is needed.
        expected: Dimension,
        /// What the expression is.
        found: Dimension,
    },
    /// A definition that depends on itself, as the chain of names.
    Cycle(Vec<String>),
}

impl ExpressionError {
    pub(super) fn new(span: Range<usize>, problem: Problem) -> ExpressionError {
        ExpressionError { span, definition: None, problem: Box::new(problem) }
    }

    /// The name that nothing bears, if that is the fault.
    pub fn unknown_name(&self) -> Option<&str> {
        match &*self.problem {
            Problem::UnknownName { name, .. } => Some(name),
            _ => None,
        }
    }
}

fn suggest(f: &mut fmt::Formatter<'_>, nearest: &[String]) -> fmt::Result {
    if nearest.is_empty() {
        return Ok(());
    }
    write!(f, "; did you mean {}?", nearest.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or "))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Expected { what, found } => write!(f, "expected {what}, found {found}"),
            Problem::TooDeep => write!(f, "nested too deeply"),
            Problem::BadNumber(text) => write!(f, "`{text}` is not a finite number"),
            Problem::UnknownName { name, nearest } => {
                write!(f, "`{name}` is neither a parameter nor a definition")?;
                suggest(f, nearest)
            }
            Problem::UnknownSpecies { name, nearest } => {
                write!(f, "unknown species `{name}`")?;
                suggest(f, nearest)
            }
            Problem::NoEquilibrium(name) => {
                write!(
                    f,
                    "`{name}` is read in the equilibrium, and there is none here: write an `[equilibrium]` table in the scenario"
                )
            }
            Problem::NotInEquilibrium { name, nearest } => {
                write!(f, "the equilibrium has no dissolved species `{name}`")?;
                suggest(f, nearest)
            }
            Problem::UnknownFunction { name, nearest } => {
                write!(f, "unknown function `{name}`")?;
                suggest(f, nearest)
            }
            Problem::WrongArguments { function, takes, given } => {
                write!(f, "`{function}` takes {takes} argument(s), {given} given")
            }
            Problem::Mismatch { left, right } => {
                write!(f, "the left side is {left}, the right side {right}")
            }
            Problem::NotDimensionless { place, found } => {
                write!(f, "{place} must be a pure number, this is {found}")
            }
            Problem::VariableExponent { base } => {
                write!(f, "the exponent of {base} must be a plain number")
            }
            Problem::WrongDimension { expected, found } => write!(f, "expected {expected}, this is {found}"),
            Problem::Cycle(names) => write!(f, "depends on itself: {}", names.join(" -> ")),
        }
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.definition {
            write!(f, "in the definition of `{name}`, byte {}: ", self.span.start)?;
        }
        write!(f, "{}", self.problem)
    }
}

impl std::error::Error for ExpressionError {}
