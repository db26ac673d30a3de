//! Joins the pieces of a sweep into one HDF5 file.
//!
//! The file's root holds `case` and each factor and output as a labelled dataset along it, so that
//! `xarray.open_dataset(path)` shows the whole sweep; `failures` lists failed cases with their messages; `timing` holds
//! the seconds of each case, the one part that differs between two runs of the same sweep.

use super::chunk::{Chunk, Status};
use super::manifest::{FactorRecord, Manifest};
use super::run::Shard;
use super::store::{Store, StoreError};
use crate::report::durable::{self, FileError};
use crate::report::hdf5::{Compression, Data, Dataset, Extendable, Group, Kind, Reader, SeriesId, Writer};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Why pieces could not be joined.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Pieces.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Result file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Pieces of different sweeps.
    #[error("`{}` and `{}` are pieces of different sweeps: {difference}", first.display(), other.display())]
    Different {
        /// Folder whose sweep is the measure.
        first: PathBuf,
        /// Folder that differs.
        other: PathBuf,
        /// First difference.
        difference: String,
    },
    /// Damaged chunk of a known shard.
    #[error("{error} It belongs to shard {shard}.")]
    DamagedShard {
        /// The chunk.
        error: StoreError,
        /// As `--shard` names it.
        shard: String,
    },
    /// Nothing given.
    #[error("no folder of pieces was given")]
    Nothing,
    /// A name used twice.
    #[error("`{0}` names more than one dataset of the result file; rename a factor or an output")]
    Name(String),
}

/// What a joined file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// Cases.
    pub cases: u64,
    /// Failed cases.
    pub failed: u64,
    /// Cases left out by a constraint.
    pub excluded: u64,
    /// Number and message of the first failed case.
    pub first_failure: Option<(u64, String)>,
}

impl Merged {
    /// What the result file `path` holds.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be read.
    pub fn of(path: &Path) -> Result<Merged, FileError> {
        let reader = Reader::open(path)?;
        let mut merged = Merged::default();
        if let Data::I64(codes) = reader.dataset("status")?.data {
            let count = |status: Status| codes.iter().filter(|code| **code == status as i64).count() as u64;
            merged.cases = codes.len() as u64;
            merged.failed = count(Status::Failed);
            merged.excluded = count(Status::Excluded);
        }
        if merged.failed > 0
            && let Data::I64(cases) = reader.dataset("failures/case")?.data
            && let Data::Text(words) = reader.dataset("failures/error")?.data
        {
            merged.first_failure =
                cases.first().zip(words.first()).map(|(at, said)| (*at as u64, said.clone()));
        }
        Ok(merged)
    }

    /// Whether cases were run and none has a result.
    pub fn all_failed(&self) -> bool {
        self.failed > 0 && self.failed + self.excluded == self.cases
    }
}

/// Joins the pieces in `stores` into the file `output`, one chunk in memory at a time.
///
/// `shards` is the number of shards to name when chunks are missing.
///
/// # Errors
/// [`MergeError`] if the pieces are of different sweeps, if any is missing or damaged, or if the file cannot be
/// written. An existing `output` is replaced only by a complete file.
pub fn merge(stores: &[Store], output: &Path, shards: u64, compress: bool) -> Result<Merged, MergeError> {
    let (first, others) = stores.split_first().ok_or(MergeError::Nothing)?;
    for other in others {
        if let Some(difference) = first.manifest().difference(other.manifest()) {
            return Err(MergeError::Different {
                first: first.folder().to_path_buf(),
                other: other.folder().to_path_buf(),
                difference,
            });
        }
    }
    complete(stores, shards)?;
    // grown among the pieces, so that a kill leaves no litter beside the result
    let beside = first.folder().parent() == output.parent();
    let growing = if beside { first.folder().join("joined.h5") } else { output.to_path_buf() };
    let mut file = Joined::create(&growing, first.manifest(), compress)?;
    let mut merged = Merged::default();
    for number in 0..first.manifest().chunks() {
        let chunk = find(stores, number)
            .map_err(|error| of_shard(error, number, first.manifest(), shards))?
            .ok_or_else(|| missing(std::slice::from_ref(&(number..number + 1)), first.manifest(), shards))?;
        merged.cases += chunk.cases() as u64;
        merged.failed += Status::Failed.count(&chunk.status);
        merged.excluded += Status::Excluded.count(&chunk.status);
        if merged.first_failure.is_none() {
            let found = chunk.first_error();
            merged.first_failure = found.map(|(place, message)| (chunk.first + place, message.to_owned()));
        }
        file.append(first.manifest(), &chunk)?;
    }
    file.writer.finish()?;
    if beside {
        let failed = |error: std::io::Error| FileError::writing(output, &error);
        std::fs::rename(&growing, output).map_err(failed)?;
        output
            .parent()
            .map_or(Ok(()), |folder| {
                durable::sync_folder(if folder == Path::new("") { Path::new(".") } else { folder })
            })
            .map_err(failed)?;
    }
    Ok(merged)
}

