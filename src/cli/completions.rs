//! `lixivia completions <shell>`.

use clap::Args;
use clap_complete::Shell;

use super::{Exit, Failure, Terminal};

/// Print the completions of a shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "lixivia", &mut script);
        terminal.say(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}
