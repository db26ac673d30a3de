//! `lixivia check`: read a scenario without running it and print the plan.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::deliver::Format;
use super::input::Input;
use super::{Exit, Failure, Terminal};
use crate::flowsheet::Flowsheet;
use crate::quantity::natural;
use crate::report::table::{Column, Table};
use crate::scenario::{Diagnostics, Model};
use crate::sweep::ready::{NotReady, Ready, Sought};

/// Read a scenario without running it: faults with line and column, or the plan of the calculation.
///
/// A scenario with `[sweep]` or `[optimise]` is solved once as it stands, to know what outputs it has.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia check plant.toml
  lixivia check plant.toml --format json")]
pub(super) struct Check {
    /// The scenario: a file, or the name of a shipped one.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    #[command(flatten)]
    input: Input,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Check {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let wants_json = self.format == Format::Json;
        match self.read() {
            Ok(model) if wants_json => terminal.say(&format!("{}\n", plan_json(&model)))?,
            Ok(model) => terminal.say(&plan_text(&model, terminal))?,
            Err(faults) => {
                if wants_json {
                    let object = json!({ "schema_version": 1, "ok": false, "faults": faults.json() });
                    terminal.say(&format!("{object}\n"))?;
                }
                return Err(Failure::of_input(&faults, terminal));
            }
        }
        Ok(Exit::Done)
    }

    /// The scenario, its `[sweep]` and `[optimise]` bound to the plant where it has them: that solves it once as it stands.
    fn read(&self) -> Result<Model, Box<Diagnostics>> {
        let library = self.input.library_for(&self.scenario)?;
        let load = || self.input.load_with(&self.scenario, &library);
        let model = load()?;
        let has = |table: &str| model.document.root.get(table).is_some();
        // whether the plant as it stands has a solution is for `run` to say
        let faults = |error: NotReady| match error {
            NotReady::Faults(faults) => Err(faults),
            NotReady::Plant(_) => Ok(()),
        };
        if has("sweep") {
            Ready::new(load()?, &library).map_or_else(faults, |_| Ok(()))?;
        }
        if has("optimise") {
            Sought::new(load()?, &library, None).map_or_else(faults, |_| Ok(()))?;
        }
        Ok(model)
    }
}

fn plan_json(model: &Model) -> serde_json::Value {
    let flowsheet = &model.flowsheet;
    let name = |unit: usize| flowsheet.nodes[unit].name.as_str();
    let sections: Vec<_> = flowsheet
        .plan
        .sections
        .iter()
        .map(|section| {
            json!({
                "units": section.units.iter().map(|&u| name(u)).collect::<Vec<_>>(),
                "tears": section.tears.iter().map(|&t| flowsheet.stream_name(t)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let parameters: Vec<_> = model
        .parameters()
        .map(|p| {
            json!({
                "name": format!("{}.{}", p.process, p.name),
                "value": p.value,
                "unit": p.dimension.si_unit(),
                "reference_temperature": p.arrhenius.map(|(t, _)| t),
                "activation_energy": p.arrhenius.map(|(_, ea)| ea),
                "source": p.source,
                "note": p.note,
            })
        })
        .collect();
    let controllers: Vec<_> = flowsheet
        .controllers
        .iter()
        .map(|c| json!({ "name": c.name, "varies": c.vary.path, "measures": c.measure_path, "target": c.target }))
        .collect();
    json!({
        "schema_version": 1,
        "ok": true,
        "title": model.title,
        "sections": sections,
        "controllers": controllers,
        "degrees_of_freedom": 0,
        "parameters": parameters,
        "warnings": model.warnings.iter().map(|(at, text)| json!({ "about": at, "message": text })).collect::<Vec<_>>(),
        "references": model.references,
    })
}

fn plan_text(model: &Model, terminal: &Terminal) -> String {
    let style = terminal.style();
    let flowsheet = &model.flowsheet;
    let mut out = format!("{}\n\n", style.bold(&model.title));
    out += &calculation_order(flowsheet);
    out += &freedoms(flowsheet);
    out += "\n";
    if model.parameters().next().is_some() {
        out += &parameter_table(model).terminal(style);
        out += "\n";
    }
    out += &unit_table(flowsheet).terminal(style);
    for (at, text) in &model.warnings {
        out += &format!("\nwarning: {at}: {text}\n");
    }
    if !model.references.is_empty() {
        out += "\nReferences\n";
        for reference in &model.references {
            out += &format!("  [{}] {}\n", reference.key, reference.text);
        }
    }
    out
}

fn calculation_order(flowsheet: &Flowsheet) -> String {
    let mut out = "Calculation order\n".to_owned();
    for section in &flowsheet.plan.sections {
        if section.tears.is_empty() {
            let names: Vec<&str> = section.units.iter().map(|&u| flowsheet.nodes[u].name.as_str()).collect();
            out += &format!("  {}\n", names.join(", "));
        } else {
            let tears: Vec<String> = section.tears.iter().map(|&t| flowsheet.stream_name(t)).collect();
            out += &format!("  loop {}, torn at {}\n", flowsheet.loop_text(section), tears.join(", "));
        }
    }
    out
}

/// Every parameter has a value and every controller one variable for its one target.
fn freedoms(flowsheet: &Flowsheet) -> String {
    let count = flowsheet.controllers.len();
    let mut out = format!("Degrees of freedom: 0 ({count} controlled)\n");
    for c in &flowsheet.controllers {
        let target = match c.measure.dimension(flowsheet) {
            Some(dimension) if !dimension.is_dimensionless() => natural(c.target, dimension),
            _ => c.target.to_string(),
        };
        out += &format!("  {}: varies {} until {} = {target}\n", c.name, c.vary.path, c.measure_path);
    }
    out
}

fn parameter_table(model: &Model) -> Table {
    let columns = ["process", "parameter", "value", "at", "activation energy", "measured", "source"];
    let mut table = Table::new("Parameters of the processes", columns.map(Column::text));
    for p in model.parameters() {
        let celsius = |t: f64| natural(t, crate::quantity::Dimension::TEMPERATURE);
        table.row([
            p.process.as_str().into(),
            p.name.as_str().into(),
            p.shown().into(),
            p.arrhenius.map_or_else(String::new, |(t, _)| celsius(t)).into(),
            p.arrhenius
                .map_or_else(String::new, |(_, ea)| natural(ea, crate::quantity::Dimension::MOLAR_ENERGY))
                .into(),
            p.temperatures
                .map_or_else(String::new, |(a, b)| format!("{} to {}", celsius(a), celsius(b)))
                .into(),
            p.source.as_str().into(),
        ]);
    }
    table
}

fn unit_table(flowsheet: &Flowsheet) -> Table {
    let columns = ["unit", "model", "parameter", "value"];
    let mut table = Table::new("Units", columns.map(Column::text));
    for node in &flowsheet.nodes {
        let mut first = true;
        for (key, value) in &node.args.entries {
            let name = if first { node.name.as_str() } else { "" };
            let kind = if first { node.kind.name } else { "" };
            first = false;
            table.row([name.into(), kind.into(), (*key).into(), super::explain::shown(&value.value).into()]);
        }
        if first {
            table.row([node.name.as_str().into(), node.kind.name.into(), "".into(), "".into()]);
        }
    }
    table
}
