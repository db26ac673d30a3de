//! Predicts each observation of a case, with the interval in which a measurement is expected.

use super::check::wrong_dimension;
use super::interval;
use super::margin::{foreign, leached};
use crate::flowsheet::{Observable, Solution};
use crate::quantity::{Unit, parse_as};
use crate::scenario::cases::{Case, Cases, END_POINTS, Observation};
use crate::scenario::{Code, Diagnostic, Library, Model, difference_of, suggest};
use crate::sweep::design::{Correlation, Design, Fate, Marginal, Method};
use crate::sweep::engine::{Factor, Model as _};
use crate::sweep::factors::Bound;
use crate::sweep::plant::Plant;
use crate::sweep::target::{Held, Origin, Setting, target};
use crate::sweep::uncertain;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// A run of a table gets one draw for this many of an end point.
const TABLE_SHARE: usize = 4;

/// What the model says of one observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// With the values of the process library.
    pub value: f64,
    /// Where 90 % of measurements are expected; `None` without draws.
    pub interval: Option<[f64; 2]>,
    /// How much of the interval, at either end, is for what the model misses ([`super::margin`]).
    pub margin: f64,
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A prediction for each observation.
    Predicted(Vec<Prediction>),
    /// The scenario has no solution under these conditions.
    Failed(String),
    /// Observed values that the solved plant does not have.
    Wrong(Vec<Diagnostic>),
}

/// Runs every case, in parallel; results are in the order of the cases and do not depend on the threads.
pub fn all(
    cases: &Cases,
    models: Vec<Model>,
    library: &Library,
    draws: usize,
    done: &(dyn Fn() + Sync),
) -> Vec<Outcome> {
    let pairs: Vec<(&Case, Model)> = cases.list.iter().zip(models).collect();
    pairs
        .into_par_iter()
        .map(|(case, model)| {
            let outcome = one(case, model, library, draws);
            done();
            outcome
        })
        .collect()
}

