//! `lixivia sweep`: many runs of one scenario, on this machine, as one shard, or on a Slurm cluster.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::deliver::Format;
use super::input::Input;
use super::{Exit, Failure, Terminal};
use crate::report::number;
use crate::scenario::{SlurmEntry, SweepEntry};
use crate::sweep::cluster::{self, ClusterError, Slurm, Task};
use crate::sweep::driver::{self, Ended, Settings, SweepError};
use crate::sweep::engine::{MergeError, Merged, Model as _, Progress, RunError, Shard, Store, StoreError};
use crate::sweep::ready::Ready;

/// Most threads of a run, as for `cpus` of `[sweep.slurm]`.
const MOST_THREADS: u64 = 4096;

/// A setting of Slurm as it may stand in a job script.
fn setting(key: &str, text: &str) -> Result<String, String> {
    cluster::setting(key, text).map(|()| text.to_owned())
}

/// A further option of `sbatch`.
fn further(text: &str) -> Result<String, String> {
    cluster::option(text).map(|()| text.to_owned())
}

/// Run a scenario many times, over the design in its `[sweep]`, into one HDF5 file.
///
/// Killed at any moment and started again, it goes on where it was; the file is the same, whatever the threads, shards
/// and interruptions. A failing case is recorded and the sweep goes on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia sweep plant.toml --dry-run
  lixivia sweep plant.toml --output out.h5
  lixivia sweep plant.toml --output out.h5 --shard 3/64       (any scheduler; then `lixivia merge out.h5.parts`)
  lixivia sweep plant.toml --output out.h5 --slurm --shards 64 --partition compute --time 2:00:00")]
pub(super) struct Sweep {
    /// The scenario.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    #[command(flatten)]
    input: Input,
    /// The result file; by default named after the scenario, in the current folder.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Threads, at most 4096; by default one per core. No more are started than there are blocks of cases.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_THREADS))]
    threads: Option<u64>,
    /// Run share I of N only, counted from 0; `lixivia merge` joins the shares.
    #[arg(long, value_name = "I/N", conflicts_with = "slurm")]
    shard: Option<Shard>,
    /// Say how many cases there are, how long they take and how large the file becomes; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Replace a result file of another sweep.
    #[arg(long)]
    overwrite: bool,
    /// Keep the pieces beside the result file.
    #[arg(long)]
    keep_parts: bool,
    #[command(flatten)]
    slurm: SlurmOptions,
}

/// Options of a Slurm submission; they go before those in `[sweep.slurm]`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Slurm")]
struct SlurmOptions {
    /// Submit a job array, and a job that joins its shards.
    #[arg(long)]
    slurm: bool,
    /// Partition.
    #[arg(long, value_name = "NAME", requires = "slurm", value_parser = |text: &str| setting("partition", text))]
    partition: Option<String>,
    /// Time limit of a task.
    #[arg(long, value_name = "TIME", requires = "slurm", value_parser = |text: &str| setting("time", text))]
    time: Option<String>,
    /// Memory of a task.
    #[arg(long, value_name = "SIZE", requires = "slurm", value_parser = |text: &str| setting("memory", text))]
    memory: Option<String>,
    /// Account.
    #[arg(long, value_name = "NAME", requires = "slurm", value_parser = |text: &str| setting("account", text))]
    account: Option<String>,
    /// Number of shards.
    #[arg(long, value_name = "N", requires = "slurm", value_parser = clap::value_parser!(u64).range(1..=Shard::MOST))]
    shards: Option<u64>,
    /// Cores of a task.
    #[arg(long, value_name = "N", requires = "slurm", value_parser = clap::value_parser!(u64).range(1..=MOST_THREADS))]
    cpus: Option<u64>,
    /// Most tasks at once.
    #[arg(long, value_name = "N", requires = "slurm", value_parser = clap::value_parser!(u64).range(1..))]
    at_once: Option<u64>,
    /// How often lost shards are sent again.
    #[arg(long, value_name = "N", requires = "slurm")]
    retries: Option<u32>,
    /// A further option of sbatch, as in `--sbatch=--constraint=avx2`; may be repeated.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true, requires = "slurm", value_parser = further)]
    sbatch: Vec<String>,
}

