//! Lixivia's own set of constants, `processes/aqueous/*.toml`, and the reader of that form.

use super::database::equation::{self, elements, split_charge};
use super::database::{Form, Gamma, LogK, Master, PhaseRecord, SpeciesRecord};
use super::{Database, WATER_MOLAR_MASS};
use crate::quantity;
use include_dir::{Dir, include_dir};
use serde::Deserialize;

static AQUEOUS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/processes/aqueous");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    #[serde(default)]
    components: Vec<Component>,
    #[serde(default)]
    species: Vec<Entry>,
    #[serde(default)]
    solids: Vec<Entry>,
    #[serde(default)]
    gases: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    name: String,
    species: String,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    alkalinity: f64,
}

/// One constant. What is told but has no effect on the number is kept for people: conflicting values, reasons.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    reaction: String,
    formula: Option<String>,
    #[serde(rename = "density")]
    _density: Option<String>,
    log_k: f64,
    source: String,
    #[serde(rename = "reason")]
    _reason: Option<String>,
    analytic: Option<[f64; 6]>,
    enthalpy: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "others", default)]
    _others: Vec<Other>,
    #[serde(rename = "chosen")]
    _chosen: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    #[serde(rename = "log_k")]
    _log_k: f64,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "ionic_strength")]
    _ionic_strength: String,
}

impl Database {
    /// The set that ships with Lixivia: constants with their sources for the metals it is made for.
    ///
    /// # Errors
    /// A sentence with file and line; none for the shipped files, which the test suite reads.
    pub fn curated() -> Result<Database, String> {
        let mut files: Vec<(&str, &str)> =
            AQUEOUS.files().filter_map(|f| Some((f.path().to_str()?, f.contents_utf8()?))).collect();
        files.sort();
        Database::from_toml(files)
    }

    /// Reads a set in Lixivia's own form: names of files and their texts.
    ///
    /// # Errors
    /// A sentence with file and line.
    pub fn from_toml<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Database, String> {
        let mut db = Database::default();
        for (name, charge) in [("H+", 1.0), ("H2O", 0.0), ("e-", -1.0)] {
            db.put_species(master_species(name, charge)?);
        }
        for (name, element, species) in [("H", "H", "H+"), ("O", "O", "H2O"), ("E", "E", "e-")] {
            db.masters.push(master(name, element, species, true, if name == "H" { -1.0 } else { 0.0 }));
        }
        let mut masters = Vec::new();
        for (path, text) in files {
            let file: File = toml::from_str(text).map_err(|error| format!("{path}: {error}"))?;
            if file.format != 1 {
                return Err(format!(
                    "{path}: format {} is not known; this version reads format 1",
                    file.format
                ));
            }
            for component in file.components {
                let element = component.name.split('(').next().unwrap_or("").to_owned();
                let alone = !component.name.contains('(');
                if alone || component.primary {
                    masters.push(master(&element, &element, &component.species, true, component.alkalinity));
                }
                if !alone {
                    let one =
                        master(&component.name, &element, &component.species, false, component.alkalinity);
                    masters.push(one);
                }
            }
            for entry in file.species {
                let at = |problem: String| format!("{path}: `{}`: {problem}", entry.name);
                let record = entry.species().map_err(at)?;
                db.put_species(record);
            }
            for (entries, gas) in [(file.solids, false), (file.gases, true)] {
                for entry in entries {
                    let at = |problem: String| format!("{path}: `{}`: {problem}", entry.name);
                    let record = entry.phase(gas).map_err(at)?;
                    db.put_phase(record);
                }
            }
        }
        for one in &masters {
            if db.find_species(&one.species).is_none() {
                db.put_species(master_species(&one.species, split_charge(&one.species).1)?);
            }
        }
        db.masters.extend(masters);
        Ok(db)
    }
}

fn master(name: &str, element: &str, species: &str, primary: bool, alkalinity: f64) -> Master {
    let molar_mass = if name == "O" { WATER_MOLAR_MASS } else { 0.0 };
    let molar_mass =
        crate::chemistry::Formula::parse(element).map_or(molar_mass, |formula| formula.molar_mass());
    Master {
        name: name.to_owned(),
        element: element.to_owned(),
        species: species.to_owned(),
        alkalinity,
        gram_formula: element.to_owned(),
        molar_mass,
        primary,
    }
}

fn master_species(name: &str, charge: f64) -> Result<SpeciesRecord, String> {
    Ok(SpeciesRecord {
        name: name.to_owned(),
        charge,
        elements: elements(split_charge(name).0)?,
        reaction: vec![],
        log_k: LogK::new(0.0, 0.0),
        gamma: if name == "H2O" || name == "e-" { Gamma::One } else { Gamma::Default },
        equivalents: 0.0,
        balance: vec![],
        source: String::new(),
    })
}

