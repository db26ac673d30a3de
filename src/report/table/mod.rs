//! Tables: columns with units and rows of cells, to be printed, saved as CSV or XLSX, or put into JSON.
//!
//! ```
//! use lixivia::report::table::{Column, Table};
//! let mut table = Table::new("Streams", [Column::text("stream"), Column::number("Co").unit("kg/h")]);
//! table.row(["feed".into(), 1250.0.into()]);
//! assert_eq!(table.csv(), "stream,Co [kg/h]\nfeed,1250\n");
//! ```

mod csv;
mod json;
mod terminal;
mod xlsx;

pub use terminal::Style;
pub use xlsx::write_xlsx;

use super::number;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A real number in the unit of its column; NaN means "no value".
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// Nothing.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Cell::Number(value)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Cell::Integer(value)
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        i64::try_from(value).map_or(Cell::Number(value as f64), Cell::Integer)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Empty, Into::into)
    }
}

/// How the numbers of a column are printed for people. CSV, XLSX and JSON always keep every digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// That many significant digits.
    Significant(usize),
    /// That many decimals.
    Decimals(usize),
}

/// A column: its title, the unit of its numbers, how they are printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Title.
    pub title: String,
    /// Unit of the numbers, stated once in the header.
    pub unit: Option<String>,
    /// How numbers are printed.
    pub precision: Precision,
    /// Whether the column holds numbers, which stand to the right.
    pub numeric: bool,
}

impl Column {
    /// A column of text.
    pub fn text(title: &str) -> Self {
        Column { title: title.to_owned(), unit: None, precision: Precision::Significant(4), numeric: false }
    }

    /// A column of numbers, printed to four significant digits.
    pub fn number(title: &str) -> Self {
        Column { numeric: true, ..Column::text(title) }
    }

    /// The same with a unit.
    #[must_use]
    pub fn unit(mut self, unit: &str) -> Self {
        self.unit = (!unit.is_empty()).then(|| unit.to_owned());
        self
    }

    /// The same printed to that many significant digits.
    #[must_use]
    pub fn significant(mut self, digits: usize) -> Self {
        self.precision = Precision::Significant(digits);
        self
    }

    /// The same printed with that many decimals.
    #[must_use]
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.precision = Precision::Decimals(decimals);
        self
    }

    /// `title [unit]`, as headers of CSV and XLSX have it.
    pub fn header(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} [{unit}]", self.title),
            None => self.title.clone(),
        }
    }

    /// A cell of this column as people read it.
    pub fn print(&self, cell: &Cell) -> String {
        match (cell, self.precision) {
            (Cell::Text(text), _) => text.clone(),
            (Cell::Integer(value), _) => number::integer(*value),
            (Cell::Number(value), Precision::Significant(digits)) => number::significant(*value, digits),
            (Cell::Number(value), Precision::Decimals(decimals)) => number::fixed(*value, decimals),
            (Cell::Empty, _) => String::new(),
        }
    }
}

/// A titled table. Rows are made as long as there are columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Title; the name of the sheet in XLSX.
    pub title: String,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// Remarks printed below.
    pub notes: Vec<String>,
}

impl Table {
    /// A table without rows.
    pub fn new(title: &str, columns: impl IntoIterator<Item = Column>) -> Self {
        Table {
            title: title.to_owned(),
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a row; missing cells are empty, surplus ones are dropped.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) -> &mut Self {
        let mut row: Vec<Cell> = cells.into_iter().take(self.columns.len()).collect();
        row.resize(self.columns.len(), Cell::Empty);
        self.rows.push(row);
        self
    }

    /// Adds a remark.
    pub fn note(&mut self, text: impl Into<String>) -> &mut Self {
        self.notes.push(text.into());
        self
    }

    /// The table without columns that hold no value in any row.
    #[must_use]
    pub fn without_empty_columns(mut self) -> Self {
        let is_empty = |cell: &Cell| match cell {
            Cell::Empty => true,
            Cell::Number(value) => value.is_nan(),
            _ => false,
        };
        let keep: Vec<bool> =
            (0..self.columns.len()).map(|c| self.rows.iter().any(|row| !is_empty(&row[c]))).collect();
        retain(&mut self.columns, &keep);
        self.rows.iter_mut().for_each(|row| retain(row, &keep));
        self
    }
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut position = 0;
    items.retain(|_| {
        position += 1;
        keep[position - 1]
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_rows_are_filled_and_empty_columns_go() {
        let mut table = Table::new("t", [Column::text("a"), Column::number("b"), Column::number("c")]);
        table.row(["x".into(), f64::NAN.into()]).row(["y".into(), Cell::Empty, 2_i64.into(), 9.0.into()]);
        let table = table.without_empty_columns();
        assert_eq!(table.columns.len(), 2);
        assert_eq!(table.rows[0], [Cell::from("x"), Cell::Empty]);
        assert_eq!(table.rows[1], [Cell::from("y"), Cell::Integer(2)]);
    }
}