impl Sweep {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let wrong = |faults: Box<crate::scenario::Diagnostics>| Failure::of_input(&faults, terminal);
        let started = Instant::now();
        let library = self.input.library_for(&self.scenario).map_err(wrong)?;
        let model = self.input.load_with(&self.scenario, &library).map_err(wrong)?;
        let ready = Ready::new(model, &library).map_err(|error| Failure::not_ready(error, terminal))?;
        ready.notes.iter().for_each(|note| terminal.remark(&format!("note: {note}")));
        let output = self.output.clone().unwrap_or_else(|| named_after(&self.scenario));
        if self.dry_run {
            return self.outlook(&ready, terminal);
        }
        if self.slurm.slurm {
            return self.submit(&ready, &output, terminal);
        }
        let settings = Settings {
            output,
            shard: self.shard.unwrap_or(Shard::WHOLE),
            threads: self.threads(),
            compress: ready.entry.compress,
            keep_parts: self.keep_parts,
            overwrite: self.overwrite,
        };
        let bar = Bar::new();
        let ended = driver::sweep(&ready.plant, &ready.design, &ready.manifest, &settings, &|progress| {
            bar.show(progress)
        });
        bar.clear();
        self.tell(&ended.map_err(failure)?, &settings, started.elapsed().as_secs_f64(), terminal)
    }

    fn threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.map_or(cores, |threads| threads as usize)
    }

    fn tell(
        &self,
        ended: &Ended,
        settings: &Settings,
        seconds: f64,
        terminal: &Terminal,
    ) -> Result<Exit, Failure> {
        let (progress, merged) = match ended.clone() {
            Ended::Already(merged) => (Progress::default(), merged),
            Ended::Share(progress) => {
                let merged = Merged {
                    cases: progress.done,
                    failed: progress.failed,
                    excluded: progress.excluded,
                    first_failure: progress.first_failure.clone(),
                };
                (progress, merged)
            }
            Ended::Whole(progress, merged) => (progress, merged),
        };
        // a share without a result is for the merge to judge
        let exit = match ended {
            Ended::Share(_) => Exit::Done,
            _ => verdict(&merged),
        };
        let ran = progress.ran;
        let rate = if seconds > 0.0 { ran as f64 / seconds } else { 0.0 };
        let path = match ended {
            Ended::Share(_) => Store::folder_of(&settings.output),
            _ => settings.output.clone(),
        };
        if self.format == Format::Json {
            let line = json!({
                "cases": merged.cases, "failed": merged.failed, "excluded": merged.excluded, "run": ran,
                "seconds": seconds, "cases_per_second": rate, "threads": settings.threads,
                "first_failure": merged.first_failure.map(|(case, message)| json!({ "case": case, "message": message })),
                "peak_memory_mib": driver::peak_memory(), "output": path.display().to_string(),
            });
            terminal.say(&format!("{line}\n"))?;
            return Ok(exit);
        }
        let count = |number: u64| number::integer(number as i64);
        let mut words = counts(&merged);
        if matches!(ended, Ended::Already(_)) {
            words += "The sweep is complete already.\n";
        } else {
            words +=
                &format!("{} run in {}: {} cases/s", count(ran), span(seconds), number::significant(rate, 3));
            if progress.found > 0 {
                words += &format!("; {} were there from before", count(progress.found));
            }
            if progress.damaged > 0 {
                words += &format!("; {} damaged chunk(s) computed again", progress.damaged);
            }
            words += "\n";
        }
        let done = if matches!(ended, Ended::Already(_)) { "See" } else { "Wrote" };
        terminal.say(&format!("{words}{done} {}\n", path.display()))?;
        Ok(exit)
    }

    fn outlook(&self, ready: &Ready<'_>, terminal: &Terminal) -> Result<Exit, Failure> {
        let threads = self.threads();
        let outlook = driver::outlook(&ready.plant, &ready.design, &ready.manifest, threads, 16);
        if self.format == Format::Json {
            let line = json!({
                "cases": outlook.cases, "tried": outlook.tried, "failed_of_tried": outlook.failed,
                "excluded_share": outlook.excluded, "seconds_per_case": outlook.seconds_per_case,
                "seconds": outlook.seconds, "threads": threads, "bytes": outlook.bytes,
                "chunks": ready.manifest.chunks(),
            });
            terminal.say(&format!("{line}\n"))?;
            return Ok(Exit::Done);
        }
        let count = |number: u64| number::integer(number as i64);
        let mut words = format!(
            "{} cases over {} factors ({}), in {} chunks\n",
            count(outlook.cases),
            ready.plant.factors().len(),
            ready.design.method().name(),
            count(ready.manifest.chunks())
        );
        words += &format!(
            "{} tried: {} s per case, so about {} with {threads} thread(s)\n",
            outlook.tried,
            number::significant(outlook.seconds_per_case, 3),
            span(outlook.seconds)
        );
        words +=
            &format!("about {} MiB of results\n", number::significant(outlook.bytes as f64 / 1_048_576.0, 3));
        if outlook.excluded > 0.0 {
            let share = number::significant(100.0 * outlook.excluded, 2);
            words += &format!("{share} % of the tried cases left out by constraints\n");
        }
        if outlook.failed > 0 {
            words += &format!("{} of the tried cases failed\n", outlook.failed);
        }
        words += &first_failure(outlook.first_failure.as_ref());
        terminal.say(&words)?;
        Ok(Exit::Done)
    }

    fn submit(&self, ready: &Ready<'_>, output: &Path, terminal: &Terminal) -> Result<Exit, Failure> {
        if driver::is_done(output, &ready.manifest, self.overwrite).map_err(failure)? {
            terminal.say("The sweep is complete already.\n")?;
            return Ok(Exit::Done);
        }
        let other = |words: String| Failure::new(Exit::Other, words);
        // before anything is written
        cluster::present().map_err(|error| other(error.to_string()))?;
        let program =
            std::env::current_exe().map_err(|error| other(format!("cannot find this program: {error}")))?;
        let mut arguments = vec![self.scenario.display().to_string()];
        arguments.extend(self.input.arguments());
        arguments.extend(["--output".to_owned(), output.display().to_string()]);
        if self.overwrite {
            arguments.push("--overwrite".to_owned());
        }
        let mut merge_arguments = Vec::new();
        merge_arguments.extend(ready.entry.compress.then(|| "--compress".to_owned()));
        merge_arguments.extend(self.keep_parts.then(|| "--keep".to_owned()));
        merge_arguments.extend(self.overwrite.then(|| "--overwrite".to_owned()));
        let task = Task { program, arguments, merge_arguments, output: output.to_path_buf() };
        let folder = Store::folder_of(output);
        let was_there = folder.exists();
        let store =
            Store::open(&folder, ready.manifest.clone()).map_err(|error| failure(SweepError::from(error)))?;
        let slurm = self.slurm.over(&ready.entry);
        let sent = match cluster::submit(&store, &task, &slurm) {
            Ok(sent) => sent,
            Err(ClusterError::File(error)) => return Err(error.into()),
            Err(error) => {
                let mut words = error.to_string();
                // where no task was sent, nobody will ever look at what was laid out for them
                if !was_there && !error.has_sent() {
                    match store.remove() {
                        Ok(()) => words += ". Nothing is left behind",
                        Err(error) => words += &format!(". What was laid out for it is left: {error}"),
                    }
                }
                return Err(other(words));
            }
        };
        let words = match &sent.array {
            Some(array) => format!("Sent {} of {} shards as job {array}", sent.shards.len(), slurm.shards),
            None => "No shard is missing".to_owned(),
        };
        match self.format {
            Format::Text => terminal.say(&format!(
                "{words}; job {} joins them into {}\n",
                sent.merge,
                output.display()
            ))?,
            Format::Json => {
                let line = json!({
                    "array": sent.array, "shards": sent.shards, "merge": sent.merge,
                    "output": output.display().to_string(),
                });
                terminal.say(&format!("{line}\n"))?;
            }
        }
        Ok(Exit::Done)
    }
}

