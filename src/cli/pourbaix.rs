//! `lixivia pourbaix`: Eh-pH predominance maps.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::liquor::{Solids, check_outputs, database, fresh_solids, told, volts, write, wrong};
use super::{Exit, Failure, Terminal};
use crate::equilibrium::Database;
use crate::equilibrium::pourbaix::{Map, MapError, Request};
use crate::quantity::{self, Dimension, number};
use crate::report::aqueous::Provenance;
use crate::report::aqueous::map::Atlas;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Names of the files, and the triple points.
    Text,
    /// One JSON object (docs/json.md).
    Json,
}

/// Draw the Eh-pH (Pourbaix) map of elements: which species or solid is the most stable.
///
/// Each dissolved species of the element has the same activity, each ligand a total activity that its protonated forms
/// share. The dashed lines are hydrogen (a) and oxygen (b) at 1 bar, between which water is stable.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lixivia pourbaix Cu                                    pourbaix-Cu.svg
  lixivia pourbaix Cu Co Fe -o map.png                   map-Cu.png, map-Co.png, map-Fe.png
  lixivia pourbaix Au --ligand Cyanide=1e-3 --activity 1e-4 -o gold.svg -o gold.h5
  lixivia pourbaix Ag --ligand Cl=0.1 --temperature \"80 degC\" --eh \"-0.5 V\" \"1.5 V\"
  lixivia pourbaix Fe --solids fresh --format json       ferrihydrite in place of hematite")]
pub(super) struct Pourbaix {
    /// Elements, one map each: `Cu Co`.
    #[arg(required = true)]
    elements: Vec<String>,
    /// Activity of each dissolved species.
    #[arg(long, default_value_t = 1e-6, allow_negative_numbers = true)]
    activity: f64,
    /// Total activity of a ligand, `Cyanide=1e-3`; again for each.
    #[arg(long = "ligand", value_name = "NAME=ACTIVITY")]
    ligands: Vec<String>,
    /// Temperature.
    #[arg(long, default_value = "25 degC", allow_hyphen_values = true)]
    temperature: String,
    /// pH from and to.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], default_values_t = [0.0, 14.0], allow_negative_numbers = true)]
    ph: Vec<f64>,
    /// Eh from and to.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], allow_hyphen_values = true,
          default_values_t = ["-1.2 V".to_owned(), "1.6 V".to_owned()])]
    eh: Vec<String>,
    /// Leave this species or solid out; again for each.
    #[arg(long = "omit", value_name = "NAME")]
    omitted: Vec<String>,
    /// Which solids to take besides the element itself.
    #[arg(long, value_enum, default_value_t = Solids::All)]
    solids: Solids,
    /// PHREEQC database file (.dat); by default Lixivia's own set.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Files to write: .svg, .png, .csv or .h5; with several elements each name gets the element. Again for each.
    #[arg(short, long, value_name = "PATH")]
    output: Vec<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

