//! Keys that nobody reads: of a design, of a method, of a factor. Ignored, they would promise what does not happen.

use super::factors::{Faults, fault};
use crate::scenario::Code;
use crate::unit::parameters::{Args, Value};

/// Keys of `[sweep]` that some designs alone read.
const OF_DESIGNS: [(&str, &[&str]); 6] = [
    ("cases", &["latin-hypercube", "sobol", "monte-carlo"]),
    ("base", &["saltelli"]),
    ("paths", &["morris"]),
    ("levels", &["morris"]),
    ("file", &["csv"]),
    ("seed", &["latin-hypercube", "sobol", "monte-carlo", "saltelli", "morris"]),
];

/// Keys of `[optimise]` that some methods alone read.
const OF_METHODS: [(&str, &[&str]); 4] = [
    ("evaluations", &["slsqp", "cobyla", "cma-es"]),
    ("population", &["nsga2"]),
    ("generations", &["nsga2"]),
    ("seed", &["cma-es", "nsga2"]),
];

/// Who reads a table of factors, and with it which of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader<'a> {
    /// A design that takes single values of a range: `grid`, `zip`.
    Levels,
    /// A design that takes ranges as a whole, by its name.
    Spread(&'a str),
    /// A table of cases.
    Table,
    /// An optimisation.
    Search,
}

impl Reader<'_> {
    /// That of a design.
    pub fn of(design: &str) -> Reader<'_> {
        match design {
            "grid" | "zip" => Reader::Levels,
            "csv" => Reader::Table,
            other => Reader::Spread(other),
        }
    }
}

/// Faults of keys of `[sweep]` that its design does not read.
pub fn of_design(args: &Args, design: &str) -> Faults {
    of_choice(args, &OF_DESIGNS, &format!("the design {design}"), design)
}

/// Faults of keys of `[optimise]` that its method does not read.
pub fn of_method(args: &Args, method: &str) -> Faults {
    of_choice(args, &OF_METHODS, &format!("the method {method}"), method)
}

fn of_choice(args: &Args, readers: &[(&str, &[&str])], chosen: &str, word: &str) -> Faults {
    let idle = |key: &str| readers.iter().find(|(own, by)| *own == key && !by.contains(&word));
    let told = given(args).filter_map(|(key, place)| {
        let (_, by) = idle(key)?;
        let told = fault(Code::Conflict, place, format!("`{key}` has no meaning in {chosen}"));
        let read = if by.len() == 1 { "reads" } else { "read" };
        Some(told.label("would be ignored").help(format!("leave it out; {} {read} it", list(by))))
    });
    told.collect()
}

/// Keys that stand in the file, and where: a default stands where its table does.
fn given(args: &Args) -> impl Iterator<Item = (&'static str, crate::unit::parameters::Place)> + '_ {
    let entries = args.entries.iter().filter(|(_, value)| value.place != args.place);
    entries.map(|(key, value)| (*key, value.place))
}

/// `a`, `a and b`, `a, b and c`.
fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// How the values of a factor are stated, and the keys that say it.
fn form(args: &Args, reader: Reader<'_>, is_word: bool, is_whole: bool) -> (String, Vec<&'static str>) {
    let (form, keys): (&str, &[&'static str]) = match args.find("distribution").map(|found| &found.value) {
        _ if args.find("expression").is_some() => ("an expression", &["expression", "unit"]),
        _ if is_word => ("words", &["values"]),
        _ if reader == Reader::Table => ("a table of cases", &[]),
        Some(Value::Text(word)) if word == "normal" => {
            ("a normal distribution", &["distribution", "mean", "sd", "min", "max"])
        }
        Some(Value::Text(word)) if word == "lognormal" => {
            ("a lognormal distribution", &["distribution", "median", "log_sd", "min", "max"])
        }
        Some(_) => ("a triangular distribution", &["distribution", "min", "mode", "max"]),
        None if args.find("values").is_some() => ("a list of values", &["values"]),
        None => match reader {
            // whole numbers are drawn from the list of a range's points
            Reader::Spread(_) if is_whole => ("a range", &["from", "to", "points", "scale"]),
            Reader::Spread(design) => {
                return (format!("a range of the design {design}"), vec!["from", "to", "scale"]);
            }
            Reader::Search => ("a range to search", &["from", "to", "scale"]),
            Reader::Levels | Reader::Table => ("a range", &["from", "to", "points", "scale"]),
        },
    };
    (form.to_owned(), keys.to_vec())
}

/// Refuses keys that the form of a factor does not read.
pub(super) fn of_factor(
    name: &str,
    args: &Args,
    reader: Reader<'_>,
    (is_word, is_whole): (bool, bool),
) -> Faults {
    let (form, keys) = form(args, reader, is_word, is_whole);
    given(args)
        .filter(|(key, _)| *key != "set" && !keys.contains(key))
        .map(|(key, place)| {
            let message = format!("factor `{name}`: `{key}` has no meaning beside {form}");
            let told = fault(Code::Conflict, place, message).label("would be ignored");
            match keys.as_slice() {
                [] => told.help("leave it out: the values stand in the file"),
                _ if key == "points" && keys.contains(&"from") => {
                    told.help("leave it out; the designs grid and zip read it")
                }
                keys => told.help(format!("leave it out; {form} reads {}", keys.join(", "))),
            }
        })
        .collect()
}
