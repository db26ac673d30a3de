//! Which experiments are worse than they were: a guard against regressions, not a measure of truth.

use super::summary::{Errors, Scored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The baseline of the shipped cases.
pub const SHIPPED: &str = include_str!("../../validation/baseline.json");

/// Points by which an experiment may be worse before it counts: the last digit of a printed yield.
pub const TOLERANCE: f64 = 0.1;

/// Errors of experiments, by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Baseline {
    /// Version of the form.
    pub format: u32,
    /// Mean absolute error of each experiment, points; `null` where its run fails.
    pub experiments: BTreeMap<String, Option<f64>>,
}

/// An experiment that is worse than it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Worse {
    /// Its name.
    pub id: String,
    /// Points before.
    pub before: f64,
    /// Points now; `None` if it fails now.
    pub now: Option<f64>,
}

impl Baseline {
    /// The errors of these observations.
    pub fn of(scored: &[Scored<'_>]) -> Baseline {
        let mut gathered: BTreeMap<&str, Vec<&Scored<'_>>> = BTreeMap::new();
        for one in scored {
            gathered.entry(one.case.id.as_str()).or_default().push(one);
        }
        let experiments = gathered.into_iter().map(|(id, members)| {
            let errors = Errors::of(members);
            // to a hundredth of a point, so that another computer's last bits do not change the file
            let mae = (errors.failed == 0).then(|| (100.0 * errors.mae).round() / 100.0);
            (id.to_owned(), mae)
        });
        Baseline { format: 1, experiments: experiments.collect() }
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// Words for the user if it is no baseline.
    pub fn parse(text: &str) -> Result<Baseline, String> {
        let read: Baseline = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if read.format == 1 { Ok(read) } else { Err(format!("expected format 1, found {}", read.format)) }
    }

    /// The text of its file, one experiment a line.
    pub fn text(&self) -> String {
        let line = |(id, mae): (&String, &Option<f64>)| {
            let mae = mae.map_or_else(|| "null".to_owned(), |mae| format!("{mae}"));
            format!("    {}: {mae}", serde_json::Value::from(id.as_str()))
        };
        let lines: Vec<String> = self.experiments.iter().map(line).collect();
        format!("{{\n  \"format\": 1,\n  \"experiments\": {{\n{}\n  }}\n}}\n", lines.join(",\n"))
    }

    /// Experiments of `now` that are worse than here; those that are not here are not compared.
    pub fn worse(&self, now: &Baseline) -> Vec<Worse> {
        let compare = |(id, now): (&String, &Option<f64>)| {
            let before = (*self.experiments.get(id)?)?;
            let fell = now.is_none_or(|now| now > before + TOLERANCE);
            fell.then(|| Worse { id: id.clone(), before, now: *now })
        };
        now.experiments.iter().filter_map(compare).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(pairs: &[(&str, Option<f64>)]) -> Baseline {
        Baseline { format: 1, experiments: pairs.iter().map(|(id, mae)| ((*id).to_owned(), *mae)).collect() }
    }

    #[test]
    fn only_what_was_there_and_got_worse_counts() {
        let before = baseline(&[("a", Some(2.0)), ("b", Some(2.0)), ("c", Some(2.0)), ("d", None)]);
        let now = baseline(&[
            ("a", Some(2.05)),
            ("b", Some(2.2)),
            ("c", None),
            ("d", Some(9.0)),
            ("e", Some(50.0)),
        ]);
        let worse = before.worse(&now);
        let ids: Vec<&str> = worse.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["b", "c"]);
    }

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let one = baseline(&[("a \"quoted\"", Some(2.25)), ("b", None)]);
        assert_eq!(Baseline::parse(&one.text()).unwrap(), one);
        assert!(Baseline::parse("{\"format\": 2, \"experiments\": {}}").unwrap_err().contains("found 2"));
        Baseline::parse(SHIPPED).unwrap();
    }
}
