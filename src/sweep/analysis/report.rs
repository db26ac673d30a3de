//! An analysis as tables, pictures and HDF5: SI in the last, the units of people in the others.

mod surfaces;

use super::{
    Column, Indices, SHARES, Sample, SampleError, Sense, correlations, distribution, effects, front, indices,
};
use crate::quantity::Unit;
use crate::report::chart::kinds::{self, Swing};
use crate::report::chart::{Axis, Bar, Chart, Layer};
use crate::report::hdf5::{Dataset, Group};
use crate::report::number::significant;
use crate::report::table::{self, Cell, Table};

/// What to analyse beside what the design itself calls for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// Two factors of a response surface.
    pub surface: Option<(String, String)>,
    /// Two outputs of a Pareto front, and which way each is better.
    pub pareto: Option<[(String, Sense); 2]>,
}

/// Tables, pictures and data; each with a short name for its file.
#[derive(Debug, Default)]
pub struct Analysis {
    /// Tables.
    pub tables: Vec<(String, Table)>,
    /// Pictures.
    pub charts: Vec<(String, Chart)>,
    /// The same numbers, for HDF5.
    pub data: Group,
    /// What could not be done, and why.
    pub notes: Vec<String>,
}

/// Analyses a sweep: what its design is for, and what `options` ask beside.
///
/// # Errors
/// [`SampleError`] if `options` name a factor or an output that was not read.
pub fn analyse(sample: &Sample, options: &Options) -> Result<Analysis, SampleError> {
    let mut analysis = Analysis::default();
    let whole = sample;
    analysis.data.attribute("title", format!("analysis of: {}", sample.manifest.source.title));
    analysis.data.attribute("scenario_hash", sample.manifest.scenario_hash.as_str());
    distributions(sample, &mut analysis);
    let sample = &varying(sample, &mut analysis);
    match sample.manifest.design.method.as_str() {
        "saltelli" => variance(sample, &mut analysis),
        "morris" => screening(sample, &mut analysis),
        "one-at-a-time" => swings(sample, &mut analysis),
        _ => ranks(sample, &mut analysis),
    }
    if let Some((x, y)) = &options.surface {
        surfaces::surfaces(sample, x, y, &mut analysis)?;
    }
    if let Some(goals) = &options.pareto {
        pareto(whole, goals, &mut analysis)?;
    }
    Ok(analysis)
}

/// Spread below which an output is the same in all cases, relative to its size: what rounding leaves.
const SAME: f64 = 1e-12;

/// The sample with those outputs alone that differ from case to case; a note tells of the others.
fn varying(sample: &Sample, analysis: &mut Analysis) -> Sample {
    let mut varying = sample.clone();
    varying.outputs.retain(|output| {
        let Some(found) = distribution(&output.values) else { return false }; // told with the distributions
        let size = found.min.abs().max(found.max.abs());
        let varies = found.max - found.min > SAME * size;
        if !varies && found.count > 1 {
            let value = significant(found.max, 5);
            let unit = if output.unit == "1" { String::new() } else { format!(" {}", output.unit) };
            let note = format!("`{}` is {value}{unit} in every case: no factor moves it", output.name);
            analysis.notes.push(note);
        }
        varies
    });
    varying
}

fn names(sample: &Sample) -> Vec<String> {
    sample.factors.iter().map(|factor| factor.name.clone()).collect()
}

fn axis(column: &Column) -> Axis {
    Axis::new(&column.name).unit(if column.unit == "1" { "" } else { &column.unit })
}

/// Group of one output, with the factors' names as coordinate.
fn by_factor(sample: &Sample, columns: &[(&str, &str, Vec<f64>)]) -> Group {
    let mut group = Group::new();
    group.dataset("factor", Dataset::row(names(sample), "factor"));
    for (name, unit, values) in columns {
        group.dataset(name, Dataset::row(values.clone(), "factor").units(unit));
    }
    group
}

