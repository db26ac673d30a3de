//! What a validation tells, as tables for people and as one JSON object for programs.

use super::baseline::Worse;
use super::summary::{Errors, Group, Scored, groups, sources_of_routes};
use crate::report::table::{Cell, Column, Table};
use crate::scenario::cases::{Bound, Case, END_POINTS, Kind};
use serde_json::{Value, json};

/// Version of the JSON object.
pub const SCHEMA_VERSION: u32 = 1;

fn number(name: &str, unit: &str) -> Column {
    Column::number(name).unit(unit).decimals(1)
}

fn error_columns() -> [Column; 7] {
    [
        Column::number("values"),
        number("MAE", "points"),
        number("bias", "points"),
        Column::number("10-90 %"),
        number("MAE 10-90 %", "points"),
        Column::number("within 90 %").unit("%").decimals(0),
        number("width", "points"),
    ]
}

fn error_cells(errors: &Errors) -> [Cell; 7] {
    [
        errors.count.into(),
        errors.mae.into(),
        errors.bias.into(),
        errors.middle_count.into(),
        if errors.middle_count == 0 { Cell::Empty } else { errors.middle_mae.into() },
        if errors.within.is_nan() { Cell::Empty } else { (100.0 * errors.within).into() },
        if errors.width.is_nan() { Cell::Empty } else { errors.width.into() },
    ]
}

