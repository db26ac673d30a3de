//! What the model itself misses: how far works lie outside the intervals that the parameters' uncertainties give.
//!
//! Intervals of predictions are widened on both sides by the misfit that nine in ten *other* works stay within:
//! conformalised quantile regression (Y. Romano, E. Patterson, E. Candès, NeurIPS 32 (2019), equations 6 to 8), its
//! calibration set all shipped predictions but those of the work at hand (R. Barber et al., Ann. Statist. 49 (2021) 486,
//! with works in place of points, since values of one work err together).

use super::interval::SHARE;
use super::run::Outcome;
use super::summary::Scored;
use crate::scenario::cases::{Case, Kind, Observation};
use std::collections::BTreeMap;

/// Misfits of the shipped predictions, written by `lixivia validate --update-baseline`.
const SHIPPED: &str = include_str!("../../validation/misfits.csv");

/// Heading of their file.
const HEADING: &str = "work,misfit [points]";

/// Points by which values lie outside their interval, negative inside, by work.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Misfits(BTreeMap<String, Vec<f64>>);

/// Whether the interval of an observation holds what no constant of its route does: a share dissolved or precipitated,
/// predicted for a work that gave the route nothing.
pub fn foreign(case: &Case, observation: &Observation) -> bool {
    case.kind.value == Kind::Prediction
        && (leached(observation) || observation.of.value.contains(".precipitated."))
}

/// Whether an observation is what a leach dissolves.
pub fn leached(observation: &Observation) -> bool {
    observation.of.value.contains(".extraction.")
}

impl Misfits {
    /// Those of the predictions among these observations; the intervals must be without margins.
    pub fn of(scored: &[Scored<'_>]) -> Misfits {
        let mut works: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for one in scored.iter().filter(|one| foreign(one.case, one.observed)) {
            if let Some(misfit) = one.misfit() {
                works.entry(one.case.source.value.clone()).or_default().push(misfit);
            }
        }
        Misfits(works)
    }

    /// Those of the shipped cases.
    ///
    /// # Errors
    /// The line that is none.
    pub fn shipped() -> Result<Misfits, String> {
        Misfits::parse(SHIPPED)
    }

    fn parse(text: &str) -> Result<Misfits, String> {
        let mut works: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for line in text.lines().skip(1) {
            let read = line.split_once(',').and_then(|(work, points)| Some((work, points.parse().ok()?)));
            let (work, misfit) = read.ok_or_else(|| format!("expected `{HEADING}`, found `{line}`"))?;
            works.entry(work.to_owned()).or_default().push(misfit);
        }
        Ok(Misfits(works))
    }

    /// The text of their file, to a tenth of a point.
    pub fn text(&self) -> String {
        let values = self.0.iter().flat_map(|(work, values)| values.iter().map(move |value| (work, value)));
        let lines: Vec<String> = values.map(|(work, value)| format!("{work},{value:.1}\n")).collect();
        format!("{HEADING}\n{}", lines.concat())
    }

    /// Points by which an interval for `work` is widened on both sides: the least misfit that [`SHARE`] of all works stay
    /// within, the values of a work sharing its weight and the work at hand counting as one that stays within nothing.
    /// Zero if the parameters' own intervals are wide enough; the largest misfit if there are too few works to tell.
    pub fn margin(&self, work: &str) -> f64 {
        let others = || self.0.iter().filter(|(other, _)| *other != work);
        let weigh = |values: &Vec<f64>| 1.0 / values.len() as f64;
        let mut weighted: Vec<(f64, f64)> = others()
            .flat_map(|(_, values)| values.iter().map(move |value| (*value, weigh(values))))
            .collect();
        weighted.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut allowed = (1.0 - SHARE) * (others().count() as f64 + 1.0) - 1.0;
        let mut margin = weighted.first().map_or(0.0, |(largest, _)| *largest);
        for (misfit, weight) in weighted {
            margin = misfit;
            allowed -= weight;
            if allowed < -1e-9 {
                break;
            }
        }
        margin.max(0.0)
    }
}

/// Widens the intervals of predictions by what other works miss.
pub fn widen(cases: &[Case], outcomes: &mut [Outcome], misfits: &Misfits) {
    for (case, outcome) in cases.iter().zip(outcomes) {
        let Outcome::Predicted(predictions) = outcome else { continue };
        let points = misfits.margin(&case.source.value);
        for (observation, prediction) in case.observed.iter().zip(predictions) {
            if let (true, Some([low, high])) = (foreign(case, observation), prediction.interval) {
                prediction.margin = points / 100.0;
                prediction.interval = Some([low - prediction.margin, high + prediction.margin]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    fn misfits(works: &[(&str, &[f64])]) -> Misfits {
        Misfits(works.iter().map(|(work, values)| ((*work).to_owned(), values.to_vec())).collect())
    }

    #[test]
    fn the_work_at_hand_has_no_say_in_its_own_margin() {
        let nine: Vec<(String, Vec<f64>)> = (1..=9).map(|k| (format!("w{k}"), vec![f64::from(k)])).collect();
        let all = Misfits(nine.into_iter().chain([("own".to_owned(), vec![1e6])]).collect());
        // nine others and the one at hand: all nine must be held
        assert_eq!(all.margin("own"), 9.0);
        assert_eq!(all.margin("another"), 1e6);
    }

    #[test]
    fn values_of_a_work_share_its_weight() {
        // twenty works: 1.1 of them may lie outside, which is the work of two values and no more
        let text: String = (0..18).map(|k| format!("w{k},-5.0\n")).collect();
        let all = Misfits::parse(&format!("{HEADING}\n{text}x,30.0\nx,20.0\ny,10.0\ny,-2.0\n")).unwrap();
        assert_eq!(all.margin("new"), 10.0);
        assert_eq!(all.margin("x"), 0.0, "without x the work y may lie outside");
    }

    #[test]
    fn intervals_that_hold_enough_are_left_alone() {
        assert_eq!(misfits(&[("a", &[-3.0]), ("b", &[-1.0])]).margin("c"), 0.0);
        assert_eq!(Misfits::default().margin("c"), 0.0);
    }

    /// Nine of ten works that were never seen lie within, whatever the distribution (Romano et al., theorem 1).
    #[test]
    fn a_new_work_lies_within_nine_times_in_ten() {
        let mut random = rand::rngs::StdRng::seed_from_u64(7);
        let mut within = 0;
        for _ in 0..2000 {
            let mut draw = || (1.0 / random.random::<f64>() - 3.0).min(1e9);
            let others = (0..24).map(|k| (format!("w{k}"), vec![draw()])).collect();
            let own = draw();
            within += usize::from(own <= Misfits(others).margin("own"));
        }
        // 24 works: 23 of 25 in the mean; four standard deviations of 2000 draws are 2.4 %
        assert!((1790..=1890).contains(&within), "{within}");
    }

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let all = misfits(&[("a", &[-3.5, 2.1]), ("b", &[12.0])]);
        assert_eq!(Misfits::parse(&all.text()).unwrap(), all);
        assert!(Misfits::parse("head\na,b,c\n").is_err());
        assert!(Misfits::shipped().unwrap().0.len() > 20);
    }
}
