//! `lixivia explain`: what a unit, process, species or parameter is, with equations, units, ranges and sources.

use clap::Args;

use super::input::Input;
use super::{Exit, Failure, Terminal, constant};
use crate::quantity::{Dimension, natural};
use crate::report::table::{Column, Style, Table};
use crate::scenario::bind::{example, form, range_text};
use crate::scenario::{
    ControllerEntry, Diagnostics, EquilibriumEntry, Library, OptimiseEntry, Process, SolverEntry, SweepEntry,
    suggest,
};
use crate::unit::parameters::{Kind, Presence, Spec, Value};
use crate::unit::{KINDS, UnitKind, find_kind};

/// A table of a scenario that has a page of its own.
struct Page {
    name: &'static str,
    title: &'static str,
    keys: fn() -> Vec<Spec>,
}

const PAGES: [Page; 5] = [
    Page {
        name: "equilibrium",
        title: "Which database, activity model, redox couples and solids the aqueous equilibrium of a plant uses",
        keys: EquilibriumEntry::specs,
    },
    Page {
        name: "controllers",
        title: "Values of the plant held at a target by varying another",
        keys: ControllerEntry::specs,
    },
    Page { name: "solver", title: "How loops and controllers are converged", keys: SolverEntry::specs },
    Page {
        name: "sweep",
        title: "Many runs of a scenario over a design, for `lixivia sweep`",
        keys: SweepEntry::specs,
    },
    Page {
        name: "optimise",
        title: "Best values of factors, for `lixivia optimise`",
        keys: OptimiseEntry::specs,
    },
];

/// Explain a unit model, a table of a scenario, a process, a species, an equilibrium constant or a parameter.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia explain batch-leach
  lixivia explain cobalt/lco-sulfuric-peroxide
  lixivia explain \"LiCoO2(s)\"
  lixivia explain \"Au(CN)2-\"                            its equilibrium constant, with further values
  lixivia explain filter.moisture
  lixivia explain equilibrium
  lixivia explain sweep")]
pub(super) struct Explain {
    /// A unit model, a table of a scenario (`sweep`), a process, a species or solid, `unit.parameter` or `process.parameter`.
    name: String,
    #[command(flatten)]
    input: Input,
}

impl Explain {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let style = terminal.style();
        let library = self.input.library().map_err(|faults| Failure::of_input(&faults, terminal))?;
        let text = match self.known(&library, style) {
            Ok(Some(text)) => text,
            Ok(None) => return Err(self.unknown(&library)),
            Err(found) => return Err(Failure::of_input(&found, terminal)),
        };
        terminal.say(&text)?;
        Ok(Exit::Done)
    }

    fn known(&self, library: &Library, style: Style) -> Result<Option<String>, Box<Diagnostics>> {
        if let Some(kind) = find_kind(&self.name) {
            return Ok(Some(unit(kind, style)));
        }
        if let Some(page) = PAGES.iter().find(|page| page.name == self.name) {
            let head = format!("[{}]: {}\n\n", style.bold(page.name), page.title);
            return Ok(Some(head + &parameters("Keys", &(page.keys)(), style)));
        }
        if let Some(read) = library.read_process(&self.name) {
            return read.map(|p| Some(process(&p, library, style)));
        }
        let about = [species(library, &self.name, style), constant::explain(&self.name, library, style)];
        if about.iter().any(Option::is_some) {
            return Ok(Some(about.into_iter().flatten().collect::<Vec<_>>().join("\n")));
        }
        let Some((owner, parameter)) = self.name.rsplit_once('.') else { return Ok(None) };
        if let Some(kind) = find_kind(owner) {
            let spec = (kind.specs)().into_iter().find(|s| s.name == parameter);
            return Ok(spec.map(|s| parameters(&format!("Parameter of {owner}"), &[s], style)));
        }
        if let Some(page) = PAGES.iter().find(|page| page.name == owner) {
            let spec = (page.keys)().into_iter().find(|s| s.name == parameter);
            return Ok(spec.map(|s| parameters(&format!("Key of [{owner}]"), &[s], style)));
        }
        if let Some(read) = library.read_process(owner) {
            let process = read?;
            let found = process.parameters.iter().find(|p| p.name == parameter).cloned();
            return Ok(found.map(|p| constants(&[p], library, style)));
        }
        Ok(None)
    }

    fn unknown(&self, library: &Library) -> Failure {
        let units = KINDS.iter().map(|k| k.name);
        let species = library.species.keys().map(String::as_str);
        let tables = PAGES.iter().map(|page| page.name);
        let constants = constant::names();
        let names = units.chain(tables).chain(library.processes()).chain(species);
        // a formula is a solid or gas of that composition, whatever its name
        let made = constant::made_of(&self.name);
        let help = match made.as_slice() {
            [] => suggest(&self.name, names.chain(constants.iter().map(String::as_str))),
            made => format!("made of these elements are `{}`", made.join("`, `")),
        };
        let message = format!(
            "nothing is called `{}`: expected a unit model, process, species, solid or parameter; {help}",
            self.name
        );
        Failure::new(Exit::Input, message)
    }
}

