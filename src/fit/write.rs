//! A process file with the estimates, their covariance and whence they come.
//!
//! The text of the file is kept; only values of the estimated parameters change, and `[covariance]` and `[fits.NAME]` stand at its
//! end. What was written is read again and compared before it is handed out.

use super::estimate::Fit;
use super::problem::Problem;
use crate::quantity::{Unit, split};
use crate::scenario::bind::Binder;
use crate::scenario::{Document, FIT, Library, Node, Process, Sources, Table, split_path};
use crate::unit::parameters::Located;
use std::collections::BTreeSet;

/// What provenance a fit leaves beside its estimates.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// Name of the fit.
    pub name: String,
    /// Files of the data with their digests.
    pub data: Vec<String>,
    /// Method and numbers, in words.
    pub note: String,
}

/// Why no process file was written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WriteError {
    /// No estimate is a parameter of the process.
    #[error("no estimate is a shared parameter of `{0}`: there is nothing to write")]
    Nothing(String),
    /// No such process.
    #[error("there is no process `{0}`")]
    NoProcess(String),
    /// The text could not be changed: a fault of the program.
    #[error("the changed text of `{process}` does not read back as written: {why}; please report this")]
    NotReadBack {
        /// The process.
        process: String,
        /// What differs.
        why: String,
    },
}

/// One estimate that belongs into a process file.
#[derive(Debug, Clone, PartialEq)]
struct Written {
    unknown: usize,
    parameter: String,
    activation: bool,
}

/// The text of the process file with the estimates.
///
/// # Errors
/// [`WriteError`].
pub fn process(
    problem: &Problem<'_>,
    fit: &Fit,
    library: &Library,
    name: &str,
    provenance: &Provenance,
) -> Result<String, WriteError> {
    let (_, text) = library.process(name).ok_or_else(|| WriteError::NoProcess(name.to_owned()))?;
    let mut sources = Sources::default();
    let mut faults = Vec::new();
    let document = Document::parse(&mut sources, name, text, &mut faults);
    let parameters = document.root.table("parameters").map(|(table, _)| table);
    let written: Vec<Written> = problem
        .unknowns
        .iter()
        .enumerate()
        .filter(|(_, unknown)| !unknown.grouped && !unknown.fixed)
        .filter_map(|(unknown, one)| {
            let keys = split_path(one.of.as_deref()?);
            let keys = keys.strip_prefix(&["parameters".to_owned()])?;
            // `parameters."this/process".k` is this file's, as `parameters.k` is
            let (parameter, activation) = match keys.strip_prefix(&[name.to_owned()]).unwrap_or(keys) {
                [parameter] => (parameter.clone(), false),
                [parameter, last] if last == "ea" => (parameter.clone(), true),
                _ => return None,
            };
            parameters?.get(&parameter)?;
            Some(Written { unknown, parameter, activation })
        })
        .collect();
    let Some(parameters) = parameters.filter(|_| !written.is_empty()) else {
        return Err(WriteError::Nothing(name.to_owned()));
    };
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    let names: BTreeSet<&str> = written.iter().map(|one| one.parameter.as_str()).collect();
    for parameter in names {
        let Some(Located { value: Node::Table(table), place }) = parameters.get(parameter) else { continue };
        let inline = text[place.start as usize..].starts_with('{');
        let own: Vec<&Written> = written.iter().filter(|one| one.parameter == parameter).collect();
        let values = values(problem, fit, table, &own, &provenance.name);
        edits.extend(entry_edits(table, inline, &values));
    }
    let mut changed = text.to_owned();
    edits.sort_by_key(|(start, _, _)| std::cmp::Reverse(*start));
    for (start, end, new) in edits {
        changed.replace_range(start..end, &new);
    }
    let changed = without_section(&changed, &["covariance".to_owned(), format!("fits.{}", provenance.name)]);
    let changed = format!("{}\n\n{}", changed.trim_end(), evidence(problem, fit, &written, provenance));
    check(problem, fit, name, &changed, &written)?;
    Ok(changed)
}

/// Keys and values that one parameter's entry gets.
fn values(
    problem: &Problem<'_>,
    fit: &Fit,
    table: &Table,
    own: &[&Written],
    name: &str,
) -> Vec<(&'static str, String)> {
    let text_of = |key: &str| match table.get(key) {
        Some(Located { value: Node::Text(text), .. }) => text.clone(),
        _ => String::new(),
    };
    let mut values = Vec::new();
    for one in own {
        let (unknown, estimate) = (&problem.unknowns[one.unknown], fit.estimates[one.unknown]);
        let value = unknown.value(estimate.x);
        let key = if one.activation { "ea" } else { "value" };
        let unit_text = split(&text_of(key)).map_or(String::new(), |(_, unit)| unit.to_owned());
        let unit = Unit::parse(&unit_text).and_then(|unit| unit.read_as(unknown.dimension));
        let shown = |si: f64| match &unit {
            Ok(unit) => format!("{} {unit_text}", digits(unit.from_si(si))),
            Err(_) => digits(si),
        };
        values.push((key, quoted(shown(value).trim())));
        if estimate.error.is_finite() && estimate.error > 0.0 {
            let (key, sigma) = if one.activation { ("ea_sigma", true) } else { ("sigma", false) };
            let spread = if unknown.log { estimate.error * value.abs() } else { estimate.error };
            let relative = !sigma && value != 0.0;
            let text =
                if relative { format!("{} %", digits(100.0 * spread / value.abs())) } else { shown(spread) };
            values.push((key, quoted(text.trim())));
        }
    }
    values.push(("source", quoted(&format!("{FIT}{name}"))));
    let before = format!("{} ({})", text_of("value"), text_of("source"));
    let before = match text_of("ea").as_str() {
        "" => before,
        ea => format!("{before}, ea {ea}"),
    };
    values.push(("note", quoted(&format!("fitted; before: {before}"))));
    values
}

