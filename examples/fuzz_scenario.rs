//! Feeds mutated scenarios and process files to their readers until time is up: none may panic, hang, or be
//! refused without a reason.
//!
//! ```sh
//! cargo run --example fuzz_scenario -- --minutes 10 --seed 1
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a tool for developers")]

#[path = "../tests/common/mutate.rs"]
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use clap::Parser;
use lixivia::scenario::{Library, Model, shipped_scenario, shipped_scenarios};
use mutate::{Change, mutate};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Mutate shipped scenarios and process files and read them.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long to go on.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Seed of the mutations.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A sound pair of files to start from.
struct Seed {
    scenario: &'static str,
    process: String,
    process_text: String,
}

fn seeds(library: &Library) -> Vec<Seed> {
    shipped_scenarios()
        .filter_map(|name| {
            let scenario = shipped_scenario(name)?;
            let process = Model::parse(name, scenario, library, &[]).ok()?.processes.first()?.name.clone();
            let process_text = library.process(&process)?.1.to_owned();
            Some(Seed { scenario, process, process_text })
        })
        .collect()
}

fn main() {
    let arguments = Arguments::parse();
    let mut library = Library::load(None).expect("the shipped library is sound");
    let seeds = seeds(&library);
    let mut random = ChaCha8Rng::seed_from_u64(arguments.seed);
    let end = Instant::now() + Duration::from_secs_f64(60.0 * arguments.minutes);
    let (mut runs, mut accepted, mut findings, mut slowest) = (0_u64, 0_u64, 0_u64, Duration::ZERO);
    while Instant::now() < end {
        let seed = &seeds[random.random_range(0..seeds.len())];
        let changes: Vec<Change> = (0..random.random_range(1..6))
            .map(|_| Change {
                kind: random.random_range(0..mutate::KINDS),
                at: random.next_u32(),
                with: random.next_u32(),
            })
            .collect();
        let of_process = random.random_bool(0.5);
        let (scenario, process) = if of_process {
            (seed.scenario.to_owned(), mutate(&seed.process_text, &changes))
        } else {
            (mutate(seed.scenario, &changes), seed.process_text.clone())
        };
        library.lay_over(&seed.process, &process);
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&library, &scenario)));
        slowest = slowest.max(start.elapsed());
        library.lay_over(&seed.process, &seed.process_text);
        runs += 1;
        match outcome {
            Ok(Ok(sound)) if start.elapsed() < Duration::from_secs(5) => accepted += u64::from(sound),
            found => {
                findings += 1;
                let what =
                    found.map_or_else(|_| "panic".to_owned(), |r| r.err().unwrap_or("slow".to_owned()));
                println!("finding {findings}, {what}:\n{}\n", if of_process { &process } else { &scenario });
            }
        }
    }
    println!(
        "{runs} files read, {accepted} of them sound, {findings} findings, the slowest took {slowest:?}; seed {}",
        arguments.seed
    );
    std::process::exit(i32::from(findings > 0));
}

/// Whether the files are sound; an error where they are refused without a reason.
fn read(library: &Library, scenario: &str) -> Result<bool, String> {
    let Err(faults) = Model::parse("mutant.toml", scenario, library, &[]) else { return Ok(true) };
    let told = !faults.list.is_empty()
        && !faults.render(false).is_empty()
        && faults.json().iter().all(|f| f.line >= 1 && f.column >= 1 && !f.message.is_empty());
    if told { Ok(false) } else { Err("refused without a reason".to_owned()) }
}
