//! Errors of predictions, by element, route and kind.

use super::constant;
use super::run::{Outcome, Prediction};
use crate::scenario::cases::{Bound, Case, END_POINTS, Kind, Observation};
use std::collections::{BTreeMap, BTreeSet};

/// One observation beside its prediction.
#[derive(Debug, Clone)]
pub struct Scored<'a> {
    /// Its case.
    pub case: &'a Case,
    /// What was observed.
    pub observed: &'a Observation,
    /// What is predicted; `None` if the run failed.
    pub predicted: Option<Prediction>,
    /// Why the run failed.
    pub failure: Option<&'a str>,
}

impl Scored<'_> {
    /// 100 over the value that counts as a whole: 1 for a share, else what was observed.
    pub fn scale(&self) -> f64 {
        let whole = if self.observed.dimension.is_dimensionless() { 1.0 } else { self.observed.value.abs() };
        100.0 / whole.max(f64::MIN_POSITIVE)
    }
    /// Predicted less observed, points; zero where an inequality is met.
    pub fn miss(&self) -> Option<f64> {
        let predicted = self.predicted?.value;
        Some(self.scale() * self.observed.bound.miss(predicted, self.observed.value))
    }
    /// Points by which what was observed lies outside the 90 % interval, or the inequality outside what it allows;
    /// negative inside.
    pub fn misfit(&self) -> Option<f64> {
        let [low, high] = self.predicted?.interval?;
        let value = self.observed.value;
        let outside = match self.observed.bound {
            Bound::Equal => (low - value).max(value - high),
            Bound::AtLeast => value - high,
            Bound::AtMost => low - value,
        };
        Some(self.scale() * outside)
    }
    /// Whether the 90 % interval holds what was observed, or allows the inequality.
    pub fn within(&self) -> Option<bool> {
        Some(self.misfit()? <= 0.0)
    }
    /// The same for the interval of the parameters alone, without the margin for what the model misses.
    pub fn within_without_margin(&self) -> Option<bool> {
        Some(self.misfit()? + self.scale() * self.predicted?.margin <= 0.0)
    }
    /// The 90 % interval in points; that of a share ends at 0 and 100 %.
    pub fn interval(&self) -> Option<[f64; 2]> {
        let ends = self.predicted?.interval?;
        let share = self.observed.dimension.is_dimensionless();
        Some(ends.map(|end| self.scale() * if share { end.clamp(0.0, 1.0) } else { end }))
    }
    /// Whether it is a share given as a value and not as a limit, and its run has an answer.
    fn is_plain(&self) -> bool {
        let share = self.observed.dimension.is_dimensionless();
        share && self.observed.bound == Bound::Equal && self.predicted.is_some()
    }
    fn in_the_middle(&self) -> bool {
        self.is_plain() && (0.1..=0.9).contains(&self.observed.value)
    }
}

/// Every observation beside its prediction, in the order of the cases.
pub fn scored<'a>(cases: &'a [Case], outcomes: &'a [Outcome]) -> Vec<Scored<'a>> {
    let mut all = Vec::new();
    for (case, outcome) in cases.iter().zip(outcomes) {
        for (index, observed) in case.observed.iter().enumerate() {
            let (predicted, failure) = match outcome {
                Outcome::Predicted(predictions) => (predictions.get(index).copied(), None),
                Outcome::Failed(words) => (None, Some(words.as_str())),
                Outcome::Wrong(_) => (None, Some("the plant has no such value")),
            };
            all.push(Scored { case, observed, predicted, failure });
        }
    }
    all
}

/// Errors over some observations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Errors {
    /// Observations, those of failed runs left out.
    pub count: usize,
    /// Observations of failed runs.
    pub failed: usize,
    /// Mean absolute error, points; NaN without observations.
    pub mae: f64,
    /// Mean of predicted less observed, points.
    pub bias: f64,
    /// Plain observations from 10 to 90 %.
    pub middle_count: usize,
    /// Mean absolute error over those alone.
    pub middle_mae: f64,
    /// Share of observations within their 90 % interval; NaN without intervals.
    pub within: f64,
    /// The same for the intervals of the parameters alone, without margins.
    pub within_without_margin: f64,
    /// Mean width of the intervals, points.
    pub width: f64,
    /// Plain values of shares, limits left out.
    pub plain_count: usize,
    /// Mean absolute error over those.
    pub plain_mae: f64,
    /// Share of those within their interval.
    pub plain_within: f64,
    /// Mean absolute error over those of the median of the other works, or, of a single work, of its other experiments.
    pub constant_mae: Option<f64>,
}