fn slug(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_alphanumeric() { letter } else { '-' })
        .collect::<String>()
        .trim_matches('-')
        .to_owned()
}

fn distributions(sample: &Sample, analysis: &mut Analysis) {
    let number = |title: &str| table::Column::number(title).significant(5);
    let mut columns =
        vec![table::Column::text("output"), table::Column::text("unit"), number("cases"), number("mean")];
    columns.extend([number("standard deviation"), number("least")]);
    columns.extend(SHARES.iter().map(|share| number(&format!("{} %", 100.0 * share))));
    columns.push(number("largest"));
    let mut all = Table::new("Distributions", columns);
    let mut group = Group::new();
    for output in &sample.outputs {
        let Some(found) = distribution(&output.values) else {
            analysis.notes.push(format!("`{}` has no value in any case", output.name));
            continue;
        };
        let mut cells: Vec<Cell> =
            vec![output.name.as_str().into(), output.unit.as_str().into(), found.count.into()];
        cells.extend([found.mean, found.deviation, found.min].map(Cell::from));
        cells.extend(found.quantiles.map(Cell::from));
        cells.push(found.max.into());
        all.row(cells);
        let marks: Vec<(String, f64)> = [(0, "2.5 % at"), (3, "median"), (6, "97.5 % at")]
            .map(|(place, label)| (label.to_owned(), found.quantiles[place]))
            .into();
        let chart = kinds::histogram(
            &format!("{} over the sweep", output.name),
            axis(output),
            &output.values,
            &marks,
        );
        analysis.charts.push((format!("histogram-{}", slug(&output.name)), chart));
        let mut one = Group::new();
        one.attribute("mean", found.mean)
            .attribute("standard_deviation", found.deviation)
            .attribute("units", output.unit.as_str());
        one.dataset("share", Dataset::row(SHARES.to_vec(), "share").units("1"));
        one.dataset("quantile", Dataset::row(found.quantiles.to_vec(), "share").units(&output.unit));
        group.group(&slug(&output.name), one);
    }
    analysis.tables.push(("distributions".into(), all));
    analysis.data.group("distributions", group);
}

fn variance(sample: &Sample, analysis: &mut Analysis) {
    let mut group = Group::new();
    for output in &sample.outputs {
        let found = indices(&output.values, sample.factors.len(), sample.manifest.seed);
        let Some((indices, rows)) = found else {
            analysis.notes.push(format!(
                "`{}` does not vary enough, or has too few whole rows, for Sobol' indices",
                output.name
            ));
            continue;
        };
        let number = |title: &str| table::Column::number(title).decimals(4);
        let columns = ["first", "first_low", "first_high", "total", "total_low", "total_high"].map(number);
        let mut all = Table::new(
            &format!("Sobol' indices of {}", output.name),
            std::iter::once(table::Column::text("factor")).chain(columns),
        );
        for (factor, found) in sample.factors.iter().zip(&indices) {
            let ends = [found.first, found.total].map(|one| [one.value, one.low, one.high]);
            all.row(
                std::iter::once(Cell::from(factor.name.as_str()))
                    .chain(ends.into_iter().flatten().map(Cell::from)),
            );
        }
        all.note(format!("95 % confidence by bootstrap over {rows} rows of {}", sample.manifest.design.size));
        analysis.tables.push((format!("sobol-{}", slug(&output.name)), all));
        analysis
            .charts
            .push((format!("sobol-{}", slug(&output.name)), index_chart(sample, output, &indices)));
        let column = |pick: fn(&Indices) -> f64| indices.iter().map(pick).collect::<Vec<_>>();
        let columns = [
            ("first", "1", column(|one| one.first.value)),
            ("first_low", "1", column(|one| one.first.low)),
            ("first_high", "1", column(|one| one.first.high)),
            ("total", "1", column(|one| one.total.value)),
            ("total_low", "1", column(|one| one.total.low)),
            ("total_high", "1", column(|one| one.total.high)),
        ];
        group.group(&slug(&output.name), by_factor(sample, &columns));
    }
    analysis.data.group("sobol", group);
}

