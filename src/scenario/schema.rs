//! The JSON Schema of scenario files, from the same declarations that read them.

use serde_json::{Map, Value as Json, json};

use super::bind::{example, form, range_text};
use super::connect::ControllerEntry;
use super::ensemble::{OptimiseEntry, SweepEntry};
use super::equilibrium::EquilibriumEntry;
use super::model::{FORMAT, SolverEntry, VolumeEntry};
use crate::unit::KINDS;
use crate::unit::parameters::{Kind, Presence, Spec};

/// The schema, draft 2020-12.
pub fn schema() -> Json {
    let units: Vec<Json> = KINDS
        .iter()
        .map(|kind| {
            let mut unit = record(&(kind.specs)());
            unit["title"] = json!(kind.title);
            unit["description"] = json!(kind.about);
            unit["properties"]["type"] = json!({ "const": kind.name });
            push(&mut unit["required"], "type");
            unit
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lixivia scenario",
        "type": "object",
        "required": ["format", "title", "units", "flowsheet"],
        "additionalProperties": false,
        "properties": {
            "format": { "const": FORMAT, "description": "Version of the file format." },
            "title": { "type": "string", "description": "What the scenario is, in a line." },
            "about": { "type": "string" },
            "source": { "type": "string" },
            "basis": { "enum": ["batch", "continuous"], "default": "batch", "description": "Whether amounts are per batch or per time." },
            "processes": { "type": "array", "items": { "type": "string" }, "description": "Process files in use (`lixivia list processes`)." },
            "volume": {
                "anyOf": [{ "enum": ["salts", "additive", "water"] }, record(&VolumeEntry::specs())],
                "default": "salts",
                "description": "Liquor volume: apparent volumes of salts, partial molar volumes added up, or water alone, also at a stated density.",
            },
            "equilibrium": record(&EquilibriumEntry::specs()),
            "flowsheet": { "type": "array", "items": { "type": "string", "pattern": "->" }, "description": "Arrows: `leach.slurry -> filter.feed`." },
            "units": { "type": "object", "additionalProperties": { "oneOf": units } },
            "controllers": { "type": "object", "additionalProperties": record(&ControllerEntry::specs()) },
            "parameters": { "type": "object", "additionalProperties": { "type": ["string", "number", "object"] }, "description": "Values in place of the process files'; a table named after a process holds values of that process alone." },
            "solver": record(&SolverEntry::specs()),
            "sweep": record(&SweepEntry::specs()),
            "optimise": record(&OptimiseEntry::specs()),
        },
    })
}

fn push(list: &mut Json, item: &str) {
    if let Json::Array(items) = list {
        items.push(json!(item));
    }
}

fn record(specs: &[Spec]) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for spec in specs {
        let mut value = of_kind(&spec.kind);
        value["description"] = json!(described(spec));
        if let Presence::Default(text) = &spec.presence {
            value["default"] = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        }
        if spec.presence == Presence::Required {
            required.push(json!(spec.name));
        }
        properties.insert(spec.name.to_owned(), value);
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

fn described(spec: &Spec) -> String {
    let mut text = format!("{} Form: {}.", spec.doc, form(&spec.kind));
    if spec.min.is_some() || spec.max.is_some() {
        let dimension = match &spec.kind {
            Kind::Quantity(dimensions) => dimensions.first().copied(),
            _ => None,
        };
        text += &format!(" Range: {}.", range_text(spec, dimension));
    }
    text + &format!(" Example: {}", example(spec))
}

fn of_kind(kind: &Kind) -> Json {
    match kind {
        Kind::Quantity(dimensions) => {
            let examples: Vec<String> = dimensions
                .iter()
                .flat_map(|d| d.example_units().iter().map(|unit| format!("1 {unit}")))
                .collect();
            json!({ "type": "string", "examples": examples })
        }
        Kind::Number => json!({ "type": "number" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Text | Kind::Species => json!({ "type": "string" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::List(element) => json!({ "type": "array", "items": of_kind(element) }),
        Kind::Map(element) => json!({ "type": "object", "additionalProperties": of_kind(element) }),
        Kind::Record(fields) => record(&fields()),
        Kind::Either(a, b) => json!({ "anyOf": [of_kind(a), of_kind(b)] }),
    }
}