impl SlurmOptions {
    /// The options, those of the scenario where none is given.
    fn over(&self, entry: &SweepEntry) -> Slurm {
        let given = entry.slurm.as_ref().and_then(|args| SlurmEntry::read(args).ok());
        let text = |own: &Option<String>, pick: fn(&SlurmEntry) -> Option<String>| {
            own.clone().or_else(|| given.as_ref().and_then(pick))
        };
        Slurm {
            partition: text(&self.partition, |entry| entry.partition.clone()),
            time: text(&self.time, |entry| entry.time.clone()),
            memory: text(&self.memory, |entry| entry.memory.clone()),
            account: text(&self.account, |entry| entry.account.clone()),
            cpus: self.cpus.map(|cpus| cpus as usize).or(given.as_ref().map(|entry| entry.cpus)).unwrap_or(1),
            shards: self.shards.or(given.as_ref().map(|entry| entry.shards as u64)).unwrap_or(16),
            at_once: self.at_once.or_else(|| given.as_ref()?.at_once.map(|count| count as u64)),
            retries: self.retries.or(given.as_ref().map(|entry| entry.retries as u32)).unwrap_or(2),
            options: self.sbatch.clone(),
        }
    }
}

/// What became of the cases, in words.
pub(super) fn counts(merged: &Merged) -> String {
    let count = |number: u64| number::integer(number as i64);
    let mut words = format!("{} cases, {} failed", count(merged.cases), count(merged.failed));
    if merged.excluded > 0 {
        words += &format!(", {} left out by constraints", count(merged.excluded));
    }
    format!("{words}\n{}", first_failure(merged.first_failure.as_ref()))
}

