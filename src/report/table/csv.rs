//! CSV after RFC 4180 with line feeds: units once in the header, every digit of every number.

use std::fmt::Write;

use super::{Cell, Table};

impl Table {
    /// The table as CSV. A number is written with the fewest digits that read back to the same bits; NaN
    /// and empty cells are empty.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        line(&mut out, self.columns.iter().map(super::Column::header));
        for row in &self.rows {
            line(&mut out, row.iter().map(plain));
        }
        out
    }
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Integer(value) => value.to_string(),
        Cell::Number(value) if value.is_nan() => String::new(),
        Cell::Number(value) if *value == 0.0 || (1e-5..1e16).contains(&value.abs()) => value.to_string(),
        Cell::Number(value) => format!("{value:e}"),
        Cell::Empty => String::new(),
    }
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    for (position, cell) in cells.enumerate() {
        if position > 0 {
            out.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            let _ = write!(out, "\"{}\"", cell.replace('"', "\"\""));
        } else {
            out.push_str(&cell);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use crate::report::table::{Cell, Column, Table};

    #[test]
    fn quotes_and_keeps_every_digit() {
        let mut table = Table::new("t", [Column::text("name"), Column::number("n").unit("mol/(m2 s)")]);
        table.row(["a, \"b\"".into(), (0.1 + 0.2).into()]);
        table.row([Cell::Empty, 6.02214076e23.into()]);
        table.row(["c".into(), f64::NAN.into()]);
        assert_eq!(
            table.csv(),
            "name,n [mol/(m2 s)]\n\"a, \"\"b\"\"\",0.30000000000000004\n,6.02214076e23\nc,\n"
        );
    }
}
