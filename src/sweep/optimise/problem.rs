//! An optimisation over a model: aims, limits, variables scaled to 0..1, each point run once.

use crate::quantity::Unit;
use crate::sweep::analysis::Sense;
use crate::sweep::design::Marginal;
use crate::sweep::engine::{CaseError, Model, width};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is to be as small or as large as possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Aim {
    /// Place in the model's row.
    pub column: usize,
    /// Name of the output.
    pub name: String,
    /// Which way is better.
    pub sense: Sense,
}

/// What must be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Place in the model's row.
    pub column: usize,
    /// Name of the output.
    pub name: String,
    /// The output must not exceed `bound` (`Minimise`) or not fall below it (`Maximise`).
    pub sense: Sense,
    /// Bound, SI.
    pub bound: f64,
    /// The relation as the user wrote it.
    pub text: String,
    /// Unit in which its bound was written; empty for a bare number.
    pub unit: String,
}

/// A limit that a point does not keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// The relation as the user wrote it.
    pub limit: String,
    /// By how much it is missed, in the unit of its bound.
    pub missed: f64,
    /// That unit; empty for a bare number.
    pub unit: String,
}

impl Limit {
    /// A limit on the output of this place and name, with a bound in SI.
    pub fn new(column: usize, name: &str, sense: Sense, bound: f64) -> Limit {
        let relation = if sense == Sense::Minimise { "<=" } else { ">=" };
        let text = format!("{name} {relation} {bound}");
        Limit { column, name: name.to_owned(), sense, bound, text, unit: String::new() }
    }

    /// How the point of a row breaks it, if it does by more than [`SLACK`] of its bound.
    fn broken(&self, row: &[f64]) -> Option<Broken> {
        let excess = (row[self.column] - self.bound) * self.sense.sign();
        let unit = Unit::parse(&self.unit).unwrap_or_else(|_| Unit::one());
        // without the zero of degC: it is a difference
        let told =
            || Broken { limit: self.text.clone(), missed: excess / unit.factor, unit: self.unit.clone() };
        (excess > SLACK * self.scale()).then(told)
    }

    /// What a broken part is relative to.
    pub(super) fn scale(&self) -> f64 {
        if self.bound == 0.0 { 1.0 } else { self.bound.abs() }
    }
}

/// Why there is nothing to optimise.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OptimiseError {
    /// No aim.
    #[error("an optimisation needs at least one aim: `minimise` or `maximise` an output")]
    NoAim,
    /// No factor.
    #[error("an optimisation needs at least one factor to vary")]
    NoFactor,
    /// Several aims for one best point.
    #[error("{0} aims have no single best point; use the method nsga2 for the front between them")]
    SeveralAims(usize),
    /// Single aim for a front.
    #[error("a front needs two aims or more")]
    OneAim,
    /// Factor without a range.
    #[error("`{0}` needs a range, `from` and `to`, to be optimised")]
    NoRange(String),
    /// The start fails.
    #[error("the starting point has no result: {0}")]
    Start(String),
    /// Nothing worked.
    #[error("no point that was tried has a result; the last said: {0}")]
    Nothing(String),
    /// Settings the library refuses.
    #[error("the method refuses its settings: {0}")]
    Settings(String),
}

/// One evaluated point.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Point, 0..1 along each variable.
    pub at: Vec<f64>,
    /// The model's row (SI), or why there is none.
    pub row: Result<Vec<f64>, String>,
}

/// The best point found.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// Values of the factors, SI.
    pub point: Vec<f64>,
    /// The model's row there, SI.
    pub row: Vec<f64>,
    /// Largest relative violation of a limit; 0 if all hold.
    pub violation: f64,
    /// Limits that the point does not keep.
    pub broken: Vec<Broken>,
    /// Points that were run.
    pub evaluations: usize,
    /// Points at which the model gave derivatives, beside those runs.
    pub gradients: usize,
    /// Points without a result.
    pub failed: usize,
    /// How the method ended.
    pub ended: String,
}

/// A limit counts as kept within this part of its bound.
pub(super) const SLACK: f64 = 1e-6;

/// A point inside the unit cube, and its bits.
fn clamped(at: &[f64]) -> (Vec<f64>, Vec<u64>) {
    let at: Vec<f64> = at.iter().map(|share| share.clamp(0.0, 1.0)).collect();
    let key = at.iter().map(|share| share.to_bits()).collect();
    (at, key)
}

