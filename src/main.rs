//! The `lixivia` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    lixivia::cli::main()
}
