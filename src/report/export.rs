//! Any of our HDF5 files as tables: what stands along one dimension becomes the columns of a table, what
//! stands along two a table of its own.

use std::path::{Path, PathBuf};

use super::durable::{self, FileError};
use super::hdf5::{self, Data, Dataset, Group, Node};
use super::table::{Cell, Column, Table, write_xlsx};

/// The tables of a result file, in the order of the file.
///
/// # Errors
/// [`FileError`] if there is no such file or it is no HDF5 file of the kinds this program writes.
pub fn tables_of(path: &Path) -> Result<Vec<Table>, FileError> {
    Ok(tables(&hdf5::read(path)?))
}

/// Writes tables as one workbook, replaced only when complete.
///
/// # Errors
/// [`FileError`] as [`write_xlsx`].
pub fn to_xlsx(tables: &[Table], path: &Path) -> Result<(), FileError> {
    write_xlsx(path, tables)
}

/// Writes each table as a CSV file in a folder, which is made if it is missing; returns the files written.
///
/// # Errors
/// [`FileError`] if the folder cannot be made or written or the disk is full.
pub fn to_csv(tables: &[Table], folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    std::fs::create_dir_all(folder).map_err(|error| FileError::writing(folder, &error))?;
    let mut written = Vec::new();
    for table in tables {
        let path = folder.join(format!("{}.csv", file_name(&table.title)));
        durable::replace(&path, table.csv().as_bytes())?;
        written.push(path);
    }
    Ok(written)
}

/// The tables of a group and of the groups below it.
pub fn tables(root: &Group) -> Vec<Table> {
    let mut out = Vec::new();
    collect("", root, &[], &mut out);
    out
}

/// `above` are the groups from the root down to this one's parent: coordinates may stand there.
fn collect<'a>(path: &str, group: &'a Group, above: &[&'a Group], out: &mut Vec<Table>) {
    let scope: Vec<&Group> = above.iter().copied().chain([group]).collect();
    let titled = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path} {name}") };
    let own = datasets(group);
    let mut scalars =
        Table::new(&titled("values"), [Column::text("name"), Column::number("value"), Column::text("unit")]);
    let mut dims: Vec<&str> = Vec::new();
    for (name, dataset) in &own {
        match dataset.dims.as_slice() {
            [] => {
                let unit = dataset.units.as_deref().unwrap_or_default();
                scalars.row([(*name).into(), cell(&dataset.data, 0), unit.into()]);
            }
            [dim] if !dims.contains(&dim.as_str()) => {
                dims.push(dim);
                let title = if path.is_empty() { dim.clone() } else { path.to_owned() };
                let others = own.iter().any(|(_, other)| other.dims.len() == 1 && other.dims[0] != *dim);
                let title = if others && !path.is_empty() { titled(dim) } else { title };
                out.extend(columns(&title, dim, &own, &scope));
            }
            [_] => {}
            [rows, across] => out.push(matrix(&titled(name), dataset, rows, across, &scope)),
            _ => out.push(long(&titled(name), name, dataset, &scope)),
        }
    }
    if !scalars.rows.is_empty() {
        out.push(Table {
            title: if path.is_empty() { "values".to_owned() } else { path.to_owned() },
            ..scalars
        });
    }
    for (name, node) in &group.members {
        if let Node::Group(below) = node {
            let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
            collect(&path, below, &scope, out);
        }
    }
}

fn datasets(group: &Group) -> Vec<(&str, &Dataset)> {
    let members = group.members.iter();
    members
        .filter_map(|(name, node)| match node {
            Node::Dataset(dataset) => Some((name.as_str(), dataset)),
            Node::Group(_) => None,
        })
        .collect()
}

/// All datasets along one dimension side by side, its coordinate first; nothing for a bare coordinate.
fn columns(title: &str, dim: &str, own: &[(&str, &Dataset)], scope: &[&Group]) -> Option<Table> {
    let along = |dataset: &Dataset| matches!(dataset.dims.as_slice(), [only] if only == dim);
    let others: Vec<&(&str, &Dataset)> =
        own.iter().filter(|(name, dataset)| along(dataset) && *name != dim).collect();
    let (_, first) = others.first()?;
    let length = first.data.len();
    let coordinate = coordinate(dim, scope);
    let mut heads = vec![head(dim, coordinate)];
    heads.extend(others.iter().map(|(name, dataset)| head(name, Some(dataset))));
    let mut table = Table::new(title, heads);
    for row in 0..length {
        let label = label(coordinate, row);
        let cells = others.iter().map(|(_, dataset)| cell(&dataset.data, row));
        table.row(std::iter::once(label).chain(cells));
    }
    Some(table)
}

