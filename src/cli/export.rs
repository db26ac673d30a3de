//! `lixivia export`: the tables of a result file as a workbook or as CSV.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Exit, Failure, Terminal};
use crate::report::export::{tables_of, to_csv, to_xlsx};
use crate::report::table::Table;

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One workbook, a sheet a table.
    Xlsx,
    /// One CSV file a table.
    Csv,
}

/// Write the tables of a result file as XLSX or CSV.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The HDF5 file of a run, sweep or analysis.
    file: PathBuf,
    /// What to write; by default as `--output` ends, else XLSX.
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// The workbook, or the folder for CSV files; by default named after the result, in the current folder.
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Only this table, or these; `--list` tells their names.
    #[arg(long = "table", value_name = "NAME")]
    tables: Vec<String>,
    /// List the tables and write nothing.
    #[arg(long)]
    list: bool,
}

impl Export {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let mut tables = tables_of(&self.file)?;
        if self.list {
            let line = |table: &Table| {
                format!("{}  ({} rows, {} columns)\n", table.title, table.rows.len(), table.columns.len())
            };
            terminal.say(&tables.iter().map(line).collect::<String>())?;
            return Ok(Exit::Done);
        }
        if !self.tables.is_empty() {
            self.check_names(&tables)?;
            tables.retain(|table| self.tables.contains(&table.title));
        }
        match self.form() {
            Form::Xlsx => {
                let path = self.target(".xlsx");
                to_xlsx(&tables, &path)?;
                terminal.say(&format!("Wrote {}\n", path.display()))?;
            }
            Form::Csv => {
                let files = to_csv(&tables, &self.target("-csv"))?;
                let lines: String = files.iter().map(|file| format!("Wrote {}\n", file.display())).collect();
                terminal.say(&lines)?;
            }
        }
        Ok(Exit::Done)
    }

    fn form(&self) -> Form {
        let ends_in = |path: &PathBuf| path.extension().map(|ending| ending.to_ascii_lowercase());
        match (self.format, self.output.as_ref().map(ends_in)) {
            (Some(form), _) => form,
            (None, Some(None)) => Form::Csv, // a folder
            (None, _) => Form::Xlsx,
        }
    }

    fn target(&self, ending: &str) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
            Path::new(&format!("{stem}{ending}")).to_path_buf()
        })
    }

    fn check_names(&self, tables: &[Table]) -> Result<(), Failure> {
        let titles: Vec<&str> = tables.iter().map(|table| table.title.as_str()).collect();
        let Some(unknown) = self.tables.iter().find(|name| !titles.contains(&name.as_str())) else {
            return Ok(());
        };
        let distance = |title: &&&str| strsim::damerau_levenshtein(unknown, title);
        let hint = match titles.iter().min_by_key(distance) {
            Some(title) => format!("the nearest is `{title}`; `--list` tells all"),
            None => "the file has no tables".to_owned(),
        };
        let message = format!("`{}` has no table `{unknown}`: {hint}", self.file.display());
        Err(Failure::new(Exit::Input, message))
    }
}
