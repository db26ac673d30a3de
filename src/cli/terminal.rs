//! Where words go: standard output and standard error, with colour only where a terminal shows it.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;

use super::{Exit, Failure};
use crate::report::table::Style;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the program prints to.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    colour: Colour,
}

impl Terminal {
    /// With the user's wish about colour.
    pub fn new(colour: Colour) -> Self {
        Terminal { colour }
    }

    /// How to print to standard output. A table is split where the terminal ends; into a file or pipe it
    /// is written whole.
    pub fn style(&self) -> Style {
        let out = io::stdout();
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = if out.is_terminal() { columns.unwrap_or(100).max(40) } else { 10_000 };
        Style { colour: self.wants_colour(out.is_terminal()), width }
    }

    /// Whether to colour what goes to standard error.
    pub fn colours_errors(&self) -> bool {
        self.wants_colour(io::stderr().is_terminal())
    }

    fn wants_colour(&self, is_terminal: bool) -> bool {
        match self.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    /// Prints to standard output. A reader who has left, as `head` does, is no failure.
    ///
    /// # Errors
    /// [`Failure`] if standard output cannot be written for another reason, such as a full disk.
    pub fn say(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::new(Exit::Other, format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// A remark for people on standard error, which stays out of what is piped on.
    pub fn remark(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// An error on standard error; one that already bears its own heading is printed as it is.
    pub fn complain(&self, message: &str) {
        let style = Style { colour: self.colours_errors(), width: 100 };
        let has_heading = message.starts_with("error") || message.starts_with('\x1b');
        let heading = if has_heading { String::new() } else { format!("{} ", style.error("error:")) };
        let _ = writeln!(io::stderr().lock(), "{heading}{message}");
    }
}
