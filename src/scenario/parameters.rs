//! Parameters of the processes in use by name, and a scenario's own values of them.

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic, suggest};
use super::document::{Document, Node, Table};
use super::model::Model;
use super::process::{ParameterRecord, Process};
use crate::quantity::{Dimension, Quantity};
use crate::unit::parameters::{Located, Place};

impl Model {
    /// The parameter that keys behind `parameters` name, `k_a` or `a/process`, `k_a`, and whether a last key `ea` asks for its
    /// activation energy.
    ///
    /// # Errors
    /// Words for the user if there is none, or if several processes have it.
    pub fn parameter(&self, keys: &[String]) -> Result<(&ParameterRecord, bool), String> {
        let in_use = |name: &String| self.processes.iter().any(|process| process.name == *name);
        let (process, keys) = match keys {
            [process, rest @ ..] if !rest.is_empty() && in_use(process) => (Some(process), rest),
            _ => (None, keys),
        };
        let (name, activation) = match keys {
            [name] => (name, false),
            [name, last] if last == "ea" => (name, true),
            [process, _, ..] => {
                let names = self.processes.iter().map(|process| process.name.as_str());
                return Err(format!("no process in use is called `{process}`; {}", suggest(process, names)));
            }
            [] => return Err("`parameters` needs the name of one behind it, `parameters.k`".to_owned()),
        };
        let own = || self.parameters().filter(|record| process.is_none_or(|name| record.process == *name));
        let owners: Vec<&ParameterRecord> = own().filter(|record| record.name == *name).collect();
        match owners.as_slice() {
            [record] => Ok((record, activation)),
            [] => {
                let known = own().map(|record| record.name.as_str());
                Err(format!("no process in use has a parameter `{name}`; {}", suggest(name, known)))
            }
            several => {
                let names: Vec<&str> = several.iter().map(|record| record.process.as_str()).collect();
                let (message, help) = ambiguous(name, &names, activation);
                Err(format!("{message}; {help}"))
            }
        }
    }
}

/// Whether a parameter of this dimension, with an activation energy or without one, counts something that is never negative.
///
/// Rate constants, transfer coefficients and diffusivities are: all are per time, or per a power of it alone as in Avrami's law. So are
/// sizes, concentrations, and what follows Arrhenius' law, which no temperature brings below zero. Exponents, logarithms, energies,
/// potentials and coefficients of interaction have either sign.
pub fn is_never_negative(dimension: Dimension, has_activation: bool) -> bool {
    const COUNTED: [Dimension; 9] = [
        Dimension::LENGTH,
        Dimension::AREA,
        Dimension::VOLUME,
        Dimension::SPECIFIC_AREA,
        Dimension::MASS,
        Dimension::AMOUNT,
        Dimension::CONCENTRATION,
        Dimension::MASS_CONCENTRATION,
        Dimension::MOLALITY,
    ];
    let [m, kg, time, rest @ ..] = *dimension.exponents();
    let is = |exponent: f64, value: f64| (exponent - value).abs() < 1e-9;
    let of_time_alone = rest.iter().chain([&m, &kg]).all(|exponent| is(*exponent, 0.0));
    let is_rate = is(time, -1.0) || (of_time_alone && !is(time, 0.0));
    has_activation || is_rate || COUNTED.iter().any(|own| own.same_exponents(dimension))
}

/// Refuses a negative value (SI), written `text` at a place, of a parameter that has none.
pub(super) fn refuse_negative(
    name: &str,
    (text, place): (&str, Place),
    value: f64,
    (dimension, has_activation): (Dimension, bool),
) -> Result<(), Box<Diagnostic>> {
    if value >= 0.0 || !is_never_negative(dimension, has_activation) {
        return Ok(());
    }
    let message = format!("`{name}` = \"{text}\" is outside its range");
    let why = "put the minus into the expression that reads it, or write the reaction the other way round";
    Err(Box::new(Diagnostic::new(Code::Range, place, message).label("expected at least 0").help(why)))
}

/// The scenario's own values of process parameters: `[parameters] k_a = "2e-8 m/s"`, or of one process alone in a table
/// `[parameters."a/process"]`.
pub(super) fn lay_over(document: &Document, processes: &mut [Process], binder: &mut Binder) {
    let Some((table, _)) = document.root.section("parameters", binder) else { return };
    for (name, node) in &table.entries {
        let Node::Table(own) = &node.value else { continue };
        match processes.iter().position(|process| process.name == name.value) {
            Some(process) => these(own, &mut processes[process..=process], binder),
            None if has_parameter(processes, &name.value) => {} // of the wrong form, which is told below
            None => {
                let known = processes.iter().map(|process| process.name.as_str());
                let message = format!("no process in use is called `{}`", name.value);
                binder.fault(
                    Diagnostic::new(Code::UnknownName, name.place, message).help(suggest(&name.value, known)),
                );
            }
        }
    }
    these(table, processes, binder);
}

