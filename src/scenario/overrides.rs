//! `--set units.leach.temperature="80 degC"`: values of the command line laid over a scenario.

use super::bind::{Binder, literal};
use super::diagnostic::{Code, Diagnostic, Sources, suggest};
use super::document::{Document, Node, Table};
use crate::unit::parameters::{Located, Place};

/// Applies the overrides in order; faults point into the text of the override.
pub(super) fn apply(
    document: &mut Document,
    overrides: &[String],
    sources: &mut Sources,
    binder: &mut Binder,
) {
    for text in overrides {
        let file = sources.add("--set", text);
        let whole = Place { file, start: 0, end: text.len() as u32 };
        let Some((path, value)) = text.split_once('=') else {
            binder.fault(
                Diagnostic::new(Code::Syntax, whole, format!("`{text}` sets nothing"))
                    .label("no `=`")
                    .help("write `--set units.leach.temperature=\"80 degC\"`"),
            );
            continue;
        };
        let place = Place { file, start: path.len() as u32 + 1, end: text.len() as u32 };
        let keys = joined(placed_keys(path, file));
        let Some(node) = literal(value.trim(), place) else { continue };
        make_room(&mut document.root, &keys);
        if let Err(fault) = set(&mut document.root, &keys, node) {
            binder.fault(*fault);
        }
    }
}

/// A dotted path; parts in double quotes may hold dots.
pub fn split_path(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut quoted = false;
    for c in path.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => keys.push(String::new()),
            other => {
                if let Some(last) = keys.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    keys
}

/// The parts of the path of an override, each with its place in it.
fn placed_keys(path: &str, file: u32) -> Vec<Located<String>> {
    let mut quoted = false;
    let parts = path.split(|c: char| {
        quoted ^= c == '"';
        c == '.' && !quoted
    });
    let mut start = 0;
    let placed = parts.map(|part| {
        let place = Place { file, start, end: start + part.len() as u32 };
        start = place.end + 1;
        Located { value: part.replace('"', "").trim().to_owned(), place }
    });
    placed.collect()
}

/// `parameters.k.ea` names one entry, `k.ea`: the activation energy beside the value; so does `parameters."a/process".k.ea`.
fn joined(mut keys: Vec<Located<String>>) -> Vec<Located<String>> {
    if let [first, .., name, last] = keys.as_slice()
        && first.value == "parameters"
        && last.value == "ea"
    {
        let whole = Located { value: format!("{}.ea", name.value), place: name.place };
        keys.truncate(keys.len() - 2);
        keys.push(whole);
    }
    keys
}

/// `[parameters]`, its tables by process and `[solver]` may be absent where nothing was overridden so far.
fn make_room(root: &mut Table, keys: &[Located<String>]) {
    let tables = match keys.split_last() {
        Some((_, tables)) if matches!(keys[0].value.as_str(), "parameters" | "solver") => tables,
        _ => return,
    };
    let mut table = root;
    for key in tables {
        if table.get(&key.value).is_none() {
            let empty = Located { value: Node::Table(Table::default()), place: key.place };
            table.entries.push((key.clone(), empty));
        }
        match table.get_mut(&key.value).map(|node| &mut node.value) {
            Some(Node::Table(inner)) => table = inner,
            _ => return,
        }
    }
}

fn set(table: &mut Table, keys: &[Located<String>], node: Located<Node>) -> Result<(), Box<Diagnostic>> {
    let Some((Located { value: first, place: at }, rest)) = keys.split_first() else { return Ok(()) };
    let at = *at;
    let known: Vec<String> = table.keys().map(str::to_owned).collect();
    if rest.is_empty() {
        match table.get_mut(first) {
            Some(slot) => *slot = node,
            None => table.entries.push((Located { value: first.clone(), place: at }, node)),
        }
        return Ok(());
    }
    let missing = || {
        Box::new(
            Diagnostic::new(
                Code::UnknownName,
                at,
                format!("the scenario has no `{first}` to set a value in"),
            )
            .help(suggest(first, known.iter().map(String::as_str))),
        )
    };
    match table.get_mut(first).map(|n| &mut n.value) {
        Some(Node::Table(inner)) => set(inner, rest, node),
        Some(Node::List(items)) => {
            match (rest, rest[0].value.parse::<usize>().ok().and_then(|i| items.get_mut(i))) {
                ([_], Some(slot)) => {
                    *slot = node;
                    Ok(())
                }
                (_, Some(Located { value: Node::Table(inner), .. })) => set(inner, &rest[1..], node),
                _ => Err(missing()),
            }
        }
        _ => Err(missing()),
    }
}
