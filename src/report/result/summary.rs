//! What `lixivia run` prints: the few tables a plant manager asks for first, then closure and warnings.

use std::path::Path;

use super::{EQUILIBRIUM, RunFailure, RunResult};
use crate::report::number::significant;
use crate::report::table::{Style, Table};

impl RunResult {
    /// The summary of a run for a terminal; `output` is the HDF5 file that was written, if one was.
    pub fn summary(&self, style: Style, output: Option<&Path>) -> String {
        let basis = if self.continuous { "continuous plant" } else { "batch" };
        let title = if self.scenario.title.is_empty() { &self.scenario.file } else { &self.scenario.title };
        let mut out = format!("{}\n", style.bold(title));
        out += &style.dim(&format!("{} · {basis} · lixivia {}", self.scenario.file, self.version));
        out += "\n\n";
        for table in [
            self.recovery_table().without_empty_columns(),
            self.streams_table().without_empty_columns(),
            self.figures_table(),
            self.controls_table(),
            self.uses_table(),
        ] {
            push(&mut out, &table, style);
        }
        out += &self.closure_line();
        for row in self.parameters.iter().filter(|row| row.name == EQUILIBRIUM) {
            out += &format!("Equilibrium: {}.\n", row.unit);
        }
        out += &self.sources_lines(style);
        if let Some(path) = output {
            out += &format!("Wrote {}\n", path.display());
        }
        out
    }

    fn closure_line(&self) -> String {
        let worst = match self.worst_balance() {
            Some(balance) => format!(" ({} around {})", balance.element, balance.unit),
            None => String::new(),
        };
        let passes = self.statistics.iter().find(|(name, _)| name == "passes").map(|(_, n)| *n as usize);
        let loops = match passes {
            None | Some(0) => String::new(),
            Some(n) => format!("; loops settled in {}", counted(n, "pass", "passes")),
        };
        format!("Balances close to {}{worst}{loops}.\n", significant(self.worst_closure, 2))
    }

    /// Estimates, references and warnings.
    fn sources_lines(&self, style: Style) -> String {
        let estimates = self.parameters.iter().filter(|row| row.source == "estimate").count();
        let references = counted(self.references.len(), "reference", "references");
        let mut out = match (self.parameters.len(), estimates) {
            (0, _) => String::new(),
            (all, 0) => {
                format!("{}, each with its source; {references}.\n", counted(all, "parameter", "parameters"))
            }
            (all, estimates) => format!(
                "{}, {} among them; {references}.\n",
                counted(all, "parameter", "parameters"),
                counted(estimates, "estimate", "estimates")
            ),
        };
        for (about, text) in &self.warnings {
            let about = if about.is_empty() { String::new() } else { format!("{about}: ") };
            out += &format!("{} {about}{text}\n", style.warning("warning:"));
        }
        out
    }
}

impl RunFailure {
    /// The last residuals of a loop that did not settle, for people; nothing where there are none.
    pub fn residual_table(&self) -> Option<Table> {
        use crate::report::table::Column;
        let columns = [
            Column::number("pass"),
            Column::text("stream"),
            Column::text("element"),
            Column::number("change").significant(2),
        ];
        let mut table = Table::new("Last passes", columns);
        let from = self.history.len().saturating_sub(10);
        for row in &self.history[from..] {
            let texts = [row.stream.as_str().into(), row.element.as_str().into()];
            table.row(std::iter::once(row.pass.into()).chain(texts).chain([row.change.into()]));
        }
        (!table.rows.is_empty()).then_some(table)
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn push(out: &mut String, table: &Table, style: Style) {
    if !table.rows.is_empty() {
        *out += &table.terminal(style);
        out.push('\n');
    }
}
