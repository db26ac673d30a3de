//! Runs the cases of a design: in parallel, in pieces that survive any interruption, joined into one file.
//!
//! A sweep into `out.h5` keeps a folder `out.h5.parts`: its description (`manifest.json`) and a file per finished chunk
//! of cases, each written aside, synced, renamed, and closed by a checksum. Started again, it runs the chunks that are
//! not there; when all are, [`merge`] writes `out.h5` and the folder goes.

mod chunk;
mod manifest;
mod merge;
mod model;
mod run;
mod store;

pub use chunk::{Chunk, ChunkError, Status};
pub use manifest::{AxisRecord, BLOCK, DesignRecord, FactorRecord, Manifest, OutputRecord, Source};
pub use merge::{MergeError, Merged, merge};
pub use model::{Axis, Block, CaseError, Factor, FactorKind, Model, Output, size, width};
pub use run::{Progress, RunError, Shard, run};
pub use store::{Store, StoreError};

#[cfg(test)]
mod tests;
