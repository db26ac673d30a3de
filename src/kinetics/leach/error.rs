//! What can be wrong with a leach model or with a run of it.

use crate::chemistry::ReactionError;
use crate::kinetics::expression::ExpressionError;
use crate::numerics::rosenbrock::IntegrationError;
use thiserror::Error;

/// A fault of a model, with the key of the process file that holds it.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("`{field}`: {fault}")]
pub struct ModelError {
    /// Key, such as `minerals.lco.paths[0].rate`.
    pub field: String,
    /// What is wrong there.
    pub fault: Box<Fault>,
}

impl ModelError {
    pub(crate) fn new(field: impl Into<String>, fault: Fault) -> ModelError {
        ModelError { field: field.into(), fault: Box::new(fault) }
    }

    /// Bytes at fault in the text of the field, where it is an expression and the fault is not in a definition it uses.
    pub fn span(&self) -> Option<std::ops::Range<usize>> {
        match &*self.fault {
            Fault::Expression(error) if error.definition.is_none() => Some(error.span.clone()),
            _ => None,
        }
    }
}

/// The kinds of fault.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Fault {
    /// An expression.
    #[error("{0}")]
    Expression(ExpressionError),
    /// A reaction.
    #[error("{0}")]
    Reaction(ReactionError),
    /// A species that no file lists.
    #[error("unknown species `{name}`{}", suggestions(nearest))]
    UnknownSpecies {
        /// The name.
        name: String,
        /// Known names that resemble it.
        nearest: Vec<String>,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

fn suggestions(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return String::new();
    }
    format!("; did you mean {}?", nearest.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or "))
}

/// Why a run of a model failed.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum LeachError {
    /// An argument outside its range.
    #[error("{what} is {value}; it must be {allowed}")]
    Domain {
        /// Which.
        what: String,
        /// What was passed.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The integration over time.
    #[error("leach: {0}")]
    Integration(#[from] IntegrationError),
    /// The equilibrium that the rates read.
    #[error("leach: the equilibrium that its rates read has no answer: {0}")]
    Equilibrium(#[from] crate::equilibrium::SolveError),
    /// The balance of a tank was not met.
    #[error(
        "leach tank not converged after {iterations} iterations: reaction `{reaction}` is off by {residual:.3e} of the largest extent"
    )]
    NotConverged {
        /// Iterations.
        iterations: usize,
        /// The reaction that is furthest off.
        reaction: String,
        /// By how much.
        residual: f64,
    },
}