/// Errors by kind, the end points first.
pub fn kinds(scored: &[Scored<'_>]) -> Table {
    let names =
        [Column::text("set"), Column::text("kind"), Column::number("sources"), Column::number("runs of")];
    let mut table = Table::new("By kind", names.into_iter().chain(error_columns()));
    table.columns[3].title = "experiments".to_owned();
    for group in groups(scored, true) {
        let cells = [
            Cell::from(group.key.set.as_str()),
            group.key.kind.word().into(),
            group.sources.len().into(),
            group.experiments.into(),
        ];
        table.row(cells.into_iter().chain(error_cells(&group.errors)));
    }
    for words in groups(scored, true).iter().filter_map(beside_no_model) {
        table.note(words);
    }
    if let Some(words) = margins(scored) {
        table.note(words);
    }
    let failed = scored.iter().filter(|one| one.predicted.is_none()).count();
    if failed > 0 {
        table.note(format!("{failed} values without a prediction: their runs failed"));
    }
    table
}

/// The error of plain values beside what the median of other works would have said.
fn beside_no_model(group: &Group) -> Option<String> {
    let Errors { plain_count, plain_mae, plain_within, constant_mae, .. } = group.errors;
    let within = if plain_within.is_nan() {
        String::new()
    } else {
        format!(" ({:.0} % within)", 100.0 * plain_within)
    };
    let others = if group.sources.len() > 1 { "works" } else { "experiments" };
    let wanted = matches!(group.key.kind, Kind::Prediction | Kind::Interpolation);
    constant_mae.filter(|_| wanted).map(|constant| {
        format!(
            "{}, {}: {plain_count} plain values are missed by {plain_mae:.1} points{within}, by the median of the other {others} by {constant:.1}",
            group.key.set,
            group.key.kind.word()
        )
    })
}

/// What the intervals of predictions hold beside the parameters' uncertainties.
fn margins(scored: &[Scored<'_>]) -> Option<String> {
    let widened: Vec<&Scored<'_>> =
        scored.iter().filter(|one| one.predicted.is_some_and(|p| p.margin > 0.0)).collect();
    let points = || widened.iter().filter_map(|one| one.predicted).map(|p| 100.0 * p.margin);
    let least = points().fold(f64::INFINITY, f64::min);
    let most = points().reduce(f64::max)?;
    let errors = Errors::of(widened.iter().copied());
    let range = if most - least < 0.05 { format!("{most:.1}") } else { format!("{least:.1} to {most:.1}") };
    Some(format!(
        "intervals of predictions are {range} points wider at either end by what other works miss; by the parameters alone they hold {:.0} %",
        100.0 * errors.within_without_margin
    ))
}

/// Errors by element, route and kind.
pub fn routes(scored: &[Scored<'_>]) -> Table {
    let names = ["set", "route", "kind", "element"].map(Column::text);
    let mut table = Table::new("By route, kind and element", names.into_iter().chain(error_columns()));
    for group in groups(scored, false) {
        let key = &group.key;
        let cells =
            [key.set.as_str(), key.route.as_str(), key.kind.word(), key.element.as_str()].map(Cell::from);
        table.row(cells.into_iter().chain(error_cells(&group.errors)));
    }
    table
}

/// Predicted beside observed; only the end points unless `all`.
pub fn values(scored: &[Scored<'_>], all: bool) -> Table {
    let mut table = Table::new(
        "Predicted beside observed",
        [
            Column::text("experiment"),
            Column::text("route"),
            Column::text("kind"),
            Column::text("element"),
            Column::text(""),
            number("observed", ""),
            number("predicted", ""),
            number("from", ""),
            number("to", ""),
            Column::text("unit"),
            number("error", "points"),
            Column::text("90 %"),
        ],
    );
    for one in scored.iter().filter(|one| all || one.case.set == END_POINTS) {
        table.row(value_cells(one));
    }
    table
}

fn value_cells(one: &Scored<'_>) -> Vec<Cell> {
    let share = one.observed.dimension.is_dimensionless();
    let (scale, unit) = if share { (100.0, "%".to_owned()) } else { (1.0, one.observed.dimension.si_unit()) };
    let shown = |value: f64| Cell::from(scale * value);
    let end = |index: usize| one.predicted.and_then(|p| p.interval).map(|ends| scale * ends[index]);
    let end = |index: usize| end(index).map(|end| if share { end.clamp(0.0, 100.0) } else { end });
    let sign = match one.observed.bound {
        Bound::Equal => "",
        Bound::AtLeast => ">=",
        Bound::AtMost => "<=",
    };
    let within = match (one.failure, one.within()) {
        (Some(words), _) => Cell::from(words),
        (None, Some(true)) => "within".into(),
        (None, Some(false)) => "outside".into(),
        (None, None) => Cell::Empty,
    };
    vec![
        one.case.id.as_str().into(),
        one.case.process.value.as_str().into(),
        one.case.kind.value.word().into(),
        one.observed.element.as_str().into(),
        sign.into(),
        shown(one.observed.value),
        one.predicted.map_or(Cell::Empty, |p| shown(p.value)),
        end(0).into(),
        end(1).into(),
        unit.into(),
        one.miss().into(),
        within,
    ]
}

/// What a reader must know beside the figures: routes that stand on one work or on none.
pub fn remarks<'a>(cases: &[Case], processes: impl Iterator<Item = &'a str>) -> Vec<String> {
    let routes = sources_of_routes(cases);
    let single: Vec<&str> =
        routes.iter().filter(|(_, works)| works.len() < 2).map(|(route, _)| route.as_str()).collect();
    let none: Vec<&str> = processes.filter(|route| !routes.contains_key(*route)).collect();
    let mut remarks = Vec::new();
    if !single.is_empty() {
        remarks.push(format!("One source only: {}", single.join(", ")));
    }
    if !none.is_empty() {
        remarks.push(format!("Nothing scored: {}", none.join(", ")));
    }
    remarks
}

fn finite(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { Value::Null }
}

fn group_json(group: &Group) -> Value {
    let errors = &group.errors;
    json!({
        "set": group.key.set, "element": group.key.element, "route": group.key.route, "kind": group.key.kind.word(),
        "count": errors.count, "failed": errors.failed, "experiments": group.experiments, "sources": group.sources,
        "mae_points": finite(errors.mae), "bias_points": finite(errors.bias), "within_90": finite(errors.within), "within_90_without_margin": finite(errors.within_without_margin),
        "width_points": finite(errors.width), "count_10_90": errors.middle_count,
        "mae_points_10_90": finite(errors.middle_mae), "count_plain": errors.plain_count,
        "mae_points_plain": finite(errors.plain_mae), "within_90_plain": finite(errors.plain_within),
        "mae_points_of_the_median": errors.constant_mae,
    })
}

fn case_json(one: &Scored<'_>) -> Value {
    let share = one.observed.dimension.is_dimensionless();
    let unit = if share { "1".to_owned() } else { one.observed.dimension.si_unit() };
    let conditions: serde_json::Map<String, Value> = one
        .case
        .values
        .iter()
        .map(|value| (value.path.clone(), json!(value.text.trim_matches('"'))))
        .collect();
    json!({
        "id": one.case.id, "set": one.case.set, "process": one.case.process.value,
        "scenario": one.case.scenario.value, "kind": one.case.kind.value.word(), "source": one.case.source.value,
        "element": one.observed.element, "of": one.observed.of.value, "unit": unit,
        "observed": one.observed.value, "bound": one.observed.bound.word(), "error": one.observed.error,
        "predicted": one.predicted.map(|p| p.value), "interval_90": one.predicted.and_then(|p| p.interval),
        "margin_points": one.predicted.map(|p| one.scale() * p.margin), "within_90": one.within(), "error_points": one.miss(), "failure": one.failure, "conditions": conditions,
    })
}

/// The JSON object.
pub fn json(scored: &[Scored<'_>], cases: &[Case], worse: &[Worse], draws: usize) -> Value {
    let routes = sources_of_routes(cases);
    let single: Vec<&String> =
        routes.iter().filter(|(_, works)| works.len() < 2).map(|(route, _)| route).collect();
    let kinds: Vec<Value> = groups(scored, true).iter().map(group_json).collect();
    let all: Vec<Value> = groups(scored, false).iter().map(group_json).collect();
    let cases: Vec<Value> = scored.iter().map(case_json).collect();
    json!({
        "schema_version": SCHEMA_VERSION, "version": env!("CARGO_PKG_VERSION"), "draws": draws,
        "groups": all, "kinds": kinds, "cases": cases, "single_source_routes": single, "worse": worse,
    })
}