fn index_chart(sample: &Sample, output: &Column, indices: &[Indices]) -> Chart {
    let layer = |name: &str, shift: f64, colour, pick: fn(&Indices) -> f64| Layer::Bars {
        name: name.to_owned(),
        bars: indices
            .iter()
            .enumerate()
            .map(|(at, one)| Bar { at: at as f64 + shift, width: 0.36, from: 0.0, to: pick(one) })
            .collect(),
        horizontal: false,
        colour: Some(colour),
    };
    let whiskers = |shift: f64, pick: fn(&Indices) -> super::Estimate| Layer::Points {
        name: String::new(),
        points: indices.iter().enumerate().map(|(at, one)| [at as f64 + shift, pick(one).value]).collect(),
        x_error: vec![],
        y_error: indices.iter().map(pick).map(|one| [one.value - one.low, one.high - one.value]).collect(),
        colour: Some(6),
    };
    Chart::new(
        &format!("Share of the variance of {}", output.name),
        Axis::new("").categories(names(sample)),
        Axis::new("index"),
    )
    .layer(layer("first order", -0.19, 0, |one| one.first.value))
    .layer(layer("total", 0.19, 1, |one| one.total.value))
    .layer(whiskers(-0.19, |one| one.first))
    .layer(whiskers(0.19, |one| one.total))
}

fn screening(sample: &Sample, analysis: &mut Analysis) {
    let mut group = Group::new();
    let points = sample.points();
    for output in &sample.outputs {
        let manifest = &sample.manifest;
        let found =
            effects(&output.values, &points, sample.factors.len(), manifest.design.levels, manifest.seed);
        let number = |title: &str| table::Column::number(title).unit(&output.unit).significant(5);
        let columns = ["mean size of effect", "low", "high", "mean effect", "standard deviation"].map(number);
        let mut all = Table::new(
            &format!("Elementary effects on {}", output.name),
            std::iter::once(table::Column::text("factor")).chain(columns),
        );
        let mut cloud = Vec::new();
        let mut columns = vec![Vec::new(); 5];
        for (factor, found) in sample.factors.iter().zip(&found) {
            let numbers = found.map_or([f64::NAN; 5], |one| {
                [one.mu_star.value, one.mu_star.low, one.mu_star.high, one.mu, one.sigma]
            });
            all.row(std::iter::once(Cell::from(factor.name.as_str())).chain(numbers.map(Cell::from)));
            columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
            cloud.push((factor.name.clone(), [numbers[0], numbers[4]]));
        }
        all.note(
            "effect of a move over a factor's whole spread; a large deviation means curvature or interaction",
        );
        analysis.tables.push((format!("morris-{}", slug(&output.name)), all));
        let labels = ["mu_star", "mu_star_low", "mu_star_high", "mu", "sigma"];
        let columns: Vec<_> =
            labels.into_iter().zip(columns).map(|(name, c)| (name, output.unit.as_str(), c)).collect();
        group.group(&slug(&output.name), by_factor(sample, &columns));
        if !cloud.iter().any(|(_, [size, _])| *size > 0.0) {
            continue; // nothing moves it: there is no picture to draw
        }
        let unit = if output.unit == "1" { "" } else { &output.unit };
        let chart = Chart::new(
            &format!("Morris screening of {}", output.name),
            Axis::new("mean size of effect").unit(unit),
            Axis::new("standard deviation of effect").unit(unit),
        );
        let chart =
            cloud.iter().fold(chart, |chart, (name, point)| chart.layer(Layer::points(name, vec![*point])));
        analysis.charts.push((format!("morris-{}", slug(&output.name)), chart));
    }
    analysis.data.group("morris", group);
}

