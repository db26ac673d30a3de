//! Names of factors and outputs: each becomes a dataset of the result file.

use super::factors::{Faults, fault};
use crate::scenario::{Code, Diagnostic};
use crate::unit::parameters::Located;

/// Datasets and groups that every result of a sweep or an optimisation has.
const OF_EVERY_RESULT: [&str; 5] = ["case", "status", "failures", "timing", "point"];

/// Faults of `names`, those of the factors before those of the outputs; `taken` are further names, each with what bears it.
pub fn check<'a>(
    names: impl IntoIterator<Item = &'a Located<String>>,
    taken: impl IntoIterator<Item = (String, String)>,
) -> Faults {
    let own = OF_EVERY_RESULT.map(|name| (name.to_owned(), "a part of every result file".to_owned()));
    let mut taken: Vec<(String, String)> = own.into_iter().chain(taken).collect();
    let mut faults = Faults::new();
    for name in names {
        match one(name, &taken) {
            Some(told) => faults.push(told),
            None => taken.push((name.value.clone(), "another factor or output".to_owned())),
        }
    }
    faults
}

fn one(name: &Located<String>, taken: &[(String, String)]) -> Option<Diagnostic> {
    let word = name.value.as_str();
    let odd = word.contains('/') || word.chars().any(char::is_control);
    if word.trim().is_empty() || matches!(word, "." | "..") || odd {
        let message = format!("`{word}` cannot name a factor or output");
        return Some(
            fault(Code::UnknownName, name.place, message).help("name it with letters, digits and `_`"),
        );
    }
    let (_, bearer) = taken.iter().find(|(known, _)| known == word)?;
    let message = format!("the name `{word}` is taken: it is also that of {bearer}");
    Some(fault(Code::Conflict, name.place, message).help("give it another name"))
}
