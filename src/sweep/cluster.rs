//! A sweep as a Slurm job array: one task per shard, then a job that joins them and sends lost shards again.
//!
//! Nothing here knows how to run a case: every task is a plain `lixivia sweep … --shard i/n`.

use super::engine::{Shard, Store, StoreError};
use crate::report::durable::{self, FileError};
use crate::scenario::{Code, Diagnostic};
use crate::unit::parameters::{Args, Located, Value};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What Slurm is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slurm {
    /// Partition.
    pub partition: Option<String>,
    /// Time limit of a task, as Slurm writes it (`2:00:00`).
    pub time: Option<String>,
    /// Memory of a task (`4G`).
    pub memory: Option<String>,
    /// Account.
    pub account: Option<String>,
    /// Cores of a task.
    pub cpus: usize,
    /// Number of shards.
    pub shards: u64,
    /// Most tasks at once.
    pub at_once: Option<u64>,
    /// How often lost shards are sent again.
    pub retries: u32,
    /// Further options, as written behind `#SBATCH`.
    pub options: Vec<String>,
}

/// A setting, what it is written of in words, and whether a text is.
type Form = (&'static str, &'static str, fn(&str) -> bool);

/// What each setting is written of: Slurm's own syntax, so that none ends its line of a job script or is read as something else.
const FORMS: [Form; 4] = [
    ("partition", NAMES, is_names),
    ("account", NAMES, is_names),
    ("time", "digits, `-` and `:`, as `2:00:00` or `1-12:00:00`", |text| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || "-:".contains(c))
    }),
    ("memory", "digits and K, M, G or T, as `4G`", |text| {
        let digits = text.strip_suffix(['K', 'M', 'G', 'T', 'k', 'm', 'g', 't']).unwrap_or(text);
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
    }),
];

const NAMES: &str = "letters, digits and `_-.,+:@`";

fn is_names(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.,+:@".contains(c))
}

/// Checks the value of a setting of `[sweep.slurm]`.
///
/// # Errors
/// What it is written of instead.
pub fn setting(key: &str, text: &str) -> Result<(), String> {
    match FORMS.iter().find(|(own, ..)| *own == key) {
        Some((_, form, fits)) if !fits(text) => Err(format!("`{key}` is written of {form}, not {text:?}")),
        _ => Ok(()),
    }
}

/// Checks a further option of `sbatch`.
///
/// # Errors
/// What it should be.
pub fn option(text: &str) -> Result<(), String> {
    match text.starts_with('-') && !text.contains(char::is_control) {
        true => Ok(()),
        false => Err(format!("{text:?} is no option of sbatch: one begins with `-` and has one line")),
    }
}

/// Faults of `[sweep.slurm]`.
pub(super) fn faults(slurm: &Args) -> Vec<Diagnostic> {
    let settings = FORMS.iter().filter_map(|(key, ..)| Some((key, slurm.find(key)?)));
    let fault = |(key, found): (&&str, &Located<Value>)| match &found.value {
        Value::Text(text) => {
            setting(key, text).err().map(|words| Diagnostic::new(Code::Range, found.place, words))
        }
        _ => None,
    };
    settings.filter_map(fault).collect()
}

/// The command of one task, without `--shard`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The program.
    pub program: PathBuf,
    /// Arguments of `sweep`, the scenario first.
    pub arguments: Vec<String>,
    /// Further arguments of `merge`.
    pub merge_arguments: Vec<String>,
    /// Result file.
    pub output: PathBuf,
}

/// Jobs that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Number of the array job; `None` if no shard was missing.
    pub array: Option<String>,
    /// Its tasks.
    pub shards: Vec<u64>,
    /// Number of the job that joins.
    pub merge: String,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Pieces.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Scripts.
    #[error(transparent)]
    File(#[from] FileError),
    /// No Slurm here.
    #[error(
        "cannot run `sbatch`: {0}. Is this a login node of a Slurm cluster? Any other scheduler can run `lixivia sweep … --shard i/n` tasks: see docs/cluster.md"
    )]
    NoSlurm(String),
    /// A path that a job script cannot name.
    #[error("a job script cannot name {0:?}: give an --output without quotes and line breaks")]
    Path(PathBuf),
    /// Slurm refused.
    #[error("`sbatch` refused: {0}")]
    Refused(String),
    /// Slurm took the tasks, and not the job that joins what they leave.
    #[error(
        "`sbatch` took the tasks as job {array}, but not the job that joins their pieces: {why}. Join them with `lixivia merge {}` once they have ended, or call them off with `scancel {array}`",
        folder.display()
    )]
    Unjoined {
        /// Number of the array job.
        array: String,
        /// Why there is no joining job.
        why: String,
        /// Folder of the pieces.
        folder: PathBuf,
    },
}

