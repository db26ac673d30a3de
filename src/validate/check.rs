//! Faults of cases that only their scenarios and processes show.

use crate::flowsheet::Observable;
use crate::quantity::Dimension;
use crate::scenario::cases::{Case, Cases, Kind};
use crate::scenario::{Code, Diagnostic, Diagnostics, Library, Model, suggest};
use rayon::prelude::*;

/// The scenario of each case, its values set, in the order of the cases; `more` is set in all of them.
///
/// # Errors
/// All faults: scenarios that cannot be read, values that they do not take, observed values that are none, and kinds
/// that the sources of the process's parameters contradict.
pub fn models(cases: &Cases, library: &Library, more: &[String]) -> Result<Vec<Model>, Vec<Diagnostics>> {
    let read: Vec<Result<Model, Box<Diagnostics>>> = cases
        .list
        .par_iter()
        .map(|case| {
            let model = cases.model(case, library, more)?;
            let mut faults: Vec<Diagnostic> = kind(case, &model, library).into_iter().collect();
            faults.extend(observed(case, &model));
            if faults.is_empty() { Ok(model) } else { Err(cases.faults(faults)) }
        })
        .collect();
    let (mut models, mut faults): (Vec<Model>, Vec<Diagnostics>) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(model) => models.push(model),
            // A fault of a process is the fault of all its cases: told once.
            Err(found) if faults.iter().any(|known| known.render(false) == found.render(false)) => {}
            Err(found) => faults.push(*found),
        }
    }
    if faults.is_empty() { Ok(models) } else { Err(faults) }
}

/// Whether parameters of the process, or constants of the equilibrium, come from the case's work decides what the case
/// may be.
fn kind(case: &Case, model: &Model, library: &Library) -> Option<Diagnostic> {
    let work = case.source.value.as_str();
    // the process as its file has it: a scenario's own values hide where the file's come from
    let process = library.read_process(&case.process.value).and_then(Result::ok);
    let medium = model.flowsheet.context.equilibrium.as_deref();
    let own = process.is_some_and(|process| process.sources().contains(work))
        || medium.is_some_and(|medium| medium.sources().iter().any(|source| source == work));
    let (message, help) = match (case.kind.value, own) {
        (Kind::Prediction, true) => (
            format!(
                "`{}` is no prediction: parameters of `{}` come from `{}`",
                case.id, case.process.value, case.source.value
            ),
            "make it a reproduction, or an interpolation if they come from other points of the work",
        ),
        (Kind::Reproduction | Kind::Interpolation, false) => (
            format!(
                "`{}` is no {}: no parameter of `{}` comes from `{}`",
                case.id,
                case.kind.value.word(),
                case.process.value,
                case.source.value
            ),
            "make it a prediction, or correct its `source`",
        ),
        _ => return None,
    };
    Some(Diagnostic::new(Code::Conflict, case.kind.place, message).help(help))
}

fn observed<'a>(case: &'a Case, model: &'a Model) -> impl Iterator<Item = Diagnostic> + 'a {
    case.observed.iter().filter_map(|observation| {
        let observable = match Observable::parse(&observation.of.value, &model.flowsheet) {
            Ok(observable) => observable,
            Err(error) => {
                let help = suggest(&error.wrong, error.known.iter().map(String::as_str));
                return Some(
                    Diagnostic::new(Code::UnknownName, observation.of.place, error.to_string()).help(help),
                );
            }
        };
        let wanted = observable.dimension(&model.flowsheet)?;
        (!wanted.same_exponents(observation.dimension))
            .then(|| wrong_dimension(&observation.of.value, wanted, observation.dimension, observation.place))
    })
}

/// The fault of an observation in another dimension than the value that it is compared with.
pub(super) fn wrong_dimension(
    of: &str,
    wanted: Dimension,
    found: Dimension,
    place: crate::unit::parameters::Place,
) -> Diagnostic {
    Diagnostic::new(Code::Quantity, place, format!("`{of}` is {wanted}, the observation is {found}"))
        .help("observe the value in a unit of that dimension")
}