/// Replacements in an entry: values of its keys, and new keys behind its `value`.
fn entry_edits(
    table: &Table,
    inline: bool,
    values: &[(&'static str, String)],
) -> Vec<(usize, usize, String)> {
    let mut edits = Vec::new();
    let mut added = String::new();
    for (key, value) in values {
        match table.get(key) {
            Some(node) => edits.push((node.place.start as usize, node.place.end as usize, value.clone())),
            None if inline => added += &format!(", {key} = {value}"),
            None => added += &format!("\n{key} = {value}"),
        }
    }
    if let (false, Some(node)) = (added.is_empty(), table.get("value")) {
        let end = node.place.end as usize;
        match edits.iter_mut().find(|(_, own, _)| *own == end) {
            Some((_, _, text)) => text.push_str(&added),
            None => edits.push((end, end, added)),
        }
    }
    edits
}

/// `[fits.NAME]` and `[covariance]`.
fn evidence(problem: &Problem<'_>, fit: &Fit, written: &[Written], provenance: &Provenance) -> String {
    let list = |items: &mut dyn Iterator<Item = String>| {
        items.map(|item| quoted(&item)).collect::<Vec<_>>().join(", ")
    };
    let sources: BTreeSet<String> = problem.rows().map(|row| row.source.clone()).collect();
    let experiments: BTreeSet<String> = problem.rows().map(|row| row.id.clone()).collect();
    let mut text = format!("[fits.{}]\nsources = [{}]\n", provenance.name, list(&mut sources.into_iter()));
    text += &format!("experiments = [{}]\n", list(&mut experiments.into_iter()));
    text += &format!(
        "data = [{}]\nnote = {}\n",
        list(&mut provenance.data.iter().cloned()),
        quoted(&provenance.note)
    );
    let known: Vec<&Written> = written
        .iter()
        .filter(|one| fit.estimates[one.unknown].error.is_finite() && fit.estimates[one.unknown].error > 0.0)
        .collect();
    if known.len() < 2 {
        return text;
    }
    let names =
        known.iter().map(|one| format!("{}{}", one.parameter, if one.activation { ".ea" } else { "" }));
    text += &format!("\n[covariance]\nparameters = [{}]\ncorrelation = [\n", list(&mut names.into_iter()));
    for (row, a) in known.iter().enumerate() {
        let cells = known[..row].iter().map(|b| format!("{:.6}", fit.correlation(a.unknown, b.unknown)));
        let cells: Vec<String> = cells.chain(["1.0".to_owned()]).collect();
        text += &format!("  [{}],\n", cells.join(", "));
    }
    text + "]\n"
}

/// The text without these sections.
fn without_section(text: &str, names: &[String]) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        let head = line.trim();
        let first = head.trim_start_matches('[').chars().next();
        // a row of numbers or texts in a list is no heading
        if head.starts_with('[') && head.ends_with(']') && first.is_some_and(char::is_alphabetic) {
            inside = names.iter().any(|name| head == format!("[{name}]"));
        }
        !inside
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Reads the text back and compares.
fn check(
    problem: &Problem<'_>,
    fit: &Fit,
    name: &str,
    text: &str,
    written: &[Written],
) -> Result<(), WriteError> {
    let wrong = |why: String| WriteError::NotReadBack { process: name.to_owned(), why };
    let (mut sources, mut binder) = (Sources::default(), Binder::default());
    let document = Document::parse(&mut sources, name, text, &mut binder.faults);
    let read = Process::read(name, &document, &mut binder);
    if let Some(fault) = binder.faults.first() {
        return Err(wrong(fault.message.clone()));
    }
    for one in written {
        let record = read.parameters.iter().find(|record| record.name == one.parameter);
        let found = record.and_then(|record| match one.activation {
            true => record.arrhenius.map(|(_, ea)| ea),
            false => Some(record.value),
        });
        let wanted = problem.unknowns[one.unknown].value(fit.estimates[one.unknown].x);
        if found.is_none_or(|found| (found - wanted).abs() > 1e-5 * wanted.abs().max(f64::MIN_POSITIVE)) {
            return Err(wrong(format!("`{}` is {found:?}, not {wanted}", one.parameter)));
        }
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Six significant digits, without an exponent where that is short.
fn digits(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    let plain = format!("{rounded}");
    if plain.len() <= 10 { plain } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_end_where_the_next_begins() {
        let text = "a = 1\n[covariance]\nparameters = [\"x\"]\ncorrelation = [\n  [1.0],\n]\n[b]\nc = 2";
        assert_eq!(without_section(text, &["covariance".to_owned()]), "a = 1\n[b]\nc = 2");
    }

    #[test]
    fn digits_are_six() {
        assert_eq!(digits(1.234567e-9), "1.23457e-9");
        assert_eq!(digits(93.05), "93.05");
        assert_eq!(digits(0.1 + 0.2), "0.3");
    }
}