fn unit(kind: &UnitKind, style: Style) -> String {
    let mut out = format!("{}: {}\n\n{}\n\n", style.bold(kind.name), kind.title, wrap(kind.about));
    let specs = (kind.specs)();
    if specs.is_empty() {
        out += "It has no parameters.\n";
    } else {
        out += &parameters("Parameters", &specs, style);
    }
    out
}

fn parameters(title: &str, specs: &[Spec], style: Style) -> String {
    let mut out = format!("{}\n", style.bold(title));
    for spec in specs {
        out += &parameter(spec, 1);
    }
    out
}

fn parameter(spec: &Spec, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let presence = match &spec.presence {
        Presence::Required => "required".to_owned(),
        Presence::Optional => "optional".to_owned(),
        Presence::Default(text) => format!("default {text}"),
    };
    let mut out = format!("{indent}{} ({presence})\n", spec.name);
    for line in spec.doc.lines() {
        out += &format!("{indent}  {}\n", line.trim());
    }
    out += &format!("{indent}  form: {}", form(&spec.kind));
    if spec.min.is_some() || spec.max.is_some() {
        out += &format!("; range: {}", range_text(spec, first_dimension(&spec.kind)));
    }
    out += &format!("; example: {} = {}\n", spec.name, example(spec));
    for field in inner_fields(&spec.kind) {
        out += &parameter(&field, depth + 2);
    }
    out
}

fn first_dimension(kind: &Kind) -> Option<Dimension> {
    match kind {
        Kind::Quantity(dimensions) => dimensions.first().copied(),
        Kind::List(inner) | Kind::Map(inner) => first_dimension(inner),
        _ => None,
    }
}

fn inner_fields(kind: &Kind) -> Vec<Spec> {
    match kind {
        Kind::Record(fields) => fields(),
        Kind::List(inner) | Kind::Map(inner) => inner_fields(inner),
        _ => Vec::new(),
    }
}

fn process(process: &Process, library: &Library, style: Style) -> String {
    let mut out = format!("{}: {}\n\n{}\n\n", style.bold(&process.name), process.title, wrap(&process.about));
    for mineral in &process.builder.minerals {
        out += &format!("{} ({}), {:?}\n", style.bold(&mineral.name), mineral.species, mineral.law);
        if let Some(driving) = &mineral.driving {
            out += &format!("  driven by {driving}, {} mol per mol\n", mineral.reagent_per_mineral);
        }
        for path in &mineral.paths {
            out += &format!("  {}\n", path.reaction);
            if let Some(rate) = &path.rate {
                out += &format!("    rate = {rate}\n");
            }
        }
    }
    for reaction in &process.extraction {
        out += &format!(
            "{}: {}\n    K = {}\n",
            style.bold(&reaction.name),
            reaction.equation,
            reaction.constant
        );
        if let Some(quotient) = &reaction.quotient {
            out += &format!("    Q = {quotient}\n");
        }
    }
    for reaction in &process.builder.reactions {
        out += &format!(
            "{}\n  {}\n    rate = {}\n",
            style.bold(&reaction.name),
            reaction.equation,
            reaction.rate
        );
    }
    for transfer in &process.builder.transfers {
        out += &format!(
            "{}\n  {}\n    kLa = {}, saturation = {}\n",
            style.bold(&transfer.name),
            transfer.equation,
            transfer.kla,
            transfer.saturation
        );
    }
    for (name, expression) in &process.builder.definitions {
        out += &format!("{name} = {expression}\n");
    }
    out += "\n";
    out += &constants(&process.parameters, library, style);
    for (name, args) in &process.feedstocks {
        let title: String = args.read("title").unwrap_or_default();
        let source: String = args.read("source").unwrap_or_default();
        out += &format!("{} {name}: {title} [{source}]\n", style.bold("feedstock"));
    }
    out
}