/// A dataset over two dimensions: the first down, the second across.
fn matrix(title: &str, dataset: &Dataset, rows: &str, across: &str, scope: &[&Group]) -> Table {
    let (down, over) = (coordinate(rows, scope), coordinate(across, scope));
    let width = dataset.shape[1];
    let mut heads = vec![head(rows, down)];
    heads.extend((0..width).map(|at| head(&text_of(&label(over, at)), Some(dataset))));
    let mut table = Table::new(title, heads);
    for row in 0..dataset.shape[0] {
        let cells = (0..width).map(|at| cell(&dataset.data, row * width + at));
        table.row(std::iter::once(label(down, row)).chain(cells));
    }
    table
}

/// A dataset over more dimensions: one row a value.
fn long(title: &str, name: &str, dataset: &Dataset, scope: &[&Group]) -> Table {
    let coordinates: Vec<Option<&Dataset>> = dataset.dims.iter().map(|dim| coordinate(dim, scope)).collect();
    let mut heads: Vec<Column> =
        dataset.dims.iter().zip(&coordinates).map(|(dim, of)| head(dim, *of)).collect();
    heads.push(head(name, Some(dataset)));
    let mut table = Table::new(title, heads);
    for position in 0..dataset.data.len() {
        let mut rest = position;
        let mut cells = vec![cell(&dataset.data, position)];
        for (length, of) in dataset.shape.iter().zip(&coordinates).rev() {
            cells.push(label(*of, rest % length));
            rest /= length;
        }
        table.row(cells.into_iter().rev());
    }
    table
}

/// The coordinate of a dimension: in the group or the nearest above.
fn coordinate<'a>(dim: &str, scope: &[&'a Group]) -> Option<&'a Dataset> {
    scope.iter().rev().find_map(|group| {
        group.members.iter().find(|(name, _)| name == dim).and_then(|(_, node)| match node {
            Node::Dataset(dataset) => Some(dataset),
            Node::Group(_) => None,
        })
    })
}

fn head(name: &str, dataset: Option<&Dataset>) -> Column {
    let numeric = dataset.is_none_or(|dataset| !matches!(dataset.data, Data::Text(_)));
    let column = if numeric { Column::number(name) } else { Column::text(name) };
    let unit = dataset.and_then(|dataset| dataset.units.as_deref()).filter(|unit| *unit != "1");
    column.unit(unit.unwrap_or_default())
}

/// The name of a position along a dimension: its coordinate, or its number from 0.
fn label(coordinate: Option<&Dataset>, at: usize) -> Cell {
    coordinate.map_or(Cell::from(at), |dataset| cell(&dataset.data, at))
}

fn cell(data: &Data, at: usize) -> Cell {
    match data {
        Data::F64(values) => values.get(at).copied().into(),
        Data::I64(values) => values.get(at).copied().into(),
        Data::Text(values) => values.get(at).cloned().into(),
    }
}

fn text_of(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Integer(value) => value.to_string(),
        Cell::Number(value) => value.to_string(),
        Cell::Empty => String::new(),
    }
}

/// A name that every file system takes.
fn file_name(title: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    title.chars().map(plain).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::result::tests::sample;

    fn find<'a>(tables: &'a [Table], title: &str) -> &'a Table {
        let titles: Vec<&str> = tables.iter().map(|table| table.title.as_str()).collect();
        tables.iter().find(|table| table.title == title).unwrap_or_else(|| panic!("no {title} in {titles:?}"))
    }

    #[test]
    fn a_run_becomes_tables() {
        let tables = tables(&sample().to_hdf5());
        let streams = find(&tables, "stream").csv();
        assert!(streams.starts_with("stream,from,to,temperature [K],pressure [Pa],mass [kg/s]"), "{streams}");
        assert_eq!(
            find(&tables, "amount").csv(),
            "stream,H2O [mol/s],Co+2 [mol/s]\nfeed.out,20,0\nleach.slurry,20,0.5\n"
        );
        assert_eq!(find(&tables, "profiles leach").csv(), "time [s],conversion.LiCoO2(s)\n0,0\n60,0.95\n");
        assert!(find(&tables, "kpis").csv().contains("plant.recovery.Co,0.93,1\n"));
        assert!(find(&tables, "parameters").csv().starts_with("parameter,value,value_units,source"));
    }

    #[test]
    fn three_dimensions_become_rows() {
        let mut root = Group::new();
        root.dataset("a", Dataset::row(["x", "y"].as_slice(), "a"));
        let values: Vec<f64> = (0..8).map(f64::from).collect();
        root.dataset("v", Dataset::new(values, &[2, 2, 2], &["a", "b", "c"]).units("K"));
        let csv = find(&tables(&root), "v").csv();
        assert!(
            csv.starts_with("a,b,c,v [K]\nx,0,0,0\nx,0,1,1\nx,1,0,2\n") && csv.ends_with("y,1,1,7\n"),
            "{csv}"
        );
    }

    #[test]
    fn files_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("a.h5");
        sample().write_hdf5(&source).unwrap();
        let tables = tables_of(&source).unwrap();
        let files = to_csv(&tables, &folder.path().join("csv")).unwrap();
        assert!(files.len() > 8 && files.iter().all(|file| file.is_file()));
        to_xlsx(&tables, &folder.path().join("a.xlsx")).unwrap();
    }
}
