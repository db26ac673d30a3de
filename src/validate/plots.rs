//! Parity plots, predicted over observed, and every value on a line of its own beside its 90 % interval.

use super::summary::{Errors, Scored};
use crate::report::chart::{Axis, Chart, Layer, Stroke};
use crate::report::durable::FileError;
use crate::scenario::cases::{Bound, END_POINTS, Kind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Values of one kind that still have a line each.
const MOST_LINES: usize = 120;

/// Writes a parity plot for each set, for each route of a set that holds ten values or more, and for results of other
/// programs, and the values of each kind of a set line by line, as SVG and PNG.
///
/// # Errors
/// [`FileError`] if a file cannot be written.
pub fn write(scored: &[Scored<'_>], folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let made = std::fs::create_dir_all(folder).map_err(|error| FileError::writing(folder, &error));
    made?;
    let mut written = Vec::new();
    let sets: BTreeSet<&str> = scored.iter().map(|one| one.case.set.as_str()).collect();
    let programs: Vec<&Scored<'_>> =
        scored.iter().filter(|one| one.case.kind.value == Kind::CodeToCode && shown(one)).collect();
    if !programs.is_empty() {
        let chart = chart("Other programs' results", &programs, |one| one.case.process.value.clone());
        save(&chart, folder, &format!("parity-{}", Kind::CodeToCode.word()), &mut written)?;
    }
    for set in sets {
        let own =
            |one: &&Scored<'_>| one.case.set == set && one.case.kind.value != Kind::CodeToCode && shown(one);
        let members: Vec<&Scored<'_>> = scored.iter().filter(own).collect();
        if members.is_empty() {
            continue;
        }
        let title = if set == END_POINTS { "Published end points" } else { set };
        save(&chart(title, &members, by_kind), folder, &format!("parity-{set}"), &mut written)?;
        for kind in [Kind::Prediction, Kind::Interpolation, Kind::Reproduction] {
            let of_kind = |one: &&Scored<'_>| one.case.kind.value == kind && one.interval().is_some();
            let own: Vec<&Scored<'_>> = members.iter().copied().filter(of_kind).collect();
            if (2..=MOST_LINES).contains(&own.len()) {
                let title = format!("{title}: {}s", kind.word());
                save(
                    &lines(&title, &own),
                    folder,
                    &format!("intervals-{set}-{}", kind.word()),
                    &mut written,
                )?;
            }
        }
        let routes: BTreeSet<&str> = members.iter().map(|one| one.case.process.value.as_str()).collect();
        let several = routes.len() > 1; // of one route the set's own plot has all
        for route in routes {
            let on: Vec<&Scored<'_>> =
                members.iter().copied().filter(|one| one.case.process.value == route).collect();
            if on.len() >= 10 && several {
                let title = if set == END_POINTS { route.to_owned() } else { format!("{route}: {set}") };
                save(
                    &chart(&title, &on, by_element),
                    folder,
                    &format!("parity-{set}-{route}"),
                    &mut written,
                )?;
            }
        }
    }
    Ok(written)
}

/// Shares that were predicted: other quantities do not share an axis.
fn shown(one: &Scored<'_>) -> bool {
    one.observed.dimension.is_dimensionless() && one.predicted.is_some()
}

fn save(chart: &Chart, folder: &Path, name: &str, written: &mut Vec<PathBuf>) -> Result<(), FileError> {
    let name: String = name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '-' }).collect();
    for ending in ["svg", "png"] {
        let path = folder.join(format!("{name}.{ending}"));
        chart.save(&path)?;
        written.push(path);
    }
    Ok(())
}

fn by_kind(one: &Scored<'_>) -> String {
    let kind = one.case.kind.value.word();
    if one.observed.bound == Bound::Equal { kind.to_owned() } else { format!("{kind}, limit") }
}

fn by_element(one: &Scored<'_>) -> String {
    one.observed.element.clone()
}

