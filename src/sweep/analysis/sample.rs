//! A sweep's result file, as columns of numbers.

use crate::report::durable::FileError;
use crate::report::hdf5::{Attribute, Data, Reader};
use crate::scenario::suggest;
use crate::sweep::engine::{Manifest, Merged, OutputRecord};
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
    #[error("the sweep has no output `{name}`: {hint}")]
    NoOutput {
        /// Name asked for.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// Nothing to analyse.
    #[error("nothing to analyse in {file}: {why}")]
    Empty {
        /// The file.
        file: String,
        /// What became of the cases.
        why: String,
    },
    /// Unknown factor.
    #[error("the sweep has no factor `{name}`: {hint}")]
    NoFactor {
        /// Name asked for.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// One name where two are needed.
    #[error("{what} needs two different names, not `{name}` twice")]
    Twice {
        /// What is asked for.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// No such coordinates.
    #[error("output `{output}` has no `{label}`; it has {known}")]
    NoCoordinates {
        /// Output.
        output: String,
        /// Coordinates asked for, as in `[time=7200]`.
        label: String,
        /// Coordinates there are.
        known: String,
    },
}

/// Most numbers of an output that are all analysed when none is chosen.
const ALL: usize = 8;

impl Sample {
    /// Reads factors and the outputs named in `only` (all if none), and those of `also`, from `path`.
    ///
    /// Of an output over axes, all numbers are taken if they are few, else those at the last coordinate of each axis; or the one
    /// that the name tells, as `conversion[time=7200]`.
    ///
    /// # Errors
    /// [`SampleError`] if the file is no result of a sweep, lacks an output or its coordinates, or no case has a value of what is read.
    pub fn read(path: &Path, only: &[String], also: &[String]) -> Result<Sample, SampleError> {
        let reader = Reader::open(path)?;
        let no_sweep = || SampleError::NotASweep(path.display().to_string());
        let Ok(Attribute::Text(text)) = reader.attribute("", "sweep") else { return Err(no_sweep()) };
        let manifest: Manifest = serde_json::from_str(&text).map_err(|_| no_sweep())?;
        let find = |name: &String| Wanted::find(&manifest, name);
        let mut wanted = only.iter().chain(also).map(find).collect::<Result<Vec<_>, _>>()?;
        if only.is_empty() {
            let answers = manifest.outputs.iter().filter(|output| !output.coordinate);
            wanted.extend(answers.map(|output| Wanted { output: output.name.clone(), pick: None }));
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
            let own: Vec<&Wanted> = wanted.iter().filter(|one| one.output == output.name).collect();
            if !own.is_empty() {
                let Data::F64(values) = reader.dataset(&output.name)?.data else { return Err(no_sweep()) };
                let mut picks: Vec<usize> = own.iter().filter_map(|one| one.pick).collect();
                if own.iter().any(|one| one.pick.is_none()) {
                    picks.extend(usual_picks(&sample.manifest, output));
                }
                picks.sort_unstable();
                picks.dedup();
                sample.outputs.extend(columns(&sample.manifest, output, &values, &picks));
            }
        }
        if sample.outputs.iter().any(|output| output.values.iter().any(|value| value.is_finite())) {
            return Ok(sample);
        }
        Err(SampleError::Empty {
            file: path.display().to_string(),
            why: sample.why_empty(&Merged::of(path)?),
        })
    }

    /// Why no case has a value, in words.
    fn why_empty(&self, counts: &Merged) -> String {
        let cases = self.manifest.cases;
        if counts.failed + counts.excluded < cases {
            let names: Vec<String> = self.outputs.iter().map(|output| format!("`{}`", output.name)).collect();
            return format!("no case has a value of {}", some_of(&names));
        }
        let first = match &counts.first_failure {
            Some((case, words)) => {
                format!("; first case {case}: {}", words.lines().next().unwrap_or_default())
            }
            None => String::new(),
        };
        let (failed, excluded) = (counts.failed, counts.excluded);
        format!("of {cases} cases {failed} failed and {excluded} were left out{first}")
    }

    /// Whether ratios of a factor's values count in its spread, not differences.
    pub fn is_logarithmic(&self, factor: usize) -> bool {
        // the record says it in words alone (`spread` of the manifest)
        let spread = &self.manifest.factors[factor].spread;
        spread.ends_with(", logarithmic") || spread.starts_with("log-normal")
    }

    /// Points, case after case.
    pub fn points(&self) -> Vec<f64> {
        let cases = self.factors.first().map_or(0, |factor| factor.values.len());
        (0..cases).flat_map(|case| self.factors.iter().map(move |factor| factor.values[case])).collect()
    }

    /// Output of this name; of one over axes that its name does not tell, the last of its numbers that were read.
    ///
    /// # Errors
    /// [`SampleError::NoOutput`] if it was not read.
    pub fn output(&self, name: &str) -> Result<&Column, SampleError> {
        let of = |column: &&Column| column.name == name || column.name.starts_with(&format!("{name}["));
        self.outputs.iter().rfind(of).ok_or_else(|| {
            let hint = suggest(name, self.outputs.iter().map(|column| column.name.as_str()));
            SampleError::NoOutput { name: name.to_owned(), hint }
        })
    }

    /// Number of the factor of this name.
    ///
    /// # Errors
    /// [`SampleError::NoFactor`] if there is none.
    pub fn factor(&self, name: &str) -> Result<usize, SampleError> {
        self.factors.iter().position(|factor| factor.name == name).ok_or_else(|| {
            let hint = suggest(name, self.factors.iter().map(|factor| factor.name.as_str()));
            SampleError::NoFactor { name: name.to_owned(), hint }
        })
    }
}

/// An output that is asked for: the usual numbers of it, or one.
struct Wanted {
    output: String,
    pick: Option<usize>,
}

impl Wanted {
    fn find(manifest: &Manifest, name: &str) -> Result<Wanted, SampleError> {
        let (plain, asked) = name.find('[').map_or((name, ""), |at| name.split_at(at));
        let Some(output) = manifest.outputs.iter().find(|output| output.name == plain) else {
            let hint = suggest(plain, manifest.outputs.iter().map(|output| output.name.as_str()));
            return Err(SampleError::NoOutput { name: plain.to_owned(), hint });
        };
        if asked.is_empty() {
            return Ok(Wanted { output: plain.to_owned(), pick: None });
        }
        let labels: Vec<String> =
            (0..manifest.size(output).max(1)).map(|pick| label(manifest, output, pick)).collect();
        let tight: String = asked.chars().filter(|c| !c.is_whitespace()).collect();
        match labels.iter().position(|label| *label == tight) {
            Some(pick) => Ok(Wanted { output: plain.to_owned(), pick: Some(pick) }),
            None => Err(SampleError::NoCoordinates {
                output: plain.to_owned(),
                label: asked.to_owned(),
                known: some_of(&labels),
            }),
        }
    }
}

/// The first labels, and the last where there are many.
fn some_of(labels: &[String]) -> String {
    match labels {
        [only] if only.is_empty() => "one number and no coordinates".to_owned(),
        [first @ .., last] if labels.len() > ALL => format!("{}, ... {last}", first[..ALL - 1].join(", ")),
        _ => labels.join(", "),
    }
}

/// What is taken of an output where nothing is said.
fn usual_picks(manifest: &Manifest, output: &OutputRecord) -> Vec<usize> {
    let size = manifest.size(output).max(1);
    if size <= ALL { (0..size).collect() } else { vec![size - 1] }
}

fn columns(manifest: &Manifest, output: &OutputRecord, values: &[f64], picks: &[usize]) -> Vec<Column> {
    let size = manifest.size(output).max(1);
    let column = |pick: &usize| Column {
        name: format!("{}{}", output.name, label(manifest, output, *pick)),
        long_name: output.long_name.clone(),
        unit: output.unit.clone(),
        choices: Vec::new(),
        values: values.iter().skip(*pick).step_by(size).copied().collect(),
    };
    picks.iter().map(column).collect()
}

fn label(manifest: &Manifest, output: &OutputRecord, pick: usize) -> String {
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
