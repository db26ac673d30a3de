//! Aims and limits of `[optimise]`, bound to the outputs of its plant.

use super::analysis::Sense;
use super::constraint::{Relation, split};
use super::engine::{Model as _, Output};
use super::factors::{Faults, fault, unreadable};
use super::optimise::{Aim, Limit};
use super::plant::Plant;
use crate::quantity::{self, Dimension, Unit, parse_as};
use crate::scenario::{Code, Diagnostic, OptimiseEntry, suggest};
use crate::unit::parameters::{Located, Place};

/// Aims and limits of a table that stands at `place`.
///
/// # Errors
/// All their faults.
pub fn read(
    entry: &OptimiseEntry,
    place: Place,
    plant: &Plant<'_>,
) -> Result<(Vec<Aim>, Vec<Limit>), Faults> {
    let mut faults = courses(entry, plant);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut aims: Vec<Aim> = Vec::new();
    for (names, sense) in [(&entry.minimise, Sense::Minimise), (&entry.maximise, Sense::Maximise)] {
        for name in names {
            match output(plant, name) {
                Ok(_) if aims.iter().any(|aim| aim.name == name.value) => {
                    let message = format!("`{}` is an aim twice", name.value);
                    let told = fault(Code::Conflict, name.place, message);
                    faults.push(told.help("minimise or maximise an output once"));
                }
                Ok((column, _)) => aims.push(Aim { column, name: name.value.clone(), sense }),
                Err(error) => faults.push(*error),
            }
        }
    }
    if aims.is_empty() && faults.is_empty() {
        let told = fault(Code::MissingKey, place, "an optimisation needs an aim: `minimise` or `maximise`");
        let names = entry.outputs.iter().map(|(name, _)| name.value.as_str());
        faults.push(told.help(suggest("", names)));
    }
    let mut limits = Vec::new();
    for text in &entry.limits {
        match limit(plant, text) {
            Ok(limit) => limits.push(limit),
            Err(error) => faults.push(*error),
        }
    }
    if faults.is_empty() { Ok((aims, limits)) } else { Err(faults) }
}

/// Faults of aims that are too many or too few for a method.
pub fn unfit(entry: &OptimiseEntry, method: &str) -> Faults {
    let mut named: Vec<&Located<String>> = entry.minimise.iter().chain(&entry.maximise).collect();
    named.sort_by_key(|name| name.place.start);
    let twice = |index: usize| named[..index].iter().any(|other| other.value == named[index].value);
    // one that stands twice is a fault of its own
    let aims: Vec<Place> =
        (0..named.len()).filter(|index| !twice(*index)).map(|index| named[index].place).collect();
    let told = match aims.as_slice() {
        [_, second, ..] if method != "nsga2" => {
            let message =
                format!("{} aims have no single best point, which the method {method} seeks", aims.len());
            let help = "write `method = \"nsga2\"` for the front between them, or turn all aims but one into `limits`";
            fault(Code::Conflict, *second, message).help(help)
        }
        [only] if method == "nsga2" => {
            let message = "the method nsga2 seeks the front between two aims or more, and there is one";
            fault(Code::Conflict, *only, message).help("add an aim, or write `method = \"slsqp\"`")
        }
        _ => return Faults::new(),
    };
    vec![told]
}

/// Faults of outputs that are courses: an optimisation compares single numbers.
fn courses(entry: &OptimiseEntry, plant: &Plant<'_>) -> Faults {
    let is_course =
        |name: &str| plant.outputs().iter().any(|output| output.name == name && !output.axes.is_empty());
    let courses = entry.outputs.iter().filter(|(name, _)| is_course(&name.value));
    let told = courses.map(|(name, path)| {
        let message = format!("output `{}` is a course, not a number", name.value);
        fault(Code::WrongType, path.place, message)
            .help("an optimisation needs single numbers; sweep courses")
    });
    told.collect()
}

/// Place in the row of an output that is a number, as all are.
fn output<'a>(plant: &'a Plant<'_>, name: &Located<String>) -> Result<(usize, &'a Output), Box<Diagnostic>> {
    let mut outputs = plant.outputs().iter().enumerate();
    outputs.find(|(_, output)| output.name == name.value).ok_or_else(|| {
        let message = format!("`[optimise.outputs]` has no `{}`", name.value);
        let known = plant.outputs().iter().map(|output| output.name.as_str());
        Box::new(fault(Code::UnknownName, name.place, message).help(suggest(&name.value, known)))
    })
}

fn limit(plant: &Plant<'_>, text: &Located<String>) -> Result<Limit, Box<Diagnostic>> {
    let what = format!("limit `{}`", text.value);
    let (name, relation, bound) = split(&text.value).ok_or_else(|| {
        let told = fault(Code::Expression, text.place, format!("{what} is no relation"));
        Box::new(told.help("write `output <= value` or `output >= value`"))
    })?;
    let (column, output) = output(plant, &Located { value: name.to_owned(), place: text.place })?;
    let wrong = |error| Box::new(unreadable(&what, text.place, &error));
    let dimension = match output.unit.as_str() {
        "1" => Dimension::FRACTION,
        unit => Unit::parse(unit).map_err(wrong)?.dimension,
    };
    let unit = match quantity::split(bound) {
        Ok((_, unit)) => unit.trim().to_owned(),
        Err(_) => String::new(),
    };
    let bare = bound.parse::<f64>().ok().filter(|number| dimension.is_dimensionless() && number.is_finite());
    let bound = match bare {
        Some(number) => number,
        None => parse_as(bound, dimension).map_err(wrong)?,
    };
    let sense = if relation == Relation::AtMost { Sense::Minimise } else { Sense::Maximise };
    Ok(Limit { text: text.value.clone(), unit, ..Limit::new(column, name, sense, bound) })
}