fn swings(sample: &Sample, analysis: &mut Analysis) {
    let mut group = Group::new();
    for output in &sample.outputs {
        let base = output.values.first().copied().unwrap_or(f64::NAN);
        let number = |title: &str| table::Column::number(title).unit(&output.unit).significant(5);
        let mut all = Table::new(
            &format!("Swings of {}", output.name),
            [table::Column::text("factor"), number("at low"), number("at high"), number("swing")],
        );
        let mut swings: Vec<Swing> = sample
            .factors
            .iter()
            .enumerate()
            .map(|(place, factor)| Swing {
                name: factor.name.clone(),
                at_low: output.values.get(1 + 2 * place).copied().unwrap_or(f64::NAN),
                at_high: output.values.get(2 + 2 * place).copied().unwrap_or(f64::NAN),
            })
            .collect();
        let columns = [
            ("at_low", output.unit.as_str(), swings.iter().map(|swing| swing.at_low).collect()),
            ("at_high", output.unit.as_str(), swings.iter().map(|swing| swing.at_high).collect()),
        ];
        let mut one = by_factor(sample, &columns);
        one.attribute("base", base);
        group.group(&slug(&output.name), one);
        swings.retain(|swing| swing.at_low.is_finite() && swing.at_high.is_finite());
        swings.sort_by(|a, b| (b.at_high - b.at_low).abs().total_cmp(&(a.at_high - a.at_low).abs()));
        for swing in &swings {
            let moved = swing.at_high - swing.at_low;
            all.row([swing.name.as_str().into(), swing.at_low.into(), swing.at_high.into(), moved.into()]);
        }
        all.note(format!("base value {base}; distributions move from their 5 % to their 95 % quantile"));
        analysis.tables.push((format!("tornado-{}", slug(&output.name)), all));
        let title = format!("What moves {}", output.name);
        analysis.charts.push((
            format!("tornado-{}", slug(&output.name)),
            kinds::tornado(&title, axis(output), base, &swings),
        ));
    }
    analysis.data.group("tornado", group);
}

fn ranks(sample: &Sample, analysis: &mut Analysis) {
    let factors: Vec<Vec<f64>> = sample.factors.iter().map(|factor| factor.values.clone()).collect();
    let mut group = Group::new();
    for output in &sample.outputs {
        let whole = output.values.iter().filter(|value| value.is_finite()).count();
        if whole < 10.max(sample.factors.len() + 3) {
            analysis
                .notes
                .push(format!("`{}`: {whole} cases are too few for rank correlations", output.name));
            continue;
        }
        let found = correlations(&factors, &output.values);
        let number = |title: &str| table::Column::number(title).decimals(4);
        let mut all = Table::new(
            &format!("Correlations with {}", output.name),
            std::iter::once(table::Column::text("factor"))
                .chain(["rank", "low", "high", "partial rank", "linear"].map(number)),
        );
        for (factor, one) in sample.factors.iter().zip(&found) {
            let [low, high] = one.rank_interval;
            let numbers = [one.rank, low, high, one.partial_rank, one.linear];
            all.row(std::iter::once(Cell::from(factor.name.as_str())).chain(numbers.map(Cell::from)));
        }
        all.note(format!("{whole} cases; interval of 95 % by Fisher's transform"));
        analysis.tables.push((format!("ranks-{}", slug(&output.name)), all));
        let values: Vec<f64> = found.iter().map(|one| one.rank).collect();
        let title = format!("Rank correlation with {}", output.name);
        let chart =
            kinds::bars(&title, &names(sample), Axis::new("rank correlation").range(-1.0, 1.0), &values);
        analysis.charts.push((format!("ranks-{}", slug(&output.name)), chart));
        let columns = [
            ("rank", "1", values),
            ("rank_low", "1", found.iter().map(|one| one.rank_interval[0]).collect()),
            ("rank_high", "1", found.iter().map(|one| one.rank_interval[1]).collect()),
            ("partial_rank", "1", found.iter().map(|one| one.partial_rank).collect()),
            ("linear", "1", found.iter().map(|one| one.linear).collect()),
        ];
        group.group(&slug(&output.name), by_factor(sample, &columns));
    }
    analysis.data.group("correlations", group);
}

