//! What the aqueous tools found, as tables, JSON, HDF5 and pictures: titrations, diagrams over pH, Eh-pH maps.

pub mod curve;
pub mod map;

use super::hdf5::Group;
use serde_json::{Map, Value, json};

/// Version of the form of the JSON objects and HDF5 files of the aqueous tools; raised when a reader has to change.
pub const AQUEOUS_VERSION: i64 = 1;

/// What was asked, for everything that is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance {
    /// K.
    pub temperature: f64,
    /// The database: `lixivia` or a file.
    pub database: String,
    /// The activity model.
    pub model: String,
    /// The question in words: totals, solids, activities.
    pub asked: String,
    /// Components named by their element alone, and the valence state that each stands for.
    pub taken_as: Vec<(String, String)>,
}

impl Provenance {
    /// The keys that every JSON object of these tools begins with.
    pub fn json(&self) -> Value {
        json!({
            "schema_version": AQUEOUS_VERSION,
            "program": { "name": "lixivia", "version": env!("CARGO_PKG_VERSION") },
            "converged": true,
            "database": self.database,
            "activity_model": self.model,
            "temperature_K": self.temperature,
            "taken_as": self.taken_as.iter().map(|(name, state)| (name.clone(), json!(state))).collect::<Map<_, _>>(),
        })
    }

    /// Which valence states names of elements stand for, in words; empty if none does.
    pub fn states_told(&self) -> String {
        let pairs: Vec<String> =
            self.taken_as.iter().map(|(name, state)| format!("{name} as {state}")).collect();
        pairs.join(", ")
    }

    /// A group with the attributes that every file of these tools has.
    fn group(&self, title: &str) -> Group {
        let mut group = Group::new();
        group.attribute("title", title);
        group.attribute("program", "lixivia");
        group.attribute("lixivia_version", env!("CARGO_PKG_VERSION"));
        group.attribute("layout_version", AQUEOUS_VERSION);
        group.attribute("database", self.database.as_str());
        group.attribute("activity_model", self.model.as_str());
        group.attribute("temperature_K", self.temperature);
        group.attribute("asked", self.asked.as_str());
        group
    }

    fn celsius(&self) -> String {
        format!("{:.0} °C", self.temperature - 273.15)
    }
}

/// The object of a failure: the one that is printed where one object was asked for and there is no answer.
pub fn failure(code: &str, message: &str) -> Value {
    let error = json!({ "code": code, "message": message, "file": null, "line": null, "column": null });
    json!({
        "schema_version": AQUEOUS_VERSION,
        "program": { "name": "lixivia", "version": env!("CARGO_PKG_VERSION") },
        "converged": false,
        "errors": [error],
        "error": error,
    })
}

/// A component as chemists write it: `Fe(3)` becomes Fe(III).
pub fn pretty_component(name: &str) -> String {
    let Some((element, state)) = name.strip_suffix(')').and_then(|n| n.split_once('(')) else {
        return name.to_owned();
    };
    let roman = ["0", "I", "II", "III", "IV", "V", "VI", "VII"];
    let (sign, size) = match state.strip_prefix('-') {
        Some(size) => ("−", size),
        None => ("", state.trim_start_matches('+')),
    };
    match size.parse::<usize>().ok().and_then(|n| roman.get(n)) {
        Some(numeral) => format!("{element}({sign}{numeral})"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valence_states_are_roman() {
        for (name, want) in
            [("Fe(3)", "Fe(III)"), ("S(-2)", "S(−II)"), ("Cu", "Cu"), ("O(0)", "O(0)"), ("C(+4)", "C(IV)")]
        {
            assert_eq!(pretty_component(name), want);
        }
    }
}
