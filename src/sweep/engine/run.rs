//! The engine: blocks of cases over threads, finished chunks made durable one by one.
//!
//! Threads take the blocks in order, so no more chunks are open than there are threads, and memory does not grow with
//! the number of cases. What a block leaves depends on its own cases only: the numbers are the same whatever the
//! threads, shards and interruptions.

use super::chunk::{Chunk, Status};
use super::model::{Block, CaseError, Model};
use super::store::{Store, StoreError};
use crate::report::durable::FileError;
use crate::sweep::design::{Design, Fate};
use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A share of a sweep's chunks: number `index` of `count`, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which share, from 0.
    pub index: u64,
    /// Number of shares.
    pub count: u64,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Shard = Shard { index: 0, count: 1 };

    /// Most shares, as for `shards` of `[sweep.slurm]`.
    pub const MOST: u64 = 100_000;

    /// The chunks of this share: a contiguous range, so that neighbours stay together.
    pub fn chunks(self, chunks: u64) -> std::ops::Range<u64> {
        let edge = |index: u64| (u128::from(chunks) * u128::from(index) / u128::from(self.count)) as u64;
        edge(self.index)..edge(self.index + 1)
    }

    /// The share that holds the chunk `chunk` of `chunks`: the last one whose first chunk is not behind it.
    pub fn holding(chunk: u64, chunks: u64, count: u64) -> u64 {
        let behind = (u128::from(chunk) + 1) * u128::from(count);
        (behind.div_ceil(u128::from(chunks.max(1))) as u64).saturating_sub(1)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let numbers =
            text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((_, count)) if count > Shard::MOST => {
                Err(format!("{count} shards are too many: at most {} are told apart", Shard::MOST))
            }
            Some((index, count)) if index < count => Ok(Shard { index, count }),
            _ => Err(format!("`{text}` is no shard: write i/n with i from 0 to n-1, as 0/8 .. 7/8")),
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Cases of the share.
    pub cases: u64,
    /// Cases done, found finished ones included.
    pub done: u64,
    /// Cases found finished at the start.
    pub found: u64,
    /// Cases solved or failed since the start.
    pub ran: u64,
    /// Failed cases.
    pub failed: u64,
    /// Cases left out by a constraint.
    pub excluded: u64,
    /// Number and message of the first failed case.
    pub first_failure: Option<(u64, String)>,
    /// Chunk files that were damaged and are computed again.
    pub damaged: u64,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Pieces.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A chunk could not be written; those before it are safe.
    #[error("{0}\nEvery chunk finished before is safe: run the same command again to go on.")]
    File(#[from] FileError),
    /// Threads.
    #[error("cannot start {0} threads: {1}")]
    Threads(usize, String),
}

/// Runs a share of a sweep with `threads` threads and reports progress after every block.
///
/// Chunks found finished are kept; damaged ones are computed again.
///
/// # Errors
/// [`RunError`] if the pieces are of another sweep or another process runs them, or if a chunk cannot be written.
pub fn run<M: Model + ?Sized>(
    model: &M,
    design: &Design,
    store: &Store,
    shard: Shard,
    threads: usize,
    report: &(dyn Fn(&Progress) + Sync),
) -> Result<Progress, RunError> {
    let _lock = store.lock(&format!("shard {} of {}", shard.index, shard.count))?;
    let (todo, progress) = survey(store, shard)?;
    report(&progress);
    let left = progress.cases - progress.done;
    // a thread without a block would only take memory
    let threads = threads.min(left.div_ceil(store.manifest().block).max(1) as usize);
    let work = Work {
        model,
        design,
        store,
        report,
        state: Mutex::new(State { todo, open: None, next: 0, progress, failure: None }),
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| RunError::Threads(threads, error.to_string()))?;
    pool.broadcast(|_| work.labour());
    let state = work.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match state.failure {
        Some(error) => Err(error.into()),
        None => Ok(state.progress),
    }
}

/// Chunks still to be done, in order: those of a range that are not among the finished ones.
struct Todo {
    chunks: std::ops::Range<u64>,
    finished: BTreeSet<u64>,
}

impl Iterator for Todo {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.chunks.find(|number| !self.finished.contains(number))
    }
}

