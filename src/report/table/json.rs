//! A table as a JSON object.

use serde_json::{Value, json};

use super::{Cell, Table};

impl Table {
    /// `{"title", "columns": [{"name", "unit"}], "rows": [[...]], "notes"}`; NaN and empty cells are `null`.
    pub fn json(&self) -> Value {
        let columns: Vec<Value> =
            self.columns.iter().map(|column| json!({ "name": column.title, "unit": column.unit })).collect();
        let rows: Vec<Value> = self.rows.iter().map(|row| row.iter().map(value).collect()).collect();
        json!({ "title": self.title, "columns": columns, "rows": rows, "notes": self.notes })
    }
}

/// JSON has no NaN and no infinity: both become `null`.
fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => json!(text),
        Cell::Integer(value) => json!(value),
        Cell::Number(value) if value.is_finite() => json!(value),
        Cell::Number(_) | Cell::Empty => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use crate::report::table::{Column, Table};

    #[test]
    fn no_value_is_null() {
        let mut table = Table::new("t", [Column::text("a"), Column::number("b").unit("K")]);
        table.row(["x".into(), f64::NAN.into()]);
        assert_eq!(
            table.json().to_string(),
            r#"{"title":"t","columns":[{"name":"a","unit":null},{"name":"b","unit":"K"}],"rows":[["x",null]],"notes":[]}"#
        );
    }
}