fn first_failure(found: Option<&(u64, String)>) -> String {
    found.map_or_else(String::new, |(case, message)| format!("the first failure, case {case}: {message}\n"))
}

/// The exit code of a whole sweep: one without any result is a calculation that failed.
pub(super) fn verdict(merged: &Merged) -> Exit {
    if merged.all_failed() { Exit::Calculation } else { Exit::Done }
}

/// The exit code goes by the cause: files that cannot be written are no wrong input.
pub(super) fn failure(error: SweepError) -> Failure {
    let words = error.to_string();
    let exit = match error {
        SweepError::Exists { .. } => Exit::Input,
        SweepError::NoResult(error) => Failure::from(error).exit,
        SweepError::Run(RunError::File(error) | RunError::Store(StoreError::File(error)))
        | SweepError::Merge(MergeError::File(error) | MergeError::Store(StoreError::File(error))) => {
            Failure::from(error).exit
        }
        SweepError::Run(RunError::Store(_)) | SweepError::Merge(_) => Exit::Input,
        SweepError::Run(RunError::Threads(..)) => Exit::Other,
    };
    Failure::new(exit, words)
}

fn named_after(scenario: &Path) -> PathBuf {
    let mut name = scenario.file_stem().unwrap_or("sweep".as_ref()).to_os_string();
    name.push(".h5");
    name.into()
}

fn span(seconds: f64) -> String {
    match seconds {
        s if s < 100.0 => format!("{} s", number::significant(s, 3)),
        s if s < 6000.0 => format!("{} min", number::significant(s / 60.0, 3)),
        s if s < 172_800.0 => format!("{} h", number::significant(s / 3600.0, 3)),
        s => format!("{} d", number::significant(s / 86_400.0, 3)),
    }
}

/// Progress: a bar on a terminal, a line now and then in a log.
struct Bar {
    bar: ProgressBar,
    logged: Mutex<Option<Instant>>,
}

/// Seconds between two lines of a log.
const LOG: Duration = Duration::from_secs(30);

impl Bar {
    fn new() -> Bar {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(5));
        let style =
            ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} {per_sec}, {msg}, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Bar { bar, logged: Mutex::new(None) }
    }

    fn show(&self, progress: &Progress) {
        if self.bar.is_hidden() {
            let mut logged = self.logged.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let last = *logged.get_or_insert_with(Instant::now);
            if last.elapsed() >= LOG {
                *logged = Some(Instant::now());
                eprintln!("{} of {} cases, {} failed", progress.done, progress.cases, progress.failed);
            }
            return;
        }
        if self.bar.length() != Some(progress.cases) {
            self.bar.set_length(progress.cases);
            self.bar.set_position(progress.done);
            self.bar.reset_eta();
        }
        self.bar.set_message(format!("{} failed", progress.failed));
        self.bar.set_position(progress.done);
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