/// Chunks still to be done, and what the finished ones hold.
fn survey(store: &Store, shard: Shard) -> Result<(Todo, Progress), StoreError> {
    let manifest = store.manifest();
    let chunks = shard.chunks(manifest.chunks());
    let edge = |number: u64| number.saturating_mul(manifest.chunk).min(manifest.cases);
    let mut progress = Progress { cases: edge(chunks.end) - edge(chunks.start), ..Progress::default() };
    let mut finished = BTreeSet::new();
    for number in store.present()?.range(chunks.clone()) {
        match store.read(*number) {
            Ok(Some(chunk)) => {
                progress.found += chunk.cases() as u64;
                progress.tally(&chunk.status, chunk.first, chunk.first_error());
                finished.insert(*number);
            }
            Ok(None) => {}
            Err(StoreError::Damaged { .. }) => progress.damaged += 1,
            Err(error) => return Err(error),
        }
    }
    Ok((Todo { chunks, finished }, progress))
}

impl Progress {
    /// Adds the cases from number `first` on; `error` is the place and message of the first failure among them.
    fn tally(&mut self, status: &[u8], first: u64, error: Option<(u64, &str)>) {
        self.done += status.len() as u64;
        self.failed += Status::Failed.count(status);
        self.excluded += Status::Excluded.count(status);
        if let Some((place, message)) = error
            && self.first_failure.as_ref().is_none_or(|(known, _)| first + place < *known)
        {
            self.first_failure = Some((first + place, message.to_owned()));
        }
    }
}

struct State {
    todo: Todo,
    open: Option<Arc<Open>>,
    next: u64,
    progress: Progress,
    failure: Option<FileError>,
}

/// A chunk being filled.
struct Open {
    first: u64,
    cases: u64,
    filled: Mutex<(Chunk, u64)>,
}

struct Work<'a, M: ?Sized> {
    model: &'a M,
    design: &'a Design,
    store: &'a Store,
    report: &'a (dyn Fn(&Progress) + Sync),
    state: Mutex<State>,
}

impl<M: Model + ?Sized> Work<'_, M> {
    fn labour(&self) {
        let mut piece = Piece::default();
        while let Some((open, offset)) = self.take() {
            self.solve(&open, offset, &mut piece);
            let finished = open.put(offset, &piece);
            let kept = finished.map_or(Ok(()), |chunk| self.store.keep(&chunk));
            let mut state = lock(&self.state);
            match kept {
                Ok(()) => {
                    state.progress.tally(&piece.status, open.first + offset, piece.first_error());
                    state.progress.ran +=
                        Status::Solved.count(&piece.status) + Status::Failed.count(&piece.status);
                    (self.report)(&state.progress);
                }
                Err(error) => state.failure = Some(error),
            }
        }
    }

    /// The next block: its chunk and its offset there.
    fn take(&self) -> Option<(Arc<Open>, u64)> {
        let manifest = self.store.manifest();
        let mut state = lock(&self.state);
        if state.failure.is_some() {
            return None;
        }
        if state.open.as_ref().is_none_or(|open| state.next >= open.cases) {
            let number = state.todo.next()?;
            let (first, cases) = manifest.extent(number);
            let chunk = Chunk::empty(number, first, cases, manifest.factors.len(), manifest.width());
            state.open = Some(Arc::new(Open { first, cases: cases as u64, filled: Mutex::new((chunk, 0)) }));
            state.next = 0;
        }
        let offset = state.next;
        state.next += manifest.block;
        state.open.clone().map(|open| (open, offset))
    }

    fn solve(&self, open: &Open, offset: u64, piece: &mut Piece) {
        let manifest = self.store.manifest();
        let (factors, width) = (manifest.factors.len(), manifest.width());
        let cases = manifest.block.min(open.cases - offset) as usize;
        let first = open.first + offset;
        piece.reset(cases, factors, width);
        for place in 0..cases {
            let point = &mut piece.points[place * factors..][..factors];
            piece.wanted[place] = self.design.point(first + place as u64, point) == Fate::Run;
        }
        let mut block = Block {
            first,
            factors,
            width,
            points: &piece.points,
            wanted: &piece.wanted,
            rows: &mut piece.rows,
            errors: &mut piece.errors,
            seconds: &mut piece.seconds,
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| self.model.run_block(&mut block)));
        if outcome.is_err() {
            self.one_by_one(&mut block);
        }
        piece.judge(width);
    }

    /// A block in which something broke, case by case, so that only the culprit is lost.
    fn one_by_one(&self, block: &mut Block<'_>) {
        for place in (0..block.wanted.len()).filter(|place| block.wanted[*place]) {
            let row = &mut block.rows[place * block.width..][..block.width];
            let point = &block.points[place * block.factors..][..block.factors];
            row.fill(f64::NAN);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                self.model.run(block.first + place as u64, point, &mut *row)
            }));
            block.errors[place] = match outcome {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error),
                Err(panic) => Some(CaseError::new(format!("a fault of the program: {}", words(&*panic)))),
            };
            if block.errors[place].is_some() {
                row.fill(f64::NAN);
            }
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// Buffers of one thread for one block.
#[derive(Default)]
struct Piece {
    points: Vec<f64>,
    wanted: Vec<bool>,
    rows: Vec<f64>,
    errors: Vec<Option<CaseError>>,
    seconds: Vec<f64>,
    status: Vec<u8>,
}