impl ClusterError {
    /// Whether tasks run all the same.
    pub fn has_sent(&self) -> bool {
        matches!(self, ClusterError::Unjoined { .. })
    }
}

/// Shards with a chunk that is missing or damaged.
///
/// # Errors
/// [`StoreError`] if a chunk cannot be read for another reason.
pub fn lost(store: &Store, shards: u64) -> Result<Vec<u64>, StoreError> {
    let chunks = store.manifest().chunks();
    let mut lost = Vec::new();
    for index in 0..shards {
        for chunk in (Shard { index, count: shards }).chunks(chunks) {
            match store.read(chunk) {
                Ok(Some(_)) => continue,
                Ok(None) | Err(StoreError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
            lost.push(index);
            break;
        }
    }
    Ok(lost)
}

/// Writes the scripts and sends the array of the shards still to be run, and the job that joins.
///
/// # Errors
/// [`ClusterError`] if the scripts cannot be written or Slurm does not take them.
pub fn submit(store: &Store, task: &Task, slurm: &Slurm) -> Result<Submitted, ClusterError> {
    // written between quotes in a line of its own, with no way to escape
    if path_text(store.folder()).contains(|c: char| c == '"' || c.is_control()) {
        return Err(ClusterError::Path(store.folder().to_path_buf()));
    }
    let array = store.folder().join("array.sh");
    let merge = store.folder().join("merge.sh");
    durable::replace(&array, array_script(store.folder(), task, slurm).as_bytes())?;
    durable::replace(&merge, merge_script(store.folder(), task, slurm).as_bytes())?;
    let shards = lost(store, slurm.shards)?;
    resubmit(store.folder(), shards, slurm.at_once, slurm.retries)
}

/// Sends the shards again with the scripts of the first time; the joining job may send lost shards `retries` times more.
///
/// # Errors
/// [`ClusterError`] if Slurm does not take them.
pub fn resubmit(
    folder: &Path,
    shards: Vec<u64>,
    at_once: Option<u64>,
    retries: u32,
) -> Result<Submitted, ClusterError> {
    let array = if shards.is_empty() {
        None
    } else {
        let limit = at_once.map(|count| format!("%{count}")).unwrap_or_default();
        let tasks = format!("--array={}{limit}", ranges(&shards));
        Some(sbatch(&[&tasks, &path_text(&folder.join("array.sh"))])?)
    };
    let script = path_text(&folder.join("merge.sh"));
    let exported = format!("--export=ALL,LIXIVIA_RETRIES={retries}");
    // `afterany`: the joining job is the one that notices what a failed task has left out
    let after = array.as_ref().map(|job| format!("--dependency=afterany:{job}"));
    let mut options: Vec<&str> = vec![&exported];
    options.extend(after.as_deref());
    options.push(&script);
    match (sbatch(&options), array) {
        (Ok(merge), array) => Ok(Submitted { merge, array, shards }),
        (Err(error), None) => Err(error),
        (Err(error), Some(array)) => {
            let why = match error {
                ClusterError::Refused(words) => words,
                other => other.to_string(),
            };
            Err(ClusterError::Unjoined { array, why, folder: folder.to_path_buf() })
        }
    }
}

/// Whether there is a Slurm to send jobs to; to be asked before anything is written.
///
/// # Errors
/// [`ClusterError::NoSlurm`].
pub fn present() -> Result<(), ClusterError> {
    let asked = Command::new("sbatch").arg("--version").output();
    asked.map(|_| ()).map_err(|error| ClusterError::NoSlurm(error.to_string()))
}

fn sbatch(options: &[&str]) -> Result<String, ClusterError> {
    let output = Command::new("sbatch")
        .arg("--parsable")
        .args(options)
        .output()
        .map_err(|error| ClusterError::NoSlurm(error.to_string()))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        return Err(ClusterError::Refused(said(&output.stderr)));
    }
    // `--parsable` prints `number` or `number;cluster`
    Ok(said(&output.stdout).split(';').next().unwrap_or_default().to_owned())
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// `0-3,7,9-10` for rising numbers.
fn ranges(numbers: &[u64]) -> String {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let part = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    parts.iter().map(part).collect::<Vec<_>>().join(",")
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    let plain =
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn header(name: &str, log: &Path, slurm: &Slurm, cpus: usize) -> String {
    let mut lines = vec!["#!/bin/sh".to_owned(), format!("#SBATCH --job-name={name}")];
    let log = path_text(log);
    // Slurm reads quotes in a directive, but no other escape
    lines.push(format!("#SBATCH --output=\"{log}\""));
    // a shard or a merge that is sent again writes below what the first one said
    lines.push("#SBATCH --open-mode=append".to_owned());
    lines.push(format!("#SBATCH --cpus-per-task={cpus}"));
    let options = [
        ("partition", &slurm.partition),
        ("time", &slurm.time),
        ("mem", &slurm.memory),
        ("account", &slurm.account),
    ];
    for (option, value) in options {
        lines.extend(value.as_ref().map(|value| format!("#SBATCH --{option}={value}")));
    }
    lines.extend(slurm.options.iter().map(|option| format!("#SBATCH {option}")));
    lines.join("\n") + "\n"
}

fn array_script(folder: &Path, task: &Task, slurm: &Slurm) -> String {
    let arguments: Vec<String> = task.arguments.iter().map(|word| quoted(word)).collect();
    format!(
        "{}exec {} sweep {} --threads {} --shard \"$SLURM_ARRAY_TASK_ID/{}\"\n",
        header("lixivia-sweep", &folder.join("shard-%a.log"), slurm, slurm.cpus),
        quoted(&path_text(&task.program)),
        arguments.join(" "),
        slurm.cpus,
        slurm.shards
    )
}

fn merge_script(folder: &Path, task: &Task, slurm: &Slurm) -> String {
    let mut log = task.output.as_os_str().to_owned();
    log.push(".merge.log");
    let further: Vec<String> = task.merge_arguments.iter().map(|word| format!(" {}", quoted(word))).collect();
    let at_once = slurm.at_once.map(|count| format!(" --at-once {count}")).unwrap_or_default();
    format!(
        "{}exec {} merge {} --output {} --shards {}{at_once} --resubmit \"${{LIXIVIA_RETRIES:-0}}\"{}\n",
        header("lixivia-merge", Path::new(&log), slurm, 1),
        quoted(&path_text(&task.program)),
        quoted(&path_text(folder)),
        quoted(&path_text(&task.output)),
        slurm.shards,
        further.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_ranges() {
        assert_eq!(ranges(&[0, 1, 2, 3, 7, 9, 10]), "0-3,7,9-10");
        assert_eq!(ranges(&[5]), "5");
    }

    #[test]
    fn settings_keep_to_their_line() {
        for (key, good, bad) in [
            ("partition", "long,short", "long\ntouch PWNED"),
            ("partition", "gpu+x@y:z.1_2-3", "a b"),
            ("account", "ore", "ore;id"),
            ("time", "1-12:00:00", "2:00:00\r"),
            ("time", "90", "-"),
            ("memory", "4G", "4 G"),
            ("memory", "4096", "G"),
            ("account", "a", ""),
        ] {
            assert_eq!(setting(key, good), Ok(()));
            assert!(setting(key, bad).is_err_and(|words| words.contains(key)), "{key} {bad:?}");
        }
        assert_eq!(option("--constraint=avx2"), Ok(()));
        assert!(option("--x\nid").is_err() && option("id").is_err());
    }

    #[test]
    fn scripts_quote_what_a_shell_would_split() {
        let task = Task {
            program: "/opt/lixivia".into(),
            arguments: vec!["my scenario.toml".into(), "--set".into(), "a='b'".into()],
            merge_arguments: vec!["--compress".into()],
            output: "out.h5".into(),
        };
        let slurm = Slurm { cpus: 4, shards: 8, partition: Some("long".into()), ..Slurm::default() };
        let script = array_script(Path::new("out.h5.parts"), &task, &slurm);
        assert!(script.starts_with("#!/bin/sh\n#SBATCH"));
        assert!(script.contains("#SBATCH --partition=long\n"));
        assert!(script.contains(
            r#"exec /opt/lixivia sweep 'my scenario.toml' --set 'a='\''b'\''' --threads 4 --shard "$SLURM_ARRAY_TASK_ID/8""#
        ));
        let merge = merge_script(Path::new("out.h5.parts"), &task, &slurm);
        assert!(merge.contains("merge out.h5.parts --output out.h5 --shards 8 --resubmit"));
    }
}
