//! From a solved plant to the plain data that every report is made of.

use super::result::{
    Balance, Control, EQUILIBRIUM, Figure, ParameterRow, ProfileRows, Recovery, ResidualRow, RunFailure,
    RunResult, Scenario, SeriesRow, SpeciesRow, StreamRow, Use,
};
use crate::chemistry::Part;
use crate::flowsheet::{Flowsheet, FlowsheetError, Residual, Solution};
use crate::quantity::natural_unit;
use crate::scenario::{Diagnostics, Model, ParameterRecord};
use crate::unit::parameters::{Args, Value};
use crate::unit::{Basis, Boundary};

/// The result of a run, as plain data.
pub fn gather(model: &Model, solution: &Solution, seconds: f64) -> RunResult {
    let flowsheet = &model.flowsheet;
    let table = &flowsheet.context.table;
    RunResult {
        scenario: scenario(model),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        continuous: flowsheet.context.basis == Basis::Continuous,
        species: table
            .iter()
            .map(|(id, s)| SpeciesRow {
                name: s.name.clone(),
                phase: s.phase.to_string(),
                molar_mass: s.molar_mass,
                composition: table.composition(id).to_vec(),
            })
            .collect(),
        elements: table.elements().iter().map(|e| e.symbol().to_owned()).collect(),
        units: flowsheet.nodes.iter().map(|n| (n.name.clone(), n.kind.name.to_owned())).collect(),
        streams: streams(flowsheet, solution),
        balances: balances(solution),
        worst_closure: solution.closure.worst_relative,
        recoveries: recoveries(flowsheet, solution),
        figures: figures(flowsheet, solution),
        profiles: profiles(flowsheet, solution),
        uses: uses(flowsheet, solution),
        controls: controls(flowsheet, solution),
        parameters: parameters(model),
        references: model.references.iter().map(|r| (r.key.clone(), r.text.clone())).collect(),
        warnings: warnings(model, solution),
        tolerances: vec![("loop".to_owned(), flowsheet.settings.tolerance)],
        statistics: vec![("passes".to_owned(), solution.passes as f64)],
        history: residuals(&solution.history),
        seconds,
        ..RunResult::default()
    }
}

/// What was run.
pub fn scenario(model: &Model) -> Scenario {
    Scenario {
        title: model.title.clone(),
        file: model.name.clone(),
        text: model.text.clone(),
        overrides: model.overrides.clone(),
    }
}

/// A run that failed in the calculation, as plain data.
pub fn gather_failure(model: &Model, error: &FlowsheetError) -> RunFailure {
    RunFailure {
        scenario: scenario(model),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        code: failure_code(error).to_owned(),
        message: error.to_string(),
        history: residuals(error.history()),
        ..RunFailure::default()
    }
}

/// Stable codes of what can go wrong in a calculation.
fn failure_code(error: &FlowsheetError) -> &'static str {
    match error {
        FlowsheetError::Unit { .. } => "R01",
        FlowsheetError::Build { .. } => "R02",
        FlowsheetError::NotConverged { .. } => "R03",
        FlowsheetError::NoWayOut { .. } => "R04",
        FlowsheetError::Unmet { .. } => "R05",
        FlowsheetError::Observe(_) => "R06",
        FlowsheetError::Open { .. } => "R07",
    }
}

/// A scenario that could not be read, as plain data.
pub fn gather_faults(file: &str, diagnostics: &Diagnostics) -> RunFailure {
    let mut failures = diagnostics.json().into_iter().map(|fault| RunFailure {
        scenario: Scenario { file: file.to_owned(), ..Scenario::default() },
        version: env!("CARGO_PKG_VERSION").to_owned(),
        code: fault.code.to_owned(),
        message: fault.message,
        place: Some((fault.file, fault.line, fault.column)),
        ..RunFailure::default()
    });
    let mut first = failures.next().unwrap_or_default();
    first.others = failures.collect();
    first
}

fn residuals(history: &[Residual]) -> Vec<ResidualRow> {
    history
        .iter()
        .map(|r| ResidualRow {
            pass: r.pass,
            stream: r.stream.clone(),
            element: r.element.clone(),
            change: r.change,
        })
        .collect()
}

fn streams(flowsheet: &Flowsheet, solution: &Solution) -> Vec<StreamRow> {
    let table = &flowsheet.context.table;
    solution
        .streams
        .iter()
        .map(|solved| {
            let stream = &solved.stream;
            let volume = flowsheet.context.volume.liquor(stream);
            StreamRow {
                name: solved.name.clone(),
                from: flowsheet.nodes[solved.from].name.clone(),
                to: flowsheet.nodes[solved.to].name.clone(),
                temperature: stream.temperature,
                pressure: stream.pressure,
                mass: stream.mass(),
                solids: stream.mass_of(Part::Solids),
                liquor_volume: if volume > 0.0 { volume } else { f64::NAN },
                amounts: stream.amounts.clone(),
                elements: (0..table.elements().len()).map(|e| stream.element_mass(e)).collect(),
            }
        })
        .collect()
}