/// A model with aims, limits and variables.
pub struct Problem<'a, M: ?Sized> {
    model: &'a M,
    variables: Vec<Marginal>,
    /// Aims; costs are in this order.
    pub aims: Vec<Aim>,
    /// Limits.
    pub limits: Vec<Limit>,
    width: usize,
    /// Most points that are run.
    most: AtomicUsize,
    tried: Mutex<Tried>,
}

#[derive(Default)]
struct Tried {
    places: HashMap<Vec<u64>, usize>,
    slopes: HashMap<Vec<u64>, Option<Vec<f64>>>,
    trials: Vec<Trial>,
}

impl<'a, M: Model + ?Sized> Problem<'a, M> {
    /// Problem over all factors of `model`, each with its range.
    ///
    /// # Errors
    /// [`OptimiseError`] without an aim or with a factor that has no range.
    pub fn new(
        model: &'a M,
        variables: Vec<Marginal>,
        aims: Vec<Aim>,
        limits: Vec<Limit>,
    ) -> Result<Problem<'a, M>, OptimiseError> {
        if aims.is_empty() {
            return Err(OptimiseError::NoAim);
        }
        if variables.is_empty() {
            return Err(OptimiseError::NoFactor);
        }
        for (factor, variable) in model.factors().iter().zip(&variables) {
            if !matches!(variable, Marginal::Range { .. }) {
                return Err(OptimiseError::NoRange(factor.name.clone()));
            }
        }
        let (most, tried) = (AtomicUsize::new(usize::MAX), Mutex::default());
        Ok(Problem { model, variables, aims, limits, width: width(model), most, tried })
    }

    /// Runs no more than `most` points, whatever a method asks for; a point beyond them has no result.
    pub(super) fn bound(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// Points that may still be run.
    pub(super) fn room(&self) -> usize {
        self.most.load(Ordering::Relaxed).saturating_sub(self.lock().trials.len())
    }

    /// Whether all of these points have been run or may be.
    pub(super) fn has_room(&self, points: &[Vec<f64>]) -> bool {
        let fresh = points.iter().filter(|at| self.remembered(&clamped(at).1).is_none()).count();
        fresh <= self.room()
    }

    /// Number of variables.
    pub fn variables(&self) -> usize {
        self.variables.len()
    }

    /// Values of the factors (SI) at a point of the unit cube.
    pub fn point(&self, at: &[f64]) -> Vec<f64> {
        self.variables
            .iter()
            .zip(at)
            .map(|(variable, share)| variable.quantile(share.clamp(0.0, 1.0)))
            .collect()
    }

    /// Runs the model at a point of the unit cube, once.
    pub fn row(&self, at: &[f64]) -> Result<Vec<f64>, String> {
        let (at, key) = clamped(at);
        if let Some(trial) = self.remembered(&key) {
            return trial;
        }
        if self.room() == 0 {
            return Err("the runs are used up".to_owned());
        }
        let mut row = vec![f64::NAN; self.width];
        let point = self.point(&at);
        let ran = catch_unwind(AssertUnwindSafe(|| self.model.run(0, &point, &mut row)))
            .unwrap_or_else(|_| Err(CaseError::new("a fault of the program")));
        let used = self.aims.iter().map(|aim| aim.column).chain(self.limits.iter().map(|limit| limit.column));
        let hole = used.into_iter().any(|column| !row.get(column).is_some_and(|value| value.is_finite()));
        let result = match ran {
            Ok(()) if hole => Err("an aim or a limit has no value".to_owned()),
            Ok(()) => Ok(row),
            Err(error) => Err(error.message),
        };
        let mut tried = self.lock();
        let place = tried.trials.len();
        // two threads may have run the same point; both found the same
        if let std::collections::hash_map::Entry::Vacant(free) = tried.places.entry(key) {
            free.insert(place);
            tried.trials.push(Trial { at, row: result.clone() });
        }
        result
    }

    /// Derivatives of the model's row by the shares of the unit cube at a point, `[number of the row][variable]`, found once; `None`
    /// where the model has none.
    pub(super) fn slopes(&self, at: &[f64]) -> Option<Vec<f64>> {
        let (at, key) = clamped(at);
        if let Some(found) = self.lock().slopes.get(&key) {
            return found.clone();
        }
        let steepness: Option<Vec<f64>> =
            self.variables.iter().zip(&at).map(|(variable, share)| variable.steepness(*share)).collect();
        let found = steepness.and_then(|steepness| {
            let sizes: Vec<f64> = steepness.iter().map(|slope| slope.abs()).collect();
            let point = self.point(&at);
            let run = catch_unwind(AssertUnwindSafe(|| self.model.slopes(&point, &sizes)));
            let mut slopes = run.ok()??.ok()?;
            for row in slopes.chunks_mut(steepness.len()) {
                row.iter_mut().zip(&steepness).for_each(|(slope, by)| *slope *= by);
            }
            slopes.iter().all(|slope| slope.is_finite()).then_some(slopes)
        });
        self.lock().slopes.insert(key, found.clone());
        found
    }

    fn remembered(&self, key: &[u64]) -> Option<Result<Vec<f64>, String>> {
        let tried = self.lock();
        tried.places.get(key).map(|place| tried.trials[*place].row.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Tried> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Costs of a row: aims turned so that less is better.
    pub fn costs(&self, row: &[f64]) -> Vec<f64> {
        self.aims.iter().map(|aim| row[aim.column] * aim.sense.sign()).collect()
    }

    /// How far each limit is broken (positive) or kept (negative), relative to its bound.
    pub fn excess(&self, row: &[f64]) -> Vec<f64> {
        let one = |limit: &Limit| (row[limit.column] - limit.bound) * limit.sense.sign() / limit.scale();
        self.limits.iter().map(one).collect()
    }

    /// Limits that a row does not keep.
    pub fn broken(&self, row: &[f64]) -> Vec<Broken> {
        self.limits.iter().filter_map(|limit| limit.broken(row)).collect()
    }

    /// Sum of the broken parts of the limits.
    pub fn violation(&self, row: &[f64]) -> f64 {
        self.excess(row).iter().map(|excess| (excess - SLACK).max(0.0)).sum()
    }

    /// The best of all points run: limits first, then the aim.
    ///
    /// # Errors
    /// [`OptimiseError::Nothing`] if none has a result.
    pub fn best(&self, ended: String) -> Result<Best, OptimiseError> {
        let tried = self.lock();
        let mut failed = 0;
        let mut last = String::new();
        let mut best: Option<(f64, f64, &Trial, &Vec<f64>)> = None;
        for trial in &tried.trials {
            match &trial.row {
                Err(message) => {
                    failed += 1;
                    last.clone_from(message);
                }
                Ok(row) => {
                    let rank = (self.violation(row), self.costs(row)[0]);
                    let tie = |other: &Trial| {
                        trial.at.iter().partial_cmp(other.at.iter()) == Some(std::cmp::Ordering::Less)
                    };
                    if best.is_none_or(|(v, c, other, _)| rank < (v, c) || (rank == (v, c) && tie(other))) {
                        best = Some((rank.0, rank.1, trial, row));
                    }
                }
            }
        }
        let (_, _, trial, row) = best.ok_or(OptimiseError::Nothing(last))?;
        Ok(Best {
            point: self.point(&trial.at),
            row: row.clone(),
            violation: self
                .excess(row)
                .into_iter()
                .map(|excess| if excess > SLACK { excess } else { 0.0 })
                .fold(0.0, f64::max),
            broken: self.broken(row),
            evaluations: tried.trials.len(),
            gradients: tried.slopes.values().flatten().count(),
            failed,
            ended,
        })
    }

    /// Message of the point without a result that lies last in the cube, whatever the order in which the points were run.
    pub(super) fn last_failure(&self) -> String {
        let tried = self.lock();
        let failed = tried.trials.iter().filter_map(|trial| Some((&trial.at, trial.row.as_ref().err()?)));
        let last = failed.max_by(|(a, _), (b, _)| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        last.map(|(_, message)| message.clone()).unwrap_or_default()
    }

    /// Where the best point so far lies in the unit cube.
    pub(super) fn best_place(&self) -> Option<Vec<f64>> {
        let best = self.best(String::new()).ok()?;
        let tried = self.lock();
        tried.trials.iter().find(|trial| self.point(&trial.at) == best.point).map(|trial| trial.at.clone())
    }
}
