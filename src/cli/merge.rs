//! `lixivia merge`: the pieces of a sweep joined into its result file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::sweep::{counts, failure, verdict};
use super::{Exit, Failure, Terminal};
use crate::sweep::cluster;
use crate::sweep::driver::{self, Found, SweepError};
use crate::sweep::engine::{self, MergeError, Merged, Shard, Store, StoreError};

/// Join the shards of a sweep into one result file.
#[derive(Debug, Args)]
pub(super) struct Merge {
    /// Folders of pieces (`<result>.parts`), all of one sweep.
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// The result file; by default the first folder's name without `.parts`.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Number of shards, to name those that are missing.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=Shard::MOST))]
    shards: u64,
    /// Deflate the result file.
    #[arg(long)]
    compress: bool,
    /// Replace a result file of another sweep.
    #[arg(long)]
    overwrite: bool,
    /// Keep the pieces.
    #[arg(long)]
    keep: bool,
    /// On a Slurm cluster: send lost shards again, and this command behind them, up to N times.
    #[arg(long, default_value_t = 0, value_name = "N")]
    resubmit: u32,
    /// With --resubmit: most tasks at once.
    #[arg(long, value_name = "N", requires = "resubmit", value_parser = clap::value_parser!(u64).range(1..))]
    at_once: Option<u64>,
}

impl Merge {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let stores: Vec<Store> = distinct(&self.folders)
            .into_iter()
            .map(Store::existing)
            .collect::<Result<_, _>>()
            .map_err(wrong)?;
        let output = self.output.clone().unwrap_or_else(|| self.folders[0].with_extension(""));
        driver::is_done(&output, stores[0].manifest(), self.overwrite).map_err(failure)?;
        let already = stores.iter().all(|store| driver::found(&output, store.manifest()) == Found::Same);
        let joined = match already {
            true => Merged::of(&output).map_err(MergeError::from),
            false => engine::merge(&stores, &output, self.shards, self.compress),
        };
        match joined {
            Ok(merged) => {
                if !self.keep {
                    stores.into_iter().try_for_each(Store::remove)?;
                }
                let done = if already { "The sweep is complete already: see" } else { "Wrote" };
                terminal.say(&format!("{}{done} {}\n", counts(&merged), output.display()))?;
                Ok(verdict(&merged))
            }
            Err(
                lost @ (MergeError::Store(StoreError::Missing { .. } | StoreError::Damaged { .. })
                | MergeError::DamagedShard { .. }),
            ) if self.resubmit > 0 => {
                terminal.remark(&lost.to_string());
                self.send_again(&stores[0], terminal)
            }
            Err(error) => Err(failure(SweepError::Merge(error))),
        }
    }

    fn send_again(&self, store: &Store, terminal: &Terminal) -> Result<Exit, Failure> {
        let other = |error: cluster::ClusterError| Failure::new(Exit::Other, error.to_string());
        let shards = cluster::lost(store, self.shards).map_err(wrong)?;
        let sent =
            cluster::resubmit(store.folder(), shards, self.at_once, self.resubmit - 1).map_err(other)?;
        let array = sent.array.unwrap_or_default();
        terminal.say(&format!(
            "Sent {} shard(s) again as job {array}; job {} joins them\n",
            sent.shards.len(),
            sent.merge
        ))?;
        Ok(Exit::Done)
    }
}

/// The folders, each once however it is named.
fn distinct(folders: &[PathBuf]) -> Vec<&Path> {
    let mut seen = BTreeSet::new();
    let real = |folder: &Path| folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    folders.iter().map(PathBuf::as_path).filter(|folder| seen.insert(real(folder))).collect()
}

fn wrong(error: StoreError) -> Failure {
    match error {
        StoreError::File(error) => error.into(),
        error => Failure::new(Exit::Input, error.to_string()),
    }
}
