//! `lixivia analyse`: what the cases of a sweep say together.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::deliver::Format;
use super::{Exit, Failure, Terminal};
use crate::report::durable;
use crate::report::hdf5;
use crate::report::table::Table;
use crate::sweep::analysis::{Analysis, Options, Sample, SampleError, Sense, analyse};

/// Form of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Picture {
    /// Vector graphics.
    Svg,
    /// Pixels.
    Png,
    /// None.
    None,
}

/// Analyse a sweep: variance shares, screening, correlations, swings, surfaces, fronts, distributions.
///
/// What the design is for is done unasked: Sobol' indices of a saltelli design, elementary effects of a morris design,
/// swings of a one-at-a-time design, rank correlations of any other; distributions always.
#[derive(Debug, Args)]
pub(super) struct Analyse {
    /// The result file of a sweep.
    file: PathBuf,
    /// Only this output, or these; of an output over an axis one number is told as `conversion[time=7200]`.
    #[arg(long = "of", value_name = "OUTPUT")]
    outputs: Vec<String>,
    /// Response surface over two factors.
    #[arg(long, num_args = 2, value_names = ["X", "Y"])]
    surface: Option<Vec<String>>,
    /// Pareto front of two outputs: `max:recovery min:cost`.
    #[arg(long, num_args = 2, value_names = ["AIM", "AIM"])]
    pareto: Option<Vec<String>>,
    /// Folder for tables (CSV), pictures and `analysis.h5`; by default named after the sweep.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Form of the pictures.
    #[arg(long, value_enum, default_value_t = Picture::Svg)]
    pictures: Picture,
    /// What to print: tables, or one JSON object of them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Analyse {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let options = Options { surface: pair(self.surface.as_deref()), pareto: self.aims()? };
        let aims: Vec<String> = options.pareto.iter().flatten().map(|(name, _)| name.clone()).collect();
        let sample = Sample::read(&self.file, &self.outputs, &aims).map_err(failure)?;
        let analysis = analyse(&sample, &options).map_err(failure)?;
        let folder = self.output.clone().unwrap_or_else(|| self.file.with_extension("analysis"));
        self.write(&analysis, &folder)?;
        if self.format == Format::Json {
            let mut all: serde_json::Map<String, serde_json::Value> =
                analysis.tables.iter().map(|(name, table)| (name.clone(), table.json())).collect();
            all.insert("notes".into(), analysis.notes.clone().into());
            terminal.say(&format!("{}\n", serde_json::Value::Object(all)))?;
        } else {
            for (name, table) in &analysis.tables {
                terminal.say(&format!("{}\n", printed(name, table, terminal)))?;
            }
            terminal.say(&format!("Wrote {}\n", folder.display()))?;
        }
        analysis.notes.iter().for_each(|note| terminal.remark(&format!("note: {note}")));
        Ok(Exit::Done)
    }

    fn aims(&self) -> Result<Option<[(String, Sense); 2]>, Failure> {
        let Some([first, second]) = self.pareto.as_deref() else { return Ok(None) };
        Ok(Some([aim(first)?, aim(second)?]))
    }

    fn write(&self, analysis: &Analysis, folder: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(folder).map_err(|error| durable::FileError::writing(folder, &error))?;
        for (name, table) in &analysis.tables {
            durable::replace(&folder.join(format!("{name}.csv")), table.csv().as_bytes())?;
        }
        let ending = match self.pictures {
            Picture::Svg => Some("svg"),
            Picture::Png => Some("png"),
            Picture::None => None,
        };
        if let Some(ending) = ending {
            for (name, chart) in &analysis.charts {
                chart.save(&folder.join(format!("{name}.{ending}")))?;
            }
        }
        Ok(hdf5::write(&folder.join("analysis.h5"), &analysis.data)?)
    }
}

/// Most rows of a table that is printed; a longer one is read from its file.
const ROWS: usize = 100;

fn printed(name: &str, table: &Table, terminal: &Terminal) -> String {
    if table.rows.len() <= ROWS {
        return table.terminal(terminal.style());
    }
    let mut brief = Table { columns: Vec::new(), rows: Vec::new(), ..table.clone() };
    brief.note(format!("{} rows in {name}.csv", table.rows.len()));
    brief.terminal(terminal.style())
}

fn failure(error: SampleError) -> Failure {
    match error {
        SampleError::File(error) => error.into(),
        error => Failure::new(Exit::Input, error.to_string()),
    }
}

fn pair(words: Option<&[String]>) -> Option<(String, String)> {
    match words {
        Some([first, second]) => Some((first.clone(), second.clone())),
        _ => None,
    }
}

fn aim(text: &str) -> Result<(String, Sense), Failure> {
    match text.split_once(':') {
        Some(("max", name)) => Ok((name.to_owned(), Sense::Maximise)),
        Some(("min", name)) => Ok((name.to_owned(), Sense::Minimise)),
        _ => {
            Err(Failure::new(Exit::Input, format!("`{text}` is no aim: write `max:output` or `min:output`")))
        }
    }
}
