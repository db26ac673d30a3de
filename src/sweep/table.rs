//! `[sweep]` of a scenario over its bound factors: design, constraints, correlations.

use super::constraint;
use super::design::{Constraint, Correlation, Design, Method};
use super::factors::{Bound, Faults, fault};
use super::rows;
use crate::quantity::Dimension;
use crate::scenario::{Code, Model, SweepEntry, suggest};
use crate::unit::parameters::{Located, Place};

/// The design of a sweep table over bound factors; `known` are correlations that the process library states.
///
/// # Errors
/// All faults of the table.
pub fn design(
    model: &mut Model,
    entry: &SweepEntry,
    place: Place,
    bound: &Bound,
    known: &[(usize, usize, f64)],
) -> Result<Design, Faults> {
    let cases = |given: Option<usize>, key: &str| {
        given.map(|count| count as u64).ok_or_else(|| {
            vec![fault(Code::MissingKey, place, format!("the design {} needs `{key}`", entry.design))]
        })
    };
    let method = match entry.design.as_str() {
        "grid" => Method::Grid,
        "zip" => Method::Zip,
        "csv" => Method::Table(rows::read(model, entry, place, bound)?),
        "latin-hypercube" => Method::LatinHypercube(cases(entry.cases, "cases")?),
        "sobol" => Method::Sobol(cases(entry.cases, "cases")?),
        "monte-carlo" => Method::MonteCarlo(cases(entry.cases, "cases")?),
        "saltelli" => Method::Saltelli(cases(entry.base, "base")?),
        "morris" => Method::Morris { paths: cases(entry.paths, "paths")?, levels: entry.levels as u32 },
        _ => Method::OneAtATime,
    };
    let names =
        bound.factors.iter().map(|factor| factor.name.clone()).zip(bound.marginals.iter().cloned()).collect();
    let whole = |error: super::design::DesignError| vec![fault(Code::Conflict, place, error.to_string())];
    let mut design = Design::new(method, names, entry.seed as u64).map_err(whole)?;
    let known = if design.is_sampled() { known } else { &[] };
    if !entry.correlations.is_empty() || !known.is_empty() {
        design = design.correlated(correlation(entry, bound, known)?).map_err(whole)?;
    }
    Ok(design.constrained(constraints(&entry.constraints, bound)?))
}

fn constraints(texts: &[Located<String>], bound: &Bound) -> Result<Vec<Constraint>, Faults> {
    let names: Vec<(String, Dimension)> = bound
        .factors
        .iter()
        .map(|factor| factor.name.clone())
        .zip(bound.dimensions.iter().copied())
        .collect();
    let mut faults = Faults::new();
    let mut compiled = Vec::new();
    for text in texts {
        match constraint::compile(&text.value, &names) {
            Ok(rule) => compiled.push(rule),
            Err(words) => faults.push(fault(Code::Expression, text.place, format!("constraint: {words}"))),
        }
    }
    if faults.is_empty() { Ok(compiled) } else { Err(faults) }
}

fn correlation(
    entry: &SweepEntry,
    bound: &Bound,
    known: &[(usize, usize, f64)],
) -> Result<Correlation, Faults> {
    let place_of = |name: &Located<String>| {
        bound.factors.iter().position(|factor| factor.name == name.value).ok_or_else(|| {
            let known = bound.factors.iter().map(|factor| factor.name.as_str());
            let told = fault(Code::UnknownName, name.place, format!("there is no factor `{}`", name.value));
            vec![told.help(suggest(&name.value, known))]
        })
    };
    let mut pairs = known.to_vec();
    for args in &entry.correlations {
        let between: Vec<Located<String>> = args.read("between").unwrap_or_default();
        let [first, second] = between.as_slice() else {
            return Err(vec![fault(Code::WrongType, args.place, "`between` names two factors")]);
        };
        pairs.push((place_of(first)?, place_of(second)?, args.read("r").unwrap_or(0.0)));
    }
    Correlation::new(bound.factors.len(), &pairs).map_err(|error| {
        vec![fault(
            Code::Conflict,
            entry.correlations.first().map_or(Place::default(), |args| args.place),
            error.to_string(),
        )]
    })
}
