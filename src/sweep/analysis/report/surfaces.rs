//! Response surfaces as tables, pictures and HDF5.

use super::super::{Along, Column, Kind, Sample, SampleError, Surface, surface};
use super::{Analysis, Shown, slug};
use crate::report::chart::{Chart, Grid, Layer, kinds};
use crate::report::hdf5::{Dataset, Group};
use crate::report::table::{self, Table};

/// Share of the variance below which the picture of two factors misleads without a word.
const HALF: f64 = 0.5;

/// A surface of each output over two factors.
pub(super) fn surfaces(
    sample: &Sample,
    x: &str,
    y: &str,
    analysis: &mut Analysis,
) -> Result<(), SampleError> {
    if x == y {
        return Err(SampleError::Twice { what: "a surface", name: x.to_owned() });
    }
    let places = [sample.factor(x)?, sample.factor(y)?];
    let [across, up] = places.map(|at| Shown::of(sample, at));
    let [x_along, y_along] = places.map(|at| Along {
        values: &sample.factors[at].values,
        logarithmic: sample.is_logarithmic(at),
        named: !sample.factors[at].choices.is_empty(),
    });
    let others: Vec<&[f64]> = (0..sample.factors.len())
        .filter(|at| !places.contains(at))
        .map(|at| sample.factors[at].values.as_slice())
        .collect();
    let mut group = Group::new();
    for output in &sample.outputs {
        let found = match surface(x_along, y_along, &others, &output.values) {
            Ok(found) => found,
            Err(why) => {
                analysis.notes.push(format!("`{}`: no surface over `{x}` and `{y}`: {why}", output.name));
                continue;
            }
        };
        let words = Words::of(&found, others.is_empty());
        let name = format!("surface-{}-{}-{}", slug(&output.name), slug(x), slug(y));
        let title = format!("{} over {x} and {y}", output.name);
        analysis.tables.push((name.clone(), tabulate(&title, &found, [&across, &up], output, &words)));
        let logarithmic = [x_along, y_along].map(|along| along.logarithmic);
        analysis.charts.push((name, draw(&title, &found, [&across, &up], logarithmic, output, &words)));
        let mut one = Group::new();
        one.attribute("explained", found.explained).attribute("how", words.how);
        if !words.notes.is_empty() {
            one.attribute("note", words.notes.join("; "));
        }
        let [x_name, y_name] = [x, y].map(slug);
        one.dataset(&x_name, Dataset::row(found.x.clone(), &x_name).units(&across.factor.unit));
        one.dataset(&y_name, Dataset::row(found.y.clone(), &y_name).units(&up.factor.unit));
        let shape = [found.y.len(), found.x.len()];
        let values = Dataset::new(found.values, &shape, &[&y_name, &x_name]).units(&output.unit);
        one.dataset("value", values);
        group.group(&slug(&output.name), one);
    }
    analysis.data.group("surface", group);
    Ok(())
}

/// What is said of a surface.
struct Words {
    how: &'static str,
    explains: String,
    notes: Vec<String>,
    /// The notes in few words, for the picture.
    brief: String,
}

impl Words {
    fn of(found: &Surface, alone: bool) -> Words {
        let how = match found.kind {
            Kind::Local => "local regression (LOESS)",
            Kind::Means | Kind::UnlikeMeans if alone => "values of the cases",
            Kind::Means | Kind::UnlikeMeans => "means over the other factors",
        };
        let percent = format!("{:.0} %", 100.0 * found.explained);
        let explains = match found.explained.is_finite() {
            true => format!("explains {percent} of the variance"),
            false => "what it explains cannot be told, most cells having one case".to_owned(),
        };
        let (mut notes, mut brief) = (Vec::new(), String::new());
        if found.explained < HALF {
            notes.push(format!("these two factors explain {percent} of the variance: other factors decide"));
            brief += ": other factors decide";
        }
        if found.kind == Kind::UnlikeMeans && !alone {
            notes.push(
                "cells average different sets of the other factors, whose effects show in it".to_owned(),
            );
            brief += "; cells average different cases";
        }
        Words { how, explains, notes, brief }
    }
}

fn tabulate(
    title: &str,
    found: &Surface,
    [across, up]: [&Shown<'_>; 2],
    output: &Column,
    words: &Words,
) -> Table {
    let value = table::Column::number(&output.name).unit(&output.unit).significant(6);
    let mut all = Table::new(title, [across.column(), up.column(), value]);
    let pairs = found.y.iter().flat_map(|y| found.x.iter().map(move |x| (*x, *y)));
    for ((x, y), value) in pairs.zip(&found.values) {
        all.row([across.cell(x), up.cell(y), (*value).into()]);
    }
    all.note(format!("{}; {}", words.how, words.explains));
    words.notes.iter().for_each(|note| {
        all.note(note.as_str());
    });
    all
}

fn draw(
    title: &str,
    found: &Surface,
    shown: [&Shown<'_>; 2],
    logarithmic: [bool; 2],
    output: &Column,
    words: &Words,
) -> Chart {
    let [x, y] = [(&found.x, 0), (&found.y, 1)]
        .map(|(values, at)| values.iter().map(|si| shown[at].number(*si)).collect::<Vec<f64>>());
    let axis = |at: usize, values: &[f64]| {
        let axis = shown[at].axis();
        // a temperature spread by its logarithm may be negative in the unit that people read
        if logarithmic[at] && values.iter().all(|value| *value > 0.0) { axis.log() } else { axis }
    };
    let (x_axis, y_axis) = (axis(0, &x), axis(1, &y));
    let grid = Grid {
        x,
        y,
        values: found.values.clone(),
        label: output.name.clone(),
        unit: (output.unit != "1").then(|| output.unit.clone()),
    };
    let named = shown.iter().any(|shown| !shown.factor.choices.is_empty());
    let chart = match named {
        true => Chart::new(title, x_axis, y_axis).layer(Layer::Heat { grid }), // nothing lies between two names
        false => kinds::response_surface(title, x_axis, y_axis, grid),
    };
    chart.subtitle(&format!("{}; {}{}", words.how, words.explains, words.brief))
}