impl Pourbaix {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        told(self.format == Form::Json, terminal, self.draw(terminal))
    }

    fn draw(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        check_outputs(&self.output)?;
        let db = database(self.database.as_deref())?;
        let request = self.request(&db)?;
        let mut maps: Vec<Map> = Vec::new();
        for element in &self.elements {
            let request = Request { element: element.clone(), ..request.clone() };
            let map = Map::new(&db, &request);
            maps.push(map.map_err(|error| refused(element, &error))?);
        }
        let (mut text, mut objects, mut written) = (String::new(), Vec::<Value>::new(), Vec::<String>::new());
        for (element, map) in self.elements.iter().zip(&maps) {
            let atlas = Atlas::new(map, self.provenance(map.request()));
            for path in self.outputs(element) {
                write(&path, &|| vec![atlas.chart()], &|| atlas.table(), &|| atlas.hdf5())?;
                text += &format!("Wrote {}\n", path.display());
                written.push(path.display().to_string());
            }
            text += &format!("\n{}\n", atlas.corners_told(terminal.style()));
            if let Some(warning) = atlas.warning() {
                text += &format!("warning: {warning}\n");
            }
            objects.push(atlas.json());
        }
        let states = self.provenance(&request).states_told();
        if !states.is_empty() {
            text += &format!("\nLigands taken as one valence state each: {states}.\n");
        }
        match self.format {
            Form::Text => terminal.say(&text)?,
            Form::Json => {
                let mut object = self.provenance(&request).json();
                object["maps"] = json!(objects);
                object["output"] = json!(written);
                terminal.say(&format!("{object}\n"))?;
            }
        }
        Ok(Exit::Done)
    }

    fn request(&self, db: &Database) -> Result<Request, Failure> {
        let temperature = quantity::parse_as(&self.temperature, Dimension::TEMPERATURE);
        let solids = match (self.solids, &self.database) {
            (Solids::All, _) => None,
            (Solids::None, _) => Some(vec![]),
            (Solids::Fresh, None) => Some(fresh_solids()?),
            (Solids::Fresh, Some(_)) => {
                return Err(wrong("a PHREEQC database does not tell which solids form fresh: use `--omit`"));
            }
        };
        let (ph, eh) = match (self.ph.as_slice(), self.eh.as_slice()) {
            ([a, b], [low, high]) => ((*a, *b), (volts(low)?, volts(high)?)),
            _ => return Err(wrong("`--ph` and `--eh` take two values each")),
        };
        let mut request = Request {
            activity: self.activity,
            temperature: temperature.map_err(|error| wrong(error.to_string()))?,
            omitted: self.omitted.clone(),
            solids,
            ph,
            eh,
            ..Request::default()
        };
        for text in &self.ligands {
            let pair = text
                .rsplit_once('=')
                .and_then(|(name, value)| Some((name.trim().to_owned(), value.trim().parse::<f64>().ok()?)));
            let pair = pair
                .ok_or_else(|| wrong(format!("`{text}` is no ligand and activity: write `Cyanide=1e-3`")))?;
            // a bare element stands for one valence state, and everything that is written says which
            let state = db.state_meant(&pair.0).map_or_else(|| pair.0.clone(), str::to_owned);
            if request.ligands.iter().any(|(name, _)| *name == state) {
                return Err(wrong(format!("the ligand `{state}` is given twice")));
            }
            request.ligands.push((state, pair.1));
        }
        Ok(request)
    }

    fn provenance(&self, request: &Request) -> Provenance {
        let ligands: String = request.ligands.iter().map(|(name, a)| format!(", {name} {a}")).collect();
        let database = self.database.as_ref().and_then(|path| path.file_name());
        Provenance {
            temperature: request.temperature,
            database: database.map_or("lixivia".to_owned(), |name| name.to_string_lossy().into_owned()),
            model: "activities given".to_owned(),
            asked: format!("activity of dissolved species {}{ligands}", number(request.activity, 4)),
            taken_as: self.taken_as(request),
        }
    }

    /// Ligands named by their element alone, and the valence state that each stands for.
    fn taken_as(&self, request: &Request) -> Vec<(String, String)> {
        let given = self.ligands.iter().filter_map(|text| Some(text.rsplit_once('=')?.0.trim()));
        let pairs = given.zip(&request.ligands).filter(|(name, (state, _))| name != state);
        pairs.map(|(name, (state, _))| (name.to_owned(), state.clone())).collect()
    }

    fn outputs(&self, element: &str) -> Vec<PathBuf> {
        let named = |path: &PathBuf| {
            if self.elements.len() > 1 { with_element(path, element) } else { path.clone() }
        };
        match (self.output.is_empty(), self.format) {
            (true, Form::Text) => vec![PathBuf::from(format!("pourbaix-{element}.svg"))],
            _ => self.output.iter().map(named).collect(),
        }
    }
}

/// Why there is no map, with what to write instead where a ligand was given for an element.
fn refused(element: &str, error: &MapError) -> Failure {
    let instead = match error {
        MapError::Ligand(name) => {
            format!("; map a metal with it: `lixivia pourbaix Cu --ligand {name}=1e-3`")
        }
        _ => String::new(),
    };
    wrong(format!("{element}: {error}{instead}"))
}

fn with_element(path: &Path, element: &str) -> PathBuf {
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let ending = path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    path.with_file_name(format!("{stem}-{element}{ending}"))
}
