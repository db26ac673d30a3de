//! What a fit tells: tables, one JSON object, pictures.

use super::cross::Left;
use super::estimate::{Fit, residuals};
use super::experiment::Row;
use super::problem::Problem;
use super::synthetic::Coverage;
use crate::report::chart::{Axis, Chart, Layer, kinds};
use crate::report::durable::FileError;
use crate::report::table::{Cell, Column, Table};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Ends of profile intervals by unknown.
pub type Profiles = Vec<[Option<f64>; 2]>;

/// Estimates with their intervals.
pub fn estimates(problem: &Problem<'_>, fit: &Fit, profiles: Option<&Profiles>) -> Table {
    let number = |name: &str| Column::number(name).significant(5);
    let mut table = Table::new(
        if problem.name.is_empty() { "Estimates" } else { &problem.name },
        [
            Column::text("parameter"),
            number("estimate"),
            number("std. error"),
            number("95 % from"),
            number("to"),
            number("profile from"),
            number("profile to"),
            Column::text("unit"),
            Column::text(""),
        ],
    );
    for (index, (unknown, estimate)) in problem.unknowns.iter().zip(&fit.estimates).enumerate() {
        let known = estimate.error.is_finite();
        let spread = if unknown.log {
            unknown.shown(estimate.x) * estimate.error
        } else {
            // an offset of the unit, as of degC, is in both ends
            unknown.shown(estimate.x + estimate.error) - unknown.shown(estimate.x)
        };
        let end = |x: f64| if known { Cell::from(unknown.shown(x)) } else { Cell::Empty };
        let profile = |side: usize| profiles.and_then(|all| all[index][side]).map(|x| unknown.shown(x));
        let remark = if unknown.fixed {
            "fixed"
        } else if estimate.at_bound {
            "at its bound"
        } else if estimate.error.is_infinite() {
            "not fixed by the data"
        } else {
            ""
        };
        table.row([
            unknown.name.as_str().into(),
            unknown.shown(estimate.x).into(),
            if known { spread.into() } else { Cell::Empty },
            end(estimate.interval[0]),
            end(estimate.interval[1]),
            profile(0).into(),
            profile(1).into(),
            unknown.unit.as_str().into(),
            remark.into(),
        ]);
    }
    let quality = fit.quality;
    table.note(format!(
        "{} values, {} parameters; chi2 {:.4}, standard deviation of a residual {:.3} standard errors; {} Jacobians, {}",
        quality.values,
        quality.parameters,
        quality.chi2,
        quality.deviation,
        fit.minimum.iterations,
        if fit.at_rest() { "at rest" } else { "stopped before rest: raise `iterations`" }
    ));
    table.note(if fit.differenced.is_empty() {
        "sensitivities: exact".to_owned()
    } else {
        let units: Vec<&str> = fit.differenced.iter().map(String::as_str).collect();
        format!("sensitivities: exact, but by differences in: {}", units.join(", "))
    });
    if let Some(note) = profiles.and_then(|all| open_ends(problem, fit, all)) {
        table.note(note);
    }
    if fit.starts.len() > 1 {
        table.note(format!("{} of {} start points end here", fit.agreeing(), fit.starts.len()));
    }
    table.without_empty_columns()
}

/// Ends that a profile does not have: its columns are blank there.
fn open_ends(problem: &Problem<'_>, fit: &Fit, profiles: &Profiles) -> Option<String> {
    let estimates = problem.unknowns.iter().zip(&fit.estimates).zip(profiles);
    let estimates = estimates.filter(|((_, estimate), _)| estimate.error.is_finite() && estimate.error > 0.0);
    let open = estimates.flat_map(|((unknown, _), ends)| {
        let sides = ends.iter().zip(["lower", "upper"]).filter(|(end, _)| end.is_none());
        sides.map(move |(_, side)| format!("{side} of {}", unknown.name))
    });
    let open: Vec<String> = open.collect();
    let words = "no end of the profile, which meets a bound or stays too flat for one";
    (!open.is_empty()).then(|| format!("{words}: {}", open.join(", ")))
}

/// Unknowns up to which the whole matrix of correlations is printed.
const WHOLE_MATRIX: usize = 10;