/// Values of a table in place of those of the processes that have them; tables in it are others' to read.
fn these(table: &Table, processes: &mut [Process], binder: &mut Binder) {
    for (name, node) in &table.entries {
        if matches!(node.value, Node::Table(_)) && !has_parameter(processes, &name.value) {
            continue;
        }
        let parameter = name.value.strip_suffix(".ea").unwrap_or(&name.value);
        let mut owners: Vec<&mut Process> =
            processes.iter_mut().filter(|p| p.parameters.iter().any(|r| r.name == parameter)).collect();
        if owners.is_empty() {
            let known: Vec<String> =
                processes.iter().flat_map(|p| p.parameters.iter().map(|r| r.name.clone())).collect();
            binder.fault(
                Diagnostic::new(
                    Code::UnknownName,
                    name.place,
                    format!("no process in use has a parameter `{}`", name.value),
                )
                .help(suggest(&name.value, known.iter().map(String::as_str))),
            );
            continue;
        }
        if owners.len() > 1 {
            let names: Vec<&str> = owners.iter().map(|owner| owner.name.as_str()).collect();
            let (message, help) = ambiguous(parameter, &names, parameter != name.value);
            binder.fault(Diagnostic::new(Code::Conflict, name.place, message).help(help));
            continue;
        }
        for owner in &mut owners {
            if let Err(fault) = override_one(owner, name, node) {
                binder.fault(*fault);
            }
        }
    }
}

fn has_parameter(processes: &[Process], name: &str) -> bool {
    processes.iter().flat_map(|process| &process.parameters).any(|record| record.name == name)
}

/// What is wrong with a name that parameters of several processes bear, and what to write instead.
fn ambiguous(name: &str, processes: &[&str], activation: bool) -> (String, String) {
    let tail = if activation { ".ea" } else { "" };
    let paths: Vec<String> =
        processes.iter().map(|process| format!("`parameters.\"{process}\".{name}{tail}`")).collect();
    (
        format!("`{name}` is a parameter of {} processes in use", processes.len()),
        format!("say which: {}", paths.join(" or ")),
    )
}

/// A value or, named `k.ea`, an activation energy in place of the process file's.
fn override_one(
    process: &mut Process,
    name: &Located<String>,
    node: &Located<Node>,
) -> Result<(), Box<Diagnostic>> {
    let plain =
        |name: &str| process.parameters.iter().any(|r| r.name == name && r.dimension.is_dimensionless());
    let text = &match &node.value {
        Node::Text(text) => text.clone(),
        Node::Number(number) if plain(&name.value) => format!("{number:?}"),
        Node::Integer(number) if plain(&name.value) => number.to_string(),
        _ => return Err(Box::new(Diagnostic::wrong_form(&name.value, "text with a unit", node))),
    };
    let unreadable = |error: crate::quantity::QuantityError| {
        let fault = Diagnostic::new(Code::Quantity, node.place, format!("`{}`: {error}", name.value));
        Box::new(match error.help() {
            Some(help) => fault.help(help),
            None => fault,
        })
    };
    let of_energy = name.value.strip_suffix(".ea");
    for (record, def) in process.parameters.iter_mut().zip(&mut process.builder.parameters) {
        if record.name != of_energy.unwrap_or(&name.value) {
            continue;
        }
        if of_energy.is_some() {
            let energy = crate::quantity::parse_as(text, Dimension::MOLAR_ENERGY).map_err(unreadable)?;
            let (Some((_, ea)), Some(arrhenius)) = (&mut record.arrhenius, &mut def.arrhenius) else {
                let message = format!("`{}` has no activation energy", record.name);
                return Err(Box::new(
                    Diagnostic::new(Code::UnknownName, name.place, message)
                        .help("only a parameter with `at` and `ea` in its process file has one"),
                ));
            };
            (*ea, arrhenius.ea) = (energy, energy);
        } else {
            let value = Quantity::parse(text)
                .and_then(|q| match q.dimension.same_exponents(record.dimension) {
                    true => Ok(q.value),
                    false => crate::quantity::parse_as(text, record.dimension),
                })
                .map_err(unreadable)?;
            refuse_negative(
                &record.name,
                (text, node.place),
                value,
                (record.dimension, record.arrhenius.is_some()),
            )?;
            if record.relative && record.value != 0.0 {
                record.sigma = record.sigma.map(|sigma| sigma * (value / record.value).abs());
            }
            (record.value, def.value) = (value, value);
        }
        record.source = "scenario".to_owned();
        record.place = node.place;
    }
    Ok(())
}