impl Piece {
    fn reset(&mut self, cases: usize, factors: usize, width: usize) {
        refill(&mut self.points, cases * factors, f64::NAN);
        refill(&mut self.rows, cases * width, f64::NAN);
        refill(&mut self.seconds, cases, 0.0);
        refill(&mut self.wanted, cases, false);
        refill(&mut self.errors, cases, None);
        refill(&mut self.status, cases, Status::Excluded as u8);
    }

    /// Place and message of the first failure.
    fn first_error(&self) -> Option<(u64, &str)> {
        let mut errors = self.errors.iter().enumerate();
        errors.find_map(|(place, error)| Some((place as u64, error.as_ref()?.message.as_str())))
    }

    fn judge(&mut self, width: usize) {
        for place in 0..self.wanted.len() {
            self.status[place] = match (self.wanted[place], &self.errors[place]) {
                (false, _) => Status::Excluded,
                (true, None) => Status::Solved,
                (true, Some(_)) => Status::Failed,
            } as u8;
            if self.status[place] != Status::Solved as u8 {
                self.rows[place * width..][..width].fill(f64::NAN);
            }
        }
    }
}

fn refill<T: Clone>(buffer: &mut Vec<T>, length: usize, value: T) {
    buffer.clear();
    buffer.resize(length, value);
}

impl Open {
    /// Puts a solved block in its place; returns the chunk when it was the last one.
    fn put(&self, offset: u64, piece: &Piece) -> Option<Chunk> {
        let mut filled = lock(&self.filled);
        let (chunk, done) = &mut *filled;
        let (at, cases) = (offset as usize, piece.status.len());
        chunk.points[at * chunk.factors..][..piece.points.len()].copy_from_slice(&piece.points);
        chunk.rows[at * chunk.width..][..piece.rows.len()].copy_from_slice(&piece.rows);
        chunk.seconds[at..][..cases].copy_from_slice(&piece.seconds);
        chunk.status[at..][..cases].copy_from_slice(&piece.status);
        let errors = piece.errors.iter().enumerate();
        chunk.errors.extend(
            errors.filter_map(|(place, error)| Some(((at + place) as u64, error.as_ref()?.message.clone()))),
        );
        *done += cases as u64;
        if *done < self.cases {
            return None;
        }
        chunk.errors.sort_unstable();
        Some(std::mem::replace(chunk, Chunk::empty(0, 0, 0, 0, 0)))
    }
}

/// A lock whose holder panicked still guards whole values here: every write under it is a plain copy.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
