//! Arrows and controllers of a scenario: names resolved, ports checked, ways out looked for.

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic, suggest};
use super::document::{Document, Node};
use super::overrides::split_path;
use super::process::entries;
use crate::flowsheet::{Arrow, Controller, Flowsheet, Observable, Variable};
use crate::quantity::{Quantity, parse_as};
use crate::unit::Port;
use crate::unit::parameters::{Located, Place, Spec, Value};
use std::collections::HashMap;

/// Reads `flowsheet = ["leach.slurry -> filter.feed", ...]`.
pub(super) fn arrows(document: &Document, flowsheet: &mut Flowsheet, binder: &mut Binder) {
    let root = Place { file: document.file, start: 0, end: 0 };
    let Some(node) = document.root.get("flowsheet") else {
        binder.fault(
            Diagnostic::new(Code::MissingKey, root, "`flowsheet` is missing").help(
                "join the units: `flowsheet = [\"ore -> leach.feed\", \"leach.slurry -> filter.feed\"]`",
            ),
        );
        return;
    };
    let Node::List(items) = &node.value else {
        binder.fault(Diagnostic::wrong_form("flowsheet", "a list of arrows", node));
        return;
    };
    let mut places = Vec::new();
    for item in items {
        match arrow(item, flowsheet) {
            Ok(arrow) => {
                flowsheet.arrows.push(arrow);
                places.push(item.place);
            }
            Err(fault) => binder.fault(*fault),
        }
    }
    if binder.faults.is_empty() {
        check_ports(document, flowsheet, &places, binder);
    }
}

fn arrow(item: &Located<Node>, flowsheet: &Flowsheet) -> Result<Arrow, Box<Diagnostic>> {
    let Node::Text(text) = &item.value else {
        let message = format!("an arrow must be text, found {}", item.value.form());
        return Err(Box::new(
            Diagnostic::new(Code::WrongType, item.place, message)
                .label("expected `unit.outlet -> unit.inlet`"),
        ));
    };
    let Some((from, to)) = text.split_once("->").filter(|(_, to)| !to.contains("->")) else {
        return Err(Box::new(
            Diagnostic::new(Code::Flowsheet, item.place, format!("`{text}` is no arrow"))
                .label("expected `unit.outlet -> unit.inlet`")
                .help("write `\"leach.slurry -> filter.feed\"`"),
        ));
    };
    let (from, outlet) = end(from.trim(), item.place, flowsheet, true)?;
    let (to, inlet) = end(to.trim(), item.place, flowsheet, false)?;
    Ok(Arrow { from, outlet, to, inlet })
}

/// Unit and port at one end of an arrow; the port may be left out where the unit has only one.
fn end(
    text: &str,
    place: Place,
    flowsheet: &Flowsheet,
    outlet: bool,
) -> Result<(usize, String), Box<Diagnostic>> {
    let (unit, port) = text.split_once('.').map_or((text, None), |(unit, port)| (unit, Some(port)));
    let Some(index) = flowsheet.node(unit) else {
        return Err(Box::new(
            Diagnostic::new(Code::UnknownName, place, format!("no unit is called `{unit}`"))
                .label("in this arrow")
                .help(suggest(unit, flowsheet.nodes.iter().map(|n| n.name.as_str()))),
        ));
    };
    let ports = flowsheet.nodes[index].unit.ports();
    let (side, list) = if outlet { ("outlet", ports.outlets) } else { ("inlet", ports.inlets) };
    let names = || list.iter().map(|p: &Port| p.name.as_str());
    match port {
        Some(port) if names().any(|n| n == port) => Ok((index, port.to_owned())),
        Some(port) => Err(Box::new(
            Diagnostic::new(Code::UnknownName, place, format!("`{unit}` has no {side} `{port}`"))
                .label("in this arrow")
                .help(suggest(port, names())),
        )),
        None => match list.as_slice() {
            [only] => Ok((index, only.name.clone())),
            [] => Err(Box::new(
                Diagnostic::new(Code::Flowsheet, place, format!("`{unit}` has no {side}"))
                    .label("in this arrow"),
            )),
            _ => Err(Box::new(
                Diagnostic::new(Code::Flowsheet, place, format!("which {side} of `{unit}`?"))
                    .label("in this arrow")
                    .help(format!(
                        "write {}",
                        names().map(|n| format!("`{unit}.{n}`")).collect::<Vec<_>>().join(" or ")
                    )),
            )),
        },
    }
}

