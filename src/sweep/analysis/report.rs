//! An analysis as tables, pictures and HDF5.

use super::{
    Column, Indices, SHARES, Sample, SampleError, Sense, correlations, distribution, effects, front, indices,
    surface,
};
use crate::quantity::Unit;
use crate::report::chart::kinds::{self, Swing};
use crate::report::chart::{Axis, Bar, Chart, Grid, Layer};
use crate::report::hdf5::{Dataset, Group};
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
    analysis.data.attribute("title", format!("analysis of: {}", sample.manifest.source.title));
    analysis.data.attribute("scenario_hash", sample.manifest.scenario_hash.as_str());
    distributions(sample, &mut analysis);
    match sample.manifest.design.method.as_str() {
        "saltelli" => variance(sample, &mut analysis),
        "morris" => screening(sample, &mut analysis),
        "one-at-a-time" => swings(sample, &mut analysis),
        _ => ranks(sample, &mut analysis),
    }
    if let Some((x, y)) = &options.surface {
        surfaces(sample, x, y, &mut analysis)?;
    }
    if let Some(goals) = &options.pareto {
        pareto(sample, goals, &mut analysis)?;
    }
    Ok(analysis)
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
        let columns = ["first", "low", "high", "total", "low ", "high "].map(number);
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

/// A factor as people read it: values in its own unit, and the axis.
fn shown(sample: &Sample, name: &str) -> Result<(Vec<f64>, Axis, String), SampleError> {
    let at = sample.factor(name)?;
    let (factor, record) = (&sample.factors[at], &sample.manifest.factors[at]);
    let unit = Unit::parse(&record.shown_in).ok();
    let values = factor.values.iter().map(|si| unit.as_ref().map_or(*si, |unit| unit.from_si(*si))).collect();
    let label = if unit.is_some() { &record.shown_in } else { &record.unit };
    Ok((values, Axis::new(name).unit(if label == "1" { "" } else { label }), label.clone()))
}

fn surfaces(sample: &Sample, x: &str, y: &str, analysis: &mut Analysis) -> Result<(), SampleError> {
    if x == y {
        return Err(SampleError::Twice { what: "a surface", name: x.to_owned() });
    }
    let (across, x_axis, x_unit) = shown(sample, x)?;
    let (up, y_axis, y_unit) = shown(sample, y)?;
    let mut group = Group::new();
    for output in &sample.outputs {
        let Some(found) = surface(&across, &up, &output.values) else {
            analysis
                .notes
                .push(format!("`{}`: too few points over `{x}` and `{y}` for a surface", output.name));
            continue;
        };
        let how = if found.fitted { "quadratic fit" } else { "means over the other factors" };
        let grid = Grid {
            x: found.x.clone(),
            y: found.y.clone(),
            values: found.values.clone(),
            label: output.name.clone(),
            unit: (output.unit != "1").then(|| output.unit.clone()),
        };
        let title = format!("{} over {x} and {y}", output.name);
        let chart = kinds::response_surface(&title, x_axis.clone(), y_axis.clone(), grid)
            .subtitle(&format!("{how}; explains {:.1} % of the variance", 100.0 * found.explained));
        analysis.charts.push((format!("surface-{}-{}-{}", slug(&output.name), slug(x), slug(y)), chart));
        let mut one = Group::new();
        one.attribute("explained", found.explained).attribute("how", how);
        one.dataset(x, Dataset::row(found.x.clone(), x).units(&x_unit));
        one.dataset(y, Dataset::row(found.y.clone(), y).units(&y_unit));
        one.dataset(
            "value",
            Dataset::new(found.values, &[found.y.len(), found.x.len()], &[y, x]).units(&output.unit),
        );
        group.group(&slug(&output.name), one);
    }
    analysis.data.group("surface", group);
    Ok(())
}

fn pareto(sample: &Sample, goals: &[(String, Sense); 2], analysis: &mut Analysis) -> Result<(), SampleError> {
    let [first, second] = goals;
    let (a, b) = (sample.output(&first.0)?, sample.output(&second.0)?);
    if a.name == b.name {
        return Err(SampleError::Twice { what: "a front", name: a.name.clone() });
    }
    let found = front((&a.values, first.1), (&b.values, second.1));
    let number = |column: &Column| table::Column::number(&column.name).unit(&column.unit).significant(6);
    let factors: Vec<(Vec<f64>, String)> = sample
        .factors
        .iter()
        .filter_map(|factor| shown(sample, &factor.name).ok())
        .map(|(v, _, u)| (v, u))
        .collect();
    let factor = |(name, (_, unit)): (String, &(Vec<f64>, String))| {
        table::Column::number(&name).unit(unit).significant(6)
    };
    let columns = std::iter::once(table::Column::number("case").decimals(0))
        .chain([number(a), number(b)])
        .chain(names(sample).into_iter().zip(&factors).map(factor));
    let mut all = Table::new(&format!("Pareto front of {} and {}", a.name, b.name), columns);
    for &case in &found {
        let factors = factors.iter().map(|(values, _)| values[case].into());
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
