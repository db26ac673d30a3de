//! A fit file as residuals over unknowns.

use super::build::Builder;
use super::experiment::{Experiment, Row};
use super::unknown::Unknown;
use crate::numerics::least_squares::{Loss, Objective, Settings};
use crate::scenario::cases::Bound;
use crate::scenario::{CandidateEntry, Diagnostics, Library, ReadFit};
use crate::sweep::sensitivity::Sensitivities;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// A model with its data: residuals over unknowns.
#[derive(Debug)]
pub struct Problem<'a> {
    /// Name of the candidate; empty where there is one model.
    pub name: String,
    /// What is estimated.
    pub unknowns: Vec<Unknown>,
    /// What is run.
    pub experiments: Vec<Experiment<'a>>,
    /// Weight of each row: that of its element.
    pub weights: Vec<f64>,
    /// Loss.
    pub loss: Loss,
    /// Whether standard errors hold as stated.
    pub stated: bool,
}

impl<'a> Problem<'a> {
    /// The models of a fit file, one for each candidate.
    ///
    /// # Errors
    /// All faults of the file, its data and the scenarios.
    pub fn read(
        fit: &ReadFit,
        library: &'a Library,
        more: &[String],
    ) -> Result<Vec<Problem<'a>>, Box<Diagnostics>> {
        let candidates = fit.entry.candidates.iter().flatten();
        let candidates = candidates.filter_map(|(name, args)| Some((name, CandidateEntry::read(args).ok()?)));
        let mut problems = Vec::new();
        for (name, candidate) in candidates {
            problems.push(Builder::new(fit, library, more, &name.value, Some(candidate)).build()?);
        }
        if problems.is_empty() {
            problems.push(Builder::new(fit, library, more, "", None).build()?);
        }
        Ok(problems)
    }

    /// All observations, in the order of the residuals.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.experiments.iter().flat_map(|experiment| &experiment.rows)
    }

    /// Processes that are run, with repetitions.
    pub fn processes(&self) -> impl Iterator<Item = &str> {
        self.rows().map(|row| row.process.as_str()).filter(|name| !name.is_empty())
    }

    /// Start of the search.
    pub fn start(&self) -> Vec<f64> {
        self.unknowns.iter().map(|unknown| unknown.start).collect()
    }

    /// Bounds and stopping for a search.
    pub fn settings(&self, iterations: usize) -> Settings {
        Settings {
            lower: self.unknowns.iter().map(|unknown| unknown.lower).collect(),
            upper: self.unknowns.iter().map(|unknown| unknown.upper).collect(),
            fixed: self.unknowns.iter().map(|unknown| unknown.fixed).collect(),
            loss: self.loss,
            iterations,
            tolerance: 1e-8,
        }
    }

    /// Predictions of all rows, SI; `None` where a run has no solution.
    pub fn predict(&self, x: &[f64]) -> Option<Vec<f64>> {
        let parts: Option<Vec<Vec<f64>>> =
            self.experiments.par_iter().map(|experiment| self.run(experiment, x)).collect();
        Some(parts?.concat())
    }

    /// Predictions of the experiments of `wanted` rows; NaN elsewhere and where a run has no solution.
    pub fn predict_some(&self, x: &[f64], wanted: &[bool]) -> Vec<f64> {
        let starts = self.starts();
        let parts: Vec<Vec<f64>> = self
            .experiments
            .par_iter()
            .zip(starts)
            .map(|(experiment, start)| {
                let nothing = || vec![f64::NAN; experiment.rows.len()];
                let asked = wanted[start..start + experiment.rows.len()].iter().any(|is| *is);
                if asked { self.run(experiment, x).unwrap_or_else(nothing) } else { nothing() }
            })
            .collect();
        parts.concat()
    }

    /// The first row of each experiment.
    fn starts(&self) -> Vec<usize> {
        let mut next = 0;
        let start = |experiment: &Experiment<'_>| {
            next += experiment.rows.len();
            next - experiment.rows.len()
        };
        self.experiments.iter().map(start).collect()
    }

    /// The first experiment without a solution.
    pub fn failing(&self, x: &[f64]) -> Option<&str> {
        let fails = |experiment: &&Experiment<'_>| self.run(experiment, x).is_none();
        self.experiments.iter().find(fails).and_then(|one| Some(one.rows.first()?.id.as_str()))
    }

    fn run(&self, experiment: &Experiment<'_>, x: &[f64]) -> Option<Vec<f64>> {
        let factors: Vec<f64> =
            experiment.unknowns.iter().map(|&unknown| self.unknowns[unknown].value(x[unknown])).collect();
        let mut predicted = vec![f64::NAN; experiment.rows.len()];
        experiment.run(&factors, &mut predicted)?;
        Some(predicted)
    }

    /// Predictions and their derivatives by the unknowns on their scales, `[row, unknown]`; exact but for what is named.
    pub fn derivatives(&self, x: &[f64]) -> Option<Derivatives> {
        let parts: Option<Vec<Sensitivities>> = self
            .experiments
            .par_iter()
            .map(|experiment| {
                let own = experiment.unknowns.iter().map(|&unknown| &self.unknowns[unknown]);
                let values: Vec<f64> = experiment
                    .unknowns
                    .iter()
                    .map(|&unknown| self.unknowns[unknown].value(x[unknown]))
                    .collect();
                let sizes: Vec<f64> = own.zip(&values).map(|(unknown, value)| unknown.size(*value)).collect();
                experiment.sensitivities(&values, &sizes)
            })
            .collect();
        let rows = self.rows().count();
        let mut found = Derivatives {
            predicted: Vec::with_capacity(rows),
            matrix: DMatrix::zeros(rows, x.len()),
            differenced: BTreeSet::new(),
        };
        for ((start, experiment), part) in self.starts().into_iter().zip(&self.experiments).zip(parts?) {
            let count = experiment.unknowns.len();
            for (index, value) in part.jacobian.iter().enumerate() {
                let number = experiment.unknowns[index % count];
                let unknown = &self.unknowns[number];
                // of a logarithm: d/d ln v = v d/dv
                let scale = if unknown.log { unknown.value(x[number]) } else { 1.0 };
                if !unknown.fixed {
                    found.matrix[(start + index / count, number)] = scale * value;
                }
            }
            found.predicted.extend(part.row);
            found.differenced.extend(part.differenced);
        }
        Some(found)
    }
}