/// Correlations of the estimates: all of few, the strong ones of many.
pub fn correlations(problem: &Problem<'_>, fit: &Fit) -> Table {
    let known: Vec<usize> =
        (0..fit.estimates.len()).filter(|&index| fit.covariance[(index, index)] > 0.0).collect();
    let name = |index: usize| problem.unknowns[index].name.as_str();
    if known.len() <= WHOLE_MATRIX {
        let columns = known.iter().map(|&index| Column::number(name(index)).decimals(3));
        let mut table = Table::new("Correlation", [Column::text("")].into_iter().chain(columns));
        for (place, &row) in known.iter().enumerate() {
            let cells = known[..=place].iter().map(|&column| Cell::from(fit.correlation(row, column)));
            table.row([Cell::from(name(row))].into_iter().chain(cells));
        }
        return table;
    }
    let mut pairs: Vec<(f64, usize, usize)> = known
        .iter()
        .enumerate()
        .flat_map(|(place, &a)| known[..place].iter().map(move |&b| (a, b)))
        .map(|(a, b)| (fit.correlation(a, b), b, a))
        .collect();
    pairs.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then(a.1.cmp(&b.1)));
    let columns =
        [Column::text("parameter"), Column::text("with"), Column::number("correlation").decimals(3)];
    let mut table = Table::new("Strongest correlations", columns);
    for (value, a, b) in pairs.into_iter().take(15) {
        table.row([Cell::from(name(a)), name(b).into(), value.into()]);
    }
    table
}

/// Errors of one element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ElementErrors {
    /// Observations.
    pub count: usize,
    /// Mean absolute error: points, or per cent of the observed value.
    pub mae: f64,
    /// Mean of predicted less observed.
    pub bias: f64,
}

/// Errors by element, and over all under an empty name; rows without a prediction are left out.
pub fn by_element<'a>(
    rows: impl Iterator<Item = &'a Row>,
    predicted: &[f64],
) -> BTreeMap<String, ElementErrors> {
    let mut misses: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (row, predicted) in rows.zip(predicted) {
        let scale = 100.0 / if row.share { 1.0 } else { row.observed.abs().max(f64::MIN_POSITIVE) };
        let miss = scale * row.bound.miss(*predicted, row.observed);
        if miss.is_finite() {
            misses.entry(row.element.clone()).or_default().push(miss);
            misses.entry(String::new()).or_default().push(miss);
        }
    }
    let errors = |(element, misses): (String, Vec<f64>)| {
        let count = misses.len() as f64;
        let mae = misses.iter().map(|miss| miss.abs()).sum::<f64>() / count;
        (element, ElementErrors { count: misses.len(), mae, bias: misses.iter().sum::<f64>() / count })
    };
    misses.into_iter().map(errors).collect()
}

fn name_of(element: &str) -> &str {
    if element.is_empty() { "all" } else { element }
}

/// Errors by element, of the fit and where given of predictions without their group.
pub fn elements(problem: &Problem<'_>, fit: &Fit, left: Option<(&str, &[Left])>) -> Table {
    let number = |name: &str| Column::number(name).unit("points").decimals(2);
    let own = by_element(problem.rows(), &fit.predicted);
    let out = left.map(|(_, left)| {
        let predicted: Vec<f64> = left.iter().map(|one| one.predicted).collect();
        by_element(problem.rows(), &predicted)
    });
    let columns = [
        Column::text("element"),
        Column::number("values"),
        number("MAE"),
        number("bias"),
        number("MAE left out"),
        number("bias left out"),
    ];
    let mut table = Table::new("Errors of the fit", columns);
    for (element, errors) in &own {
        let without = out.as_ref().and_then(|all| all.get(element));
        table.row([
            name_of(element).into(),
            errors.count.into(),
            errors.mae.into(),
            errors.bias.into(),
            without.map(|errors| errors.mae).into(),
            without.map(|errors| errors.bias).into(),
        ]);
    }
    if let Some((column, left)) = left {
        let groups: std::collections::BTreeSet<&str> = left.iter().map(|one| one.group.as_str()).collect();
        table.note(format!(
            "left out: each of {} groups by {column} predicted by a fit without it",
            groups.len()
        ));
        let failed = left.iter().filter(|one| one.predicted.is_nan()).count();
        if failed > 0 {
            table.note(format!("{failed} values have no prediction without their group"));
        }
    }
    table.without_empty_columns()
}

