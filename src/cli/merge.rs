//! `lixivia merge`: the pieces of a sweep joined into its result file.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Failure, Terminal};
use crate::sweep::cluster;
use crate::sweep::engine::{self, MergeError, Store, StoreError};

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
    #[arg(long, default_value_t = 1, value_name = "N")]
    shards: u64,
    /// Deflate the result file.
    #[arg(long)]
    compress: bool,
    /// Keep the pieces.
    #[arg(long)]
    keep: bool,
    /// On a Slurm cluster: send lost shards again, and this command behind them, up to N times.
    #[arg(long, default_value_t = 0, value_name = "N")]
    resubmit: u32,
    /// With --resubmit: most tasks at once.
    #[arg(long, value_name = "N")]
    at_once: Option<u64>,
}

impl Merge {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let stores: Vec<Store> =
            self.folders.iter().map(|f| Store::existing(f)).collect::<Result<_, _>>().map_err(wrong)?;
        let output = self.output.clone().unwrap_or_else(|| self.folders[0].with_extension(""));
        match engine::merge(&stores, &output, self.shards.max(1), self.compress) {
            Ok(merged) => {
                if !self.keep {
                    stores.into_iter().try_for_each(Store::remove)?;
                }
                let failed =
                    if merged.failed > 0 { format!(", {} failed", merged.failed) } else { String::new() };
                let left_out = if merged.excluded > 0 {
                    format!(", {} left out", merged.excluded)
                } else {
                    String::new()
                };
                terminal.say(&format!(
                    "{} cases{failed}{left_out}\nWrote {}\n",
                    merged.cases,
                    output.display()
                ))?;
                Ok(Exit::Done)
            }
            Err(MergeError::Store(lost @ (StoreError::Missing { .. } | StoreError::Damaged { .. })))
                if self.resubmit > 0 =>
            {
                terminal.remark(&lost.to_string());
                self.send_again(&stores[0], terminal)
            }
            Err(MergeError::File(error)) => Err(error.into()),
            Err(error) => Err(Failure::new(Exit::Input, error.to_string())),
        }
    }

    fn send_again(&self, store: &Store, terminal: &Terminal) -> Result<Exit, Failure> {
        let other = |error: cluster::ClusterError| Failure::new(Exit::Other, error.to_string());
        let shards = cluster::lost(store, self.shards.max(1)).map_err(wrong)?;
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

fn wrong(error: StoreError) -> Failure {
    match error {
        StoreError::File(error) => error.into(),
        error => Failure::new(Exit::Input, error.to_string()),
    }
}
