//! A sweep's result file, as columns of numbers.

use crate::report::durable::FileError;
use crate::report::hdf5::{Attribute, Data, Reader};
use crate::sweep::engine::Manifest;
use std::path::Path;

/// One column: a factor, or one number of an output.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Short name; an output of many numbers says which, as `conversion[time=7200]`.
    pub name: String,
    /// What it is.
    pub long_name: String,
    /// SI unit; empty for choices.
    pub unit: String,
    /// Choices that the numbers stand for, if any.
    pub choices: Vec<String>,
    /// One value per case, NaN for none.
    pub values: Vec<f64>,
}

/// A sweep read for analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Description of the sweep.
    pub manifest: Manifest,
    /// Factors.
    pub factors: Vec<Column>,
    /// Chosen outputs.
    pub outputs: Vec<Column>,
}

/// Why a file cannot be analysed.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// System.
    #[error(transparent)]
    File(#[from] FileError),
    /// Other kind of file.
    #[error("`{0}` is not the result of a sweep")]
    NotASweep(String),
    /// Unknown output.
    #[error("the sweep has no output `{name}`; it has {known}")]
    NoOutput {
        /// Name asked for.
        name: String,
        /// Names there are.
        known: String,
    },
}

/// Most numbers of an output that are all analysed when none is chosen.
const ALL: usize = 8;

impl Sample {
    /// Reads factors and the outputs named in `wanted` (all if none) from `path`.
    ///
    /// Of an output over axes, all numbers are taken if they are few, else those at the last coordinate of each axis.
    ///
    /// # Errors
    /// [`SampleError`] if the file is no result of a sweep or lacks an output.
    pub fn read(path: &Path, wanted: &[String]) -> Result<Sample, SampleError> {
        let reader = Reader::open(path)?;
        let no_sweep = || SampleError::NotASweep(path.display().to_string());
        let Ok(Attribute::Text(text)) = reader.attribute("", "sweep") else { return Err(no_sweep()) };
        let manifest: Manifest = serde_json::from_str(&text).map_err(|_| no_sweep())?;
        for name in wanted {
            if !manifest.outputs.iter().any(|output| output.name == *name) {
                let known: Vec<&str> = manifest.outputs.iter().map(|output| output.name.as_str()).collect();
                return Err(SampleError::NoOutput { name: name.clone(), known: known.join(", ") });
            }
        }
        let mut sample = Sample { manifest, factors: Vec::new(), outputs: Vec::new() };
        for factor in &sample.manifest.factors {
            let values = match reader.dataset(&factor.name)?.data {
                Data::F64(values) => values,
                Data::Text(words) => {
                    let index = |word| factor.choices.iter().position(|choice| choice == word);
                    words.iter().map(|word| index(word).map_or(f64::NAN, |place| place as f64)).collect()
                }
                _ => return Err(no_sweep()),
            };
            sample.factors.push(Column {
                name: factor.name.clone(),
                long_name: factor.long_name.clone(),
                unit: factor.unit.clone(),
                choices: factor.choices.clone(),
                values,
            });
        }
        for output in &sample.manifest.outputs {
            if wanted.is_empty() || wanted.contains(&output.name) {
                let Data::F64(values) = reader.dataset(&output.name)?.data else { return Err(no_sweep()) };
                sample.outputs.extend(columns(&sample.manifest, output, &values));
            }
        }
        Ok(sample)
    }

    /// Points, case after case.
    pub fn points(&self) -> Vec<f64> {
        let cases = self.factors.first().map_or(0, |factor| factor.values.len());
        (0..cases).flat_map(|case| self.factors.iter().map(move |factor| factor.values[case])).collect()
    }

    /// Output of this name.
    pub fn output(&self, name: &str) -> Option<&Column> {
        self.outputs.iter().find(|column| column.name == name || column.name.starts_with(&format!("{name}[")))
    }
}

fn columns(manifest: &Manifest, output: &crate::sweep::engine::OutputRecord, values: &[f64]) -> Vec<Column> {
    let size = manifest.size(output).max(1);
    let picks: Vec<usize> = if size <= ALL { (0..size).collect() } else { vec![size - 1] };
    let column = |pick: usize| Column {
        name: format!("{}{}", output.name, label(manifest, output, pick)),
        long_name: output.long_name.clone(),
        unit: output.unit.clone(),
        choices: Vec::new(),
        values: values.iter().skip(pick).step_by(size).copied().collect(),
    };
    picks.into_iter().map(column).collect()
}

fn label(manifest: &Manifest, output: &crate::sweep::engine::OutputRecord, pick: usize) -> String {
    let mut rest = pick;
    let mut parts = Vec::new();
    for name in output.axes.iter().rev() {
        let length = manifest.length(name).max(1);
        let axis = manifest.axes.iter().find(|axis| axis.name == *name);
        let coordinate =
            axis.and_then(|axis| axis.coordinates.get(rest % length)).copied().unwrap_or(f64::NAN);
        parts.insert(0, format!("{name}={coordinate}"));
        rest /= length;
    }
    if parts.is_empty() { String::new() } else { format!("[{}]", parts.join(",")) }
}
