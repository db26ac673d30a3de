//! Errors shared by the numerical routines.

use std::fmt;

/// An argument outside the range in which a function is defined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DomainError {
    /// Name of the argument, with its symbol.
    pub name: &'static str,
    /// The value that was passed.
    pub value: f64,
    /// The range that is allowed, as printed.
    pub allowed: &'static str,
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, allowed is {}", self.name, self.value, self.allowed)
    }
}

impl std::error::Error for DomainError {}