/// Models beside each other, the best first.
pub fn comparison(models: &[(&Problem<'_>, &Fit)]) -> Table {
    let number = |name: &str| Column::number(name).decimals(2);
    let columns = [
        Column::text("model"),
        Column::number("parameters"),
        Column::number("chi2").significant(5),
        number("AIC"),
        number("AICc"),
        number("BIC"),
        number("over the best"),
        number("weight"),
    ];
    let mut table = Table::new("Models", columns);
    let mut order: Vec<usize> = (0..models.len()).collect();
    order.sort_by(|&a, &b| models[a].1.quality.aicc.total_cmp(&models[b].1.quality.aicc));
    let weights = weights(models);
    let best = order.first().map_or(0.0, |&index| models[index].1.quality.aicc);
    for index in order {
        let (problem, fit) = models[index];
        let quality = fit.quality;
        table.row([
            problem.name.as_str().into(),
            quality.parameters.into(),
            quality.chi2.into(),
            quality.aic.into(),
            quality.aicc.into(),
            quality.bic.into(),
            (quality.aicc - best).into(),
            weights[index].into(),
        ]);
    }
    table.note("ordered by AICc; weight: evidence for each model among these (Akaike)");
    table
}

/// Akaike weights by AICc.
fn weights(models: &[(&Problem<'_>, &Fit)]) -> Vec<f64> {
    let best = models.iter().map(|(_, fit)| fit.quality.aicc).fold(f64::INFINITY, f64::min);
    let raw: Vec<f64> = models.iter().map(|(_, fit)| (-0.5 * (fit.quality.aicc - best)).exp()).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|weight| weight / sum).collect()
}

/// How often intervals held the truth on made data.
pub fn coverages(problem: &Problem<'_>, fit: &Fit, found: &[Coverage], fitted: usize) -> Table {
    let columns = [
        Column::text("parameter"),
        Column::number("held").unit("%").decimals(1),
        Column::number("truth").significant(5),
        Column::number("mean").significant(5),
        Column::text("unit"),
        Column::number("spread over std. error").decimals(3),
    ];
    let mut table = Table::new("Coverage of the 95 % intervals", columns);
    for one in found {
        let (unknown, estimate) = (&problem.unknowns[one.unknown], fit.estimates[one.unknown]);
        table.row([
            unknown.name.as_str().into(),
            (100.0 * one.held as f64 / fitted.max(1) as f64).into(),
            unknown.shown(estimate.x).into(),
            unknown.shown(one.mean).into(),
            unknown.unit.as_str().into(),
            (one.deviation / estimate.error).into(),
        ]);
    }
    table.note(format!("{fitted} data sets made from the model with its estimates, each fitted anew"));
    table
}

/// Observations beside predictions of the fit and of the fit without their group.
pub fn rows(problem: &Problem<'_>, fit: &Fit, left: Option<&[Left]>) -> Table {
    let number = |name: &str| Column::number(name).significant(6);
    let columns = [
        Column::text("experiment"),
        Column::text("source"),
        Column::text("element"),
        Column::text("bound"),
        number("observed"),
        number("standard error"),
        number("fitted"),
        number("residual"),
        Column::text("group"),
        number("left out"),
    ];
    let mut table = Table::new("rows", columns);
    for (index, (row, residual)) in problem.rows().zip(residuals(problem, fit)).enumerate() {
        let without = left.and_then(|left| left.get(index));
        table.row([
            row.id.as_str().into(),
            row.source.as_str().into(),
            row.element.as_str().into(),
            row.bound.word().into(),
            row.observed.into(),
            row.error.into(),
            fit.predicted[index].into(),
            residual.into(),
            without.map(|one| one.group.as_str()).into(),
            without.map(|one| one.predicted).into(),
        ]);
    }
    table
}

fn finite(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { Value::Null }
}

/// One model as JSON.
pub fn json(problem: &Problem<'_>, fit: &Fit, profiles: Option<&Profiles>) -> Value {
    let estimates = problem.unknowns.iter().zip(&fit.estimates).enumerate().map(|(index, (unknown, estimate))| {
        let end = |x: f64| finite(unknown.value(x));
        json!({
            "name": unknown.name, "of": unknown.of, "log": unknown.log, "fixed": unknown.fixed,
            "value": unknown.value(estimate.x), "unit": unknown.dimension.si_unit(),
            "shown": unknown.shown(estimate.x), "shown_unit": unknown.unit,
            "standard_error": finite(if unknown.log { estimate.error * unknown.value(estimate.x) } else { estimate.error }),
            "interval_95": estimate.interval.map(end), "at_bound": estimate.at_bound,
            "profile_95": profiles.map(|all| all[index].map(|end| end.map(|x| unknown.value(x)))),
        })
    });
    let estimates: Vec<Value> = estimates.collect();
    let count = fit.estimates.len();
    let correlation: Vec<Vec<f64>> =
        (0..count).map(|a| (0..count).map(|b| fit.correlation(a, b)).collect()).collect();
    let quality = fit.quality;
    let elements: Vec<Value> = by_element(problem.rows(), &fit.predicted)
        .iter()
        .map(|(element, errors)| element_json(element, errors))
        .collect();
    json!({
        "name": problem.name, "estimates": estimates, "correlation": correlation,
        "values": quality.values, "parameters": quality.parameters, "chi2": quality.chi2,
        "residual_deviation": quality.deviation, "aic": finite(quality.aic), "aicc": finite(quality.aicc),
        "bic": finite(quality.bic), "by_differences": fit.differenced, "at_rest": fit.at_rest(), "jacobians": fit.minimum.iterations,
        "starts": fit.starts.iter().map(|cost| finite(*cost)).collect::<Vec<_>>(), "elements": elements,
    })
}

/// Errors of an element as JSON.
pub fn element_json(element: &str, errors: &ElementErrors) -> Value {
    json!({
        "element": name_of(element), "count": errors.count, "mae_points": errors.mae, "bias_points": errors.bias,
    })
}

/// Draws residuals over predictions, and predictions over observations, as SVG and PNG.
///
/// # Errors
/// [`FileError`] if a file cannot be written.
pub fn plots(problem: &Problem<'_>, fit: &Fit, folder: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(folder).map_err(|error| FileError::writing(folder, &error))?;
    let share = problem.rows().all(|row| row.share);
    let (scale, unit) = if share { (100.0, "%") } else { (1.0, "") };
    let mut parity: BTreeMap<&str, Vec<[f64; 2]>> = BTreeMap::new();
    let mut rest: BTreeMap<&str, Vec<[f64; 2]>> = BTreeMap::new();
    for ((row, predicted), residual) in problem.rows().zip(&fit.predicted).zip(residuals(problem, fit)) {
        parity.entry(&row.element).or_default().push([scale * row.observed, scale * predicted]);
        rest.entry(&row.element).or_default().push([scale * predicted, residual]);
    }
    let groups: Vec<(String, Vec<[f64; 2]>)> =
        parity.into_iter().map(|(element, points)| (element.to_owned(), points)).collect();
    let title = if problem.name.is_empty() { "Fit" } else { &problem.name };
    let mut chart = Chart::new(
        &format!("{title}: residuals"),
        Axis::new("fitted").unit(unit),
        Axis::new("residual in standard errors"),
    )
    .subtitle(&format!("{} values; dashed: two standard errors", fit.quality.values));
    let (low, high) = rest
        .values()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), p| (a.min(p[0]), b.max(p[0])));
    for height in [-2.0, 0.0, 2.0] {
        let stroke = if height == 0.0 {
            crate::report::chart::Stroke::Solid
        } else {
            crate::report::chart::Stroke::Dashed
        };
        chart = chart.layer(Layer::line("", vec![[low, height], [high, height]]).colour(6).stroke(stroke));
    }
    for (number, (element, points)) in rest.into_iter().enumerate() {
        chart =
            chart.layer(Layer::points(element, points).colour(if number < 6 { number } else { number + 2 }));
    }
    let name = if problem.name.is_empty() { String::new() } else { format!("-{}", problem.name) };
    for ending in ["svg", "png"] {
        chart.save(&folder.join(format!("residuals{name}.{ending}")))?;
        kinds::parity(&format!("{title}: fitted over observed"), "value", unit, &groups, 0.0)
            .save(&folder.join(format!("parity{name}.{ending}")))?;
    }
    Ok(())
}