impl Entry {
    fn constant(&self) -> Result<LogK, String> {
        let enthalpy = match &self.enthalpy {
            Some(text) => {
                quantity::parse_as(text, quantity::Dimension::MOLAR_ENERGY).map_err(|e| e.to_string())?
            }
            None => 0.0,
        };
        let form = self.analytic.map_or(Form::VantHoff, Form::Analytic);
        Ok(LogK { log_k: self.log_k, enthalpy, form })
    }

    fn species(&self) -> Result<SpeciesRecord, String> {
        let (left, right) = equation::parse(&self.reaction)?;
        if right.first().is_none_or(|(name, n)| *name != self.name || *n != 1.0) {
            return Err("the species must stand first on the right of its reaction".into());
        }
        let mut record = master_species(&self.name, split_charge(&self.name).1)?;
        record.reaction = left;
        record.reaction.extend(right[1..].iter().map(|(name, n)| (name.clone(), -n)));
        record.log_k = self.constant()?;
        record.source = self.source.clone();
        Ok(record)
    }

    fn phase(&self, gas: bool) -> Result<PhaseRecord, String> {
        let (left, right) = equation::parse(&self.reaction)?;
        let (first, _) = left.first().ok_or("a dissolution needs the phase on its left")?;
        let mut reaction = right;
        reaction.extend(left[1..].iter().map(|(name, n)| (name.clone(), -n)));
        let formula = self.formula.clone().unwrap_or_else(|| first.clone());
        Ok(PhaseRecord {
            name: self.name.clone(),
            elements: elements(split_charge(&formula).0).unwrap_or_default(),
            formula,
            reaction,
            log_k: self.constant()?,
            gas,
            source: self.source.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::liquor::Liquor;
    use super::super::{Options, Problem, Workspace};
    use super::*;
    use crate::chemistry::Formula;

    fn charge(reaction: &[(String, f64)]) -> f64 {
        reaction.iter().map(|(name, n)| n * split_charge(name).1).sum()
    }

    #[test]
    fn every_reaction_balances_its_charge() {
        let db = Database::curated().unwrap();
        assert!(db.species.len() > 600 && db.phases.len() > 400, "{} {}", db.species.len(), db.phases.len());
        for record in db.species.iter().filter(|r| !r.reaction.is_empty()) {
            assert!(
                (charge(&record.reaction) - record.charge).abs() < 1e-6,
                "{}: {:?}",
                record.name,
                record.reaction
            );
        }
        for record in &db.phases {
            assert!(charge(&record.reaction).abs() < 1e-6, "{}: {:?}", record.name, record.reaction);
        }
    }

    #[test]
    fn every_source_is_in_the_references() {
        let bib = include_str!("../../processes/references.bib");
        let db = Database::curated().unwrap();
        let species = db.species.iter().map(|r| &r.source);
        for source in
            species.chain(db.phases.iter().map(|r| &r.source)).filter(|s| !s.is_empty() && *s != "estimate")
        {
            assert!(bib.contains(&format!("{{{source},")), "no reference {source}");
        }
        assert!(Formula::parse("Ga").is_ok());
    }

    fn solved(liquor: &Liquor, wanted: &[(&str, f64, f64)]) {
        let db = Database::curated().unwrap();
        let system = liquor.system(&db, &Options::default()).unwrap();
        let (mut ws, mut problem) = (Workspace::new(), Problem::new(&system));
        let state = liquor.solve(&system, &mut problem, &mut ws).unwrap();
        for (name, want, tolerance) in wanted {
            let got = state.molality_of(name);
            assert!((got / want - 1.0).abs() < *tolerance, "{name}: {got:e}, other database {want:e}");
        }
    }

    fn totals(list: &[(&str, f64)]) -> Vec<(String, f64)> {
        list.iter().map(|(name, total)| ((*name).to_owned(), *total)).collect()
    }

    /// Cases C09 to C11: IPhreeqc 3.7.3 with Thermoddem V1.10 and ThermoChimie 12a (SIT). Our constants and activity
    /// model (Davies) differ from theirs; the tolerances say by how much the main species may.
    #[test]
    fn gallium_germanium_palladium_near_other_databases() {
        let gallium = Liquor {
            totals: totals(&[("Ga", 0.01), ("Na", 0.1)]),
            ph: Some(12.7),
            balance: Some("Na".into()),
            ..Liquor::default()
        };
        solved(&gallium, &[("Ga(OH)4-", 0.01, 0.01), ("OH-", 0.0628807, 0.05)]);
        let germanium = Liquor {
            totals: totals(&[("Ge", 0.005), ("Na", 0.01), ("Cl", 0.01)]),
            ph: Some(9.0),
            balance: Some("Cl".into()),
            ..Liquor::default()
        };
        // Brown and Ekberg put the first proton of Ge(OH)4 lower (pK 9.1 against 9.31)
        solved(&germanium, &[("Ge(OH)4", 0.00324027, 0.2)]);
        let palladium = Liquor {
            totals: totals(&[("Pd", 0.001), ("Cl", 1.0)]),
            ph: Some(0.0),
            balance: Some("Cl".into()),
            ..Liquor::default()
        };
        solved(&palladium, &[("PdCl4-2", 0.000998226, 0.05)]);
    }
}
