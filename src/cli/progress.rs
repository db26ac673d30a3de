//! A bar on standard error while many runs go on; nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Counts things that are done.
pub(super) struct Count(ProgressBar);

impl Count {
    /// Of `total` things called `what`.
    pub(super) fn new(total: usize, what: &'static str) -> Count {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(5));
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} {msg}, {eta} left")
        {
            bar.set_style(style);
        }
        bar.set_message(what);
        Count(bar)
    }

    /// One more is done.
    pub(super) fn one(&self) {
        self.0.inc(1);
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
