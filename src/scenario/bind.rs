//! Tables of a file against the declared parameters: dimension, range, names and forms are checked
//! here and nowhere else, and every fault is collected.

use super::diagnostic::{Code, Diagnostic, suggest};
use super::document::{Node, Table};
use crate::quantity::{Dimension, Quantity, natural, split};
use crate::unit::parameters::{Args, Kind, Located, Measured, Place, Presence, Spec, Value};

/// Collects faults while tables are bound.
#[derive(Debug, Default)]
pub struct Binder {
    /// Faults found so far.
    pub faults: Vec<Diagnostic>,
    /// Names a species parameter may take; empty where no library is read yet.
    pub species: Vec<String>,
}

impl Binder {
    /// Notes a fault.
    pub fn fault(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    /// Binds a table to its declarations. `also` lists keys that others read.
    ///
    /// Faults are collected; what could be bound is returned all the same, so that all faults of a
    /// file show at once.
    pub fn record(&mut self, table: &Table, place: Place, specs: &[Spec], also: &[&str]) -> Args {
        let mut args = Args { entries: Vec::new(), place };
        for (key, _) in &table.entries {
            if !also.contains(&key.value.as_str()) && !specs.iter().any(|s| s.name == key.value) {
                let known = specs.iter().map(|s| s.name).chain(also.iter().copied());
                self.fault(
                    Diagnostic::new(Code::UnknownKey, key.place, format!("unknown key `{}`", key.value))
                        .label("not expected here")
                        .help(suggest(&key.value, known)),
                );
            }
        }
        for spec in specs {
            match (table.get(spec.name), &spec.presence) {
                (Some(node), _) => {
                    if let Some(value) = self.value(spec.name, node, &spec.kind, Some(spec)) {
                        args.entries.push((spec.name, Located { value, place: node.place }));
                    }
                }
                (None, Presence::Required) => {
                    let help =
                        format!("expected `{} = {}`: {}", spec.name, example(spec), first_line(&spec.doc));
                    let fault =
                        Diagnostic::new(Code::MissingKey, place, format!("`{}` is missing", spec.name))
                            .help(help);
                    self.fault(fault);
                }
                (None, Presence::Optional) => {}
                (None, Presence::Default(text)) => {
                    // A default that does not parse is caught by the test that binds every unit's defaults.
                    if let Some(node) = literal(text, place)
                        && let Some(value) = self.value(spec.name, &node, &spec.kind, Some(spec))
                    {
                        args.entries.push((spec.name, Located { value, place }));
                    }
                }
            }
        }
        args
    }

    /// Binds one value; `spec` gives the range.
    pub fn value(
        &mut self,
        name: &str,
        node: &Located<Node>,
        kind: &Kind,
        spec: Option<&Spec>,
    ) -> Option<Value> {
        let place = node.place;
        let value = match (kind, &node.value) {
            (Kind::Either(first, second), _) => {
                let before = self.faults.len();
                if fits(first, &node.value) || !fits(second, &node.value) {
                    let value = self.value(name, node, first, spec);
                    if value.is_some() || !fits(second, &node.value) {
                        return value;
                    }
                    self.faults.truncate(before);
                }
                return self.value(name, node, second, spec);
            }
            (Kind::Quantity(dimensions), Node::Text(text)) => {
                Value::Quantity(self.quantity(name, text, place, dimensions)?)
            }
            (Kind::Quantity(dimensions), Node::Integer(_) | Node::Number(_)) => {
                self.bare_number(name, &node.value, place, dimensions);
                return None;
            }
            (Kind::Number, Node::Number(x)) if x.is_finite() => Value::Number(*x),
            (Kind::Number, Node::Number(_)) => {
                self.fault(
                    Diagnostic::new(Code::Range, place, format!("`{name}` must be a finite number"))
                        .label("not finite"),
                );
                return None;
            }
            (Kind::Number, Node::Integer(i)) => Value::Number(*i as f64),
            (Kind::Integer, Node::Integer(i)) => Value::Integer(*i),
            (Kind::Boolean, Node::Boolean(b)) => Value::Boolean(*b),
            (Kind::Text, Node::Text(text)) => Value::Text(text.clone()),
            (Kind::Species, Node::Text(text)) => self.species(text, place)?,
            (Kind::Choice(words), Node::Text(text)) => self.choice(name, text, place, words)?,
            (Kind::List(element), Node::List(items)) => {
                let bound: Vec<_> = items
                    .iter()
                    .map(|item| {
                        Some(Located { value: self.value(name, item, element, spec)?, place: item.place })
                    })
                    .collect();
                return bound.into_iter().collect::<Option<Vec<_>>>().map(Value::List);
            }
            (Kind::Map(element), Node::Table(table)) => {
                let bound: Vec<_> = table
                    .entries
                    .iter()
                    .map(|(key, item)| {
                        let value = self.value(&key.value, item, element, spec)?;
                        Some((key.clone(), Located { value, place: item.place }))
                    })
                    .collect();
                return bound.into_iter().collect::<Option<Vec<_>>>().map(Value::Map);
            }
            (Kind::Record(fields), Node::Table(table)) => {
                let before = self.faults.len();
                let args = self.record(table, place, &fields(), &[]);
                return (self.faults.len() == before).then_some(Value::Record(args));
            }
            (expected, _) => {
                self.fault(Diagnostic::wrong_form(name, &form(expected), node));
                return None;
            }
        };
        self.in_range(name, value, node, spec)
    }

    fn quantity(&mut self, name: &str, text: &str, place: Place, allowed: &[Dimension]) -> Option<Measured> {
        let mut first_error = None;
        for dimension in allowed {
            match crate::quantity::parse_as(text, *dimension) {
                Ok(si) => {
                    let unit = split(text).map_or_else(|_| String::new(), |(_, unit)| unit.to_owned());
                    return Some(Measured { si, dimension: *dimension, unit });
                }
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        let (message, help) = match (first_error, Quantity::parse(text)) {
            (Some(_), Ok(found)) if allowed.len() > 1 => {
                let names: Vec<String> = allowed.iter().map(ToString::to_string).collect();
                (format!("expected {}; found {}", names.join(" or "), found.dimension), None)
            }
            (Some(error), _) => (error.to_string(), error.help()),
            (None, _) => return None,
        };
        let help = help.unwrap_or_else(|| format!("write it as {}", quantity_examples(allowed)));
        self.fault(
            Diagnostic::new(Code::Quantity, place, format!("`{name}`: {message}"))
                .label(format!("expected {}", dimension_names(allowed)))
                .help(help),
        );
        None
    }

    fn bare_number(&mut self, name: &str, node: &Node, place: Place, allowed: &[Dimension]) {
        let number = match node {
            Node::Integer(i) => i.to_string(),
            Node::Number(x) if x.is_finite() => x.to_string(),
            _ => {
                let message = format!("`{name}` must be a finite number with a unit");
                self.fault(
                    Diagnostic::new(Code::Range, place, message)
                        .label(format!("expected {}", dimension_names(allowed)))
                        .help(format!("write it as {}", quantity_examples(allowed))),
                );
                return;
            }
        };
        let units = allowed.iter().flat_map(|d| d.example_units().iter().take(2));
        let cures: Vec<String> = units.take(3).map(|unit| format!("`\"{number} {unit}\"`")).collect();
        self.fault(
            Diagnostic::new(Code::Quantity, place, format!("`{name}` needs a unit"))
                .label(format!("a bare number; expected {}", dimension_names(allowed)))
                .help(format!("write {}", cures.join(" or "))),
        );
    }

    fn species(&mut self, text: &str, place: Place) -> Option<Value> {
        if self.species.is_empty() || self.species.iter().any(|s| s == text) {
            return Some(Value::Text(text.to_owned()));
        }
        let help = suggest(text, self.species.iter().map(String::as_str));
        self.fault(
            Diagnostic::new(Code::UnknownName, place, format!("unknown species `{text}`"))
                .label("not in the library")
                .help(help),
        );
        None
    }

    fn choice(&mut self, name: &str, text: &str, place: Place, words: &[&str]) -> Option<Value> {
        if words.contains(&text) {
            return Some(Value::Text(text.to_owned()));
        }
        self.fault(
            Diagnostic::new(Code::UnknownName, place, format!("`{name}` cannot be `{text}`"))
                .label(format!("expected one of {}", words.join(", ")))
                .help(suggest(text, words.iter().copied())),
        );
        None
    }

    fn in_range(
        &mut self,
        name: &str,
        value: Value,
        node: &Located<Node>,
        spec: Option<&Spec>,
    ) -> Option<Value> {
        let si = match &value {
            Value::Quantity(m) => m.si,
            Value::Number(x) => *x,
            Value::Integer(i) => *i as f64,
            _ => return Some(value),
        };
        let Some(spec) = spec else { return Some(value) };
        if si.is_finite() && spec.allows(si) {
            return Some(value);
        }
        let dimension = match &value {
            Value::Quantity(m) => Some(m.dimension),
            _ => None,
        };
        let written = match &node.value {
            Node::Text(text) => format!("\"{text}\""),
            _ => crate::quantity::number(si, 6),
        };
        self.fault(
            Diagnostic::new(Code::Range, node.place, format!("`{name}` = {written} is outside its range"))
                .label(format!("expected {}", range_text(spec, dimension)))
                .help(first_line(&spec.doc)),
        );
        None
    }
}

/// A value written as in a TOML file.
pub fn literal(text: &str, place: Place) -> Option<Located<Node>> {
    let mut sources = super::diagnostic::Sources::default();
    let mut faults = Vec::new();
    // Text with a unit may stand without quotes in a default.
    let quoted = format!("v = {text}");
    let document = super::document::Document::parse(&mut sources, "", &quoted, &mut faults);
    let node = match (faults.is_empty(), document.root.get("v")) {
        (true, Some(node)) => {
            let mut node = node.value.clone();
            replace_places(&mut node, place);
            node
        }
        _ => Node::Text(text.to_owned()),
    };
    Some(Located { value: node, place })
}

/// Gives all that a node holds the place of the whole: it was read from a text of its own.
fn replace_places(node: &mut Node, place: Place) {
    match node {
        Node::List(items) => {
            for item in items {
                item.place = place;
                replace_places(&mut item.value, place);
            }
        }
        Node::Table(table) => {
            for (key, item) in &mut table.entries {
                (key.place, item.place) = (place, place);
                replace_places(&mut item.value, place);
            }
        }
        _ => {}
    }
}

fn fits(kind: &Kind, node: &Node) -> bool {
    match (kind, node) {
        (Kind::Quantity(_) | Kind::Text | Kind::Species | Kind::Choice(_), Node::Text(_))
        | (Kind::Number, Node::Number(_) | Node::Integer(_))
        | (Kind::Integer, Node::Integer(_))
        | (Kind::Boolean, Node::Boolean(_))
        | (Kind::List(_), Node::List(_))
        | (Kind::Map(_) | Kind::Record(_), Node::Table(_)) => true,
        (Kind::Either(a, b), node) => fits(a, node) || fits(b, node),
        _ => false,
    }
}

/// A form in words.
pub fn form(kind: &Kind) -> String {
    match kind {
        Kind::Quantity(dimensions) => format!("{} as text", dimension_names(dimensions)),
        Kind::Number => "a number".to_owned(),
        Kind::Integer => "a whole number".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Species => "the name of a species".to_owned(),
        Kind::Choice(words) => format!("one of {}", words.join(", ")),
        Kind::List(element) => format!("a list, each entry {}", form(element)),
        Kind::Map(element) => format!("a table from names to values, each {}", form(element)),
        Kind::Record(_) => "a table".to_owned(),
        Kind::Either(a, b) => format!("{} or {}", form(a), form(b)),
    }
}

fn dimension_names(dimensions: &[Dimension]) -> String {
    let names: Vec<String> = dimensions.iter().map(ToString::to_string).collect();
    names.join(" or ")
}

fn quantity_examples(dimensions: &[Dimension]) -> String {
    let examples: Vec<String> =
        dimensions.iter().filter_map(|d| d.example_units().first().map(|u| format!("`\"1 {u}\"`"))).collect();
    examples.join(" or ")
}

/// The allowed range in words.
pub fn range_text(spec: &Spec, dimension: Option<Dimension>) -> String {
    let show = |si: f64| match dimension {
        Some(dimension) if si != 0.0 || dimension == Dimension::TEMPERATURE => natural(si, dimension),
        _ => crate::quantity::number(si, 6),
    };
    let min =
        spec.min.map(|b| format!("{} {}", if b.inclusive { "at least" } else { "more than" }, show(b.si)));
    let max =
        spec.max.map(|b| format!("{} {}", if b.inclusive { "at most" } else { "less than" }, show(b.si)));
    match (min, max) {
        (Some(min), Some(max)) => format!("{min} and {max}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "a finite number".to_owned(),
    }
}

/// How the value of a parameter may look in a file.
pub fn example(spec: &Spec) -> String {
    if let Some(text) = spec.example {
        return text.to_owned();
    }
    match &spec.kind {
        Kind::Quantity(dimensions) => {
            let unit = dimensions.first().and_then(|d| d.example_units().first().copied()).unwrap_or("");
            format!("\"1 {unit}\"")
        }
        Kind::Number if spec.allows(1.0) => "1.0".to_owned(),
        Kind::Integer if spec.allows(1.0) => "1".to_owned(),
        // 1 is too small or too large: an end of the range is neither
        Kind::Number | Kind::Integer => {
            spec.min.or(spec.max).map_or_else(|| "1".to_owned(), |bound| bound.si.to_string())
        }
        Kind::Boolean => "true".to_owned(),
        Kind::Text => "\"...\"".to_owned(),
        Kind::Species => "\"Co+2\"".to_owned(),
        Kind::Choice(words) => format!("\"{}\"", words.first().copied().unwrap_or("")),
        Kind::List(_) => "[...]".to_owned(),
        Kind::Map(_) | Kind::Record(_) => "{ ... }".to_owned(),
        Kind::Either(first, _) => example(&Spec { kind: (**first).clone(), ..spec.clone() }),
    }
}

fn first_line(doc: &str) -> String {
    doc.lines().next().unwrap_or("").trim().trim_end_matches('.').to_owned()
}
