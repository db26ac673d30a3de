//! `[sweep]` of a scenario over its bound factors: design, constraints, correlations.

use super::constraint;
use super::design::{Constraint, Correlation, Design, DesignError, Method};
use super::factors::{Bound, Faults, fault};
use super::{rows, unread};
use crate::quantity::Dimension;
use crate::scenario::{Code, Model, SweepEntry, suggest};
use crate::unit::parameters::{Args, Located, Place};

/// The design of a sweep table over bound factors; `args` are its values with their places, `known` correlations that the process
/// library states.
///
/// # Errors
/// All faults of the table.
pub fn design(
    model: &mut Model,
    (entry, args): (&SweepEntry, &Args),
    factors: &[(Located<String>, Args)],
    bound: &Bound,
    known: &[(usize, usize, f64)],
) -> Result<Design, Faults> {
    let place = args.place_of("design");
    let cases = |given: Option<usize>, key: &str| {
        given.map(|count| count as u64).ok_or_else(|| {
            vec![fault(Code::MissingKey, place, format!("the design {} needs `{key}`", entry.design))]
        })
    };
    let faults = unread::of_design(args, &entry.design);
    if !faults.is_empty() {
        return Err(faults);
    }
    if entry.uncertainties && matches!(entry.design.as_str(), "grid" | "zip" | "csv") {
        let message = format!("the design {} draws nothing from distributions", entry.design);
        let told = fault(Code::Conflict, args.place_of("uncertainties"), message);
        let help = "leave `uncertainties` out, or write `design = \"monte-carlo\"`";
        return Err(vec![told.label("uncertainties are distributions").help(help)]);
    }
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
    let whole = |error: DesignError| {
        let place = culprit(&error, args, factors);
        vec![fault(Code::Conflict, place, error.to_string())]
    };
    let mut design = Design::new(method, names, entry.seed as u64).map_err(whole)?;
    let known = if design.is_sampled() { known } else { &[] };
    if !entry.correlations.is_empty() || !known.is_empty() {
        let correlation = correlation(entry, args, bound, known)?;
        design = design.correlated(correlation).map_err(whole)?;
    }
    Ok(design.constrained(constraints(&entry.constraints, bound)?))
}

/// Where the cause of a fault of the design as a whole stands.
fn culprit(error: &DesignError, args: &Args, factors: &[(Located<String>, Args)]) -> Place {
    let design = args.place_of("design");
    let of_factor = |name: &String, keys: &[&str]| {
        let Some((own, spread)) = factors.iter().find(|(own, _)| own.value == *name) else { return design };
        let given = keys.iter().filter_map(|key| spread.find(key)).find(|found| found.place != spread.place);
        given.map_or(own.place, |found| found.place)
    };
    match error {
        DesignError::Factor(name, _) => of_factor(name, &[]),
        DesignError::NoLevels(name, _) => of_factor(name, &["distribution"]),
        DesignError::Unequal { other, .. } => of_factor(other, &["values", "points"]),
        DesignError::OddLevels(_) => args.place_of("levels"),
        DesignError::NotCorrelated(_) | DesignError::Correlation(_) => args.place_of("correlations"),
        DesignError::Row { .. } => args.place_of("file"),
        DesignError::NoFactors => args.place,
        DesignError::TooMany => {
            let mut counts = ["cases", "base", "paths"].into_iter().filter_map(|key| args.find(key));
            counts.find(|found| found.place != args.place).map_or(design, |found| found.place)
        }
        DesignError::NoCases | DesignError::TooManyFactors(_) => design,
    }
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
    args: &Args,
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
    let mut own = std::collections::HashSet::new();
    for pair in &entry.correlations {
        let between: Vec<Located<String>> = pair.read("between").unwrap_or_default();
        let [first, second] = between.as_slice() else {
            return Err(vec![fault(
                Code::WrongType,
                pair.place_of("between"),
                "`between` names two factors",
            )]);
        };
        let (one, other) = (place_of(first)?, place_of(second)?);
        if !own.insert((one.min(other), one.max(other))) {
            let message = format!("`{}` and `{}` are correlated twice", first.value, second.value);
            let told = fault(Code::Conflict, pair.place_of("between"), message);
            return Err(vec![told.help("leave one of the two out")]);
        }
        pairs.push((one, other, pair.read("r").unwrap_or(0.0)));
    }
    Correlation::new(bound.factors.len(), &pairs).map_err(|error| {
        // of the process files alone: the table that lets them in
        let place = entry.correlations.first().map_or(args.place_of("uncertainties"), |pair| pair.place);
        vec![fault(Code::Conflict, place, error.to_string())]
    })
}
