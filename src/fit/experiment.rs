//! What is compared with observations: the plant of a scenario, or a formula.

use crate::kinetics::expression::Plain;
use crate::numerics::Dual;
use crate::quantity::{Dimension, Unit};
use crate::scenario::cases::{Bound, Case, Cases};
use crate::scenario::{Code, Diagnostic, Library, Model};
use crate::sweep::engine::Model as _;
use crate::sweep::plant::Plant;
use crate::sweep::sensitivity::Sensitivities;
use crate::sweep::target::{Held, Target, target};
use crate::unit::parameters::Located;
use std::collections::BTreeSet;

/// One observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Experiment.
    pub id: String,
    /// Key of its work.
    pub source: String,
    /// Process that is run; empty for a formula.
    pub process: String,
    /// Element or other short name.
    pub element: String,
    /// What was observed, SI.
    pub observed: f64,
    /// Value or limit.
    pub bound: Bound,
    /// Standard error, SI.
    pub error: f64,
    /// Whether it is a share, shown in points.
    pub share: bool,
    /// Further columns, for grouping.
    pub tags: Vec<(String, String)>,
}

impl Row {
    /// The row's value of a column, `experiment` or `source`; several with commas between them are taken together.
    pub fn group(&self, column: &str) -> Option<String> {
        let one = |column: &str| match column {
            "experiment" => Some(self.id.clone()),
            "source" => Some(self.source.clone()),
            other => self.tags.iter().find(|(name, _)| name == other).map(|(_, value)| value.clone()),
        };
        let parts: Option<Vec<String>> = column.split(',').map(|part| one(part.trim())).collect();
        parts.map(|parts| parts.join(", "))
    }
}

#[derive(Debug)]
enum Runner<'a> {
    Plant(Box<Plant<'a>>),
    Formula { expression: Plain, columns: Vec<f64> },
}

/// One run with its observations.
#[derive(Debug)]
pub struct Experiment<'a> {
    /// Its observations.
    pub rows: Vec<Row>,
    /// Which unknown each of its factors is.
    pub unknowns: Vec<usize>,
    runner: Runner<'a>,
}

impl<'a> Experiment<'a> {
    /// The plant of a case; `factors` are paths with the number of the unknown that sets each.
    ///
    /// # Errors
    /// The fault of an observation that the plant does not have, or of a plant without a solution.
    pub fn plant(
        cases: &Cases,
        case: &Case,
        model: Model,
        library: &'a Library,
        factors: &[(String, usize)],
    ) -> Result<Experiment<'a>, Box<crate::scenario::Diagnostics>> {
        let wrong = |code, place, message: String| cases.faults(vec![Diagnostic::new(code, place, message)]);
        let named = case.observed.iter().enumerate();
        let outputs: Vec<(String, String)> =
            named.map(|(index, one)| (index.to_string(), one.of.value.clone())).collect();
        let paths: Vec<String> = factors.iter().map(|(path, _)| path.clone()).collect();
        let (plant, _) = Plant::with_paths(model, library, &paths, &outputs).map_err(|words| {
            wrong(Code::Conflict, case.place, format!("experiment `{}`: {words}", case.id))
        })?;
        for (observation, output) in case.observed.iter().zip(plant.outputs()) {
            let unit = Unit::parse(if output.unit == "1" { "" } else { &output.unit });
            if unit.is_ok_and(|unit| !unit.dimension.same_exponents(observation.dimension)) {
                let message = format!(
                    "`{}` is in {}, the observation is {}",
                    observation.of.value, output.unit, observation.dimension
                );
                return Err(wrong(Code::Quantity, observation.place, message));
            }
        }
        let rows = case.observed.iter().map(|observation| Row {
            id: case.id.clone(),
            source: case.source.value.clone(),
            process: case.process.value.clone(),
            element: observation.element.clone(),
            observed: observation.value,
            bound: observation.bound,
            error: observation.error,
            share: observation.dimension.is_dimensionless(),
            tags: case.tags.clone(),
        });
        let unknowns = factors.iter().map(|(_, unknown)| *unknown).collect();
        Ok(Experiment { rows: rows.collect(), unknowns, runner: Runner::Plant(Box::new(plant)) })
    }

    /// A row of a table under a formula of its columns and the unknowns.
    pub fn formula(
        row: Row,
        expression: &Plain,
        unknowns: Vec<usize>,
        columns: Vec<f64>,
    ) -> Experiment<'static> {
        let runner = Runner::Formula { expression: expression.clone(), columns };
        Experiment { rows: vec![row], unknowns, runner }
    }

    /// Predictions of the rows with these values of its factors (SI); `None` where there is no solution.
    pub fn run(&self, factors: &[f64], predicted: &mut [f64]) -> Option<()> {
        match &self.runner {
            Runner::Plant(plant) => plant.run(0, factors, predicted).ok()?,
            Runner::Formula { expression, columns } => {
                predicted[0] = expression.value(&[columns.as_slice(), factors].concat());
            }
        }
        predicted.iter().all(|value| value.is_finite()).then_some(())
    }

    /// Predictions with their derivatives by its factors (SI over SI); `sizes` are typical sizes of the factors, positive, for
    /// what has to be differenced. `None` where there is no solution.
    pub fn sensitivities(&self, factors: &[f64], sizes: &[f64]) -> Option<Sensitivities> {
        let found = match &self.runner {
            Runner::Plant(plant) => plant.sensitivities(factors, sizes).ok()?,
            Runner::Formula { expression, columns } => {
                let still = |x: &f64| Dual::<f64, 1>::constant(*x);
                let mut numbers: Vec<Dual<f64, 1>> = columns.iter().chain(factors).map(still).collect();
                let mut along = |number: usize| {
                    numbers[number].gradient = [1.0];
                    let slope = expression.value(&numbers).gradient[0];
                    numbers[number].gradient = [0.0];
                    slope
                };
                let first = columns.len();
                let jacobian: Vec<f64> = (first..first + factors.len()).map(&mut along).collect();
                let doubt = vec![0.0; jacobian.len()];
                let row = vec![expression.value(&numbers).value];
                Sensitivities { row, jacobian, doubt, differenced: BTreeSet::new() }
            }
        };
        found.row.iter().chain(&found.jacobian).all(|value| value.is_finite()).then_some(found)
    }
}

/// The part of a path that decides whether a scenario has it: `None` if it does not.
pub fn has(model: &Model, path: &str) -> Result<(f64, Dimension), String> {
    match target(model, path)? {
        (Target::Text(_), _) => {
            Err(format!("`{path}` cannot be estimated: it is no value of a unit or process"))
        }
        (_, Held::Number(value, dimension)) => Ok((value, dimension)),
        (_, Held::Word(_)) => Err(format!("`{path}` is a word, not a number")),
    }
}

/// An expression over columns and unknowns.
///
/// # Errors
/// The fault of the text.
pub fn compile(text: &Located<String>, names: &[String]) -> Result<Plain, Box<Diagnostic>> {
    Plain::compile(&text.value, names).map_err(|error| {
        let message = format!("`{}`: {error}", text.value);
        let help = format!("columns and parameters are {}", names.join(", "));
        Box::new(Diagnostic::new(Code::Expression, text.place, message).help(help))
    })
}
