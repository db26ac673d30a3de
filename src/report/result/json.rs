//! The one JSON object that `lixivia run --format json` prints. `docs/json.md` describes it and
//! `docs/run.schema.json` is its JSON Schema; both are a promise to users.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{ResidualRow, RunFailure, RunResult, Scenario, StreamRow};

/// Version of the form of the JSON object; raised when a reader has to change.
pub const SCHEMA_VERSION: u32 = 1;

impl RunResult {
    /// The object of a converged run; `output` is the HDF5 file that was written, if one was.
    pub fn json(&self, output: Option<&Path>) -> Value {
        let worst = self.worst_balance();
        let figure = |(value, unit): (f64, &str)| json!({ "value": number(value), "unit": unit });
        let kpis: Map<String, Value> =
            self.all_figures().into_iter().map(|f| (f.name, figure((f.value, &f.unit)))).collect();
        let streams: Map<String, Value> =
            self.streams.iter().map(|stream| (stream.name.clone(), self.stream_json(stream))).collect();
        let controllers: Vec<Value> = self
            .controls
            .iter()
            .map(|control| {
                let (measured, reached, target, unit) = &control.measured;
                let (varied, value, varied_unit) = &control.varied;
                json!({
                    "name": control.name,
                    "measured": measured,
                    "reached": figure((*reached, unit)),
                    "target": figure((*target, unit)),
                    "varied": varied,
                    "value": figure((*value, varied_unit)),
                })
            })
            .collect();
        let uses: Vec<Value> = self
            .uses
            .iter()
            .map(|row| {
                json!({
                    "unit": row.unit, "kind": row.kind, "name": row.name,
                    "amount": figure((row.value, &row.of)),
                })
            })
            .collect();
        json!({
            "schema_version": SCHEMA_VERSION,
            "program": program(&self.version),
            "scenario": scenario(&self.scenario),
            "basis": if self.continuous { "continuous" } else { "batch" },
            "seed": self.seed,
            "converged": true,
            "closure": {
                "worst_relative": number(self.worst_closure),
                "unit": worst.map(|balance| balance.unit.as_str()),
                "element": worst.map(|balance| balance.element.as_str()),
            },
            "kpis": kpis,
            "streams": streams,
            "uses": uses,
            "controllers": controllers,
            "warnings": self.warnings.iter()
                .map(|(about, text)| json!({ "about": about, "message": text })).collect::<Vec<_>>(),
            "references": self.references.iter()
                .map(|(key, text)| json!({ "key": key, "text": text })).collect::<Vec<_>>(),
            "residuals": residuals(&self.history),
            "output": output.map(|path| path.display().to_string()),
        })
    }

    fn stream_json(&self, stream: &StreamRow) -> Value {
        let present = |names: &mut dyn Iterator<Item = &String>, values: &[f64]| -> Map<String, Value> {
            let pairs = names.zip(values).filter(|(_, value)| **value != 0.0);
            pairs.map(|(name, value)| (name.clone(), number(*value))).collect()
        };
        let of = |value: f64, unit: &str| json!({ "value": number(value), "unit": unit });
        json!({
            "from": stream.from,
            "to": stream.to,
            "temperature": of(stream.temperature, "K"),
            "pressure": of(stream.pressure, "Pa"),
            "mass": of(stream.mass, self.mass_unit()),
            "solids": of(stream.solids, self.mass_unit()),
            "liquor_volume": of(stream.liquor_volume, self.volume_unit()),
            "amounts": {
                "unit": self.amount_unit(),
                "values": present(&mut self.species.iter().map(|s| &s.name), &stream.amounts),
            },
            "elements": {
                "unit": self.mass_unit(),
                "values": present(&mut self.elements.iter(), &stream.elements),
            },
        })
    }
}

impl RunFailure {
    /// The object of a failed run.
    pub fn json(&self) -> Value {
        json!({
            "schema_version": SCHEMA_VERSION,
            "program": program(&self.version),
            "scenario": scenario(&self.scenario),
            "converged": false,
            "error": self.error_json(),
            "errors": std::iter::once(self).chain(&self.others).map(Self::error_json).collect::<Vec<_>>(),
            "closure": null,
            "kpis": {},
            "streams": {},
            "warnings": [],
            "references": [],
            "residuals": residuals(&self.history),
            "output": null,
        })
    }

    fn error_json(&self) -> Value {
        let place = self.place.as_ref();
        json!({
            "code": self.code,
            "message": self.message,
            "file": place.map(|(file, _, _)| file),
            "line": place.map(|(_, line, _)| line),
            "column": place.map(|(_, _, column)| column),
        })
    }
}

fn program(version: &str) -> Value {
    json!({ "name": "lixivia", "version": version })
}

fn scenario(scenario: &Scenario) -> Value {
    json!({
        "file": scenario.file,
        "title": scenario.title,
        "sha256": scenario.sha256(),
        "overrides": scenario.overrides,
    })
}

fn residuals(history: &[ResidualRow]) -> Vec<Value> {
    let one = |row: &ResidualRow| {
        json!({
            "pass": row.pass, "stream": row.stream, "element": row.element, "change": number(row.change),
        })
    };
    history.iter().map(one).collect()
}

/// JSON has no NaN and no infinity: both become `null`.
fn number(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { Value::Null }
}
