//! The charts of a run: courses within units, how the loops settled, where an element goes.

use super::tables::is_share;
use super::{ProfileRows, RunResult, SeriesRow};
use crate::quantity::{Dimension, Unit, natural, natural_unit};
use crate::report::chart::{Axis, Chart, Layer, Stroke, chemical};

/// More lines than these in one chart cannot be told apart; the rest is left to the file.
const MOST_LINES: usize = 7;

impl RunResult {
    /// Charts of all profiles: series of one kind and unit share a chart.
    pub fn profile_charts(&self) -> Vec<Chart> {
        self.profiles.iter().flat_map(charts_of).collect()
    }

    /// How the residuals of the loops fell, where there are loops of more than two passes.
    pub fn convergence_chart(&self) -> Option<Chart> {
        let points: Vec<[f64; 2]> = self.history.iter().map(|row| [row.pass as f64, row.change]).collect();
        (points.len() > 2).then(|| {
            let y = Axis::new("change relative to the plant's feed").log();
            Chart::new("How the recycle loops settled", Axis::new("pass"), y)
                .layer(Layer::line("", points.clone()).colour(0))
                .layer(Layer::points("", points).colour(0))
        })
    }

    /// Where the mass of an element leaves the plant, in percent of what all leaving streams hold.
    pub fn distribution_chart(&self, element: &str) -> Option<Chart> {
        let at = self.elements.iter().position(|symbol| symbol == element)?;
        let feeds_others = |unit: &str| self.streams.iter().any(|stream| stream.from == unit);
        let leaving: Vec<(String, f64)> = self
            .streams
            .iter()
            .filter(|stream| !feeds_others(&stream.to) && stream.elements[at] > 0.0)
            .map(|stream| (stream.to.clone(), stream.elements[at]))
            .collect();
        let total: f64 = leaving.iter().map(|(_, mass)| mass).sum();
        (leaving.len() > 1).then(|| {
            let names: Vec<String> = leaving.iter().map(|(name, _)| name.clone()).collect();
            let shares: Vec<f64> = leaving.iter().map(|(_, mass)| 100.0 * mass / total).collect();
            let axis = Axis::new(&format!("share of {element}")).unit("%").range(0.0, 100.0);
            crate::report::chart::kinds::bars(&format!("Where {element} goes"), &names, axis, &shares)
                .size(460.0, 320.0)
        })
    }
}

/// The kind of a series is what stands before the first point of its name: `concentration.Co+2`.
fn kind_of(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or((name, ""))
}

fn charts_of(profile: &ProfileRows) -> Vec<Chart> {
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for series in &profile.series {
        let kind = (kind_of(&series.name).0, series.unit.as_str());
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds.into_iter().filter_map(|(kind, unit)| chart_of(profile, kind, unit)).collect()
}

fn chart_of(profile: &ProfileRows, kind: &str, unit: &str) -> Option<Chart> {
    let own = |series: &&SeriesRow| kind_of(&series.name).0 == kind && series.unit == unit;
    let own: Vec<&SeriesRow> = profile.series.iter().filter(own).collect();
    let mut series: Vec<(String, &[f64])> = own
        .iter()
        .map(|series| (line_name(series, &own), series.values.as_slice()))
        .filter(|(_, values)| values.iter().any(|value| *value != 0.0))
        .collect();
    let height = |values: &[f64]| values.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
    if series.len() > MOST_LINES {
        series.sort_by(|a, b| height(b.1).total_cmp(&height(a.1)));
        let equals = series.iter().filter(|one| height(one.1) == height(series[0].1)).count();
        let every = equals.div_ceil(MOST_LINES).max(1); // of lines of one height, as those of cores, some from each part
        series = series.into_iter().step_by(every).take(MOST_LINES).collect();
    }
    let largest = series.iter().map(|(_, values)| height(values)).fold(0.0, f64::max);
    let (scale_x, x_unit) = readable(profile.at.iter().copied().fold(0.0, f64::max), &profile.axis_unit);
    let (scale_y, y_unit) = if is_share(kind) { percent() } else { readable(largest, unit) };
    let x = Axis::new(&profile.axis).unit(&x_unit);
    let y = Axis::new(kind).unit(&y_unit);
    let changes =
        |values: &[f64]| values.iter().any(|value| (value - values[0]).abs() > 1e-6 * values[0].abs());
    let is_course = profile.at.len() > 1 && series.iter().any(|(_, values)| changes(values));
    is_course.then(|| {
        let few = profile.at.len() <= 12 && profile.axis != "time";
        let mut chart = Chart::new(&format!("{}: {kind}", profile.unit), x, y);
        for (number, (name, values)) in series.into_iter().enumerate() {
            let at = profile.at.iter().map(|&at| scale_x.from_si(at));
            let points: Vec<[f64; 2]> = at.zip(values).map(|(x, &y)| [x, scale_y.from_si(y)]).collect();
            if few {
                chart = chart.layer(Layer::points("", points.clone()).colour(number));
            }
            let dashes = [Stroke::Solid, Stroke::Dashed, Stroke::Dotted][number / 3 % 3];
            chart = chart.layer(Layer::line(&name, points).colour(number).stroke(dashes));
        }
        chart
    })
}

/// Name of a line among its kind: what stands behind the kind, of a class of particles its size in place of its number.
fn line_name(series: &SeriesRow, others: &[&SeriesRow]) -> String {
    let of = kind_of(&series.name).1;
    let Some((diameter, (solid, number))) = series.particles.zip(of.rsplit_once('.')) else {
        return if of.is_empty() { String::new() } else { chemical(of) };
    };
    let size = natural(diameter, Dimension::LENGTH);
    let of_solid =
        |other: &&&SeriesRow| kind_of(&other.name).1.rsplit_once('.').is_some_and(|(own, _)| own == solid);
    let same_size =
        |other: &SeriesRow| other.particles.is_some_and(|other| natural(other, Dimension::LENGTH) == size);
    match others.iter().filter(of_solid).filter(|other| same_size(other)).count() {
        1 => format!("{}, {size}", chemical(solid)),
        // classes that differ in their cores alone
        _ => format!("{}, {size} ({number})", chemical(solid)),
    }
}

fn percent() -> (Unit, String) {
    (Unit::parse("%").unwrap_or(Unit::one()), "%".to_owned())
}

/// The unit in which a value of this size reads best.
fn readable(largest: f64, unit: &str) -> (Unit, String) {
    let Ok(given) = Unit::parse(unit) else { return (Unit::one(), unit.to_owned()) };
    if given.dimension.is_dimensionless() {
        return (Unit::one(), String::new());
    }
    let chosen = natural_unit(given.to_si(largest), given.dimension);
    let name = chosen.name().to_owned();
    (chosen, name)
}