/// Predictions of all rows with their derivatives.
#[derive(Debug, Clone)]
pub struct Derivatives {
    /// Predictions, SI.
    pub predicted: Vec<f64>,
    /// By the unknowns on their scales, `[row, unknown]`.
    pub matrix: DMatrix<f64>,
    /// Units that had to be differenced; empty where all is exact.
    pub differenced: BTreeSet<String>,
}

/// A problem held against values, over some of its rows; the residuals of priors follow those of the rows.
#[derive(Debug, Clone)]
pub struct Against<'p, 'a> {
    /// The problem.
    pub problem: &'p Problem<'a>,
    /// What was observed, SI.
    pub observed: Vec<f64>,
    /// Rows that count.
    pub kept: Vec<bool>,
}

impl<'p, 'a> Against<'p, 'a> {
    /// Its own observations, all of them.
    pub fn own(problem: &'p Problem<'a>) -> Against<'p, 'a> {
        let observed: Vec<f64> = problem.rows().map(|row| row.observed).collect();
        Against { problem, kept: vec![true; observed.len()], observed }
    }

    fn priors(&self) -> impl Iterator<Item = (usize, f64, f64)> + '_ {
        let unknowns = self.problem.unknowns.iter().enumerate();
        unknowns.filter_map(|(index, unknown)| Some((index, unknown.start, unknown.prior?)))
    }

    /// Residuals of predictions at `x`, in weighted standard errors.
    pub fn residuals_of(&self, x: &[f64], predicted: &[f64]) -> DVector<f64> {
        let rows = self.problem.rows().zip(predicted).enumerate().map(|(index, (row, predicted))| {
            if !self.kept[index] {
                return 0.0;
            }
            self.problem.weights[index] * row.bound.miss(*predicted, self.observed[index]) / row.error
        });
        let priors = self.priors().map(|(index, start, deviation)| (x[index] - start) / deviation);
        DVector::from_vec(rows.chain(priors).collect())
    }

    /// Derivatives of the residuals from those of the predictions.
    pub fn jacobian_of(&self, derivatives: &DMatrix<f64>, predicted: &[f64]) -> DMatrix<f64> {
        let rows = predicted.len();
        let priors: Vec<(usize, f64, f64)> = self.priors().collect();
        let mut matrix = DMatrix::zeros(rows + priors.len(), derivatives.ncols());
        for (index, row) in self.problem.rows().enumerate() {
            let met =
                row.bound != Bound::Equal && row.bound.miss(predicted[index], self.observed[index]) == 0.0;
            if self.kept[index] && !met {
                let factor = self.problem.weights[index] / row.error;
                matrix.row_mut(index).copy_from(&(derivatives.row(index) * factor));
            }
        }
        for (place, (index, _, deviation)) in priors.iter().enumerate() {
            matrix[(rows + place, *index)] = 1.0 / deviation;
        }
        matrix
    }
}

impl Objective for Against<'_, '_> {
    fn residuals(&self, x: &[f64]) -> Option<DVector<f64>> {
        Some(self.residuals_of(x, &self.problem.predict(x)?))
    }
    fn jacobian(&self, x: &[f64], _: &DVector<f64>) -> Option<DMatrix<f64>> {
        let found = self.problem.derivatives(x)?;
        Some(self.jacobian_of(&found.matrix, &found.predicted))
    }
}