fn balances(solution: &Solution) -> Vec<Balance> {
    solution
        .closure
        .balances
        .iter()
        .map(|b| Balance {
            unit: b.unit.clone(),
            element: b.element.clone(),
            inlet: b.inlet,
            outlet: b.outlet,
            relative: b.relative,
        })
        .collect()
}

/// Elements of the feedstocks, product by product; water's elements are nobody's product.
fn recoveries(flowsheet: &Flowsheet, solution: &Solution) -> Vec<Recovery> {
    let table = &flowsheet.context.table;
    let products: Vec<usize> = flowsheet.at_boundary(Boundary::Product).collect();
    let mut rows = Vec::new();
    for &product in &products {
        let into: Vec<_> = solution.into_unit(product).collect();
        let mass: f64 = into.iter().map(|s| s.mass()).sum();
        for (index, element) in table.elements().iter().enumerate() {
            let recovery = solution.recovery(flowsheet, index, Some(product));
            if matches!(element.symbol(), "H" | "O") || recovery <= 0.0 {
                continue;
            }
            let element_mass: f64 = into.iter().map(|s| s.element_mass(index)).sum();
            rows.push(Recovery {
                product: flowsheet.nodes[product].name.clone(),
                element: element.symbol().to_owned(),
                recovery,
                grade: if mass > 0.0 { element_mass / mass } else { 0.0 },
                mass: element_mass,
            });
        }
    }
    rows
}

fn figures(flowsheet: &Flowsheet, solution: &Solution) -> Vec<Figure> {
    let per_unit = flowsheet.nodes.iter().zip(&solution.outcomes);
    per_unit
        .flat_map(|(node, outcome)| {
            outcome.kpis.iter().map(|k| Figure {
                name: format!("units.{}.{}", node.name, k.name),
                value: k.value,
                unit: k.unit.clone(),
            })
        })
        .collect()
}

fn profiles(flowsheet: &Flowsheet, solution: &Solution) -> Vec<ProfileRows> {
    let per_unit = flowsheet.nodes.iter().zip(&solution.outcomes);
    per_unit
        .flat_map(|(node, outcome)| {
            outcome.profiles.iter().map(|p| ProfileRows {
                unit: node.name.clone(),
                axis: p.axis.name.clone(),
                axis_unit: p.axis.unit.clone(),
                at: p.axis.values.clone(),
                series: p.series.iter().map(series_row).collect(),
            })
        })
        .collect()
}

fn series_row(series: &crate::unit::Series) -> SeriesRow {
    SeriesRow {
        name: series.name.clone(),
        unit: series.unit.clone(),
        particles: series.particles,
        values: series.values.clone(),
    }
}

/// Reagents by feed and by the unit that draws them; utilities by unit.
fn uses(flowsheet: &Flowsheet, solution: &Solution) -> Vec<Use> {
    let continuous = flowsheet.context.basis == Basis::Continuous;
    let (mass_unit, energy_unit) = if continuous { ("kg/s", "W") } else { ("kg", "J") };
    let mut rows = Vec::new();
    for unit in flowsheet.at_boundary(Boundary::Reagent) {
        for solved in solution.streams.iter().filter(|s| s.from == unit) {
            rows.push(Use {
                unit: flowsheet.nodes[solved.to].name.clone(),
                kind: "reagent".to_owned(),
                name: flowsheet.nodes[unit].name.clone(),
                value: solved.stream.mass(),
                of: mass_unit.to_owned(),
            });
        }
    }
    for (node, outcome) in flowsheet.nodes.iter().zip(&solution.outcomes) {
        rows.extend(outcome.drawn.iter().map(|(name, stream)| Use {
            unit: node.name.clone(),
            kind: "reagent".to_owned(),
            name: name.clone(),
            value: stream.mass(),
            of: mass_unit.to_owned(),
        }));
        rows.extend(outcome.utilities.iter().map(|u| Use {
            unit: node.name.clone(),
            kind: "utility".to_owned(),
            name: u.name.clone(),
            value: u.value,
            of: energy_unit.to_owned(),
        }));
    }
    rows
}

fn controls(flowsheet: &Flowsheet, solution: &Solution) -> Vec<Control> {
    flowsheet
        .controllers
        .iter()
        .zip(&solution.controlled)
        .map(|(controller, met)| {
            let unit = controller.measure.unit(flowsheet, solution).unwrap_or_default();
            let dimension = flowsheet.nodes[controller.vary.unit]
                .args
                .at(&controller.vary.keys)
                .and_then(Value::dimension);
            let varied = dimension.map_or_else(|| "1".to_owned(), |d| d.si_unit());
            Control {
                name: met.name.clone(),
                measured: (met.measured.clone(), met.reached, met.target, unit),
                varied: (met.varied.clone(), met.value, varied),
            }
        })
        .collect()
}