fn check_ports(document: &Document, flowsheet: &Flowsheet, places: &[Place], binder: &mut Binder) {
    let mut arrows: HashMap<(bool, usize, &str), Vec<usize>> = HashMap::new();
    for (index, arrow) in flowsheet.arrows.iter().enumerate() {
        arrows.entry((true, arrow.from, &arrow.outlet)).or_default().push(index);
        arrows.entry((false, arrow.to, &arrow.inlet)).or_default().push(index);
    }
    for (index, node) in flowsheet.nodes.iter().enumerate() {
        let ports = node.unit.ports();
        let place = || {
            let units = document.root.table("units").map(|(units, _)| units);
            let key = units.and_then(|u| u.entries.iter().map(|(k, _)| k).find(|k| k.value == node.name));
            key.map_or(Place::default(), |key| key.place)
        };
        let sides = [("inlet", &ports.inlets, false), ("outlet", &ports.outlets, true)];
        for (side, list, is_outlet) in sides {
            for port in list {
                let joined =
                    arrows.get(&(is_outlet, index, port.name.as_str())).map_or(&[][..], Vec::as_slice);
                let name = format!("{}.{}", node.name, port.name);
                if joined.is_empty() && (port.required || is_outlet) {
                    let help = if is_outlet {
                        format!("add `\"{name} -> ...\"` to `flowsheet`")
                    } else {
                        format!("add `\"... -> {name}\"` to `flowsheet`")
                    };
                    binder.fault(
                        Diagnostic::new(
                            Code::Flowsheet,
                            place(),
                            format!("nothing is joined to {side} `{name}`"),
                        )
                        .label(format!("`{}` dangles", port.name))
                        .help(help),
                    );
                }
                if joined.len() > 1 && (is_outlet || !port.many) {
                    let help =
                        if is_outlet { "divide it with a `splitter`" } else { "join them with a `mixer`" };
                    binder.fault(
                        Diagnostic::new(
                            Code::Flowsheet,
                            places[joined[1]],
                            format!("{side} `{name}` is joined twice"),
                        )
                        .label("the second arrow")
                        .help(help),
                    );
                }
            }
        }
    }
}

/// Refuses loops that nothing leaves, with the elements that would gather in them.
pub(super) fn ways_out(document: &Document, flowsheet: &Flowsheet, binder: &mut Binder) {
    for section in flowsheet.plan.sections.iter().filter(|s| !s.tears.is_empty()) {
        let inside = |unit: usize| section.units.contains(&unit);
        if flowsheet.arrows.iter().any(|a| inside(a.from) && !inside(a.to)) {
            continue;
        }
        let mut upstream: Vec<usize> = section.units.clone();
        let mut at = 0;
        while at < upstream.len() {
            let sources: Vec<usize> =
                flowsheet.arrows.iter().filter(|a| a.to == upstream[at]).map(|a| a.from).collect();
            for source in sources {
                if !upstream.contains(&source) {
                    upstream.push(source);
                }
            }
            at += 1;
        }
        let table = &flowsheet.context.table;
        let mut elements: Vec<&str> = Vec::new();
        for unit in upstream.into_iter().filter(|&u| flowsheet.nodes[u].unit.boundary().is_some()) {
            let Ok(outcome) = flowsheet.nodes[unit].unit.solve(&Default::default()) else { continue };
            for (_, stream) in &outcome.outlets {
                for (index, element) in table.elements().iter().enumerate() {
                    if stream.element_amount(index) > 0.0 && !elements.contains(&element.symbol()) {
                        elements.push(element.symbol());
                    }
                }
            }
        }
        let place = document.root.get("flowsheet").map_or(Place::default(), |n| n.place);
        let what = if elements.is_empty() { "what enters".to_owned() } else { elements.join(", ") };
        binder.fault(
            Diagnostic::new(
                Code::Flowsheet,
                place,
                format!("the loop {} has no way out for {what}", flowsheet.loop_text(section)),
            )
            .label("nothing leaves this loop")
            .help("add a bleed: a `splitter` with an outlet to a `discharge` or `product`"),
        );
    }
}

crate::parameters! {
    /// A controller: varies a value until another meets its target.
    pub struct ControllerEntry {
        /// What it varies: a value of a unit.
        vary: Located<String> = Spec::text().example("\"units.lime.mass\"");
        /// What it measures: a value of the solved plant.
        measure: Located<String> = Spec::text().example("\"streams.neutral.out.free_acid\"");
        /// Value to meet, with its unit.
        target: Located<String> = Spec::text().example("\"5 g/L\"");
        /// Range in which it may vary.
        between: Option<Located<Vec<Located<String>>>> = Spec::list(Spec::text()).optional().example("[\"0 kg/h\", \"500 kg/h\"]");
        /// Largest difference from the target, relative to it.
        tolerance: f64 = Spec::number().positive().at_most(0.1).default("1e-8");
    }
}

