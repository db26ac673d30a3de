//! `lixivia run`: solve a scenario, print its summary, write its results.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::deliver::Delivery;
use super::input::Input;
use super::{Exit, Failure, Terminal};
use crate::report::gather::{gather, gather_failure, gather_faults, scenario};

/// Solve a scenario: balances, recoveries, figures, and one HDF5 file.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia run scenarios/lco-sulfuric-peroxide.toml
  lixivia run plant.toml --set units.leach.temperature=\"80 degC\" --report plant.html
  lixivia run plant.toml --format json -o plant.h5")]
pub(super) struct Run {
    /// The scenario: a file, or the name of a shipped one (`lixivia list`).
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    delivery: Delivery,
}

impl Run {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let mut model = match self.input.load(&self.scenario) {
            Ok(model) => model,
            Err(faults) => {
                let file = self.scenario.display().to_string();
                let words = faults.render(terminal.colours_errors());
                return self.delivery.fail(Exit::Input, &gather_faults(&file, &faults), &words, terminal);
            }
        };
        self.delivery.check(&scenario(&model), terminal)?;
        let start = Instant::now();
        match model.flowsheet.solve() {
            Ok(solution) => {
                let result = gather(&model, &solution, start.elapsed().as_secs_f64());
                self.delivery.succeed(&result, terminal)
            }
            Err(error) => {
                let failure = gather_failure(&model, &error);
                let words = format!("error[{}]: {error}", failure.code);
                self.delivery.fail(Exit::Calculation, &failure, &words, terminal)
            }
        }
    }
}