/// Names the shard that a damaged chunk belongs to, where there are several.
fn of_shard(error: StoreError, number: u64, manifest: &Manifest, shards: u64) -> MergeError {
    match error {
        StoreError::Damaged { .. } if shards > 1 => {
            let index = Shard::holding(number, manifest.chunks(), shards);
            MergeError::DamagedShard { error, shard: format!("{index}/{shards}") }
        }
        error => error.into(),
    }
}

fn find(stores: &[Store], number: u64) -> Result<Option<Chunk>, StoreError> {
    let mut damage = None;
    for store in stores {
        match store.read(number) {
            Ok(Some(chunk)) => return Ok(Some(chunk)),
            Ok(None) => {}
            Err(error) => damage = Some(error),
        }
    }
    damage.map_or(Ok(None), Err)
}

/// Refuses before anything is written if a chunk file is not there.
fn complete(stores: &[Store], shards: u64) -> Result<(), StoreError> {
    let manifest = stores[0].manifest();
    let mut present = BTreeSet::new();
    for store in stores {
        present.append(&mut store.present()?);
    }
    // the gaps between those that are there; there may be too many chunks to go through
    let (mut absent, mut next) = (Vec::new(), 0);
    for number in present.into_iter().chain([manifest.chunks()]) {
        if next < number {
            absent.push(next..number);
        }
        next = number + 1;
    }
    if absent.is_empty() { Ok(()) } else { Err(missing(&absent, manifest, shards)) }
}

/// Most shards that a message names.
const NAMED: usize = 100;

/// What ranges of chunks are not there.
fn missing(absent: &[Range<u64>], manifest: &Manifest, shards: u64) -> StoreError {
    let chunks = manifest.chunks();
    let mut lost = BTreeSet::new();
    for gap in absent {
        let ends = [gap.start, gap.end - 1].map(|chunk| Shard::holding(chunk, chunks, shards));
        // where there are more shards than chunks, some hold none
        let holds = |index: &u64| !(Shard { index: *index, count: shards }).chunks(chunks).is_empty();
        lost.extend((ends[0]..=ends[1]).filter(holds));
    }
    let named: Vec<String> = lost.iter().take(NAMED).map(|index| format!("{index}/{shards}")).collect();
    let further = match lost.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    StoreError::Missing {
        count: absent.iter().map(|gap| gap.end - gap.start).sum(),
        chunks,
        first: absent.first().map_or(0, |gap| gap.start),
        shards: named.join(", ") + &further,
    }
}

/// The result file while it grows.
struct Joined {
    writer: Writer,
    case: SeriesId,
    status: SeriesId,
    factors: Vec<SeriesId>,
    outputs: Vec<SeriesId>,
    failed_case: SeriesId,
    failed_error: SeriesId,
    seconds: SeriesId,
}

