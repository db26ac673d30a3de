//! Workbooks: one sheet a table, units in the header, numbers as numbers.

use std::collections::BTreeSet;
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError};

use super::{Cell, Column, Precision, Table};
use crate::report::durable::{self, FileError};

/// Writes tables as the sheets of one workbook, replaced only when complete.
///
/// # Errors
/// [`FileError`] if the folder is missing or read-only, the disk is full, or a table is longer than a
/// sheet can be (1,048,576 rows).
pub fn write_xlsx(path: &Path, tables: &[Table]) -> Result<(), FileError> {
    let bytes = workbook(tables).map_err(|error| FileError::Other {
        action: "write",
        path: path.to_path_buf(),
        reason: error.to_string(),
    })?;
    durable::replace(path, &bytes)
}

fn workbook(tables: &[Table]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // A fixed date: equal tables give equal bytes.
    let date = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&date));
    let mut taken = BTreeSet::new();
    for table in tables {
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(&table.title, &mut taken))?;
        write_table(sheet, table)?;
    }
    workbook.save_to_buffer()
}

fn write_table(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin).set_text_wrap();
    for (at, column) in (0_u16..).zip(&table.columns) {
        sheet.write_with_format(0, at, column.header(), &head)?;
        sheet.set_column_width(at, width(table, usize::from(at)))?;
        let format = Format::new().set_num_format(number_format(column));
        for (row, cells) in (1_u32..).zip(&table.rows) {
            match &cells[usize::from(at)] {
                Cell::Text(text) => drop(sheet.write_string(row, at, cut(text))?),
                Cell::Integer(value) => drop(sheet.write_number(row, at, *value as f64)?),
                Cell::Number(value) if value.is_finite() => {
                    sheet.write_number_with_format(row, at, *value, &format)?;
                }
                Cell::Number(_) | Cell::Empty => {}
            }
        }
    }
    for (row, note) in (2 + table.rows.len() as u32..).zip(&table.notes) {
        sheet.write_string(row, 0, note)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// A cell holds 32,767 characters at most; longer text, such as a whole scenario, is cut.
fn cut(text: &str) -> String {
    const LONGEST: usize = 32_767;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// The cell keeps every digit; the format only sets how it is shown.
fn number_format(column: &Column) -> String {
    match column.precision {
        Precision::Significant(_) => "General".to_owned(),
        Precision::Decimals(0) => "#,##0".to_owned(),
        Precision::Decimals(decimals) => format!("#,##0.{}", "0".repeat(decimals)),
    }
}

fn width(table: &Table, at: usize) -> f64 {
    let column = &table.columns[at];
    let cells = table.rows.iter().take(200).map(|row| column.print(&row[at]).chars().count());
    let longest = cells.chain([column.header().chars().count()]).max().unwrap_or(0);
    (longest as f64 + 2.0).clamp(8.0, 60.0)
}

/// A sheet's name may have 31 characters, not all of them, and no other sheet's.
fn sheet_name(title: &str, taken: &mut BTreeSet<String>) -> String {
    let allowed = |c: char| if "[]:*?/\\'".contains(c) { '_' } else { c };
    let plain: String = title.chars().map(allowed).take(31).collect();
    let plain = if plain.trim().is_empty() { "table".to_owned() } else { plain };
    let mut name = plain.clone();
    let mut number = 2;
    while !taken.insert(name.to_lowercase()) {
        name = format!("{} {number}", plain.chars().take(28).collect::<String>());
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheet_names_are_legal_and_distinct() {
        let mut taken = BTreeSet::new();
        assert_eq!(sheet_name("unit: leach/1", &mut taken), "unit_ leach_1");
        let long = "a".repeat(40);
        assert_eq!(sheet_name(&long, &mut taken).len(), 31);
        assert_eq!(sheet_name(&long, &mut taken), format!("{} 2", "a".repeat(28)));
        assert_eq!(sheet_name("", &mut taken), "table");
    }

    #[test]
    fn equal_tables_give_equal_workbooks() {
        let mut table = Table::new("Streams", [Column::text("stream"), Column::number("Co").unit("kg/h")]);
        table.row(["feed".into(), 12.5.into()]).row(["x".into(), f64::NAN.into()]).note("per hour");
        table.row([Cell::Text("x".repeat(40_000))]);
        let tables = [table];
        let first = workbook(&tables).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert_eq!(first, workbook(&tables).unwrap());
        assert!(first.starts_with(b"PK"));
    }
}