/// A factor as people read it.
struct Shown<'a> {
    factor: &'a Column,
    unit: Option<Unit>,
    label: &'a str,
}

impl<'a> Shown<'a> {
    fn of(sample: &'a Sample, at: usize) -> Shown<'a> {
        let (factor, record) = (&sample.factors[at], &sample.manifest.factors[at]);
        let unit = Unit::parse(&record.shown_in).ok();
        let label = if unit.is_some() { &record.shown_in } else { &record.unit };
        Shown { factor, unit, label }
    }

    fn number(&self, si: f64) -> f64 {
        self.unit.as_ref().map_or(si, |unit| unit.from_si(si))
    }

    /// A value as a cell: a number in the unit of people, or the name it stands for.
    fn cell(&self, si: f64) -> Cell {
        match self.factor.choices.get(si as usize) {
            Some(choice) => choice.as_str().into(),
            None => self.number(si).into(),
        }
    }

    fn axis(&self) -> Axis {
        let unit = if self.label == "1" { "" } else { self.label };
        Axis::new(&self.factor.name).unit(unit).categories(self.factor.choices.clone())
    }

    fn column(&self) -> table::Column {
        if self.factor.choices.is_empty() {
            table::Column::number(&self.factor.name).unit(self.label).significant(6)
        } else {
            table::Column::text(&self.factor.name)
        }
    }
}

fn pareto(sample: &Sample, goals: &[(String, Sense); 2], analysis: &mut Analysis) -> Result<(), SampleError> {
    let [first, second] = goals;
    let (a, b) = (sample.output(&first.0)?, sample.output(&second.0)?);
    if a.name == b.name {
        return Err(SampleError::Twice { what: "a front", name: a.name.clone() });
    }
    let found = front((&a.values, first.1), (&b.values, second.1));
    let number = |column: &Column| table::Column::number(&column.name).unit(&column.unit).significant(6);
    let factors: Vec<Shown<'_>> = (0..sample.factors.len()).map(|at| Shown::of(sample, at)).collect();
    let columns = std::iter::once(table::Column::number("case").decimals(0))
        .chain([number(a), number(b)])
        .chain(factors.iter().map(Shown::column));
    let mut all = Table::new(&format!("Pareto front of {} and {}", a.name, b.name), columns);
    for &case in &found {
        let factors = factors.iter().map(|shown| shown.cell(shown.factor.values[case]));
        let cells = [Cell::from(case), a.values[case].into(), b.values[case].into()];
        all.row(cells.into_iter().chain(factors));
    }
    analysis.tables.push(("pareto".into(), all));
    let pairs = |cases: &mut dyn Iterator<Item = usize>| -> Vec<[f64; 2]> {
        cases
            .map(|case| [a.values[case], b.values[case]])
            .filter(|point| point.iter().all(|v| v.is_finite()))
            .collect()
    };
    let stride = a.values.len().div_ceil(5000).max(1);
    let chart = Chart::new(&format!("{} against {}", b.name, a.name), axis(a), axis(b))
        .layer(Layer::points("cases", pairs(&mut (0..a.values.len()).step_by(stride))).colour(7))
        .layer(Layer::line("", pairs(&mut found.iter().copied())).colour(1))
        .layer(Layer::points("front", pairs(&mut found.iter().copied())).colour(1));
    analysis.charts.push(("pareto".into(), chart));
    let mut group = Group::new();
    group.dataset("case", Dataset::row(found.iter().map(|case| *case as i64).collect::<Vec<_>>(), "case"));
    for column in [a, b].into_iter().chain(&sample.factors) {
        let values: Vec<f64> = found.iter().map(|&case| column.values[case]).collect();
        group.dataset(&slug(&column.name), Dataset::row(values, "case").units(&column.unit));
    }
    analysis.data.group("pareto", group);
    Ok(())
}