impl Joined {
    fn create(output: &Path, manifest: &Manifest, compress: bool) -> Result<Joined, MergeError> {
        unique(manifest)?;
        let compression = if compress { Compression::default() } else { Compression::None };
        // chunks of the file are allocated whole: no larger than the sweep
        let most = manifest.cases.clamp(1, 4096) as usize;
        let column = |kind, dim| Extendable::column(kind, dim).compression(compression).chunk_rows(most);
        let mut writer = Writer::create(output)?;
        writer.put("", &head(manifest))?;
        let case = writer.extendable("case", &column(Kind::I64, "case").long_name("number of the case"))?;
        let meanings = Status::MEANINGS.join(" ");
        let words = format!("fate of the case: 0, 1, 2 = {meanings}");
        let status = writer.extendable("status", &column(Kind::I64, "case").long_name(&words))?;
        let mut factors = Vec::new();
        for factor in &manifest.factors {
            let kind = if factor.choices.is_empty() { Kind::F64 } else { Kind::Text };
            let series = column(kind, "case").long_name(&factor.long_name);
            let series = if factor.choices.is_empty() { series.units(&factor.unit) } else { series };
            factors.push(writer.extendable(&factor.name, &series)?);
        }
        let mut outputs = Vec::new();
        for output in &manifest.outputs {
            let axes: Vec<_> =
                output.axes.iter().map(|name| (name.as_str(), manifest.length(name))).collect();
            let rows = (1 << 17) / manifest.size(output).max(1);
            let series = column(Kind::F64, "case").by(&axes).units(&output.unit).long_name(&output.long_name);
            outputs.push(writer.extendable(&output.name, &series.chunk_rows(rows.clamp(1, most)))?);
        }
        let failed_case = writer.extendable(
            "failures/case",
            &column(Kind::I64, "failure").long_name("number of the failed case").chunk_rows(most.min(256)),
        )?;
        let failed_error = writer.extendable(
            "failures/error",
            &column(Kind::Text, "failure").long_name("why it failed").chunk_rows(most.min(256)),
        )?;
        let seconds = writer.extendable(
            "timing/seconds",
            &column(Kind::F64, "case").units("s").long_name("time of the case"),
        )?;
        Ok(Joined { writer, case, status, factors, outputs, failed_case, failed_error, seconds })
    }

    fn append(&mut self, manifest: &Manifest, chunk: &Chunk) -> Result<(), FileError> {
        let cases = chunk.cases();
        let first = chunk.first as i64;
        self.writer.append(self.case, &Data::I64((first..first + cases as i64).collect()))?;
        self.writer
            .append(self.status, &Data::I64(chunk.status.iter().map(|code| i64::from(*code)).collect()))?;
        for (column, (series, record)) in self.factors.iter().zip(&manifest.factors).enumerate() {
            let values = chunk.points.iter().skip(column).step_by(chunk.factors).copied();
            self.writer.append(*series, &factor_column(record, values))?;
        }
        let mut offset = 0;
        for (series, output) in self.outputs.iter().zip(&manifest.outputs) {
            let size = manifest.size(output);
            let values =
                chunk.rows.chunks_exact(chunk.width.max(1)).flat_map(|row| &row[offset..offset + size]);
            self.writer.append(*series, &Data::F64(values.copied().collect()))?;
            offset += size;
        }
        if !chunk.errors.is_empty() {
            let numbers = chunk.errors.iter().map(|(place, _)| first + *place as i64).collect();
            let messages = chunk.errors.iter().map(|(_, message)| message.clone()).collect();
            self.writer.append(self.failed_case, &Data::I64(numbers))?;
            self.writer.append(self.failed_error, &Data::Text(messages))?;
        }
        self.writer.append(self.seconds, &Data::F64(chunk.seconds.clone()))
    }
}

fn factor_column(record: &FactorRecord, values: impl Iterator<Item = f64>) -> Data {
    if record.choices.is_empty() {
        Data::F64(values.collect())
    } else {
        let choice = |value: f64| record.choices.get(value as usize).cloned().unwrap_or_default();
        Data::Text(values.map(choice).collect())
    }
}

/// Attributes and coordinates.
fn head(manifest: &Manifest) -> Group {
    let mut group = Group::new();
    group
        .attribute("title", manifest.source.title.as_str())
        .attribute("program", "lixivia")
        .attribute("version", manifest.version.as_str())
        .attribute("scenario", manifest.source.scenario.as_str())
        .attribute("scenario_hash", manifest.scenario_hash.as_str())
        .attribute("seed", manifest.seed.to_string())
        .attribute("design", manifest.design.method.as_str())
        .attribute("sweep", manifest.to_json());
    for axis in &manifest.axes {
        group.dataset(&axis.name, Dataset::row(axis.coordinates.clone(), &axis.name).units(&axis.unit));
    }
    group
}

fn unique(manifest: &Manifest) -> Result<(), MergeError> {
    let mut seen: std::collections::HashSet<&str> = ["case", "status", "failures", "timing"].into();
    let axes = manifest.axes.iter().map(|axis| axis.name.as_str());
    let factors = manifest.factors.iter().map(|factor| factor.name.as_str());
    for name in axes.chain(factors).chain(manifest.outputs.iter().map(|output| output.name.as_str())) {
        if name.is_empty() || name.contains('/') || !seen.insert(name) {
            return Err(MergeError::Name(name.to_owned()));
        }
    }
    Ok(())
}