/// Reads `[controllers]`.
pub(super) fn controllers(document: &Document, flowsheet: &mut Flowsheet, binder: &mut Binder) {
    for (name, args) in entries(document, "controllers", &ControllerEntry::specs(), binder) {
        let read = ControllerEntry::read(&args).map_err(|e| Box::new(Diagnostic::from_build(e)));
        match read.and_then(|entry| controller(&name.value, &entry, flowsheet)) {
            Ok(controller) => flowsheet.controllers.push(controller),
            Err(fault) => binder.fault(*fault),
        }
    }
}

fn controller(
    name: &str,
    entry: &ControllerEntry,
    flowsheet: &Flowsheet,
) -> Result<Controller, Box<Diagnostic>> {
    let vary = variable(&entry.vary, flowsheet)?;
    let measure = observable(&entry.measure, flowsheet)?;
    let quantity = |text: &str, place: Place, expected| {
        let read = match expected {
            Some(dimension) => parse_as(text, dimension),
            None => Quantity::parse(text).map(|q| q.value),
        };
        read.map_err(|error| {
            let fault = Diagnostic::new(Code::Quantity, place, error.to_string());
            Box::new(match error.help() {
                Some(help) => fault.help(help),
                None => fault.help("write a number with its unit"),
            })
        })
    };
    let target = quantity(&entry.target.value, entry.target.place, measure.dimension(flowsheet))?;
    let value = flowsheet.nodes[vary.unit].args.at(&vary.keys);
    let (now, dimension) = (value.and_then(Value::number).unwrap_or(0.0), value.and_then(Value::dimension));
    let between = match &entry.between {
        None => (0.0_f64.min(now), if now > 0.0 { 100.0 * now } else { 1.0 }),
        Some(Located { value: list, place }) => {
            let ends = list
                .iter()
                .map(|text| quantity(&text.value, text.place, dimension))
                .collect::<Result<Vec<_>, _>>()?;
            match ends.as_slice() {
                [low, high] if low < high => (*low, *high),
                _ => {
                    return Err(Box::new(
                        Diagnostic::new(Code::Range, *place, "`between` needs two values, the lower first")
                            .label("expected [low, high]"),
                    ));
                }
            }
        }
    };
    Ok(Controller {
        name: name.to_owned(),
        vary,
        between,
        measure,
        measure_path: entry.measure.value.clone(),
        target,
        tolerance: entry.tolerance,
        scale: 1e-6,
    })
}

/// A number among the parameters of the units: `units.leach.temperature`, `units.acid.solution.H2SO4`.
///
/// # Errors
/// A diagnostic with the nearest names.
pub fn variable(path: &Located<String>, flowsheet: &Flowsheet) -> Result<Variable, Box<Diagnostic>> {
    let keys = split_path(&path.value);
    let fail = |message: String, help: String| {
        Err(Box::new(Diagnostic::new(Code::UnknownName, path.place, message).help(help)))
    };
    let [head, unit, keys @ ..] = keys.as_slice() else {
        return fail(
            format!("`{}` names no value", path.value),
            "write `units.<unit>.<parameter>`".to_owned(),
        );
    };
    let (true, Some(index)) = (head == "units", flowsheet.node(unit)) else {
        let names: Vec<String> = flowsheet.nodes.iter().map(|n| format!("units.{}", n.name)).collect();
        return fail(
            format!("`{}` names no unit of this scenario", path.value),
            suggest(&format!("{head}.{unit}"), names.iter().map(String::as_str)),
        );
    };
    let args = &flowsheet.nodes[index].args;
    match args.at(keys) {
        Some(value) if value.number().is_some() => {
            Ok(Variable { unit: index, keys: keys.to_vec(), path: path.value.clone() })
        }
        Some(_) => fail(format!("`{}` is no number", path.value), "name a number or a quantity".to_owned()),
        None => {
            let known: Vec<&str> = args.entries.iter().map(|(k, _)| *k).collect();
            let wrong = keys.first().map_or("", String::as_str);
            fail(format!("`{}` has no value to vary", path.value), suggest(wrong, known))
        }
    }
}

/// A value of the solved plant by name.
///
/// # Errors
/// A diagnostic with the nearest names.
pub fn observable(path: &Located<String>, flowsheet: &Flowsheet) -> Result<Observable, Box<Diagnostic>> {
    Observable::parse(&path.value, flowsheet).map_err(|error| {
        let help = if error.known.is_empty() {
            "write `units.leach.extraction.Co`, `streams.leach.slurry.mass` or `plant.recovery.Co`".to_owned()
        } else {
            suggest(&error.wrong, error.known.iter().map(String::as_str))
        };
        Box::new(Diagnostic::new(Code::UnknownName, path.place, error.to_string()).help(help))
    })
}
