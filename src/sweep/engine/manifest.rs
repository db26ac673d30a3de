//! What a sweep is: the facts that all its pieces must share, and how it is cut into pieces.

use super::model::{Axis, Factor, FactorKind, Model, Output, width};
use crate::scenario::hash_of;
use crate::sweep::design::{Constraint, Design, Marginal, Method, Scale};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Default number of cases in a block, the unit within which cases may share work.
pub const BLOCK: u64 = 8;

/// Format of the pieces.
const FORMAT: u32 = 1;

/// Most cases of a block, and of a chunk of smaller blocks.
const MOST_IN_CHUNK: u64 = 4096;

/// Most numbers of one output of one case: 16 GiB of them.
const MOST_IN_ROW: usize = 1 << 31;

/// Facts about a sweep that its numbers depend on, beside the design and the model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Source {
    /// Title of the scenario.
    pub title: String,
    /// Text of the scenario.
    pub scenario: String,
    /// Values set from the command line, in order.
    pub overrides: Vec<String>,
    /// SHA-256 of what scenario and overrides say that bears on the numbers: no comments, nothing about the cluster.
    #[serde(default)]
    pub gist: String,
    /// Name and SHA-256 of each file read: processes, species, constants, databases.
    #[serde(alias = "library")]
    pub files: Vec<(String, String)>,
}

impl Source {
    /// SHA-256 of what the scenario says and of all files, in hexadecimal digits.
    pub fn hash(&self) -> String {
        let files = self.files.iter().flat_map(|(name, hash)| [name, hash]);
        hash_of(std::iter::once(&self.gist).chain(files).map(|text| text.as_bytes()))
    }

    /// The first file that two sources have with other content.
    fn other_file(&self, other: &Source) -> Option<String> {
        let hash = |source: &Source, name: &str| {
            let found = source.files.iter().find(|(known, _)| known == name);
            found.map_or_else(|| "none".to_owned(), |(_, hash)| short(hash).to_owned())
        };
        let mut names = self.files.iter().chain(&other.files).map(|(name, _)| name);
        let name = names.find(|name| hash(self, name) != hash(other, name))?;
        Some(format!("content of `{name}` {} against {}", hash(self, name), hash(other, name)))
    }
}

/// The description kept beside the pieces of a sweep; two pieces join only if theirs are equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of the pieces.
    pub format: u32,
    /// Version of the program.
    pub version: String,
    /// Hash of what the scenario says and of all files.
    pub scenario_hash: String,
    /// Seed of the design.
    pub seed: u64,
    /// Number of cases.
    pub cases: u64,
    /// Cases per block.
    pub block: u64,
    /// Cases per chunk, a multiple of the block.
    pub chunk: u64,
    /// Scenario and library.
    pub source: Source,
    /// Design in words, for the analysis.
    pub design: DesignRecord,
    /// Factors.
    pub factors: Vec<FactorRecord>,
    /// Axes.
    pub axes: Vec<AxisRecord>,
    /// Outputs.
    pub outputs: Vec<OutputRecord>,
}

/// Design as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DesignRecord {
    /// Method's name.
    pub method: String,
    /// Base rows (Saltelli), paths (Morris) or cases.
    pub size: u64,
    /// Levels of a Morris screening, else 0.
    pub levels: u32,
    /// Constraints as written.
    pub constraints: Vec<String>,
    /// SHA-256 of the rows of a table of cases; empty for other designs.
    #[serde(default)]
    pub rows: String,
}

/// Factor as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorRecord {
    /// Short name.
    pub name: String,
    /// What it sets.
    pub long_name: String,
    /// SI unit; empty for choices.
    pub unit: String,
    /// Unit in which people read it.
    pub shown_in: String,
    /// Named choices, else none.
    pub choices: Vec<String>,
    /// Spread in words.
    pub spread: String,
}

/// Axis as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AxisRecord {
    /// Name.
    pub name: String,
    /// SI unit.
    pub unit: String,
    /// Coordinates.
    pub coordinates: Vec<f64>,
}

