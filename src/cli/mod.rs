//! The command line: one file per subcommand. A subcommand parses its arguments, calls the floors
//! below and prints; it decides nothing else.
//!
//! To add one: its file here with a clap `Args` struct and `run(&self, &Terminal) -> Result<Exit, Failure>`,
//! a variant of [`Command`], and a line in `Command::run`.

mod analyse;
mod check;
mod completions;
mod constant;
pub mod deliver;
mod diagram;
mod explain;
mod export;
mod fit;
mod input;
mod liquor;
mod list;
mod merge;
mod new;
mod optimise;
mod pourbaix;
mod progress;
mod run;
mod schema;
mod sweep;
mod speciate;
mod terminal;
mod validate;

use std::panic;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use terminal::{Colour, Terminal};

use crate::report::durable::FileError;
use crate::scenario::Diagnostics;
use crate::sweep::ready::NotReady;

/// How a command ended; the numbers are a promise to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Done = 0,
    /// Anything that is no other's case: files that cannot be written, faults of the program.
    Other = 1,
    /// The input is wrong: arguments, scenario, process or result file.
    Input = 2,
    /// The calculation failed.
    Calculation = 3,
    /// A check was missed.
    Missed = 4,
}

/// Why a command ended early: what to tell, and the exit code.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Exit code.
    pub exit: Exit,
    /// Words for people, without a line feed at the end; empty if all has been said.
    pub message: String,
}

impl Failure {
    /// A failure of one kind.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Failure { exit, message: message.into() }
    }

    /// Faults of the input, as the terminal shows them.
    fn of_input(faults: &Diagnostics, terminal: &Terminal) -> Self {
        Failure::new(Exit::Input, faults.render(terminal.colours_errors()))
    }

    /// A scenario that cannot be swept or optimised.
    fn not_ready(error: NotReady, terminal: &Terminal) -> Self {
        match error {
            NotReady::Faults(faults) => Failure::of_input(&faults, terminal),
            NotReady::Plant(words) => Failure::new(Exit::Input, words),
        }
    }
}

impl From<FileError> for Failure {
    /// A file that cannot be read is wrong input; one that cannot be written is not.
    fn from(error: FileError) -> Self {
        let exit = match error {
            FileError::NotFound { .. }
            | FileError::NotOwn { .. }
            | FileError::Malformed { .. }
            | FileError::Denied { action: "read", .. }
            | FileError::Other { action: "read", .. } => Exit::Input,
            _ => Exit::Other,
        };
        Failure::new(exit, error.to_string())
    }
}

/// Simulator for hydrometallurgy and metal recovery: leaching, separation, flowsheets with recycles.
#[derive(Debug, Parser)]
#[command(name = "lixivia", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    colour: Colour,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 2 the input is wrong, 3 the calculation failed, \
                          4 a check was missed, 1 anything else.";

/// What can be asked for.
#[derive(Debug, Subcommand)]
enum Command {
    New(new::New),
    List(list::List),
    Explain(explain::Explain),
    Check(check::Check),
    Run(run::Run),
    Sweep(Box<sweep::Sweep>),
    Optimise(optimise::Optimise),
    Merge(merge::Merge),
    Analyse(analyse::Analyse),
    Export(export::Export),
    Schema(schema::Schema),
    Speciate(Box<speciate::Speciate>),
    Diagram(Box<diagram::Diagram>),
    Pourbaix(Box<pourbaix::Pourbaix>),
    Validate(validate::Validate),
    Fit(fit::Fit),
    Completions(completions::Completions),
}

impl Command {
    fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        match self {
            Command::New(new) => new.run(terminal),
            Command::List(list) => list.run(terminal),
            Command::Explain(explain) => explain.run(terminal),
            Command::Check(check) => check.run(terminal),
            Command::Run(run) => run.run(terminal),
            Command::Schema(schema) => schema.run(terminal),
            Command::Sweep(sweep) => sweep.run(terminal),
            Command::Optimise(optimise) => optimise.run(terminal),
            Command::Merge(merge) => merge.run(terminal),
            Command::Analyse(analyse) => analyse.run(terminal),
            Command::Export(export) => export.run(terminal),
            Command::Speciate(speciate) => speciate.run(terminal),
            Command::Diagram(diagram) => diagram.run(terminal),
            Command::Pourbaix(pourbaix) => pourbaix.run(terminal),
            Command::Validate(validate) => validate.run(terminal),
            Command::Fit(fit) => fit.run(terminal),
            Command::Completions(completions) => completions.run(terminal),
        }
    }
}

/// Runs the program with the arguments it was given.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(message) => {
            // Help and version go to standard output and are no failure.
            let exit = if message.use_stderr() { Exit::Input } else { Exit::Done };
            let _ = message.print();
            return code(exit);
        }
    };
    let terminal = Terminal::new(arguments.colour);
    panic::set_hook(Box::new(|fault| {
        eprintln!("lixivia: a fault of the program, not of your input; please report it.\n{fault}");
    }));
    let ended = panic::catch_unwind(|| arguments.command.run(&terminal));
    code(match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            if !failure.message.is_empty() {
                terminal.complain(&failure.message);
            }
            failure.exit
        }
        Err(_) => Exit::Other,
    })
}

/// The parser, for completions and documentation.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        command().debug_assert();
    }

    #[test]
    fn unreadable_files_are_wrong_input() {
        let missing = FileError::NotFound { path: "a.h5".into() };
        assert_eq!(Failure::from(missing).exit, Exit::Input);
        let full = FileError::DiskFull { path: "a.h5".into() };
        assert_eq!(Failure::from(full).exit, Exit::Other);
    }
}