fn constants(records: &[crate::scenario::ParameterRecord], library: &Library, style: Style) -> String {
    let mut out = format!("{}\n", style.bold("Parameters"));
    for p in records {
        out += &format!("  {} = {}", p.name, p.shown());
        if let Some((at, ea)) = p.arrhenius {
            out += &format!(
                " at {}, activation energy {}",
                natural(at, Dimension::TEMPERATURE),
                natural(ea, Dimension::MOLAR_ENERGY)
            );
        }
        if let Some((low, high)) = p.temperatures {
            let [low, high] = [low, high].map(|end| natural(end, Dimension::TEMPERATURE));
            out += &if low == high {
                format!(", measured at {low} alone")
            } else {
                format!(", measured from {low} to {high}")
            };
        }
        let work = library.references.get(&p.source).map_or("", |r| r.text.as_str());
        out += &format!("\n    source: {} {work}\n", p.source);
        for key in &p.also {
            let work = library.references.get(key).map_or("", |r| r.text.as_str());
            out += &format!("    also: {key} {work}\n");
        }
        if !p.note.is_empty() {
            out += &format!("    {}\n", p.note);
        }
    }
    out
}

fn species(library: &Library, name: &str, style: Style) -> Option<String> {
    let species = library.species.get(name)?;
    let mut table =
        Table::new(&format!("{name}, {}", species.phase), ["property", "value", "unit"].map(Column::text));
    let mut push = |property: &str, value: Option<f64>, unit: &str| {
        if let Some(value) = value {
            table.row([property.into(), crate::quantity::number(value, 6).into(), unit.into()]);
        }
    };
    push("molar mass", Some(species.molar_mass * 1e3), "g/mol");
    push("enthalpy of formation, 25 degC", species.thermo.enthalpy.map(|h| h * 1e-3), "kJ/mol");
    push("entropy, 25 degC", species.thermo.entropy, "J/(mol K)");
    push("heat capacity, 25 degC", species.thermo.heat_capacity_at(298.15), "J/(mol K)");
    push("molar volume", species.volume.map(|v| v * 1e6), "cm3/mol");
    let mut out = table.terminal(style);
    for key in &species.sources {
        let text = library.references.get(key).map_or("", |r| r.text.as_str());
        out += &format!("  [{key}] {text}\n");
    }
    Some(out)
}

/// A bound value as a person writes it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Quantity(m) if m.dimension.is_dimensionless() => {
            format!("{} %", crate::quantity::number(100.0 * m.si, 6))
        }
        Value::Quantity(m) => natural(m.si, m.dimension),
        Value::Number(x) => crate::quantity::number(*x, 6),
        Value::Integer(i) => i.to_string(),
        Value::Boolean(b) => b.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(items) => items.iter().map(|i| shown(&i.value)).collect::<Vec<_>>().join(", "),
        Value::Map(items) => items
            .iter()
            .map(|(k, v)| format!("{}: {}", k.value, shown(&v.value)))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Record(args) => args
            .entries
            .iter()
            .map(|(k, v)| format!("{k} {}", shown(&v.value)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// Lines of at most 100 characters.
pub(super) fn wrap(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        if let Some(last) = lines.last_mut() {
            if last.is_empty() {
                last.push_str(word);
            } else if last.len() + word.len() < 100 {
                last.push(' ');
                last.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
    }
    lines.join("\n")
}
