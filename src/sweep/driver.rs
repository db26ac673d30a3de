//! A sweep from start to file: pieces, threads, the joined result; and what it would take.

use crate::report::durable::FileError;
use crate::report::hdf5::{self, Attribute, Reader};
use crate::sweep::design::{Design, Fate};
use crate::sweep::engine::{
    self, Manifest, MergeError, Merged, Model, Progress, RunError, Shard, Store, StoreError,
};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where and how a sweep runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Result file.
    pub output: PathBuf,
    /// Share to run; a share of several is not joined.
    pub shard: Shard,
    /// Threads.
    pub threads: usize,
    /// Whether the result file is deflated.
    pub compress: bool,
    /// Whether the pieces stay beside the result file.
    pub keep_parts: bool,
    /// Whether a result file of another sweep may be replaced.
    pub overwrite: bool,
}

/// How a sweep ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The result file was there already, from the same sweep.
    Already(Merged),
    /// The share is done; its pieces wait for the others.
    Share(Progress),
    /// The result file is written.
    Whole(Progress, Merged),
}

/// Why a sweep stopped.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Running.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Joining.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// A file that is nobody's result in the way.
    #[error(transparent)]
    NoResult(FileError),
    /// Another result in the way.
    #[error("`{}` exists and is not the result of this sweep ({difference}); {cure}", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        difference: String,
        /// What to do.
        cure: &'static str,
    },
}

impl From<StoreError> for SweepError {
    fn from(error: StoreError) -> Self {
        SweepError::Run(RunError::Store(error))
    }
}

impl From<FileError> for SweepError {
    fn from(error: FileError) -> Self {
        SweepError::Run(RunError::File(error))
    }
}

/// What lies at the path of the result file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// The result of this very sweep.
    Same,
    /// Something else.
    Other(String),
}

/// Looks whether `output` is the result of the sweep `manifest`.
pub fn found(output: &Path, manifest: &Manifest) -> Found {
    if !output.exists() {
        return Found::Nothing;
    }
    let text = Reader::open(output).and_then(|reader| reader.attribute("", "sweep"));
    let theirs = match text {
        Ok(Attribute::Text(text)) => Manifest::read(text.as_bytes()).ok(),
        _ => None,
    };
    match theirs {
        None => Found::Other("it is no result of a sweep".to_owned()),
        Some(theirs) => manifest.difference(&theirs).map_or(Found::Same, Found::Other),
    }
}

/// Looks, before any work, whether the result of the sweep `manifest` may be written to `output`; `true` if it is there already.
///
/// A file that is no HDF5 file is nobody's result, but a scenario, a process file or a table of cases: `overwrite` does not replace it.
///
/// # Errors
/// [`SweepError`] if something else lies there that is not to be replaced.
pub fn is_done(output: &Path, manifest: &Manifest, overwrite: bool) -> Result<bool, SweepError> {
    match found(output, manifest) {
        Found::Same => Ok(true),
        Found::Nothing => Ok(false),
        Found::Other(difference) => match (hdf5::check(output), overwrite) {
            (Ok(()), true) => Ok(false),
            (Err(error), true) => Err(SweepError::NoResult(error)),
            (checked, false) => {
                let cure = match checked {
                    Ok(()) => "give another --output, or --overwrite",
                    Err(_) => "give another --output",
                };
                Err(SweepError::Exists { path: output.to_path_buf(), difference, cure })
            }
        },
    }
}

/// Runs the share of the sweep that `settings` name; joins the pieces if it is the whole.
///
/// # Errors
/// [`SweepError`] if something else lies at the result's path, or if pieces cannot be written or joined.
pub fn sweep<M: Model + ?Sized>(
    model: &M,
    design: &Design,
    manifest: &Manifest,
    settings: &Settings,
    report: &(dyn Fn(&Progress) + Sync),
) -> Result<Ended, SweepError> {
    if is_done(&settings.output, manifest, settings.overwrite)? {
        // killed between the last rename and the clearing up
        let parts = Store::folder_of(&settings.output);
        if settings.shard == Shard::WHOLE && !settings.keep_parts && parts.join("manifest.json").exists() {
            Store::open(&parts, manifest.clone())?.remove()?;
        }
        return Ok(Ended::Already(Merged::of(&settings.output)?));
    }
    let store = Store::open(&Store::folder_of(&settings.output), manifest.clone())?;
    let progress = engine::run(model, design, &store, settings.shard, settings.threads, report)?;
    if settings.shard != Shard::WHOLE {
        return Ok(Ended::Share(progress));
    }
    let merged = engine::merge(std::slice::from_ref(&store), &settings.output, 1, settings.compress)?;
    if !settings.keep_parts {
        store.remove()?;
    }
    Ok(Ended::Whole(progress, merged))
}

/// What a sweep would take.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// Cases.
    pub cases: u64,
    /// Share of the tried cases that a constraint leaves out.
    pub excluded: f64,
    /// Cases that were tried.
    pub tried: u64,
    /// Tried cases that failed.
    pub failed: u64,
    /// Number and message of the first of them.
    pub first_failure: Option<(u64, String)>,
    /// Mean seconds per case on one core.
    pub seconds_per_case: f64,
    /// Seconds with the threads given.
    pub seconds: f64,
    /// Bytes of the result file, uncompressed.
    pub bytes: u64,
}

/// Bytes of the result file of a sweep, uncompressed; more than can be counted as the largest number.
pub fn size(manifest: &Manifest) -> u64 {
    let numbers = (manifest.width() + manifest.factors.len() + 3) as u64;
    manifest.cases.saturating_mul(8).saturating_mul(numbers)
}

/// Tries up to `count` cases spread over the design and extrapolates; writes nothing.
pub fn outlook<M: Model + ?Sized>(
    model: &M,
    design: &Design,
    manifest: &Manifest,
    threads: usize,
    count: u64,
) -> Outlook {
    let cases = design.cases();
    let tried = count.clamp(1, cases);
    let mut point = vec![0.0; model.factors().len()];
    let mut row = vec![f64::NAN; manifest.width()];
    let (mut failed, mut excluded, mut first_failure) = (0, 0, None);
    let started = Instant::now();
    for turn in 0..tried {
        let index = (u128::from(cases - 1) * u128::from(turn) / u128::from(tried.max(2) - 1)) as u64;
        match design.point(index, &mut point) {
            Fate::Excluded(_) => excluded += 1,
            Fate::Run => {
                if let Err(error) = model.run(index, &point, &mut row) {
                    failed += 1;
                    first_failure.get_or_insert((index, error.message));
                }
            }
        }
    }
    let seconds_per_case = started.elapsed().as_secs_f64() / tried as f64;
    Outlook {
        cases,
        excluded: excluded as f64 / tried as f64,
        tried,
        failed,
        first_failure,
        seconds_per_case,
        seconds: seconds_per_case * cases as f64 / threads as f64,
        bytes: size(manifest),
    }
}

/// Largest memory this process has held, in MiB; `None` where the system does not tell.
pub fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}
