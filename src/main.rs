//! The `lixivia` program.

use std::process::ExitCode;

/// A pass through a flowsheet makes and drops many small vectors; see ARCHITECTURE.md for what this gains.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lixivia::cli::main()
}
