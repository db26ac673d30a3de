//! What a factor of a sweep sets in a plant, and where the value comes from.

use super::allowed::Allowed;
use crate::kinetics::expression::{ParameterView, Program, Register};
use crate::numerics::{Dual, Scalar};
use crate::quantity::Dimension;
use crate::scenario::{self, split_path};
use crate::unit::parameters::{Args, Spec, Value};

/// What a factor sets.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A value of a unit: index, and the path within its parameters.
    Unit(usize, Vec<String>),
    /// A parameter of a process in use: process and name.
    Parameter(String, String),
    /// The activation energy of a parameter: process and name.
    Activation(String, String),
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
    /// Name of the factor.
    pub name: String,
    /// What is set.
    pub target: Target,
    /// From where.
    pub from: Origin,
    /// Dimension of the target.
    pub dimension: Dimension,
    /// Values that the target takes.
    pub allowed: Allowed,
}

impl Setting {
    /// The setting of a factor on a target of `model`.
    pub fn new(
        model: &scenario::Model,
        name: &str,
        target: Target,
        from: Origin,
        dimension: Dimension,
    ) -> Setting {
        let allowed = Allowed::of(model, &target);
        Setting { name: name.to_owned(), target, from, dimension, allowed }
    }

    /// Refuses a number that the target does not take; words were checked when the factor was bound.
    pub(super) fn check(&self, point: &[f64]) -> Result<(), String> {
        if matches!(self.from, Origin::Words(..)) {
            return Ok(());
        }
        let value = number(&self.from, point);
        self.allowed.number(value, self.dimension).map_err(|expected| {
            let shown = crate::quantity::natural(value, self.dimension);
            format!("factor `{}` = {shown} is outside its range: expected {expected}", self.name)
        })
    }
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
    /// SI value of a result of zero: of degC, its zero.
    pub zero: f64,
}

impl Derived {
    fn value<S: Scalar>(&self, point: &[S]) -> S {
        let mut registers = vec![S::from(0.0); self.program.registers()];
        let parameters = ParameterView { values: point, activation: &[] };
        self.program.run_prelude_with(parameters, |value| value, S::from(f64::NAN), &mut registers);
        self.program.run(&[], &mut registers);
        registers[self.register.index()] * self.scale + S::from(self.zero)
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
            let node = &model.flowsheet.nodes[index];
            match node.args.at(&inner) {
                None => Err(missing(path, &node.args, &(node.kind.specs)(), &inner)),
                Some(value) => {
                    let held = held(value).ok_or_else(|| format!("`{path}` is a table, not a value"))?;
                    Ok((Target::Unit(index, inner), held))
                }
            }
        }
        ["parameters", ..] => {
            let (record, activation) = model.parameter(&keys[1..])?;
            let (process, name) = (record.process.clone(), record.name.clone());
            if activation {
                let (_, ea) = record.arrhenius.ok_or_else(|| format!("`{name}` has no activation energy"))?;
                return Ok((Target::Activation(process, name), Held::Number(ea, Dimension::MOLAR_ENERGY)));
            }
            Ok((Target::Parameter(process, name), Held::Number(record.value, record.dimension)))
        }
        _ => text_target(model, path, &keys),
    }
}

/// Why a unit has no value at a path, with the name nearest to the first part that means nothing.
fn missing(path: &str, args: &Args, specs: &[Spec], inner: &[String]) -> String {
    let given = |depth: usize| args.at(&inner[..depth]);
    let depth = (1..inner.len()).find(|depth| given(*depth).is_none()).unwrap_or(inner.len());
    let wrong = &inner[depth - 1];
    let declared = Spec::at(specs, &inner[..depth]).is_some();
    let known: Vec<String> = match given(depth - 1).filter(|_| depth > 1) {
        None if declared => Vec::new(),
        None => specs.iter().map(|spec| spec.name.to_owned()).collect(),
        Some(Value::Map(items)) => items.iter().map(|(name, _)| name.value.clone()).collect(),
        Some(Value::Record(_)) if declared => Vec::new(),
        Some(Value::Record(args)) => args.entries.iter().map(|(name, _)| (*name).to_owned()).collect(),
        Some(Value::List(items)) => (0..items.len()).map(|place| place.to_string()).collect(),
        Some(_) => Vec::new(),
    };
    let none = format!("the scenario gives no value to `{path}`");
    match scenario::nearest(wrong, known.iter().map(String::as_str)) {
        Some(near) => {
            let parts = path.split('.').take(2).map(str::to_owned).chain(inner[..depth - 1].to_vec());
            let meant: Vec<String> = parts.chain([near.to_owned()]).chain(inner[depth..].to_vec()).collect();
            format!("{none}; did you mean `{}`?", meant.join("."))
        }
        None if known.is_empty() || matches!(given(depth - 1), Some(Value::Map(_))) => {
            format!("{none}; give it one, which the factor then replaces")
        }
        None => format!("{none}; {}", scenario::suggest(wrong, known.iter().map(String::as_str))),
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
    let unknown = || format!("{}; {}", none(), scenario::suggest(first, model.document.root.keys()));
    let start = &model.document.root.get(first).ok_or_else(unknown)?.value;
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