fn one(case: &Case, mut model: Model, library: &Library, draws: usize) -> Outcome {
    let solution = match model.flowsheet.solve() {
        Ok(solution) => solution,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    let mut values = Vec::new();
    let mut faults = Vec::new();
    for observation in &case.observed {
        match read(&observation.of.value, observation.of.place, &model, &solution) {
            Ok((_, dimension)) if !dimension.same_exponents(observation.dimension) => {
                let found = observation.dimension;
                faults.push(wrong_dimension(&observation.of.value, dimension, found, observation.place));
            }
            Ok((value, _)) => values.push(value),
            Err(fault) => faults.push(*fault),
        }
    }
    if !faults.is_empty() {
        return Outcome::Wrong(faults);
    }
    if draws == 0 {
        let alone = values.into_iter().map(|value| Prediction { value, interval: None, margin: 0.0 });
        return Outcome::Predicted(alone.collect());
    }
    // tables hold hundreds of runs, whose intervals are judged together
    let draws = if case.set == END_POINTS { draws } else { draws.div_ceil(TABLE_SHARE) };
    let sample = match sample(case, model, library, draws, &values) {
        Ok(sample) => sample,
        Err(words) => return Outcome::Failed(format!("uncertainty: {words}")),
    };
    let predictions = values.iter().zip(&sample).zip(&case.observed);
    let predict = |((value, draws), observation): ((&f64, &Vec<f64>), &Observation)| {
        // a constant derived from a yield holds what the leach did not reach; a predicted one does not
        let interval = match foreign(case, observation) && leached(observation) {
            true => interval::of(&interval::less_unreached(draws), observation.error),
            false => interval::of(draws, observation.error),
        };
        Prediction { value: *value, interval, margin: 0.0 }
    };
    Outcome::Predicted(predictions.map(predict).collect())
}

/// A value of the solved plant and its dimension.
fn read(
    path: &str,
    place: crate::unit::parameters::Place,
    model: &Model,
    solution: &Solution,
) -> Result<(f64, crate::quantity::Dimension), Box<Diagnostic>> {
    let wrong = |error: crate::flowsheet::ObserveError| {
        let wanted = path.rsplit('.').next().unwrap_or(path);
        let known = error.known.iter().map(String::as_str);
        let fault = Diagnostic::new(Code::UnknownName, place, error.to_string());
        Box::new(fault.help(suggest(wanted, known)))
    };
    let observable = Observable::parse(path, &model.flowsheet).map_err(wrong)?;
    let unit = observable.unit(&model.flowsheet, solution).map_err(wrong)?;
    let value = observable.value(&model.flowsheet, solution).map_err(wrong)?;
    let unit = Unit::parse(if unit == "1" { "" } else { &unit })
        .map_err(|error| Box::new(Diagnostic::new(Code::Quantity, place, format!("`{path}`: {error}"))))?;
    Ok((value, unit.dimension))
}

/// Values of each observation over the draws; draws without a solution are left out, and more than half of them is an
/// error.
fn sample(
    case: &Case,
    model: Model,
    library: &Library,
    draws: usize,
    values: &[f64],
) -> Result<Vec<Vec<f64>>, String> {
    let mut bound = Bound::default();
    uncertain::add(&model, &mut bound);
    loosely_stated(case, &model, &mut bound)?;
    let nominal = || values.iter().map(|value| vec![*value]).collect();
    if bound.factors.is_empty() {
        return Ok(nominal());
    }
    let correlations = uncertain::correlations(&model, &bound);
    let names = bound.factors.iter().map(|factor| factor.name.clone()).zip(bound.marginals.iter().cloned());
    let words = |error: crate::sweep::design::DesignError| error.to_string();
    let mut design =
        Design::new(Method::Sobol(draws as u64), names.collect(), seed(&case.id)).map_err(words)?;
    if !correlations.is_empty() {
        let correlation =
            Correlation::new(bound.factors.len(), &correlations).map_err(|error| error.to_string())?;
        design = design.correlated(correlation).map_err(words)?;
    }
    let outputs: Vec<(String, String)> = case
        .observed
        .iter()
        .enumerate()
        .map(|(index, one)| (index.to_string(), one.of.value.clone()))
        .collect();
    let mut point = vec![0.0; bound.factors.len()];
    let mut row = vec![f64::NAN; outputs.len()];
    let plant = Plant::new(model, library, bound.factors, bound.settings, &outputs)
        .map_err(|error| error.to_string())?;
    let mut sample = vec![Vec::with_capacity(draws); outputs.len()];
    let mut failed = 0;
    for index in 0..draws as u64 {
        let run = design.point(index, &mut point) == Fate::Run;
        match plant.run(index, &point, &mut row) {
            Ok(()) if run => sample.iter_mut().zip(&row).for_each(|(draws, value)| draws.push(*value)),
            _ => failed += 1,
        }
    }
    if 2 * failed > draws { Err(format!("{failed} of {draws} draws have no solution")) } else { Ok(sample) }
}

/// Factors for the conditions that the case states with a spread.
fn loosely_stated(case: &Case, model: &Model, bound: &mut Bound) -> Result<(), String> {
    for value in &case.spread {
        let (target, held) = target(model, &value.path)?;
        let Held::Number(mean, dimension) = held else {
            return Err(format!("`{}` is a word: it has no spread", value.path));
        };
        let text = value.text.trim().trim_matches('"');
        let deviation = parse_as(text, difference_of(dimension)).map_err(|error| error.to_string())?;
        let column = bound.factors.len();
        bound.factors.push(Factor::number(&value.path, &value.path, &dimension.si_unit()));
        bound.marginals.push(Marginal::Normal {
            mean,
            deviation,
            min: f64::NEG_INFINITY,
            max: f64::INFINITY,
        });
        bound.dimensions.push(dimension);
        bound.settings.push(Setting::new(model, &value.path, target, Origin::Column(column), dimension));
    }
    Ok(())
}

/// A seed of the experiment's own, so that its draws do not depend on what else is run.
fn seed(id: &str) -> u64 {
    let digest = Sha256::digest(id);
    digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}
