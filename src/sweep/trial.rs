//! Words that factors give, tried before any case: a name that nothing bears would fail each case that has it.

use super::factors::{Bound, Faults, fault};
use super::target::{Origin, Setting, Target};
use crate::flowsheet::Node;
use crate::scenario::{Code, Library, Model};
use crate::unit::parameters::{Args, Cause, Located, Value};

/// Tables of the scenario that no unit is made with.
const APART: [&str; 2] = ["solver.", "controllers."];

/// Faults of words that mean nothing where they are set, each tried alone in the scenario as it stands.
///
/// A word of a unit is not tried where another factor changes what that unit is made with.
pub fn words(model: &Model, library: &Library, bound: &Bound, entries: &[(Located<String>, Args)]) -> Faults {
    let mut faults = Faults::new();
    for setting in &bound.settings {
        let Origin::Words(_, words) = &setting.from else { continue };
        let own = entries.iter().find(|(name, _)| name.value == setting.name);
        let Some(Value::List(items)) =
            own.and_then(|(_, args)| args.find("values")).map(|found| &found.value)
        else {
            continue;
        };
        for (word, item) in words.iter().zip(items) {
            let wrong = match &setting.target {
                Target::Unit(unit, path) if !bound.settings.iter().any(|other| bears_on(setting, other)) => {
                    in_unit(model, *unit, path, word)
                }
                Target::Text(path) => in_text(model, library, path, word),
                _ => None,
            };
            if let Some((message, help)) = wrong {
                let message = format!("`values` of factor `{}`: {message}", setting.name);
                let told = fault(Code::UnknownName, item.place, message);
                faults.push(match help {
                    Some(help) => told.help(help),
                    None => told,
                });
            }
        }
    }
    faults
}

/// Whether `other` may change what a word of `setting` means.
fn bears_on(setting: &Setting, other: &Setting) -> bool {
    match (&setting.target, &other.target) {
        (_, Target::Text(path)) => !APART.iter().any(|table| path.starts_with(table)),
        (Target::Unit(own, first), Target::Unit(its, second)) => own == its && first != second,
        _ => false,
    }
}

/// What is wrong with a word of a unit, and the cure.
fn in_unit(model: &Model, unit: usize, path: &[String], word: &str) -> Option<(String, Option<String>)> {
    let node = &model.flowsheet.nodes[unit];
    let mut args = node.args.clone();
    match args.at_mut(path) {
        Some(Value::Text(text)) => word.clone_into(text),
        _ => return None,
    }
    let error = Node::new(&node.name, node.kind, args, &model.flowsheet.context).err()?;
    matches!(error.cause, Cause::UnknownName | Cause::Chemistry).then_some((error.message, error.help))
}

/// What is wrong with a word elsewhere in the scenario, and the cure.
fn in_text(model: &Model, library: &Library, path: &str, word: &str) -> Option<(String, Option<String>)> {
    let mut overrides = model.overrides.clone();
    overrides.push(format!("{path}={word}"));
    let found = Model::parse(&model.name, &model.text, library, &overrides).err()?;
    let own = |place: crate::unit::parameters::Place| {
        found
            .sources
            .get(place.file)
            .is_some_and(|source| Some(&*source.text) == overrides.last().map(String::as_str))
    };
    let fault = found.list.iter().find(|fault| own(fault.place))?;
    Some((fault.message.clone(), fault.help.clone()))
}
