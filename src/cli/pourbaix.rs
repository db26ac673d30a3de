//! `lixivia pourbaix`: Eh-pH predominance maps.

use std::path::{Path, PathBuf};

use clap::Args;

use super::speciate::database;
use super::{Exit, Failure, Terminal};
use crate::equilibrium::pourbaix::{Map, Request};
use crate::quantity::{self, Dimension};
use crate::report::chart::{Axis, Chart, Layer, Stroke, chemical};
use crate::report::durable;
use crate::report::table::{Column, Table};

/// Draw the Eh-pH (Pourbaix) map of elements: which species or solid is the most stable.
#[derive(Debug, Args)]
pub(super) struct Pourbaix {
    /// Elements, one map each: `Cu Co`.
    #[arg(required = true)]
    elements: Vec<String>,
    /// Activity of each dissolved species.
    #[arg(long, default_value_t = 1e-6)]
    activity: f64,
    /// Total activity of a ligand, `Cyanide=1e-3`; again for each.
    #[arg(long = "ligand", value_name = "NAME=ACTIVITY")]
    ligands: Vec<String>,
    /// Temperature.
    #[arg(long, default_value = "25 degC")]
    temperature: String,
    /// Leave this species or solid out; again for each.
    #[arg(long = "omit", value_name = "NAME")]
    omitted: Vec<String>,
    /// PHREEQC database file (.dat); by default Lixivia's own set.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Files to write: .svg, .png or .csv; with several elements each name gets the element. Again for each.
    #[arg(short, long, value_name = "PATH")]
    output: Vec<PathBuf>,
}

impl Pourbaix {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let db = database(self.database.as_deref())?;
        let wrong = |text: String| Failure::new(Exit::Input, text);
        let temperature = quantity::parse_as(&self.temperature, Dimension::TEMPERATURE);
        let mut request = Request {
            activity: self.activity,
            temperature: temperature.map_err(|error| wrong(error.to_string()))?,
            omitted: self.omitted.clone(),
            ..Request::default()
        };
        if !(self.activity > 0.0 && self.activity < 100.0) {
            return Err(wrong(format!("an activity of {} means nothing", self.activity)));
        }
        for text in &self.ligands {
            let pair = text
                .split_once('=')
                .and_then(|(name, value)| Some((name.trim(), value.trim().parse().ok()?)));
            let (name, value) = pair
                .filter(|(_, value): &(&str, f64)| *value > 0.0)
                .ok_or_else(|| wrong(format!("`{text}` is no ligand and activity: write `Cyanide=1e-3`")))?;
            request.ligands.push((name.to_owned(), value));
        }
        for element in &self.elements {
            request.element = element.clone();
            let map = Map::new(&db, &request).map_err(|error| wrong(error.to_string()))?;
            let table = table(&map, element);
            let outputs = match self.output.is_empty() {
                true => vec![PathBuf::from(format!("pourbaix-{element}.svg"))],
                false => self.output.clone(),
            };
            for path in outputs {
                let path = if self.elements.len() > 1 { with_element(&path, element) } else { path };
                match path.extension().and_then(|ending| ending.to_str()) {
                    Some("svg" | "png") => chart(&map, &request).save(&path)?,
                    Some("csv") => durable::replace(&path, table.csv().as_bytes())?,
                    _ => {
                        return Err(wrong(format!(
                            "{}: the name must end in .svg, .png or .csv",
                            path.display()
                        )));
                    }
                }
                terminal.say(&format!("Wrote {}\n", path.display()))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn with_element(path: &Path, element: &str) -> PathBuf {
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let ending = path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    path.with_file_name(format!("{stem}-{element}{ending}"))
}

fn table(map: &Map, element: &str) -> Table {
    let columns = [
        Column::text("domain"),
        Column::number("pH").significant(6),
        Column::number("Eh").unit("V").significant(6),
    ];
    let mut table = Table::new(&format!("Corners of the domains of {element}"), columns);
    for domain in map.domains(700) {
        for [ph, eh] in domain.outline {
            table.row([domain.name.as_str().into(), ph.into(), eh.into()]);
        }
    }
    table
}

fn chart(map: &Map, request: &Request) -> Chart {
    let ligands: String = request.ligands.iter().map(|(name, a)| format!(", {name} {a:e}")).collect();
    let mut chart = Chart::new(
        &format!("{} in water", request.element),
        Axis::new("pH").range(request.ph.0, request.ph.1),
        Axis::new("Eh").unit("V").range(request.eh.0, request.eh.1),
    )
    .subtitle(&format!(
        "{:.0} °C; activity of dissolved species {:e}{ligands}; dashed: stability of water at 1 bar",
        request.temperature - 273.15,
        request.activity
    ))
    .size(620.0, 560.0);
    let domains = map.domains(700);
    for (k, domain) in domains.iter().enumerate() {
        let label = match thin(&domain.outline) {
            true => String::new(), // no room for words; the CSV names it
            false if domain.solid && !domain.name.contains('(') => format!("{} (s)", domain.name),
            false => chemical(&domain.name),
        };
        let colour = if domain.solid { Some(k % 7) } else { None };
        chart = chart.layer(Layer::Region { label, outline: domain.outline.clone(), colour });
    }
    let (from, to) = request.ph;
    for pick in [0, 1] {
        let at = |ph: f64| if pick == 0 { map.water(ph).0 } else { map.water(ph).1 };
        chart = chart.layer(Layer::line("", vec![[from, at(from)], [to, at(to)]]).stroke(Stroke::Dashed));
    }
    chart
}

/// Too small for a label: area under 0.06 pH·V.
fn thin(outline: &[[f64; 2]]) -> bool {
    let next = outline.iter().cycle().skip(1);
    let twice: f64 = outline.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    twice.abs() < 0.12
}
