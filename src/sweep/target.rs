//! What a factor of a sweep sets in a plant, and where the value comes from.

use crate::kinetics::expression::{ParameterView, Program, Register};
use crate::numerics::{Dual, Scalar};
use crate::quantity::Dimension;
use crate::scenario::{self, split_path};
use crate::unit::parameters::Value;

/// What a factor sets.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A value of a unit: index, and the path within its parameters.
    Unit(usize, Vec<String>),
    /// A parameter of the processes in use.
    Parameter(String),
    /// The activation energy of a parameter.
    Activation(String),
    /// The sizes of a feedstock's particles, by a factor on all of them.
    Size(String),
    /// Any other value of the scenario, set as `--set` would; the scenario is read again for each case.
    Text(String),
}

/// What a target holds in the scenario.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// A number (SI) of a dimension.
    Number(f64, Dimension),
    /// A word or a truth value.
    Word(String),
}

/// How one target gets its value from the point.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What is set.
    pub target: Target,
    /// From where.
    pub from: Origin,
    /// Dimension of the target, for targets that are set as text.
    pub dimension: Dimension,
}

/// Where a target's value comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A column of the point.
    Column(usize),
    /// A column of the point that numbers these words.
    Words(usize, Vec<String>),
    /// An expression over the point, and the factor of its unit.
    Derived(Derived),
}

/// A compiled expression over the point.
#[derive(Debug, Clone)]
pub struct Derived {
    /// Operations.
    pub program: Program,
    /// Where the result stands.
    pub register: Register,
    /// SI value per unit of the result.
    pub scale: f64,
}

impl Derived {
    fn value<S: Scalar>(&self, point: &[S]) -> S {
        let mut registers = vec![S::from(0.0); self.program.registers()];
        let parameters = ParameterView { values: point, activation: &[] };
        self.program.run_prelude_with(parameters, |value| value, S::from(f64::NAN), &mut registers);
        self.program.run(&[], &mut registers);
        registers[self.register.index()] * self.scale
    }
}

impl Origin {
    /// Derivative of the number by one coordinate of the point; a word has none.
    pub(super) fn slope(&self, point: &[f64], factor: usize) -> f64 {
        match self {
            Origin::Column(column) => f64::from(u8::from(*column == factor)),
            Origin::Words(..) => 0.0,
            Origin::Derived(derived) => {
                let mut moving: Vec<Dual<f64, 1>> = point.iter().map(|x| Dual::constant(*x)).collect();
                moving[factor].gradient = [1.0];
                derived.value(&moving).gradient[0]
            }
        }
    }
}

/// What `path` sets, and what it holds now.
///
/// # Errors
/// Words for the user if there is no such value.
pub fn target(model: &scenario::Model, path: &str) -> Result<(Target, Held), String> {
    let keys = split_path(path);
    let words: Vec<&str> = keys.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["units", unit, _, ..] => {
            let known: Vec<&str> = model.flowsheet.nodes.iter().map(|node| node.name.as_str()).collect();
            let index = model.flowsheet.node(unit).ok_or_else(|| {
                format!("there is no unit `{unit}`; {}", scenario::suggest(unit, known.iter().copied()))
            })?;
            let inner = keys[2..].to_vec();
            let held = model.flowsheet.nodes[index].args.at(&inner).and_then(held).ok_or_else(|| {
                format!(
                    "the scenario gives no value to `{path}`; give it one, which the factor then replaces"
                )
            })?;
            Ok((Target::Unit(index, inner), held))
        }
        ["parameters", name] | ["parameters", name, "ea"] => {
            let record = model.parameters().find(|record| record.name == *name).ok_or_else(|| {
                let known: Vec<&str> = model.parameters().map(|record| record.name.as_str()).collect();
                format!(
                    "no process in use has a parameter `{name}`; {}",
                    scenario::suggest(name, known.iter().copied())
                )
            })?;
            if words.len() == 3 {
                let (_, ea) = record.arrhenius.ok_or_else(|| format!("`{name}` has no activation energy"))?;
                return Ok((
                    Target::Activation((*name).to_owned()),
                    Held::Number(ea, Dimension::MOLAR_ENERGY),
                ));
            }
            Ok((Target::Parameter((*name).to_owned()), Held::Number(record.value, record.dimension)))
        }
        _ => text_target(model, path, &keys),
    }
}

fn held(value: &Value) -> Option<Held> {
    match value {
        Value::Quantity(measured) => Some(Held::Number(measured.si, measured.dimension)),
        Value::Number(number) => Some(Held::Number(*number, Dimension::FRACTION)),
        Value::Integer(number) => Some(Held::Number(*number as f64, Dimension::FRACTION)),
        Value::Boolean(truth) => Some(Held::Word(truth.to_string())),
        Value::Text(text) => Some(Held::Word(text.clone())),
        _ => None,
    }
}

fn text_target(model: &scenario::Model, path: &str, keys: &[String]) -> Result<(Target, Held), String> {
    use scenario::Node as Leaf;
    let none = || format!("the scenario has no value at `{path}` for a factor to replace");
    let (first, rest) = keys.split_first().ok_or_else(none)?;
    let start = &model.document.root.get(first).ok_or_else(none)?.value;
    let leaf = rest.iter().try_fold(start, |node, key| match node {
        Leaf::Table(table) => table.get(key).map(|located| &located.value),
        Leaf::List(items) => items.get(key.parse::<usize>().ok()?).map(|located| &located.value),
        _ => None,
    });
    let held = match leaf.ok_or_else(none)? {
        Leaf::Number(number) => Held::Number(*number, Dimension::FRACTION),
        Leaf::Integer(number) => Held::Number(*number as f64, Dimension::FRACTION),
        Leaf::Boolean(truth) => Held::Word(truth.to_string()),
        Leaf::Text(text) => match crate::quantity::Quantity::parse(text) {
            Ok(quantity) => Held::Number(quantity.value, quantity.dimension),
            Err(_) => Held::Word(text.clone()),
        },
        _ => return Err(format!("`{path}` is a table, not a value")),
    };
    Ok((Target::Text(path.to_owned()), held))
}

/// The number that an origin gives; a word is its index.
pub(super) fn number(from: &Origin, point: &[f64]) -> f64 {
    match from {
        Origin::Column(column) | Origin::Words(column, _) => point[*column],
        Origin::Derived(derived) => derived.value(point),
    }
}

pub(super) fn fill(slot: &mut Value, from: &Origin, point: &[f64]) {
    if let Origin::Words(column, words) = from {
        let word = words.get(point[*column] as usize).cloned().unwrap_or_default();
        match slot {
            Value::Boolean(truth) => *truth = word == "true",
            Value::Text(text) => *text = word,
            _ => {}
        }
    } else {
        slot.set_number(number(from, point));
    }
}

/// Multiplies every length in a value.
pub(super) fn scale_lengths(value: &mut Value, factor: f64) {
    match value {
        Value::Quantity(measured) if measured.dimension.same_exponents(Dimension::LENGTH) => {
            measured.si *= factor;
        }
        Value::Record(args) => {
            args.entries.iter_mut().for_each(|(_, slot)| scale_lengths(&mut slot.value, factor));
        }
        Value::Map(items) => items.iter_mut().for_each(|(_, slot)| scale_lengths(&mut slot.value, factor)),
        Value::List(items) => items.iter_mut().for_each(|slot| scale_lengths(&mut slot.value, factor)),
        _ => {}
    }
}
