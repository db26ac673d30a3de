//! Tables for the terminal: aligned, units under the titles, colour only where asked for.

use super::{Cell, Table};

/// How to print for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colour and weight; the caller knows whether a terminal is there.
    pub colour: bool,
    /// Columns of text that fit in a line; a wider table is split into several below each other.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Style { colour: false, width: 100 }
    }
}

impl Style {
    /// Text in bold, where colour is on.
    pub fn bold(&self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Text less prominent, where colour is on.
    pub fn dim(&self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// Text in yellow, for warnings.
    pub fn warning(&self, text: &str) -> String {
        self.wrap("33", text)
    }

    /// Text in red, for errors.
    pub fn error(&self, text: &str) -> String {
        self.wrap("31;1", text)
    }

    fn wrap(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Blanks between columns.
const GAP: usize = 2;

/// One column made ready: its lines of equal width, and whether they stand to the right.
struct Printed {
    title: String,
    unit: String,
    cells: Vec<String>,
    width: usize,
    right: bool,
}

impl Table {
    /// The table as aligned text that ends with a line feed. The first column is repeated where a table
    /// wider than the line is split.
    pub fn terminal(&self, style: Style) -> String {
        let columns: Vec<Printed> = (0..self.columns.len()).map(|at| self.print_column(at)).collect();
        let mut out = String::new();
        if !self.title.is_empty() {
            out.push_str(&style.bold(&self.title));
            out.push('\n');
        }
        for (number, part) in split(&columns, style.width).iter().enumerate() {
            if number > 0 {
                out.push('\n');
            }
            self.write_part(&mut out, part, style);
        }
        for note in &self.notes {
            out.push_str(&style.dim(note));
            out.push('\n');
        }
        out
    }

    fn print_column(&self, at: usize) -> Printed {
        let column = &self.columns[at];
        let printed: Vec<String> = self.rows.iter().map(|row| column.print(&row[at])).collect();
        let cells = if column.numeric { align_points(&self.rows, at, printed) } else { printed };
        let unit = column.unit.clone().unwrap_or_default();
        let heads = [column.title.chars().count(), unit.chars().count()];
        let width = cells.iter().map(|cell| cell.chars().count()).chain(heads).max().unwrap_or(0);
        Printed { title: column.title.clone(), unit, cells, width, right: column.numeric }
    }

    fn write_part(&self, out: &mut String, part: &[&Printed], style: Style) {
        let line = |pick: &dyn Fn(&Printed) -> &str| {
            let cells: Vec<String> = part.iter().map(|column| pad(pick(column), column)).collect();
            cells.join(&" ".repeat(GAP)).trim_end().to_owned()
        };
        out.push_str(&style.bold(&line(&|column| &column.title)));
        out.push('\n');
        if part.iter().any(|column| !column.unit.is_empty()) {
            out.push_str(&style.dim(&line(&|column| &column.unit)));
            out.push('\n');
        }
        let width = part.iter().map(|column| column.width).sum::<usize>() + GAP * (part.len().max(1) - 1);
        out.push_str(&style.dim(&"─".repeat(width)));
        out.push('\n');
        for row in 0..self.rows.len() {
            out.push_str(&line(&|column| &column.cells[row]));
            out.push('\n');
        }
    }
}

fn pad(text: &str, column: &Printed) -> String {
    let blanks = " ".repeat(column.width.saturating_sub(text.chars().count()));
    if column.right { blanks + text } else { text.to_owned() + &blanks }
}

/// Decimal points below each other: numbers are filled with blanks to the longest tail of their column.
fn align_points(rows: &[Vec<Cell>], at: usize, printed: Vec<String>) -> Vec<String> {
    let tail = |text: &str| text.find(['.', 'e']).map_or(0, |point| text[point..].chars().count());
    let is_number = |row: usize| matches!(rows[row][at], Cell::Number(_) | Cell::Integer(_));
    let longest = (0..rows.len()).filter(|&row| is_number(row)).map(|row| tail(&printed[row])).max();
    let fill = |(row, text): (usize, String)| {
        let blanks = if is_number(row) { longest.unwrap_or(0) - tail(&text) } else { 0 };
        text + &" ".repeat(blanks)
    };
    printed.into_iter().enumerate().map(fill).collect()
}

/// Columns in parts that fit the line, each led by the first column.
fn split(columns: &[Printed], width: usize) -> Vec<Vec<&Printed>> {
    let mut parts: Vec<Vec<&Printed>> = Vec::new();
    let mut used = 0;
    for (position, column) in columns.iter().enumerate() {
        if position > 0
            && used + GAP + column.width <= width
            && let Some(part) = parts.last_mut()
        {
            part.push(column);
            used += GAP + column.width;
            continue;
        }
        let lead = &columns[0];
        parts.push(if position == 0 { vec![lead] } else { vec![lead, column] });
        used = lead.width + if position == 0 { 0 } else { GAP + column.width };
    }
    // A lead alone at the start is only right when there is nothing else to show.
    if parts.len() > 1 && parts[0].len() == 1 {
        parts.remove(0);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::Column;

    fn sample() -> Table {
        let columns =
            [Column::text("stream"), Column::number("Co").unit("kg/h"), Column::number("T").unit("°C")];
        let mut table = Table::new("Streams", columns);
        table.row(["feed".into(), 1250.0.into(), 25.0.into()]);
        table.row(["Überlauf".into(), 0.01234.into(), Cell::Empty]);
        table
    }

    #[test]
    fn points_stand_below_each_other() {
        let want = "\
Streams
stream             Co      T
                 kg/h     °C
────────────────────────────
feed      1,250        25.00
Überlauf      0.01234
";
        assert_eq!(sample().terminal(Style::default()), want);
    }

    #[test]
    fn wide_tables_are_split_under_their_first_column() {
        let text = sample().terminal(Style { colour: false, width: 24 });
        assert_eq!(text.matches("stream").count(), 2, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 24), "{text}");
    }

    #[test]
    fn colour_only_where_asked() {
        assert!(!sample().terminal(Style::default()).contains('\x1b'));
        assert!(sample().terminal(Style { colour: true, width: 100 }).contains("\x1b[1m"));
    }
}