fn chart(title: &str, members: &[&Scored<'_>], name: fn(&Scored<'_>) -> String) -> Chart {
    let axis = |label: &str| Axis::new(label).unit("%").range(-2.0, 104.0);
    let errors = Errors::of(members.iter().copied());
    let line = |offset: f64| vec![[0.0, offset], [100.0, 100.0 + offset]];
    let dashed =
        |points: Vec<[f64; 2]>, name: &str| Layer::line(name, points).colour(7).stroke(Stroke::Dashed);
    let clipped = |offset: f64| {
        let points = line(offset).into_iter();
        let at = |[x, y]: [f64; 2]| {
            if y < 0.0 {
                [-offset, 0.0]
            } else if y > 100.0 {
                [100.0 - offset, 100.0]
            } else {
                [x, y]
            }
        };
        points.map(at).collect::<Vec<_>>()
    };
    let names: BTreeSet<String> = members.iter().map(|one| name(one)).collect();
    let of_group = |group: &String| members.iter().filter(|one| name(one) == *group).count();
    // more bars than these hide the points
    let bars = names.iter().map(of_group).max().unwrap_or(0) <= 60 && !errors.width.is_nan();
    let legend = if bars { "; bars: 90 % interval" } else { "" };
    let words = format!("{}{legend}", errors_by_kind(members));
    let mut chart = Chart::new(title, axis("observed"), axis("predicted"))
        .subtitle(&words)
        .size(560.0, 560.0)
        .layer(Layer::line("", line(0.0)).colour(6))
        .layer(dashed(clipped(10.0), "±10 points"))
        .layer(dashed(clipped(-10.0), ""));
    for (number, group) in names.iter().enumerate() {
        let own: Vec<&&Scored<'_>> = members.iter().filter(|one| name(one) == *group).collect();
        let point = |one: &&&Scored<'_>| [100.0 * one.observed.value, predicted(one)];
        let y_error = own.iter().map(|one| ends(one)).collect();
        chart = chart.layer(Layer::Points {
            name: group.clone(),
            points: own.iter().map(point).collect(),
            x_error: Vec::new(),
            y_error: if bars { y_error } else { Vec::new() },
            colour: Some(if number < 6 { number } else { number + 2 }),
        });
    }
    chart
}

/// Count and error of each kind: reproductions and predictions do not share a figure.
fn errors_by_kind(members: &[&Scored<'_>]) -> String {
    let kinds = [Kind::Prediction, Kind::Interpolation, Kind::Reproduction, Kind::CodeToCode];
    let words = kinds.into_iter().filter_map(|kind| {
        let errors = Errors::of(members.iter().copied().filter(|one| one.case.kind.value == kind));
        (errors.count > 0).then(|| format!("{} {:.1} ({})", kind.word(), errors.mae, errors.count))
    });
    format!("mean error, points (values): {}", words.collect::<Vec<_>>().join(", "))
}

/// A line for each value: what is predicted with its interval, and what was found.
fn lines(title: &str, members: &[&Scored<'_>]) -> Chart {
    let mut sorted = members.to_vec();
    // the first line stands on top, category 0 at the bottom
    sorted
        .sort_by_key(|one| std::cmp::Reverse((&one.case.process.value, &one.case.id, &one.observed.element)));
    let name = |one: &&Scored<'_>| {
        let route = one.case.process.value.rsplit('/').next().unwrap_or_default();
        format!("{route}, {}: {}", one.case.id, one.observed.element)
    };
    let numbered = || sorted.iter().copied().zip(0_u32..);
    let within = |one: &Scored<'_>| one.within() == Some(true);
    let interval = |name: &str, keep: &dyn Fn(&Scored<'_>) -> bool, colour| {
        let own = || numbered().filter(|(one, _)| keep(one));
        Layer::Points {
            name: name.to_owned(),
            points: own().map(|(one, row)| [predicted(one), f64::from(row)]).collect(),
            x_error: own().map(|(one, _)| ends(one)).collect(),
            y_error: Vec::new(),
            colour: Some(colour),
        }
    };
    let found = |name: &str, keep: fn(Bound) -> bool, colour| {
        let own = numbered().filter(|(one, _)| keep(one.observed.bound));
        let points = own.map(|(one, row)| [100.0 * one.observed.value, f64::from(row)]).collect();
        Layer::points(name, points).colour(colour)
    };
    let layers = [
        interval("predicted, with 90 % interval", &within, 0),
        interval("predicted, interval misses", &|one| !within(one), 1),
        found("found", |bound| bound == Bound::Equal, 6),
        found("found, at least", |bound| bound == Bound::AtLeast, 3),
        found("found, at most", |bound| bound == Bound::AtMost, 4),
    ];
    let errors = Errors::of(members.iter().copied());
    let words = format!(
        "{} values, mean absolute error {:.1} points, {:.0} % within the interval",
        errors.count,
        errors.mae,
        100.0 * errors.within
    );
    let axis = Axis::new("dissolved or recovered").unit("%").range(-2.0, 104.0);
    let chart = Chart::new(title, axis, Axis::new("").categories(sorted.iter().map(name).collect()))
        .subtitle(&words)
        .size(860.0, 150.0 + 18.0 * sorted.len() as f64);
    let drawn = layers
        .into_iter()
        .filter(|layer| !matches!(layer, Layer::Points { points, .. } if points.is_empty()));
    drawn.fold(chart, Chart::layer)
}

fn predicted(one: &Scored<'_>) -> f64 {
    one.predicted.map_or(f64::NAN, |p| 100.0 * p.value)
}

/// Distances of the interval's ends from the prediction.
fn ends(one: &Scored<'_>) -> [f64; 2] {
    let middle = predicted(one);
    one.interval().map_or([0.0, 0.0], |[low, high]| [(middle - low).max(0.0), (high - middle).max(0.0)])
}
