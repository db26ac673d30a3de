//! Relations between factors as text: `"acid > 2*peroxide"`, `"T <= 80 degC"`.
//!
//! Either side is an expression over the factors' names or a value with a unit; both sides must have the same dimension.

use super::design::Constraint;
use crate::kinetics::expression::{Compiler, ParameterView, Program, Register, Symbols};
use crate::quantity::{Dimension, Quantity};
use std::sync::Arc;

/// What a relation compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `<=` or `<`; on real numbers the difference is of no consequence.
    AtMost,
    /// `>=` or `>`.
    AtLeast,
}

/// Left side, relation and right side of a text.
pub fn split(text: &str) -> Option<(&str, Relation, &str)> {
    let at = text.find(['<', '>'])?;
    let relation = if text[at..].starts_with('<') { Relation::AtMost } else { Relation::AtLeast };
    let rest = &text[at + 1..];
    Some((text[..at].trim(), relation, rest.strip_prefix('=').unwrap_or(rest).trim()))
}

struct Names<'a>(&'a [(String, Dimension)]);

impl Symbols for Names<'_> {
    fn parameter(&self, name: &str) -> Option<(usize, Dimension, Option<f64>)> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some((place, self.0[place].1, None))
    }
    fn definition(&self, _: &str) -> Option<&str> {
        None
    }
    fn species(&self, _: &str) -> Option<usize> {
        None
    }
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }
    fn species_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// One side: a value, or a register of the program.
enum Side {
    Value(f64),
    Register(Register),
}

/// Compiles a relation between factors (name and dimension each, in the order of a point).
///
/// # Errors
/// What is wrong with the text, in words.
pub fn compile(text: &str, factors: &[(String, Dimension)]) -> Result<Constraint, String> {
    let (left, relation, right) =
        split(text).ok_or_else(|| "expected a relation such as `acid >= 2*peroxide`".to_owned())?;
    let names = Names(factors);
    let mut compiler = Compiler::new(&names);
    let mut side = |text: &str| -> Result<(Side, Dimension), String> {
        match Quantity::parse(text) {
            Ok(value) => Ok((Side::Value(value.value), value.dimension)),
            Err(_) => {
                let (register, dimension) = compiler.add(text).map_err(|error| error.to_string())?;
                Ok((Side::Register(register), dimension))
            }
        }
    };
    let (mut left, left_dimension) = side(left)?;
    let (mut right, right_dimension) = side(right)?;
    let zero = |side: &Side| matches!(side, Side::Value(value) if *value == 0.0);
    if !left_dimension.same_exponents(right_dimension) && !zero(&left) && !zero(&right) {
        return Err(format!("cannot compare {left_dimension} with {right_dimension}"));
    }
    let registers = [&mut left, &mut right].into_iter().filter_map(|side| match side {
        Side::Register(register) => Some(register),
        Side::Value(_) => None,
    });
    let program = compiler.finish(registers);
    // expressions read `T` as the temperature; a factor of that name is it
    let warmth = factors.iter().position(|(name, _)| name == "T");
    let holds = move |point: &[f64]| {
        let temperature = warmth.map_or(f64::NAN, |place| point[place]);
        let registers = evaluate(&program, point, temperature);
        let value = |side: &Side| match side {
            Side::Value(value) => *value,
            Side::Register(register) => registers[register.index()],
        };
        match relation {
            Relation::AtMost => value(&left) <= value(&right),
            Relation::AtLeast => value(&left) >= value(&right),
        }
    };
    Ok(Constraint { text: text.to_owned(), holds: Arc::new(holds) })
}

fn evaluate(program: &Program, point: &[f64], temperature: f64) -> Vec<f64> {
    let mut registers = vec![0.0; program.registers()];
    program.run_prelude(ParameterView { values: point, activation: &[] }, temperature, &mut registers);
    program.run(&[], &mut registers);
    registers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors() -> Vec<(String, Dimension)> {
        vec![
            ("acid".into(), Dimension::CONCENTRATION),
            ("peroxide".into(), Dimension::CONCENTRATION),
            ("T".into(), Dimension::TEMPERATURE),
        ]
    }

    #[test]
    fn relations_hold_where_they_should() {
        let rule = compile("acid >= 2*peroxide", &factors()).unwrap();
        assert!((rule.holds)(&[200.0, 100.0, 0.0]));
        assert!(!(rule.holds)(&[199.0, 100.0, 0.0]));
        let rule = compile("T < 80 degC", &factors()).unwrap();
        assert!((rule.holds)(&[0.0, 0.0, 353.0]) && !(rule.holds)(&[0.0, 0.0, 354.0]));
        let rule = compile("2 mol/L > acid - peroxide", &factors()).unwrap();
        assert!((rule.holds)(&[2500.0, 600.0, 0.0]) && !(rule.holds)(&[2500.0, 400.0, 0.0]));
    }

    #[test]
    fn faults_are_told_in_words() {
        for (text, wanted) in [("acid", "relation"), ("acid > T", "compare"), ("acid > peroxyde", "peroxide")]
        {
            let error = compile(text, &factors()).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