fn parameters(model: &Model) -> Vec<ParameterRow> {
    let mut rows: Vec<ParameterRow> = model.parameters().flat_map(process_parameter).collect();
    for node in &model.flowsheet.nodes {
        let written = model.document.root.table("units").and_then(|(units, _)| units.table(&node.name));
        let given = |key: &str| written.is_some_and(|(table, _)| table.get(key).is_some());
        unit_parameters(&format!("units.{}", node.name), &node.args, &given, &mut rows);
    }
    rows.extend(model.flowsheet.context.equilibrium.as_ref().map(|medium| ParameterRow {
        name: EQUILIBRIUM.to_owned(),
        value: f64::NAN,
        unit: medium.summary(),
        source: "scenario".to_owned(),
        sigma: String::new(),
        range: String::new(),
        note: String::new(),
    }));
    rows
}

/// The value, and the activation energy where there is one.
fn process_parameter(record: &ParameterRecord) -> Vec<ParameterRow> {
    let name = format!("{}.{}", record.process, record.name);
    let celsius = |t: f64| format!("{:.1}", t - 273.15);
    let range = record
        .temperatures
        .map_or_else(String::new, |(low, high)| format!("{} to {} degC", celsius(low), celsius(high)));
    let si = record.dimension.si_unit();
    let value = ParameterRow {
        name: name.clone(),
        value: record.value,
        unit: if record.dimension.is_dimensionless() { "1".to_owned() } else { si },
        source: record.source.clone(),
        sigma: record.sigma.map_or_else(String::new, |s| format!("{s:.3e}")),
        range: range.clone(),
        note: record
            .arrhenius
            .map(|(at, _)| format!("at {} degC", celsius(at)))
            .into_iter()
            .chain((!record.note.is_empty()).then(|| record.note.clone()))
            .collect::<Vec<_>>()
            .join("; "),
    };
    let activation = record.arrhenius.map(|(_, ea)| ParameterRow {
        name: format!("{name}.ea"),
        value: ea,
        unit: "J/mol".to_owned(),
        source: record.source.clone(),
        sigma: record.ea_sigma.map_or_else(String::new, |s| format!("{s:.3e}")),
        range,
        note: String::new(),
    });
    std::iter::once(value).chain(activation).collect()
}

fn unit_parameters(path: &str, args: &Args, given: &dyn Fn(&str) -> bool, rows: &mut Vec<ParameterRow>) {
    for (key, located) in &args.entries {
        let source = if given(key) { "scenario" } else { "default" };
        value_rows(&format!("{path}.{key}"), &located.value, source, rows);
    }
}

fn value_rows(name: &str, value: &Value, source: &str, rows: &mut Vec<ParameterRow>) {
    let mut push = |value: f64, unit: String| {
        rows.push(ParameterRow {
            name: name.to_owned(),
            value,
            unit,
            source: source.to_owned(),
            sigma: String::new(),
            range: String::new(),
            note: String::new(),
        });
    };
    match value {
        Value::Quantity(m) if m.dimension.is_dimensionless() => push(m.si, "1".to_owned()),
        Value::Quantity(m) => {
            let unit = natural_unit(m.si, m.dimension);
            push(unit.from_si(m.si), unit.name().to_owned());
        }
        Value::Number(x) => push(*x, "1".to_owned()),
        Value::Integer(i) => push(*i as f64, "1".to_owned()),
        Value::Boolean(b) => push(f64::NAN, b.to_string()),
        Value::Text(text) => push(f64::NAN, text.clone()),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                value_rows(&format!("{name}.{index}"), &item.value, source, rows);
            }
        }
        Value::Map(items) => {
            for (key, item) in items {
                value_rows(&format!("{name}.{}", key.value), &item.value, source, rows);
            }
        }
        Value::Record(args) => unit_parameters(name, args, &|_| source == "scenario", rows),
    }
}

fn warnings(model: &Model, solution: &Solution) -> Vec<(String, String)> {
    let mut rows = model.warnings.clone();
    for (node, outcome) in model.flowsheet.nodes.iter().zip(&solution.outcomes) {
        rows.extend(outcome.warnings.iter().map(|text| (node.name.clone(), text.clone())));
    }
    for process in &model.processes {
        let estimates: Vec<&str> =
            process.parameters.iter().filter(|p| p.source == "estimate").map(|p| p.name.as_str()).collect();
        if !estimates.is_empty() {
            rows.push((
                process.name.clone(),
                format!("estimates, measured by nobody: {}", estimates.join(", ")),
            ));
        }
    }
    rows
}
