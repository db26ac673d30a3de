//! Solves random equilibria from a cold start and tells how many converge and what is left of their equations.
//!
//! ```sh
//! cargo run --release --example random_equilibria -- --count 100000 [PHREEQC databases]
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a tool for developers")]

#[path = "../tests/common/survey.rs"]
mod survey;

use clap::Parser;
use lixivia::equilibrium::{Database, Model};
use std::path::PathBuf;
use survey::{Source, survey};

/// Solve random equilibria.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many in all, spread evenly over the curated set and the databases.
    #[arg(long, default_value_t = 100_000)]
    count: usize,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many failures to print of each source.
    #[arg(long, default_value_t = 3)]
    show: usize,
    /// PHREEQC databases beside the curated set.
    databases: Vec<PathBuf>,
}

fn main() {
    let arguments = Arguments::parse();
    let mut sources = vec![("curated".to_owned(), Database::curated().unwrap())];
    for path in &arguments.databases {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        sources.push((name, Database::read_phreeqc(path).unwrap()));
    }
    let count = arguments.count / sources.len();
    for (name, database) in &sources {
        let dense = !database.interactions.is_empty();
        let models: &[Model] = if dense {
            &[Model::FromDatabase]
        } else {
            &[Model::FromDatabase, Model::Davies, Model::Ideal, Model::ExtendedDebyeHueckel]
        };
        let tally = survey(&Source { name, database, models, celsius: (5.0, 90.0) }, count, arguments.seed);
        let share = 100.0 * (tally.solved + tally.dry) as f64 / count as f64;
        println!(
            "{name}: {share:.3} % of {count} answered ({} solved, of these {} past I = 6.5; {} dry), {} not; imbalance {:.1e}, SI \
             {:.1e}, mass action {:.1e}; {:.1} steps on average, {} from elsewhere",
            tally.solved,
            tally.strong,
            tally.dry,
            tally.failures.len(),
            tally.imbalance,
            tally.saturation,
            tally.mass_action,
            tally.iterations as f64 / tally.solved.max(1) as f64,
            tally.fallbacks,
        );
        tally.failures.iter().take(arguments.show).for_each(|failure| println!("  {failure}"));
    }
}