/// Output as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputRecord {
    /// Short name.
    pub name: String,
    /// What it is.
    pub long_name: String,
    /// SI unit.
    pub unit: String,
    /// Axes.
    pub axes: Vec<String>,
    /// Whether it tells where other outputs of the case lie.
    #[serde(default)]
    pub coordinate: bool,
}

impl Manifest {
    /// Description of the sweep of `model` over `design`, with blocks of `block` cases.
    pub fn new<M: Model + ?Sized>(model: &M, design: &Design, source: Source, block: u64) -> Manifest {
        let row = model.factors().len() + width(model) + 2;
        let block = block.max(1);
        Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario_hash: source.hash(),
            seed: design.seed(),
            cases: design.cases(),
            block,
            chunk: chunk_size(design.cases(), block, row),
            source,
            design: record(design),
            factors: model.factors().iter().zip(design.marginals()).map(factor).collect(),
            axes: model.axes().iter().map(axis).collect(),
            outputs: model.outputs().iter().map(output).collect(),
        }
    }

    /// The description in a file's content, with numbers that a sweep can have.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Manifest, String> {
        let found: Manifest = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let wrong = |what: &str, number: u64, expected: String| {
            Err(format!("its `{what}` is {number}, where {expected} is expected"))
        };
        if found.format != FORMAT {
            return wrong("format", u64::from(found.format), FORMAT.to_string());
        }
        if !(1..=Design::MOST).contains(&found.cases) {
            return wrong("cases", found.cases, format!("1 to {}", Design::MOST));
        }
        if !(1..=MOST_IN_CHUNK).contains(&found.block) {
            return wrong("block", found.block, format!("1 to {MOST_IN_CHUNK}"));
        }
        if !(1..MOST_IN_CHUNK + found.block).contains(&found.chunk)
            || !found.chunk.is_multiple_of(found.block)
        {
            let most = MOST_IN_CHUNK.next_multiple_of(found.block);
            return wrong(
                "chunk",
                found.chunk,
                format!("a multiple of the block {} up to {most}", found.block),
            );
        }
        for output in &found.outputs {
            let length = |name: &String| {
                let axis = found.axes.iter().find(|axis| axis.name == *name);
                axis.map(|axis| axis.coordinates.len()).ok_or_else(|| {
                    format!("its output `{}` lies over `{name}`, which is none of its axes", output.name)
                })
            };
            let sizes = output.axes.iter().map(length).collect::<Result<Vec<_>, _>>()?;
            let size = sizes.iter().try_fold(1_usize, |size, length| size.checked_mul(*length));
            if size.is_none_or(|size| size > MOST_IN_ROW) {
                return Err(format!("its output `{}` has more numbers than a case can record", output.name));
            }
        }
        Ok(found)
    }

    /// SHA-256 of all in the description that bears on the numbers, the mark of its chunks.
    pub fn identity(&self) -> [u8; 32] {
        let mut bare = self.clone();
        // what these two say is in the gist; how they say it makes no other sweep
        bare.source.scenario.clear();
        bare.source.overrides.clear();
        Sha256::digest(bare.to_json()).into()
    }

    /// The description as JSON text; equal descriptions give equal text.
    pub fn to_json(&self) -> String {
        // serialising strings, numbers and lists to memory has no way to fail
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Number of chunks.
    pub fn chunks(&self) -> u64 {
        self.cases.div_ceil(self.chunk)
    }

    /// First case and number of cases of the chunk `number`.
    pub fn extent(&self, number: u64) -> (u64, usize) {
        let first = number * self.chunk;
        (first, self.chunk.min(self.cases - first) as usize)
    }

    /// Numbers per row.
    pub fn width(&self) -> usize {
        self.outputs.iter().map(|output| self.size(output)).sum()
    }

    /// Numbers that one output takes in a row.
    pub fn size(&self, output: &OutputRecord) -> usize {
        output.axes.iter().map(|name| self.length(name)).product()
    }

    /// Length of an axis.
    pub fn length(&self, name: &str) -> usize {
        self.axes.iter().find(|axis| axis.name == name).map_or(1, |axis| axis.coordinates.len())
    }

    /// The first fact in which two sweeps differ, in words.
    pub fn difference(&self, other: &Manifest) -> Option<String> {
        let differs = |what: &str, ours: &dyn std::fmt::Display, theirs: &dyn std::fmt::Display| {
            let (ours, theirs) = (ours.to_string(), theirs.to_string());
            (ours != theirs).then(|| format!("{what} {ours} against {theirs}"))
        };
        differs("version", &self.version, &other.version)
            .or_else(|| differs("seed", &self.seed, &other.seed))
            .or_else(|| differs("scenario", &short(&self.source.gist), &short(&other.source.gist)))
            .or_else(|| self.source.other_file(&other.source))
            .or_else(|| differs("number of cases", &self.cases, &other.cases))
            .or_else(|| differs("table of cases", &short(&self.design.rows), &short(&other.design.rows)))
            .or_else(|| {
                (self.identity() != other.identity()).then(|| "factors, outputs or blocks differ".to_owned())
            })
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// Cases per chunk: whole blocks, about a 64th of the sweep, at most 4096 cases and 8 MiB.
fn chunk_size(cases: u64, block: u64, numbers_per_case: usize) -> u64 {
    let room = (1 << 20) / numbers_per_case.max(1) as u64;
    cases.div_ceil(64).min(MOST_IN_CHUNK).min(room).div_ceil(block).max(1) * block
}

fn record(design: &Design) -> DesignRecord {
    let (size, levels) = match design.method() {
        Method::Saltelli(base) => (*base, 0),
        Method::Morris { paths, levels } => (*paths, *levels),
        _ => (design.cases(), 0),
    };
    DesignRecord {
        method: design.method().name().to_owned(),
        size,
        levels,
        constraints: design.constraints().iter().map(|Constraint { text, .. }| text.clone()).collect(),
        rows: match design.method() {
            Method::Table(rows) => {
                let numbers: Vec<[u8; 8]> = rows.iter().flatten().map(|value| value.to_le_bytes()).collect();
                hash_of([numbers.as_flattened()])
            }
            _ => String::new(),
        },
    }
}

fn factor((factor, marginal): (&Factor, &Marginal)) -> FactorRecord {
    let (unit, shown_in, choices) = match &factor.kind {
        FactorKind::Number { unit, shown_in } => (unit.clone(), shown_in.clone(), Vec::new()),
        FactorKind::Choice(choices) => (String::new(), String::new(), choices.clone()),
    };
    FactorRecord {
        name: factor.name.clone(),
        long_name: factor.long_name.clone(),
        unit,
        shown_in,
        choices,
        spread: spread(marginal),
    }
}

fn spread(marginal: &Marginal) -> String {
    match marginal {
        Marginal::Levels(values) => format!("{} values", values.len()),
        Marginal::Range { from, to, scale: Scale::Linear, .. } => format!("{from} to {to}"),
        Marginal::Range { from, to, scale: Scale::Log, .. } => format!("{from} to {to}, logarithmic"),
        Marginal::Normal { mean, deviation, min, max } => {
            format!("normal, mean {mean}, standard deviation {deviation}, within {min}..{max}")
        }
        Marginal::LogNormal { median, log_deviation, min, max } => {
            format!(
                "log-normal, median {median}, standard deviation of ln {log_deviation}, within {min}..{max}"
            )
        }
        Marginal::Triangular { min, mode, max } => format!("triangular {min}, {mode}, {max}"),
    }
}

fn axis(axis: &Axis) -> AxisRecord {
    AxisRecord { name: axis.name.clone(), unit: axis.unit.clone(), coordinates: axis.coordinates.clone() }
}

fn output(output: &Output) -> OutputRecord {
    OutputRecord {
        name: output.name.clone(),
        long_name: output.long_name.clone(),
        unit: output.unit.clone(),
        axes: output.axes.clone(),
        coordinate: output.coordinate,
    }
}