impl Errors {
    /// Over these observations.
    pub fn of<'a>(scored: impl IntoIterator<Item = &'a Scored<'a>>) -> Errors {
        let all: Vec<&Scored<'_>> = scored.into_iter().collect();
        let misses: Vec<f64> = all.iter().filter_map(|one| one.miss()).collect();
        let middle: Vec<f64> =
            all.iter().filter(|one| one.in_the_middle()).filter_map(|one| one.miss()).collect();
        let widths: Vec<f64> =
            all.iter().filter_map(|one| one.interval()).map(|[low, high]| high - low).collect();
        let plain: Vec<&Scored<'_>> = all.iter().copied().filter(|one| one.is_plain()).collect();
        let absolute = |values: &[f64]| mean(values.iter().map(|value| value.abs()));
        Errors {
            count: misses.len(),
            failed: all.len() - misses.len(),
            mae: absolute(&misses),
            bias: mean(misses.iter().copied()),
            middle_count: middle.len(),
            middle_mae: absolute(&middle),
            within: share_of(&all, |one| one.within()),
            within_without_margin: share_of(&all, |one| one.within_without_margin()),
            width: mean(widths.into_iter()),
            plain_count: plain.len(),
            plain_mae: mean(
                plain.iter().filter_map(|one| one.miss()).map(f64::abs).collect::<Vec<_>>().into_iter(),
            ),
            plain_within: share_of(&plain, |one| one.within()),
            constant_mae: without_a_model(&plain),
        }
    }
}

/// Error of the median of the other works, or of the other experiments of a single work.
fn without_a_model(plain: &[&Scored<'_>]) -> Option<f64> {
    let by = |group: for<'a> fn(&'a Case) -> &'a str| {
        let values: Vec<(&str, f64)> =
            plain.iter().map(|one| (group(one.case), one.scale() * one.observed.value)).collect();
        constant::error(&values)
    };
    by(|case| &case.source.value).or_else(|| by(|case| &case.id))
}

/// Share of the observations for which it holds, those that cannot tell left out; NaN if none can.
fn share_of(scored: &[&Scored<'_>], holds: impl Fn(&Scored<'_>) -> Option<bool>) -> f64 {
    let told: Vec<f64> =
        scored.iter().filter_map(|one| holds(one)).map(|is| f64::from(u8::from(is))).collect();
    mean(told.into_iter())
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// What a group has in common; the order is that of the tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// `end points` before the sets of CSV files.
    later: bool,
    /// Set.
    pub set: String,
    /// Process; empty over all.
    pub route: String,
    /// What the cases are to the process.
    pub kind: Kind,
    /// Element; empty over all.
    pub element: String,
}

/// Errors of observations with something in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub key: Key,
    /// Works that they come from.
    pub sources: BTreeSet<String>,
    /// Experiments.
    pub experiments: usize,
    /// Their errors.
    pub errors: Errors,
}

/// Groups by set, route, kind and element; `whole` gathers over routes and elements.
pub fn groups(scored: &[Scored<'_>], whole: bool) -> Vec<Group> {
    let mut gathered: BTreeMap<Key, Vec<&Scored<'_>>> = BTreeMap::new();
    for one in scored {
        let unless_whole = |text: &str| if whole { String::new() } else { text.to_owned() };
        let key = Key {
            later: one.case.set != END_POINTS,
            set: one.case.set.clone(),
            route: unless_whole(&one.case.process.value),
            kind: one.case.kind.value,
            element: unless_whole(&one.observed.element),
        };
        gathered.entry(key).or_default().push(one);
    }
    let group = |(key, members): (Key, Vec<&Scored<'_>>)| Group {
        key,
        sources: members.iter().map(|one| one.case.source.value.clone()).collect(),
        experiments: members.iter().map(|one| one.case.id.as_str()).collect::<BTreeSet<_>>().len(),
        errors: Errors::of(members),
    };
    gathered.into_iter().map(group).collect()
}

/// Routes with the works that hold them, code-to-code cases left out.
pub fn sources_of_routes(cases: &[Case]) -> BTreeMap<String, BTreeSet<String>> {
    let mut routes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.kind.value != Kind::CodeToCode) {
        routes.entry(case.process.value.clone()).or_default().insert(case.source.value.clone());
    }
    routes
}
